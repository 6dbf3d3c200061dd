/* printf-like formatting without a C library, for the kernel and native programs. Conversions:
 * %d %i %u %x %X %c %s %p %% with the flags - 0 #, width, precision (strings: most bytes taken; `*`
 * for both) and the lengths l, ll, z, h, hh. No floating point. Any context. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* Write at most size - 1 bytes and a NUL (none when size is 0). @return the length that the whole
 * text has, as snprintf does. */
size_t format_text(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t format_text_list(char *buffer, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
