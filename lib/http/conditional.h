/* Conditional requests (RFC 9110, section 13): does the client already have what it asks for, or
 * does it insist on a version? Pure; any context; cost linear in the fields. */
#pragma once

#include "lib/http/request.h"

/* A clock and a time must differ by this much for the time to be a strong validator (8.8.2.2). */
#define HTTP_STRONG_AGE_S 60

/* What is known of the file as it is now. */
struct http_validators {
    struct http_text etag; /* With its quotes, strong; empty if there is none. */
    int64_t modified_s;    /* 0: unknown. */
    int64_t now_s;         /* 0: unknown. */
};

enum http_condition {
    HTTP_CONDITION_PROCEED,
    HTTP_CONDITION_PROCEED_WHOLE, /* As if there were no Range field (If-Range is false). */
    HTTP_CONDITION_NOT_MODIFIED,  /* 304. */
    HTTP_CONDITION_FAILED,        /* 412. */
};

/* Evaluate the request's preconditions in the order of RFC 9110, 13.2.2, for GET and HEAD.
 * Malformed dates are ignored; a malformed entity tag equals none. */
enum http_condition http_condition_evaluate(const struct http_request *request, const char *head,
                                            const struct http_validators *validators);
