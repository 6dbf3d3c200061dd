/* The kernel log: a ring of text in which lines are found by a cursor that only grows, so that a
 * reader can say where it stopped and learns when it was too slow. */
#include "kernel/base/log.h"

#include <string.h>

#include "kernel/base/hot.h"
#include "kernel/base/log_read.h"
#include "kernel/base/spinlock.h"
#include "kernel/sched/timer.h"
#include "kernel/sched/wait.h"
#include "lib/base/format.h"

enum {
    LOG_SIZE = 16384, /* A power of two. */
    LINE_MAX = 256,
};

WARM_DATA static struct kernel_log {
    struct spinlock lock;
    uint64_t end; /* Bytes ever written; log_text[end % LOG_SIZE] is next. */
    struct spinlock readers_lock;
    struct wait_queue readers;
    void (*echo)(const char *text, size_t len); /* The console, when asked for. */
} kernel_log = { .lock = { .class = LOCK_LOG },
                 .readers_lock = { .class = LOCK_WAIT },
                 .readers = { { &kernel_log.readers.waiters, &kernel_log.readers.waiters } } };

/* The log's text; apart from what has a first value, so that it takes no room in the Image. */
static char log_text[LOG_SIZE];

/* The lock is held. At most LOG_SIZE. */
static void append(const char *text, size_t len)
{
    size_t at = kernel_log.end % LOG_SIZE, first = LOG_SIZE - at < len ? LOG_SIZE - at : len;
    memcpy(log_text + at, text, first);
    memcpy(log_text, text + first, len - first);
    __atomic_store_n(&kernel_log.end, kernel_log.end + len, __ATOMIC_RELEASE);
}

void log_line(const char *text, size_t len)
{
    spin_lock(&kernel_log.lock);
    append(text, len);
    append("\n", 1);
    void (*echo)(const char *, size_t) = kernel_log.echo;
    spin_unlock(&kernel_log.lock);
    if (echo != NULL) {
        echo(text, len);
        echo("\n", 1);
    }
}

void klog_list(const char *format, va_list args)
{
    char line[LINE_MAX];
    time_ns_t now = clock_now();
    size_t len =
        format_text(line, sizeof line, "[%5llu.%06llu] ", (unsigned long long)(now / 1000000000),
                    (unsigned long long)(now / 1000 % 1000000));
    len += format_text_list(line + len, sizeof line - len, format, args);
    log_line(line, len < sizeof line ? len : sizeof line - 1);
}

void klog(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    klog_list(format, args);
    va_end(args);
}

void log_set_echo(void (*echo)(const char *text, size_t len))
{
    kernel_log.echo = echo;
}

/* klog is called under all kinds of locks and waking is not allowed there, so readers look again at
 * LOOK_NS at the latest. */
#define LOOK_NS 50000000ull

size_t log_copy(uint64_t *cursor, char *buffer, size_t size)
{
    spin_lock(&kernel_log.lock);
    uint64_t oldest = kernel_log.end > LOG_SIZE ? kernel_log.end - LOG_SIZE : 0;
    uint64_t at = *cursor > kernel_log.end ? kernel_log.end : *cursor;
    if (at < oldest) /* Too slow: go on at the first whole line. */
        for (at = oldest; at < kernel_log.end && log_text[at++ % LOG_SIZE] != '\n';)
            ;
    size_t whole = 0;
    for (size_t len = 0; at + len < kernel_log.end && len < size; len++) {
        buffer[len] = log_text[(at + len) % LOG_SIZE];
        if (buffer[len] == '\n')
            whole = len + 1;
    }
    *cursor = at + whole;
    spin_unlock(&kernel_log.lock);
    return whole;
}

status_t log_wait(uint64_t cursor, time_ns_t deadline)
{
    while (__atomic_load_n(&kernel_log.end, __ATOMIC_ACQUIRE) <= cursor) {
        time_ns_t look = clock_now() + LOOK_NS;
        if (deadline < look)
            look = deadline;
        spin_lock(&kernel_log.readers_lock);
        status_t status = wait_sleep(&kernel_log.readers, &kernel_log.readers_lock, look);
        if (status == STATUS_CANCELLED || clock_now() >= deadline)
            return status;
    }
    return STATUS_OK;
}
