/* The kernel's log: lines into a ring that user space reads through a log handle; a copy goes to
 * the console only when asked for (boot is silent) or in a panic. Any context. */
#pragma once

/* printf-like; the conversions are those of lib/base/format.h. No newline at the end. */
void klog(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Stop the machine with a message, a symbolised backtrace and the state of the CPU. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
