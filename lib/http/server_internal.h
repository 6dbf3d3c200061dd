/* Between the state machine (server.c) and the file that decides what to answer (answer.c), and
 * its helper for bodies of several parts (multipart.c). */
#pragma once

#include "lib/http/server.h"

/* Write into `output` what answers a request that is refused, or that no file answers, and go to
 * WRITE. `extra` is a whole field line or NULL. */
void http_answer_error(struct http_connection *connection, unsigned status, const char *extra,
                       const struct http_clock *clock);
/* The request is complete: answer it, or go to OPEN. */
void http_answer_request(struct http_connection *connection, const struct http_clock *clock);
/* OPEN was answered: go to WRITE, or to OPEN again with another path. */
void http_answer_opened(struct http_connection *connection, const struct http_event *event,
                        const struct http_clock *clock);

/* How long the body is with all its separators. */
uint64_t http_multipart_len(const struct http_response *response, uint64_t size_bytes);
/* What stands before the present part. */
void http_multipart_put_part(struct writer *writer, const struct http_response *response,
                             uint64_t size_bytes);
void http_multipart_put_trailer(struct writer *writer, const struct http_response *response);
void http_multipart_put_type(struct writer *writer, const struct http_response *response);
