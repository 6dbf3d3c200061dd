/* The reader of docs/formats/principals.md. */
#include "lib/format/principals.h"

#include "lib/base/bytes.h"
#include "lib/format/manifest.h"

enum { PRINCIPALS_VERSION = 1, NUMBER_MOST = 65533 };

static const char principals_magic[8] = "SWOSPRIN";

status_t principals_open(struct const_span bytes, struct principals *out_principals)
{
    struct reader reader = reader_of(bytes.data, bytes.len);
    const uint8_t *magic = reader_take(&reader, sizeof principals_magic);
    uint32_t version = reader_le32(&reader);
    uint32_t count = reader_le32(&reader);
    if (reader.overrun || memcmp(magic, principals_magic, sizeof principals_magic) != 0)
        return STATUS_CORRUPT;
    if (version != PRINCIPALS_VERSION)
        return STATUS_NOT_SUPPORTED;
    if (count > PRINCIPALS_MAX || reader_left(&reader) != (size_t)count * PRINCIPAL_BYTES)
        return STATUS_CORRUPT;
    out_principals->entries = const_span_of(bytes.data + reader.at, reader_left(&reader));
    out_principals->count = count;
    return STATUS_OK;
}

/* A text in a field of a fixed size, with nothing but NULs behind it. @return its length, or `size` for a
 * field that is none. */
static size_t text_take(struct reader *reader, char *out_text, size_t size)
{
    const uint8_t *bytes = reader_take(reader, size);
    size_t len = 0;
    memcpy(out_text, bytes, size);
    while (len < size && out_text[len] != '\0')
        len++;
    for (size_t i = len; i < size; i++)
        if (out_text[i] != '\0')
            return size;
    return len;
}

static bool is_number(uint32_t number)
{
    return number > 0 && number <= NUMBER_MOST && number != PRINCIPAL_NUMBER_SYSTEM;
}

/* Colons and control characters would break the lines of /etc/passwd. */
static bool is_description(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((uint8_t)text[i] < 0x20 || text[i] == ':' || text[i] == 0x7f)
            return false;
    return len < PRINCIPAL_DESCRIPTION_SIZE;
}

status_t principals_get(const struct principals *principals, uint32_t index,
                        struct principal *out_principal)
{
    if (index >= principals->count)
        return STATUS_NOT_FOUND;
    struct reader reader =
        reader_of(principals->entries.data + (size_t)index * PRINCIPAL_BYTES, PRINCIPAL_BYTES);
    struct principal principal;
    size_t name_len = text_take(&reader, principal.name, sizeof principal.name);
    size_t role_len = text_take(&reader, principal.role, sizeof principal.role);
    size_t text_len = text_take(&reader, principal.description, sizeof principal.description);
    principal.number = reader_le32(&reader);
    principal.group = reader_le32(&reader);
    if (!manifest_name_is_good(const_span_of(principal.name, name_len)) ||
        !manifest_name_is_good(const_span_of(principal.role, role_len)) ||
        !is_description(principal.description, text_len) || !is_number(principal.number) ||
        !is_number(principal.group))
        return STATUS_CORRUPT;
    *out_principal = principal;
    return STATUS_OK;
}

status_t principals_find(const struct principals *principals, struct const_span name,
                         struct principal *out_principal)
{
    for (uint32_t i = 0; i < principals->count; i++) {
        struct principal principal;
        status_t status = principals_get(principals, i, &principal);
        if (status != STATUS_OK)
            return status;
        if (strlen(principal.name) != name.len || memcmp(principal.name, name.data, name.len) != 0)
            continue;
        *out_principal = principal;
        return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}
