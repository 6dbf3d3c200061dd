/* The access log: one record for each answered request, and its two written forms. Pure; any
 * context. */
#pragma once

#include <abi/types.h>

#include "lib/http/text.h"

/* Who is at the other end: an IPv6 address, or an IPv4 address mapped into one (RFC 4291,
 * 2.5.5.2). */
struct http_peer {
    uint8_t address[16];
    uint16_t port;
};

struct http_record {
    struct http_peer peer;
    struct http_text method; /* Empty when the request line could not be read. */
    struct http_text target; /* As sent. */
    struct http_text referer;
    struct http_text user_agent;
    unsigned status;
    unsigned minor_version;
    uint64_t body_bytes;   /* Of the response, that went out. */
    time_ns_t duration_ns; /* First byte of the request to last byte of the response. */
    int64_t now_s;         /* When it ended; 0 when the time is unknown. */
    bool is_cut;           /* The connection ended before the response did. */
};

/* Dotted for a mapped IPv4 address, otherwise as RFC 5952 writes it. */
void http_put_address(struct writer *writer, const uint8_t address[16]);
/* One JSON object and a newline. Every byte outside printable ASCII is escaped, so the line is
 * valid whatever the client sent. */
void http_record_put_json(struct writer *writer, const struct http_record *record);
/* The common log form: `peer - - [06/Nov/1994:08:49:37 +0000] "GET / HTTP/1.1" 200 123`. */
void http_record_put_common(struct writer *writer, const struct http_record *record);
