/* See log.h. */
#include "user/rt/log.h"

#include <swos/syscalls.h>

#include "lib/base/format.h"

void log_line(const char *format, ...)
{
    char line[LOG_LINE_MAX + 1];
    va_list args;
    va_start(args, format);
    size_t len = format_text_list(line, sizeof line, format, args);
    va_end(args);
    (void)sys_debug_write(line, len < LOG_LINE_MAX ? len : LOG_LINE_MAX);
}
