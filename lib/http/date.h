/* HTTP dates (RFC 9110, section 5.6.7): seconds since 1970 in UTC to `Sun, 06 Nov 1994 08:49:37
 * GMT` and back. On input the two obsolete forms are read too. Leap seconds do not exist here: a
 * second of 60 reads as the first of the next minute.
 * Pure functions; any context. */
#pragma once

#include "lib/http/text.h"

enum { HTTP_DATE_BYTES = 29 };

/* The last second that has a four-digit year. */
#define HTTP_DATE_MAX_S 253402300799

/* A moment in the parts that people write. */
struct http_calendar {
    unsigned year, month, day; /* Month and day from 1. */
    unsigned hour, minute, second;
    unsigned weekday; /* 0 is Sunday. */
};

/* @param seconds  0 to HTTP_DATE_MAX_S. */
struct http_calendar http_calendar_of(int64_t seconds);
/* "Jan" for 1. */
const char *http_month_name(unsigned month);
/* Write the 29 characters of an IMF-fixdate.
 * @param seconds  0 to HTTP_DATE_MAX_S. */
void http_put_date(struct writer *writer, int64_t seconds);
/* Read any of the three forms.
 * @param now_s  the present, to place the two-digit years of RFC 850 (never more than 50 years
 *               ahead); 0 when unknown.
 * @return false, and nothing written, for what is no date or one before 1970. */
bool http_date_parse(struct http_text text, int64_t now_s, int64_t *out_seconds);
