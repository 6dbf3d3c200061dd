/* The head of an HTTP/1.x request, parsed as it arrives (RFC 9112, sections 2 to 6; RFC 9110).
 *
 * The caller keeps the bytes of the head in one buffer, at the same place, and offers them again
 * with each more that came; the parser remembers how far it looked, so the whole costs one pass.
 * What it finds are slices: offsets into that buffer, good while the bytes stay.
 *
 * It is strict where two readers could disagree about where a message ends: a bare CR or LF, a
 * folded line, a space before a colon, a repeated or signed Content-Length, a Content-Length next
 * to a Transfer-Encoding are all refused, and after a refusal the connection must be closed,
 * because nobody knows where the next request begins.
 *
 * Pure; any context; no locks; no allocation. */
#pragma once

#include "lib/http/text.h"

enum {
    HTTP_HEAD_BYTES_MAX = 7680, /* Request line, fields and the empty line; else 431. */
    HTTP_TARGET_BYTES_MAX = 2048,
    HTTP_FIELDS_MAX = 64,
    HTTP_EMPTY_LINES_MAX = 2, /* Before a request line (RFC 9112, 2.2). */
};

enum http_method {
    HTTP_METHOD_GET,
    HTTP_METHOD_HEAD,
    HTTP_METHOD_OPTIONS,
    HTTP_METHOD_KNOWN,   /* Registered, but never allowed here: 405. */
    HTTP_METHOD_UNKNOWN, /* A token that names no method we know: 501. */
};

/* The fields that mean something to this server. Others are checked and passed over. */
enum http_field_id {
    HTTP_FIELD_HOST,
    HTTP_FIELD_CONNECTION,
    HTTP_FIELD_CONTENT_LENGTH,
    HTTP_FIELD_TRANSFER_ENCODING,
    HTTP_FIELD_EXPECT,
    HTTP_FIELD_RANGE,
    HTTP_FIELD_IF_MATCH,
    HTTP_FIELD_IF_NONE_MATCH,
    HTTP_FIELD_IF_MODIFIED_SINCE,
    HTTP_FIELD_IF_UNMODIFIED_SINCE,
    HTTP_FIELD_IF_RANGE,
    HTTP_FIELD_REFERER,
    HTTP_FIELD_USER_AGENT,
    HTTP_FIELD_COUNT, /* Any other. */
};

struct http_slice {
    uint16_t at;
    uint16_t len;
};

struct http_field {
    struct http_slice value; /* Trimmed. */
    uint8_t id;
};

enum http_request_phase {
    HTTP_PHASE_LINE, /* Before the end of the request line. */
    HTTP_PHASE_FIELDS,
    HTTP_PHASE_DONE,
    HTTP_PHASE_REFUSED,
};

struct http_request {
    enum http_request_phase phase;
    uint16_t refusal;    /* In REFUSED: the status to answer with. */
    uint16_t head_len;   /* Bytes looked at; in DONE, the length of the head. */
    uint16_t line_at;    /* Start of the present line. */
    uint8_t empty_lines; /* Seen before the request line. */
    uint8_t fields_seen;
    uint8_t field_count; /* Of `field`: the ones with a meaning. */
    bool has_length;
    bool keep_alive;       /* The client lets the connection persist (RFC 9112, 9.3). */
    bool expects_continue; /* It waits for 100 before its body (RFC 9110, 10.1.1). */
    bool is_asterisk;      /* The target is `*`. */
    uint8_t minor_version; /* HTTP/1.x, at most 1. */
    enum http_method method;
    uint64_t content_length;
    struct http_slice method_name;
    struct http_slice target;
    struct http_slice path;  /* Of the target, still encoded; empty for `*` and `host:port`. */
    struct http_slice query; /* With its `?`, or empty. */
    struct http_field field[HTTP_FIELDS_MAX];
};

enum http_parse {
    HTTP_PARSE_MORE,    /* Everything so far is fine; offer more. */
    HTTP_PARSE_DONE,    /* The head is complete: request->head_len bytes. */
    HTTP_PARSE_REFUSED, /* Answer request->refusal and close. */
};

void http_request_begin(struct http_request *request);
/* Look at what came. `head` is all of the buffer, `len` the bytes in it; those already looked at
 * must be unchanged. Calling again after DONE or REFUSED gives the same answer.
 * Refusals: 400 malformed, 411 a chunked body, 414, 417 an unknown expectation, 431, 501 an unknown
 * transfer coding, 505. */
enum http_parse http_request_parse(struct http_request *request, const char *head, size_t len);

struct http_text http_slice_text(struct http_slice slice, const char *head);
/* The first field with that name, or an empty text without data. */
struct http_text http_request_field(const struct http_request *request, const char *head,
                                    enum http_field_id id);
/* Go through all lines of one field: start with *index 0; false after the last. */
bool http_request_field_next(const struct http_request *request, const char *head,
                             enum http_field_id id, unsigned *index, struct http_text *out_value);
