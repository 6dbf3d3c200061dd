/* Any bytes as what visitors send, in pieces: what is found a name is one, more bytes never change a verdict, and
 * the book keeps it. */
#include <stdlib.h>
#include <string.h>

#include "user/examples/guestbook/book.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The verdict on the line as its bytes come one by one. @return the bytes that it took to reach it. */
static size_t line_arrives(const char *bytes, size_t size, status_t *out_status, size_t *out_len)
{
    for (size_t len = 0; len <= size; len++) {
        *out_status = book_line_read(bytes, len, out_len);
        if (*out_status != STATUS_WOULD_BLOCK)
            return len;
    }
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct book book;
    const char *bytes = (const char *)data;
    while (size > 0) {
        size_t name_len = 0, whole_len = 0;
        status_t status;
        size_t used = line_arrives(bytes, size, &status, &name_len);
        if (book_line_read(bytes, size, &whole_len) != status || whole_len != name_len)
            abort();
        if (status == STATUS_OK) {
            char greeting[BOOK_GREETING_SIZE];
            const struct book_name *name;
            if (book_enter(&book, bytes, name_len, greeting) >= sizeof greeting ||
                book_find(&book, book.total, &name) != STATUS_OK ||
                memcmp(name->text, bytes, name_len) != 0)
                abort();
        }
        bytes += used;
        size -= used;
    }
    return 0;
}
