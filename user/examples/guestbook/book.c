/* See book.h. */
#include "user/examples/guestbook/book.h"

#include <string.h>

#include "lib/base/assert.h"
#include "lib/base/format.h"

static bool is_printable(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] < ' ' || bytes[i] > '~')
            return false;
    return true;
}

status_t book_line_read(const char *bytes, size_t len, size_t *out_name_len)
{
    size_t end = 0;
    while (end < len && bytes[end] != '\n')
        end++;
    size_t name_len = end > 0 && bytes[end - 1] == '\r' ? end - 1 : end;
    if (name_len > BOOK_NAME_MAX || !is_printable(bytes, name_len))
        return STATUS_INVALID;
    if (end == len)
        return STATUS_WOULD_BLOCK;
    if (name_len == 0)
        return STATUS_INVALID;
    *out_name_len = name_len;
    return STATUS_OK;
}

size_t book_enter(struct book *book, const char *name, size_t name_len,
                  char greeting[BOOK_GREETING_SIZE])
{
    ASSERT(name_len >= 1 && name_len <= BOOK_NAME_MAX);
    struct book_name *entry = &book->names[book->total++ % BOOK_NAMES];
    memcpy(entry->text, name, name_len);
    entry->len = (uint8_t)name_len;
    size_t len = format_text(greeting, BOOK_GREETING_SIZE, "%llu: welcome, %.*s\n",
                             (unsigned long long)book->total, (int)name_len, name);
    return len;
}

/* The number before the oldest that is in the book. */
static uint64_t book_floor(const struct book *book)
{
    uint64_t overwritten = book->total > BOOK_NAMES ? book->total - BOOK_NAMES : 0;
    return overwritten > book->erased ? overwritten : book->erased;
}

status_t book_find(const struct book *book, uint64_t number, const struct book_name **out_name)
{
    if (number > book->total || number <= book_floor(book))
        return STATUS_NOT_FOUND;
    *out_name = &book->names[(number - 1) % BOOK_NAMES];
    return STATUS_OK;
}

uint64_t book_erase(struct book *book)
{
    uint64_t kept = book->total - book_floor(book);
    book->erased = book->total;
    return kept;
}
