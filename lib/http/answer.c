/* What to answer: the decisions between a request, a file and the bytes of a response. Every
 * function here ends by leaving the connection in WRITE with a whole head (and perhaps a small
 * page) in `output`, or in OPEN with a path to look up. */
#include "lib/base/assert.h"
#include "lib/http/conditional.h"
#include "lib/http/date.h"
#include "lib/http/mime.h"
#include "lib/http/path.h"
#include "lib/http/response.h"
#include "lib/http/server_internal.h"

#define ALLOW_LINE "Allow: GET, HEAD, OPTIONS\r\n"

enum { ETAG_BYTES_MAX = 2 + 16 + 1 + 16 };

static bool wants_body(const struct http_connection *connection)
{
    const struct http_request *request = &connection->request;
    return request->phase != HTTP_PHASE_DONE || request->method != HTTP_METHOD_HEAD;
}

static struct writer answer_begin(struct http_connection *connection, unsigned status,
                                  const struct http_clock *clock)
{
    connection->response.status = status;
    struct writer writer = writer_of(connection->output, sizeof connection->output);
    http_head_begin(&writer, status, clock->now_s);
    return writer;
}

/* The last lines of a head: what becomes of the connection. */
static void answer_head_end(struct http_connection *connection, struct writer *writer)
{
    if (connection->close_after)
        http_head_field(writer, "Connection", HTTP_TEXT("close"));
    else if (connection->request.minor_version == 0)
        http_head_field(writer, "Connection", HTTP_TEXT("keep-alive"));
    http_head_end(writer);
}

static void answer_end(struct http_connection *connection, const struct writer *writer)
{
    ASSERT(!writer->overrun);
    connection->output_at = 0;
    connection->output_len = (uint32_t)writer->at;
    connection->state = HTTP_STATE_WRITE;
}

void http_answer_error(struct http_connection *connection, unsigned status, const char *extra,
                       const struct http_clock *clock)
{
    char page[160];
    struct writer page_writer = writer_of(page, sizeof page);
    http_put_error_page(&page_writer, status);
    ASSERT(!page_writer.overrun);

    struct writer writer = answer_begin(connection, status, clock);
    http_head_field(&writer, "Content-Type", HTTP_TEXT("text/html; charset=utf-8"));
    http_head_decimal(&writer, "Content-Length", page_writer.at);
    if (extra != NULL)
        http_put(&writer, extra);
    answer_head_end(connection, &writer);
    if (wants_body(connection)) {
        writer_bytes(&writer, page, page_writer.at);
        connection->response.page_len = (uint32_t)page_writer.at;
    }
    answer_end(connection, &writer);
}

static void answer_options(struct http_connection *connection, const struct http_clock *clock)
{
    struct writer writer = answer_begin(connection, 204, clock);
    http_put(&writer, ALLOW_LINE);
    answer_head_end(connection, &writer);
    answer_end(connection, &writer);
}

static void answer_unavailable(struct http_connection *connection, const struct http_clock *clock)
{
    char line[40];
    struct writer writer = writer_of(line, sizeof line - 1);
    http_head_decimal(&writer, "Retry-After", connection->server->policy->retry_after_s);
    line[writer.at] = 0;
    connection->close_after = true;
    http_answer_error(connection, 503, line, clock);
}

/* Look for `path`, or for the index of the directory that it names. */
static void answer_path(struct http_connection *connection, const struct http_clock *clock)
{
    struct http_text raw = http_slice_text(connection->request.path, connection->input);
    struct http_text index = connection->server->policy->index;
    ASSERT(index.len < sizeof connection->path);
    struct span room = span_of(connection->path, sizeof connection->path - index.len);
    size_t len = 0;
    /* The path of `http://host` is `/` (RFC 9112, 3.2.1). */
    status_t status = http_path_resolve(raw.len == 0 ? HTTP_TEXT("/") : raw, room, &len);
    if (status != STATUS_OK) {
        http_answer_error(connection, status == STATUS_NAME_TOO_LONG ? 414 : 400, NULL, clock);
        return;
    }
    connection->lookup = HTTP_LOOKUP_NAMED;
    if (connection->path[len - 1] == '/') {
        connection->lookup = HTTP_LOOKUP_INDEX;
        memcpy(connection->path + len, index.data, index.len);
        len += index.len;
    }
    connection->path_len = (uint32_t)len;
    connection->state = HTTP_STATE_OPEN;
}

