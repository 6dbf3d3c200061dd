/* The Range field; see range.h. */
#include "lib/http/range.h"

/* What one range of the list says, once read. */
enum spec {
    SPEC_MALFORMED,
    SPEC_OUTSIDE, /* Well formed, but with no byte in the file. */
    SPEC_INSIDE,
};

/* `-N`: the last N bytes. */
static enum spec read_suffix(struct http_text digits, uint64_t size, struct http_range *out_range)
{
    uint64_t len;
    if (!http_text_decimal(digits, &len))
        return SPEC_MALFORMED;
    if (len > size)
        len = size;
    *out_range = (struct http_range){ size - len, len };
    return len == 0 ? SPEC_OUTSIDE : SPEC_INSIDE;
}

/* `A-B`, `A-` or `-N`. */
static enum spec read_spec(struct http_text spec, uint64_t size, struct http_range *out_range)
{
    size_t dash = 0;
    while (dash < spec.len && spec.data[dash] != '-')
        dash++;
    if (dash == spec.len)
        return SPEC_MALFORMED;
    struct http_text after = { spec.data + dash + 1, spec.len - dash - 1 };
    if (dash == 0)
        return read_suffix(after, size, out_range);

    uint64_t first, last = UINT64_MAX;
    if (!http_text_decimal((struct http_text){ spec.data, dash }, &first) ||
        (after.len > 0 && !http_text_decimal(after, &last)) || last < first)
        return SPEC_MALFORMED;
    if (first >= size)
        return SPEC_OUTSIDE;
    if (last >= size)
        last = size - 1;
    *out_range = (struct http_range){ first, last - first + 1 };
    return SPEC_INSIDE;
}

enum http_range_answer http_ranges_parse(struct http_text field, uint64_t size_bytes,
                                         struct http_ranges *out_ranges)
{
    static const char unit[] = "bytes=";
    size_t unit_len = sizeof unit - 1;
    struct http_ranges ranges = { .count = 0 };
    unsigned specs = 0;
    uint64_t total = 0;
    if (size_bytes == 0 || field.len < unit_len ||
        !http_text_equal_fold((struct http_text){ field.data, unit_len }, HTTP_TEXT(unit)))
        return HTTP_RANGE_WHOLE;

    struct http_text list = { field.data + unit_len, field.len - unit_len }, spec;
    while (http_text_next(&list, &spec)) {
        struct http_range range;
        enum spec answer = read_spec(spec, size_bytes, &range);
        if (answer == SPEC_MALFORMED || specs++ == HTTP_RANGES_MAX)
            return HTTP_RANGE_WHOLE;
        if (answer == SPEC_OUTSIDE)
            continue;
        if (range.len_bytes > size_bytes - total)
            return HTTP_RANGE_WHOLE;
        total += range.len_bytes;
        ranges.range[ranges.count++] = range;
    }
    if (specs == 0)
        return HTTP_RANGE_WHOLE;
    *out_ranges = ranges;
    return ranges.count > 0 ? HTTP_RANGE_PARTIAL : HTTP_RANGE_UNSATISFIABLE;
}
