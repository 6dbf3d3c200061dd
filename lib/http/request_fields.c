/* Field lines and what they add up to (RFC 9112, sections 5 to 7 and 9.3). */
#include "lib/http/request_internal.h"

/* Indexed by enum http_field_id. */
static const struct {
    struct http_text name;
    bool is_list; /* May be given several times; another one is refused when repeated. */
} known_fields[HTTP_FIELD_COUNT] = {
    [HTTP_FIELD_HOST] = { HTTP_TEXT("host"), false },
    [HTTP_FIELD_CONNECTION] = { HTTP_TEXT("connection"), true },
    [HTTP_FIELD_CONTENT_LENGTH] = { HTTP_TEXT("content-length"), false },
    [HTTP_FIELD_TRANSFER_ENCODING] = { HTTP_TEXT("transfer-encoding"), false },
    [HTTP_FIELD_EXPECT] = { HTTP_TEXT("expect"), false },
    [HTTP_FIELD_RANGE] = { HTTP_TEXT("range"), false },
    [HTTP_FIELD_IF_MATCH] = { HTTP_TEXT("if-match"), true },
    [HTTP_FIELD_IF_NONE_MATCH] = { HTTP_TEXT("if-none-match"), true },
    [HTTP_FIELD_IF_MODIFIED_SINCE] = { HTTP_TEXT("if-modified-since"), false },
    [HTTP_FIELD_IF_UNMODIFIED_SINCE] = { HTTP_TEXT("if-unmodified-since"), false },
    [HTTP_FIELD_IF_RANGE] = { HTTP_TEXT("if-range"), false },
    [HTTP_FIELD_REFERER] = { HTTP_TEXT("referer"), false },
    [HTTP_FIELD_USER_AGENT] = { HTTP_TEXT("user-agent"), false },
};

static enum http_field_id field_id(struct http_text name)
{
    for (unsigned id = 0; id < HTTP_FIELD_COUNT; id++)
        if (http_text_equal_fold(name, known_fields[id].name))
            return (enum http_field_id)id;
    return HTTP_FIELD_COUNT;
}

/* The length of the token that the line begins with. */
static size_t name_len(struct http_text line)
{
    size_t len = 0;
    while (len < line.len && http_is_token(line.data[len]))
        len++;
    return len;
}

uint16_t http_request_field_line(struct http_request *request, const char *head,
                                 struct http_slice line)
{
    struct http_text text = http_slice_text(line, head);
    size_t name = name_len(text);
    /* Also refuses a folded line, which begins with a blank, and a blank before the colon. */
    if (name == 0 || name == text.len || text.data[name] != ':')
        return 400;
    if (request->fields_seen++ == HTTP_FIELDS_MAX)
        return 431;
    enum http_field_id id = field_id((struct http_text){ text.data, name });
    if (id == HTTP_FIELD_COUNT)
        return 0;
    if (!known_fields[id].is_list && http_request_field(request, head, id).data != NULL)
        return 400;
    struct http_text value =
        http_text_trim((struct http_text){ text.data + name + 1, text.len - name - 1 });
    request->field[request->field_count++] = (struct http_field){
        .value = http_slice_of((size_t)(value.data - head), value.len),
        .id = (uint8_t)id,
    };
    return 0;
}

/* Where the body ends must be beyond doubt (RFC 9112, 6.3). A transfer coding cannot be: this
 * server reads no coded bodies, so it says so and closes. */
static uint16_t check_framing(struct http_request *request, const char *head)
{
    struct http_text length = http_request_field(request, head, HTTP_FIELD_CONTENT_LENGTH);
    struct http_text coding = http_request_field(request, head, HTTP_FIELD_TRANSFER_ENCODING);
    if (coding.data != NULL) {
        if (length.data != NULL || request->minor_version == 0)
            return 400;
        return http_text_equal_fold(coding, HTTP_TEXT("chunked")) ? 411 : 501;
    }
    request->has_length = length.data != NULL;
    if (request->has_length && !http_text_decimal(length, &request->content_length))
        return 400;
    return 0;
}

static void read_connection(struct http_request *request, const char *head)
{
    bool close = false, keep = request->minor_version >= 1;
    struct http_text list, option;
    for (unsigned i = 0;
         http_request_field_next(request, head, HTTP_FIELD_CONNECTION, &i, &list);) {
        while (http_text_next(&list, &option)) {
            close |= http_text_equal_fold(option, HTTP_TEXT("close"));
            keep |= http_text_equal_fold(option, HTTP_TEXT("keep-alive"));
        }
    }
    request->keep_alive = keep && !close;
}

/* A client of 1.0 cannot mean it (RFC 9110, 10.1.1). */
static uint16_t read_expectation(struct http_request *request, const char *head)
{
    struct http_text expect = http_request_field(request, head, HTTP_FIELD_EXPECT);
    if (expect.data == NULL || request->minor_version == 0)
        return 0;
    if (!http_text_equal_fold(expect, HTTP_TEXT("100-continue")))
        return 417;
    request->expects_continue = true;
    return 0;
}

uint16_t http_request_check(struct http_request *request, const char *head)
{
    struct http_text host = http_request_field(request, head, HTTP_FIELD_HOST);
    if (host.data == NULL ? request->minor_version >= 1 : !http_is_authority(host))
        return 400;
    uint16_t refusal = check_framing(request, head);
    if (refusal != 0)
        return refusal;
    read_connection(request, head);
    return read_expectation(request, head);
}
