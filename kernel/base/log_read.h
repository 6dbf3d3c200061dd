/* The reading side of the kernel log. */
#pragma once

#include <abi/types.h>

#include <stdarg.h>

/* A line that has its stamp already. */
void log_line(const char *text, size_t len);
void klog_list(const char *format, va_list args);
/* Show every line as it comes, from now on (NULL: no more). */
void log_set_echo(void (*echo)(const char *text, size_t len));
/* Whole lines from *cursor on, as many as fit; *cursor moves past them. @return bytes. */
size_t log_copy(uint64_t *cursor, char *buffer, size_t size);
/* Sleep until there is something past the cursor. Thread context. */
status_t log_wait(uint64_t cursor, time_ns_t deadline);
