/* Paths of requests; see path.h. The output is built segment by segment: a segment is decoded in
 * place behind what is already there, and stays or is taken back when its end is seen. So `..` can
 * only remove what this same pass has written. */
#include "lib/http/path.h"

/* The byte at `*at`, decoded, and `*at` moved past it. False for a malformed or refused one. */
static bool next_byte(struct http_text raw, size_t *at, char *out_byte)
{
    char byte = raw.data[(*at)++];
    *out_byte = byte;
    if (byte != '%')
        return (unsigned char)byte >= 0x20 && byte != 0x7f && byte != '\\';
    if (raw.len - *at < 2)
        return false;
    int high = http_hex_value(raw.data[*at]);
    int low = http_hex_value(raw.data[*at + 1]);
    if (high < 0 || low < 0)
        return false;
    *at += 2;
    *out_byte = (char)(high << 4 | low);
    return *out_byte != '/' && *out_byte != '\0';
}

/* The end of a segment that begins at `start`: take back an empty one and `.`, and for `..` the one
 * before as well. `*len` is then just behind a slash, or behind a name that stays.
 * @return false when the path climbs above the root. */
static bool segment_end(const char *room, size_t start, size_t *len, bool *out_kept)
{
    struct http_text segment = { room + start, *len - start };
    *out_kept = false;
    if (segment.len == 0 || http_text_equal(segment, HTTP_TEXT("."))) {
        *len = start;
        return true;
    }
    if (!http_text_equal(segment, HTTP_TEXT(".."))) {
        *out_kept = true;
        return true;
    }
    if (start == 1)
        return false;
    *len = start - 1;
    while (room[*len - 1] != '/')
        --*len;
    return true;
}

status_t http_path_resolve(struct http_text raw, struct span room, size_t *out_len)
{
    char *path = (char *)room.data;
    if (raw.len == 0 || raw.data[0] != '/')
        return STATUS_INVALID;
    if (room.len < 1)
        return STATUS_NAME_TOO_LONG;
    path[0] = '/';
    size_t len = 1, start = 1;
    for (size_t at = 1; at <= raw.len;) {
        bool ended = at == raw.len || raw.data[at] == '/', kept = false;
        char byte = '/';
        if (!ended && !next_byte(raw, &at, &byte))
            return STATUS_INVALID;
        if (ended && !segment_end(path, start, &len, &kept))
            return STATUS_INVALID;
        if (ended && at++ == raw.len)
            break;
        if (!ended || kept) {
            if (len == room.len)
                return STATUS_NAME_TOO_LONG;
            path[len++] = byte;
        }
        if (ended)
            start = len;
    }
    *out_len = len;
    return STATUS_OK;
}

static bool is_unreserved(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

void http_put_path(struct writer *writer, struct http_text path)
{
    for (size_t i = 0; i < path.len; i++) {
        if (is_unreserved(path.data[i]) || path.data[i] == '/') {
            writer_u8(writer, (uint8_t)path.data[i]);
        } else {
            http_put(writer, "%");
            http_put_hex(writer, (uint8_t)path.data[i], 2);
        }
    }
}