void http_answer_request(struct http_connection *connection, const struct http_clock *clock)
{
    if (connection->is_refusal) {
        answer_unavailable(connection, clock);
        return;
    }
    switch (connection->request.method) {
    case HTTP_METHOD_GET:
    case HTTP_METHOD_HEAD: answer_path(connection, clock); break;
    case HTTP_METHOD_OPTIONS: answer_options(connection, clock); break;
    case HTTP_METHOD_KNOWN: http_answer_error(connection, 405, ALLOW_LINE, clock); break;
    case HTTP_METHOD_UNKNOWN: http_answer_error(connection, 501, ALLOW_LINE, clock); break;
    }
}

/* `"version-size"`: strong, since the version changes with every change of content. */
static struct http_text etag_of(const struct http_file *file, char room[ETAG_BYTES_MAX])
{
    struct writer writer = writer_of(room, ETAG_BYTES_MAX);
    http_put(&writer, "\"");
    http_put_hex(&writer, file->version, 16);
    http_put(&writer, "-");
    http_put_hex(&writer, file->size_bytes, 16);
    http_put(&writer, "\"");
    ASSERT(!writer.overrun);
    return (struct http_text){ room, writer.at };
}

/* A modification time is told only if it is a date and has passed (RFC 9110, 8.8.2.1). */
static int64_t modified_of(const struct http_file *file, const struct http_clock *clock)
{
    int64_t at_s = file->modified_s;
    if (at_s <= 0 || at_s > HTTP_DATE_MAX_S)
        return 0;
    return clock->now_s > 0 && at_s > clock->now_s ? clock->now_s : at_s;
}

/* Decide the status, and for 206 the ranges. */
static unsigned plan_file(struct http_connection *connection,
                          const struct http_validators *validators)
{
    const struct http_request *request = &connection->request;
    enum http_condition condition = http_condition_evaluate(request, connection->input, validators);
    struct http_text range = http_request_field(request, connection->input, HTTP_FIELD_RANGE);
    if (condition == HTTP_CONDITION_FAILED)
        return 412;
    if (condition == HTTP_CONDITION_NOT_MODIFIED)
        return 304;
    /* Only GET has ranges (14.2). */
    if (condition == HTTP_CONDITION_PROCEED_WHOLE || range.data == NULL ||
        request->method != HTTP_METHOD_GET)
        return 200;
    switch (http_ranges_parse(range, connection->file.size_bytes, &connection->response.ranges)) {
    case HTTP_RANGE_WHOLE: return 200;
    case HTTP_RANGE_PARTIAL: return 206;
    case HTTP_RANGE_UNSATISFIABLE: return 416;
    }
    return 200;
}

static void answer_unsatisfiable(struct http_connection *connection, const struct http_clock *clock)
{
    char line[64];
    struct writer writer = writer_of(line, sizeof line - 1);
    http_put(&writer, "Content-Range: bytes */");
    http_put_decimal(&writer, connection->file.size_bytes);
    http_put(&writer, "\r\n");
    line[writer.at] = 0;
    http_answer_error(connection, 416, line, clock);
}

/* Take the response to the start of its part: SEND will follow the WRITE. */
static void part_begin(struct http_response *response)
{
    response->offset_bytes = response->ranges.range[response->part].offset_bytes;
    response->left_bytes = response->ranges.range[response->part].len_bytes;
}

/* The lines that depend on whether one range, several or all of the file is sent. */
static void put_content_lines(struct http_connection *connection, struct writer *writer)
{
    struct http_response *response = &connection->response;
    uint64_t size = connection->file.size_bytes;
    if (response->is_multipart) {
        http_multipart_put_type(writer, response);
        http_head_decimal(writer, "Content-Length", http_multipart_len(response, size));
        return;
    }
    http_head_field(writer, "Content-Type",
                    (struct http_text){ response->type, strlen(response->type) });
    http_head_decimal(writer, "Content-Length",
                      response->status == 206 ? response->ranges.range[0].len_bytes : size);
    if (response->status == 206)
        http_head_range(writer, response->ranges.range[0].offset_bytes,
                        response->ranges.range[0].len_bytes, size);
}

