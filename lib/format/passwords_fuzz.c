/* Any bytes as passwords, and any name: what is found lies inside and is one printable line. */
#include <stdlib.h>
#include <string.h>

#include "lib/format/passwords.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct const_span hash;
    size_t name_len = size > 0 ? data[0] % 8 : 0;
    if (size < 1 + name_len)
        return 0;
    struct const_span bytes = const_span_of(data + 1 + name_len, size - 1 - name_len);
    if (passwords_find(bytes, const_span_of(data + 1, name_len), &hash) != STATUS_OK)
        return 0;
    if (hash.data < bytes.data || hash.len == 0 || hash.len > PASSWORD_HASH_MAX ||
        (size_t)(hash.data - bytes.data) + hash.len > bytes.len ||
        memchr(hash.data, '\n', hash.len) != NULL)
        abort();
    return 0;
}
