/* Conditional requests; see conditional.h. */
#include "lib/http/conditional.h"

#include "lib/http/date.h"

enum comparison { COMPARE_STRONG, COMPARE_WEAK };

/* Entity tags compare by their characters; a weak one, `W/"..."`, never strongly (8.8.3.2). */
static bool etag_equal(struct http_text tag, struct http_text etag, enum comparison comparison)
{
    bool weak = tag.len >= 2 && tag.data[0] == 'W' && tag.data[1] == '/';
    if (weak && comparison == COMPARE_STRONG)
        return false;
    if (weak) {
        tag.data += 2;
        tag.len -= 2;
    }
    return etag.len > 0 && http_text_equal(tag, etag);
}

/* Whether any line of the field lists the tag, or is `*`: the file exists, so that is true. */
static bool lists_etag(const struct http_request *request, const char *head, enum http_field_id id,
                       struct http_text etag, enum comparison comparison)
{
    struct http_text list, tag;
    for (unsigned i = 0; http_request_field_next(request, head, id, &i, &list);)
        while (http_text_next(&list, &tag))
            if (http_text_equal(tag, HTTP_TEXT("*")) || etag_equal(tag, etag, comparison))
                return true;
    return false;
}

static bool has_field(const struct http_request *request, const char *head, enum http_field_id id)
{
    return http_request_field(request, head, id).data != NULL;
}

/* Whether the field holds a date that the file's can be compared with. */
static bool read_date(const struct http_request *request, const char *head, enum http_field_id id,
                      const struct http_validators *validators, int64_t *out_seconds)
{
    struct http_text field = http_request_field(request, head, id);
    return validators->modified_s != 0 && http_date_parse(field, validators->now_s, out_seconds);
}

/* If-Match, or else If-Unmodified-Since. */
static bool is_version_right(const struct http_request *request, const char *head,
                             const struct http_validators *validators)
{
    int64_t since_s;
    if (has_field(request, head, HTTP_FIELD_IF_MATCH))
        return lists_etag(request, head, HTTP_FIELD_IF_MATCH, validators->etag, COMPARE_STRONG);
    if (read_date(request, head, HTTP_FIELD_IF_UNMODIFIED_SINCE, validators, &since_s))
        return validators->modified_s <= since_s;
    return true;
}

/* If-None-Match, or else If-Modified-Since. */
static bool is_news(const struct http_request *request, const char *head,
                    const struct http_validators *validators)
{
    int64_t since_s;
    if (has_field(request, head, HTTP_FIELD_IF_NONE_MATCH))
        return !lists_etag(request, head, HTTP_FIELD_IF_NONE_MATCH, validators->etag, COMPARE_WEAK);
    if (read_date(request, head, HTTP_FIELD_IF_MODIFIED_SINCE, validators, &since_s))
        return validators->modified_s > since_s;
    return true;
}

/* If-Range: the parts that the client has are of this very version (13.1.5). */
static bool is_range_right(const struct http_request *request, const char *head,
                           const struct http_validators *validators)
{
    int64_t date_s;
    struct http_text field = http_request_field(request, head, HTTP_FIELD_IF_RANGE);
    if (field.data == NULL)
        return true;
    if (etag_equal(field, validators->etag, COMPARE_STRONG))
        return true;
    return read_date(request, head, HTTP_FIELD_IF_RANGE, validators, &date_s) &&
           date_s == validators->modified_s &&
           validators->now_s - validators->modified_s >= HTTP_STRONG_AGE_S;
}

enum http_condition http_condition_evaluate(const struct http_request *request, const char *head,
                                            const struct http_validators *validators)
{
    if (!is_version_right(request, head, validators))
        return HTTP_CONDITION_FAILED;
    if (!is_news(request, head, validators))
        return HTTP_CONDITION_NOT_MODIFIED;
    return is_range_right(request, head, validators) ? HTTP_CONDITION_PROCEED
                                                     : HTTP_CONDITION_PROCEED_WHOLE;
}
