/* Lines of the system's log, with the process's name before them. Thread context. */
#pragma once

enum { LOG_LINE_MAX = 256 };

/* Formats as lib/base/format.h says; what does not fit into LOG_LINE_MAX bytes is cut off. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
