/* The request line: method SP target SP version (RFC 9112, section 3). */
#include "lib/http/request_internal.h"

/* One element of the line: its text, and where it is. */
static struct http_slice word_at(struct http_text text, size_t at)
{
    size_t end = at;
    while (end < text.len && text.data[end] != ' ')
        end++;
    return http_slice_of(at, end - at);
}

static enum http_method method_of(struct http_text name)
{
    static const char *const known[] = { "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT" };
    if (http_text_equal(name, HTTP_TEXT("GET")))
        return HTTP_METHOD_GET;
    if (http_text_equal(name, HTTP_TEXT("HEAD")))
        return HTTP_METHOD_HEAD;
    if (http_text_equal(name, HTTP_TEXT("OPTIONS")))
        return HTTP_METHOD_OPTIONS;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (http_text_equal(name, (struct http_text){ known[i], strlen(known[i]) }))
            return HTTP_METHOD_KNOWN;
    return HTTP_METHOD_UNKNOWN;
}

static uint16_t read_method(struct http_request *request, struct http_text name)
{
    if (name.len == 0)
        return 400;
    for (size_t i = 0; i < name.len; i++)
        if (!http_is_token(name.data[i]))
            return 400;
    request->method = method_of(name);
    return 0;
}

/* `HTTP/1.1`: upper case, one digit each (RFC 9112, 2.3). A later 1.x reads as 1.1. */
static uint16_t read_version(struct http_request *request, struct http_text version)
{
    if (version.len != 8 || memcmp(version.data, "HTTP/", 5) != 0 || version.data[6] != '.')
        return 400;
    char major = version.data[5], minor = version.data[7];
    if (major < '0' || major > '9' || minor < '0' || minor > '9')
        return 400;
    if (major != '1')
        return 505;
    request->minor_version = minor == '0' ? 0 : 1;
    return 0;
}

/* A token's characters but for four, and eight more (RFC 3986, 3.2). */
static bool is_host_byte(char byte)
{
    switch (byte) {
    case '#':
    case '^':
    case '`':
    case '|': return false;
    case '(':
    case ')':
    case ',':
    case ';':
    case '=':
    case ':':
    case '[':
    case ']': return true;
    default: return http_is_token(byte);
    }
}

bool http_is_authority(struct http_text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_host_byte(text.data[i]))
            return false;
    return true;
}

/* What may stand in a target at all: visible ASCII, without a fragment, quotes and brackets. Raw
 * bytes over 0x7e are no part of a URI; clients encode them. */
static bool is_target(struct http_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte <= 0x20 || byte >= 0x7f || byte == '#' || byte == '"' || byte == '<' ||
            byte == '>' || byte == '\\')
            return false;
    }
    return text.len > 0;
}

/* The path and the query of a target whose path begins at `at`. */
static void split_query(struct http_request *request, struct http_text target, size_t at)
{
    size_t query = at;
    while (query < target.len && target.data[query] != '?')
        query++;
    request->path = http_slice_of(request->target.at + at, query - at);
    request->query = http_slice_of(request->target.at + query, target.len - query);
}

/* Where the path of `http://host/path` begins; 0 when the target is not of that form. */
static size_t absolute_path_at(struct http_text target)
{
    static const char *const schemes[] = { "http://", "https://" };
    for (size_t i = 0; i < 2; i++) {
        size_t host = strlen(schemes[i]), end = host;
        if (target.len <= host || !http_text_equal_fold((struct http_text){ target.data, host },
                                                        (struct http_text){ schemes[i], host }))
            continue;
        while (end < target.len && target.data[end] != '/' && target.data[end] != '?')
            end++;
        struct http_text authority = { target.data + host, end - host };
        return authority.len > 0 && http_is_authority(authority) ? end : 0;
    }
    return 0;
}

/* The four forms of a target (RFC 9112, 3.2). The authority form belongs to CONNECT alone, which
 * is refused later on, as a method. */
static uint16_t read_target(struct http_request *request, struct http_text target)
{
    if (!is_target(target))
        return 400;
    if (target.len > HTTP_TARGET_BYTES_MAX)
        return 414;
    if (target.data[0] == '/') {
        split_query(request, target, 0);
        return 0;
    }
    if (http_text_equal(target, HTTP_TEXT("*"))) {
        request->is_asterisk = true;
        return request->method == HTTP_METHOD_OPTIONS ? 0 : 400;
    }
    size_t path_at = absolute_path_at(target);
    if (path_at > 0) {
        split_query(request, target, path_at);
        return 0;
    }
    return request->method == HTTP_METHOD_KNOWN && http_is_authority(target) ? 0 : 400;
}

uint16_t http_request_line(struct http_request *request, const char *head, struct http_slice line)
{
    struct http_text text = http_slice_text(line, head);
    struct http_slice method = word_at(text, 0);
    struct http_slice target = word_at(text, method.len + 1u);
    size_t version_at = target.at + target.len + 1u;
    if (version_at >= text.len)
        return 400;
    request->method_name = http_slice_of(line.at + method.at, method.len);
    request->target = http_slice_of(line.at + target.at, target.len);

    uint16_t refusal = read_method(request, http_slice_text(request->method_name, head));
    if (refusal == 0)
        refusal = read_version(request,
                               (struct http_text){ text.data + version_at, text.len - version_at });
    if (refusal == 0)
        refusal = read_target(request, http_slice_text(request->target, head));
    return refusal;
}
