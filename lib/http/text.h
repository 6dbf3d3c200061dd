/* Text of a message: a run of characters inside somebody else's buffer, never terminated, and the
 * few questions that HTTP asks of it (RFC 9110, section 5.6). Also the writers of head text, which
 * go through `struct writer` and so never pass the end of their buffer.
 * Pure functions; any context; no locks. Cost: linear in the text. */
#pragma once

#include <stdbool.h>

#include "lib/base/bytes.h"

struct http_text {
    const char *data;
    size_t len;
};

#define HTTP_TEXT(literal) ((struct http_text){ (literal), sizeof(literal) - 1 })

bool http_text_equal(struct http_text a, struct http_text b);
/* As http_text_equal, but ASCII letters are equal in both cases. */
bool http_text_equal_fold(struct http_text a, struct http_text b);
/* Without spaces and tabs at both ends (OWS). */
struct http_text http_text_trim(struct http_text text);
/* The next element of a comma-separated list, trimmed; empty elements are passed over (RFC 9110,
 * 5.6.1). A comma between double quotes does not separate. False at the end of the list. */
bool http_text_next(struct http_text *list, struct http_text *out_element);
/* Decimal digits and nothing else, at least one. A number over UINT64_MAX becomes UINT64_MAX:
 * every caller has a lower limit of its own. False, and nothing written, otherwise. */
bool http_text_decimal(struct http_text text, uint64_t *out_number);
/* A character of a token: a method or a field name (RFC 9110, 5.6.2). */
bool http_is_token(char byte);
/* 0 to 15, or -1 for what is no hexadecimal digit. */
int http_hex_value(char byte);

void http_put(struct writer *writer, const char *string);
void http_put_text(struct writer *writer, struct http_text text);
void http_put_decimal(struct writer *writer, uint64_t number);
/* With leading zeros up to `digits`, which must be enough. */
void http_put_decimal_padded(struct writer *writer, uint64_t number, unsigned digits);
/* Lower case, exactly `digits` digits, the lowest ones. */
void http_put_hex(struct writer *writer, uint64_t number, unsigned digits);
