/* See console.h. */
#include "user/rt/console.h"

#include <string.h>

#include <swos/syscalls.h>

#include "lib/base/format.h"

void console_init(struct console *console, handle_t tty)
{
    console->tty = tty;
    console->is_stream = false;
    console->len = 0;
}

void console_init_stream(struct console *console, handle_t stream)
{
    console_init(console, stream);
    console->is_stream = true;
}

static status_t show(const struct console *console, const char *text, size_t len, size_t *out_done)
{
    return console->is_stream ? sys_stream_write(console->tty, text, len, 0, TIME_NEVER, out_done)
                              : sys_tty_write(console->tty, text, len, out_done);
}

void console_flush(struct console *console)
{
    size_t at = 0;
    while (at < console->len) {
        size_t written = 0;
        status_t status = show(console, console->buffer + at, console->len - at, &written);
        if (status != STATUS_OK || written == 0)
            break;
        at += written;
    }
    console->len = 0;
}

static void put(struct console *console, char c)
{
    if (console->len == CONSOLE_BUFFER_SIZE)
        console_flush(console);
    console->buffer[console->len++] = c;
}

void console_write(struct console *console, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n' && !console->is_stream)
            put(console, '\r');
        put(console, text[i]);
    }
}

void console_print(struct console *console, const char *format, ...)
{
    char text[CONSOLE_BUFFER_SIZE];
    va_list args;
    va_start(args, format);
    size_t len = format_text_list(text, sizeof text, format, args);
    va_end(args);
    console_write(console, text, len < sizeof text ? len : sizeof text - 1);
}
