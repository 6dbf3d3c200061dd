/* See passwords.h. */
#include "lib/format/passwords.h"

#include <string.h>

/* The bytes up to the next newline, which is not among them. */
static struct const_span line_take(struct const_span *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->data[len] != '\n')
        len++;
    struct const_span line = const_span_of(rest->data, len);
    size_t taken = len < rest->len ? len + 1 : len;
    *rest = const_span_of(rest->data + taken, rest->len - taken);
    return line;
}

/* Printable, without blanks: it goes to the checking program as one line. */
static bool hash_is_good(struct const_span hash)
{
    for (size_t i = 0; i < hash.len; i++)
        if (hash.data[i] <= ' ' || hash.data[i] >= 0x7f)
            return false;
    return hash.len > 0 && hash.len <= PASSWORD_HASH_MAX;
}

status_t passwords_find(struct const_span bytes, struct const_span name,
                        struct const_span *out_hash)
{
    while (bytes.len > 0) {
        struct const_span line = line_take(&bytes);
        if (name.len == 0 || line.len <= name.len || line.data[name.len] != ':' ||
            memcmp(line.data, name.data, name.len) != 0)
            continue;
        struct const_span hash = const_span_of(line.data + name.len + 1, line.len - name.len - 1);
        if (!hash_is_good(hash))
            continue;
        *out_hash = hash;
        return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}