static void body_begin(struct http_connection *connection, struct writer *writer)
{
    struct http_response *response = &connection->response;
    if (response->status == 200) {
        response->ranges.range[0] = (struct http_range){ 0, connection->file.size_bytes };
        response->ranges.count = 1;
    }
    part_begin(response);
    if (response->is_multipart) {
        size_t before = writer->at;
        http_multipart_put_part(writer, response, connection->file.size_bytes);
        response->page_len = (uint32_t)(writer->at - before);
        response->has_trailer = true;
    }
}

/* 200, 206 or 304. */
static void answer_file(struct http_connection *connection, unsigned status,
                        const struct http_validators *validators, const struct http_clock *clock)
{
    struct http_response *response = &connection->response;
    response->type = http_mime_type((struct http_text){ connection->path, connection->path_len });
    response->is_multipart = status == 206 && response->ranges.count > 1;
    response->boundary = (connection->file.version ^ clock->now_ns) * 0x9e3779b97f4a7c15ull;

    struct writer writer = answer_begin(connection, status, clock);
    http_head_field(&writer, "ETag", validators->etag);
    if (validators->modified_s != 0)
        http_head_date(&writer, "Last-Modified", validators->modified_s);
    http_head_field(&writer, "Accept-Ranges", HTTP_TEXT("bytes"));
    if (status != 304) {
        put_content_lines(connection, &writer);
        http_head_field(&writer, "X-Content-Type-Options", HTTP_TEXT("nosniff"));
    }
    answer_head_end(connection, &writer);
    if (status != 304 && wants_body(connection))
        body_begin(connection, &writer);
    answer_end(connection, &writer);
}

static void answer_regular(struct http_connection *connection, const struct http_clock *clock)
{
    char etag[ETAG_BYTES_MAX];
    struct http_validators validators = {
        .etag = etag_of(&connection->file, etag),
        .modified_s = modified_of(&connection->file, clock),
        .now_s = clock->now_s,
    };
    unsigned status = plan_file(connection, &validators);
    if (status == 412)
        http_answer_error(connection, status, NULL, clock);
    else if (status == 416)
        answer_unsatisfiable(connection, clock);
    else
        answer_file(connection, status, &validators, clock);
}

/* A directory is known by its slash: relative links in its index depend on it. The path is the
 * normalised one, so that `//host` cannot become a redirect to another host. */
static void answer_redirect(struct http_connection *connection, const struct http_clock *clock)
{
    struct http_text path = { connection->path, connection->path_len };
    struct writer writer = answer_begin(connection, 301, clock);
    http_put(&writer, "Location: ");
    http_put_path(&writer, path);
    http_put(&writer, "/");
    http_put_text(&writer, http_slice_text(connection->request.query, connection->input));
    http_put(&writer, "\r\nContent-Length: 0\r\n");
    answer_head_end(connection, &writer);
    if (writer.overrun)
        http_answer_error(connection, 414, NULL, clock);
    else
        answer_end(connection, &writer);
}

static unsigned error_of(status_t status)
{
    switch (status) {
    case STATUS_NOT_FOUND:
    case STATUS_NOT_DIRECTORY:
    case STATUS_NAME_TOO_LONG: return 404;
    case STATUS_NO_RIGHT: return 403;
    case STATUS_LIMIT:
    case STATUS_NO_MEMORY:
    case STATUS_NO_SLOT: return 503;
    default: return 500;
    }
}

void http_answer_opened(struct http_connection *connection, const struct http_event *event,
                        const struct http_clock *clock)
{
    bool is_named = connection->lookup == HTTP_LOOKUP_NAMED;
    if (event->status == STATUS_NOT_FOUND && connection->lookup == HTTP_LOOKUP_INDEX) {
        /* No index: is there at least the directory? 403 and 404 tell them apart. */
        connection->path_len -= (uint32_t)connection->server->policy->index.len;
        connection->lookup = HTTP_LOOKUP_DIRECTORY;
        return;
    }
    if (event->status != STATUS_OK) {
        http_answer_error(connection, error_of(event->status), NULL, clock);
        return;
    }
    connection->file = event->file;
    connection->has_file = event->file.kind == HTTP_FILE_REGULAR;
    if (connection->has_file && connection->lookup != HTTP_LOOKUP_DIRECTORY)
        answer_regular(connection, clock);
    else if (event->file.kind == HTTP_FILE_DIRECTORY && is_named)
        answer_redirect(connection, clock);
    else
        http_answer_error(connection, connection->has_file ? 404 : 403, NULL, clock);
}
