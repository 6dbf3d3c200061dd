/* The loop of the request parser: bytes to lines, in order, so that the answer depends on the bytes
 * alone and not on how they were cut up. See request.h. */
#include "lib/http/request_internal.h"

#include "lib/base/assert.h"

void http_request_begin(struct http_request *request)
{
    memset(request, 0, sizeof *request);
}

static uint16_t line_end(struct http_request *request, const char *head)
{
    struct http_slice line =
        http_slice_of(request->line_at, request->head_len - 2u - request->line_at);
    uint16_t refusal = 0;
    request->line_at = request->head_len;
    if (request->phase == HTTP_PHASE_LINE) {
        if (line.len == 0)
            return request->empty_lines++ < HTTP_EMPTY_LINES_MAX ? 0 : 400;
        refusal = http_request_line(request, head, line);
        request->phase = HTTP_PHASE_FIELDS;
    } else if (line.len > 0) {
        refusal = http_request_field_line(request, head, line);
    } else {
        refusal = http_request_check(request, head);
        request->phase = HTTP_PHASE_DONE;
    }
    return refusal;
}

/* The limits, asked before a byte is looked at that would pass them. */
static uint16_t room_check(const struct http_request *request)
{
    /* A method, two spaces and a version are what a request line has besides its target. */
    if (request->phase == HTTP_PHASE_LINE &&
        request->head_len - request->line_at >= HTTP_TARGET_BYTES_MAX + 64)
        return 414;
    return request->head_len >= HTTP_HEAD_BYTES_MAX ? 431 : 0;
}

/* Look at the next byte: only CRLF ends a line, and neither half may stand alone. */
static uint16_t byte_next(struct http_request *request, const char *head)
{
    uint16_t refusal = room_check(request);
    if (refusal != 0)
        return refusal;
    char byte = head[request->head_len];
    bool after_cr = request->head_len > request->line_at && head[request->head_len - 1] == '\r';
    request->head_len++;
    if ((byte == '\n') != after_cr)
        return 400;
    if (byte == '\n')
        return line_end(request, head);
    bool control = (unsigned char)byte < 0x20 && byte != '\t' && byte != '\r';
    return control || byte == 0x7f ? 400 : 0;
}

/* Pass bytes that are part of a line whatever stands before them, up to one that is not or to a limit. */
static void pass_plain(struct http_request *request, const char *head, size_t len)
{
    size_t at = request->head_len, limit = HTTP_HEAD_BYTES_MAX;
    if (request->phase == HTTP_PHASE_LINE)
        limit = request->line_at + HTTP_TARGET_BYTES_MAX + 64;
    if (limit > len)
        limit = len;
    if (at > request->line_at && head[at - 1] == '\r')
        return;
    while (at < limit && (unsigned char)head[at] >= 0x20 && head[at] != 0x7f)
        at++;
    request->head_len = (uint16_t)at;
}

enum http_parse http_request_parse(struct http_request *request, const char *head, size_t len)
{
    ASSERT(request->phase >= HTTP_PHASE_DONE || request->head_len <= len);
    while (request->phase < HTTP_PHASE_DONE) {
        pass_plain(request, head, len);
        if (request->head_len == len)
            return HTTP_PARSE_MORE;
        request->refusal = byte_next(request, head);
        if (request->refusal != 0)
            request->phase = HTTP_PHASE_REFUSED;
    }
    return request->phase == HTTP_PHASE_DONE ? HTTP_PARSE_DONE : HTTP_PARSE_REFUSED;
}

struct http_text http_slice_text(struct http_slice slice, const char *head)
{
    return (struct http_text){ head + slice.at, slice.len };
}

bool http_request_field_next(const struct http_request *request, const char *head,
                             enum http_field_id id, unsigned *index, struct http_text *out_value)
{
    while (*index < request->field_count) {
        const struct http_field *field = &request->field[(*index)++];
        if (field->id == id) {
            *out_value = http_slice_text(field->value, head);
            return true;
        }
    }
    return false;
}

struct http_text http_request_field(const struct http_request *request, const char *head,
                                    enum http_field_id id)
{
    unsigned index = 0;
    struct http_text value = { NULL, 0 };
    http_request_field_next(request, head, id, &index, &value);
    return value;
}
