/* The pieces of the request parser, one file each: the loop over bytes and lines (request.c), the
 * request line (request_line.c), the field lines and what they add up to (request_fields.c). Each
 * returns 0 when all is well and otherwise the status code of the refusal. */
#pragma once

#include "lib/http/request.h"

/* A line of the head without its CRLF. */
uint16_t http_request_line(struct http_request *request, const char *head, struct http_slice line);
uint16_t http_request_field_line(struct http_request *request, const char *head,
                                 struct http_slice line);
/* After the empty line: what only all fields together can tell. */
uint16_t http_request_check(struct http_request *request, const char *head);
/* The name of a host, with or without a port (RFC 3986, 3.2); it may be empty. */
bool http_is_authority(struct http_text text);

static inline struct http_slice http_slice_of(size_t at, size_t len)
{
    return (struct http_slice){ (uint16_t)at, (uint16_t)len };
}
