/* Bodies of several ranges: multipart/byteranges (RFC 9110, section 14.6).
 *
 *     CRLF --BOUNDARY CRLF Content-Type: ... CRLF Content-Range: ... CRLF CRLF bytes    each part
 *     CRLF --BOUNDARY-- CRLF                                                            the end
 *
 * Parts carry their length, so a client need not search for the boundary; it is 64 bits of mixed
 * file version and time all the same, so that no file contains it but by intent. */
#include "lib/base/assert.h"
#include "lib/http/response.h"
#include "lib/http/server_internal.h"

enum { PART_HEAD_BYTES_MAX = 256, BOUNDARY_DIGITS = 16 };

static void put_boundary(struct writer *writer, const struct http_response *response)
{
    http_put(writer, "\r\n--");
    http_put_hex(writer, response->boundary, BOUNDARY_DIGITS);
}

static void put_part(struct writer *writer, const struct http_response *response, unsigned part,
                     uint64_t size_bytes)
{
    const struct http_range *range = &response->ranges.range[part];
    put_boundary(writer, response);
    http_put(writer, "\r\n");
    http_head_field(writer, "Content-Type",
                    (struct http_text){ response->type, strlen(response->type) });
    http_head_range(writer, range->offset_bytes, range->len_bytes, size_bytes);
    http_head_end(writer);
}

void http_multipart_put_part(struct writer *writer, const struct http_response *response,
                             uint64_t size_bytes)
{
    put_part(writer, response, response->part, size_bytes);
}

void http_multipart_put_trailer(struct writer *writer, const struct http_response *response)
{
    put_boundary(writer, response);
    http_put(writer, "--\r\n");
}

void http_multipart_put_type(struct writer *writer, const struct http_response *response)
{
    http_put(writer, "Content-Type: multipart/byteranges; boundary=");
    http_put_hex(writer, response->boundary, BOUNDARY_DIGITS);
    http_put(writer, "\r\n");
}

uint64_t http_multipart_len(const struct http_response *response, uint64_t size_bytes)
{
    char scratch[PART_HEAD_BYTES_MAX];
    struct writer writer = writer_of(scratch, sizeof scratch);
    http_multipart_put_trailer(&writer, response);
    uint64_t len = writer.at;
    for (unsigned part = 0; part < response->ranges.count; part++) {
        writer = writer_of(scratch, sizeof scratch);
        put_part(&writer, response, part, size_bytes);
        ASSERT(!writer.overrun); /* Types are ours, numbers have at most 20 digits. */
        len += writer.at + response->ranges.range[part].len_bytes;
    }
    return len;
}
