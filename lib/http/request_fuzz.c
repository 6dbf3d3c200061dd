/* The request parser: what it says must not depend on how the bytes were cut, and every slice that
 * it gives must lie in what it looked at. */
#include "lib/base/assert.h"
#include "lib/http/conditional.h"
#include "lib/http/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_slice(const struct http_request *request, struct http_slice slice)
{
    ASSERT(slice.at + slice.len <= request->head_len);
}

static void check_parts(const struct http_request *request, const char *head)
{
    check_slice(request, request->method_name);
    check_slice(request, request->target);
    check_slice(request, request->path);
    check_slice(request, request->query);
    ASSERT(request->field_count <= HTTP_FIELDS_MAX);
    for (unsigned i = 0; i < request->field_count; i++) {
        check_slice(request, request->field[i].value);
        ASSERT(request->field[i].id < HTTP_FIELD_COUNT);
    }
    ASSERT(memcmp(head + request->head_len - 4, "\r\n\r\n", 4) == 0 ||
           request->head_len < HTTP_HEAD_BYTES_MAX);
}

/* The readers of field values, on whatever this request has. */
static void read_values(const struct http_request *request, const char *head, size_t size)
{
    struct http_validators validators = { HTTP_TEXT("\"v1\""), 784111777, 784198177 };
    struct http_ranges ranges = { .count = 0 };
    http_condition_evaluate(request, head, &validators);
    struct http_text field = http_request_field(request, head, HTTP_FIELD_RANGE);
    if (http_ranges_parse(field, size, &ranges) != HTTP_RANGE_PARTIAL)
        return;
    uint64_t total = 0;
    for (unsigned i = 0; i < ranges.count; i++) {
        ASSERT(ranges.range[i].len_bytes > 0);
        ASSERT(ranges.range[i].offset_bytes + ranges.range[i].len_bytes <= size);
        total += ranges.range[i].len_bytes;
    }
    ASSERT(total <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *head = (const char *)data;
    struct http_request whole, cut;
    http_request_begin(&whole);
    http_request_begin(&cut);
    enum http_parse answer = http_request_parse(&whole, head, size), cut_answer = HTTP_PARSE_MORE;
    for (size_t len = 0; len <= size && cut_answer == HTTP_PARSE_MORE; len += 1 + len % 3)
        cut_answer = http_request_parse(&cut, head, len);
    if (cut_answer == HTTP_PARSE_MORE)
        cut_answer = http_request_parse(&cut, head, size);
    ASSERT(answer == cut_answer);
    ASSERT(memcmp(&whole, &cut, sizeof whole) == 0);
    ASSERT((whole.refusal != 0) == (answer == HTTP_PARSE_REFUSED));
    if (answer == HTTP_PARSE_DONE) {
        check_parts(&whole, head);
        read_values(&whole, head, size);
    }
    return 0;
}
