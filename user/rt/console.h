/* Writing to a terminal, or to a stream that stands for one: formatted text, gathered in a buffer so that a screenful
 * is a few calls. The owner says when it is to be seen. One thread. */
#pragma once

#include <abi/types.h>

enum { CONSOLE_BUFFER_SIZE = 1024 };

struct console {
    handle_t tty; /* WRITE. */
    bool is_stream;
    size_t len;
    char buffer[CONSOLE_BUFFER_SIZE];
};

void console_init(struct console *console, handle_t tty);
/* The same over a STREAM, where "\n" stays what it is. */
void console_init_stream(struct console *console, handle_t stream);
void console_write(struct console *console, const char *text, size_t len);
/* Each "\n" is written to a terminal as "\r\n". A call's text is cut at CONSOLE_BUFFER_SIZE bytes. */
void console_print(struct console *console, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Show what was gathered. What a dead terminal does not take is dropped. */
void console_flush(struct console *console);
