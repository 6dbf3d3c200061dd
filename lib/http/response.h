/* Writing the head of a response, line by line, into a writer (RFC 9112, section 4). The writer
 * remembers whether everything fitted. Pure; any context. */
#pragma once

#include "lib/http/text.h"

/* The status line, and Date unless the time is unknown (RFC 9110, 6.6.1).
 * @param now_s  seconds since 1970; 0 when unknown. */
void http_head_begin(struct writer *writer, unsigned status, int64_t now_s);
void http_head_field(struct writer *writer, const char *name, struct http_text value);
void http_head_decimal(struct writer *writer, const char *name, uint64_t number);
void http_head_date(struct writer *writer, const char *name, int64_t seconds);
/* `Content-Range: bytes 0-9/100`. */
void http_head_range(struct writer *writer, uint64_t offset_bytes, uint64_t len_bytes,
                     uint64_t size_bytes);
/* The empty line. */
void http_head_end(struct writer *writer);

/* "Not Found" for 404; "" for a code that this server never sends. */
const char *http_status_reason(unsigned status);
/* A page of a few words that says the status. */
void http_put_error_page(struct writer *writer, unsigned status);
