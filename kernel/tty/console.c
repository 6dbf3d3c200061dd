/* The terminal on the console's UART. What is typed comes by interrupt; what is shown is put into the UART a
 * few bytes at a time: by the writer while there is one, else (echo) by interrupts of the transmitter.
 * Interrupts are asked for when somebody first wants input, so that a machine without a console user never
 * has one. */
#include "kernel/drivers/pl011.h"
#include "kernel/tty/pty.h"
#include "kernel/tty/terminal.h"
#include "lib/base/assert.h"

enum { SHOW_PIECE = 64 }; /* What is put at once, with interrupts off. */

static struct terminal console;
static bool console_listens; /* The UART was asked for interrupts. */

static const struct object_ops console_ops;

struct tty *tty_console(void)
{
    return &console.ends[TTY_END_PROGRAM];
}

/* The lock is held. The rest, if any, comes with the writer's next round or the transmitter's interrupt. */
static void console_show(struct terminal *terminal)
{
    uint8_t piece[SHOW_PIECE];
    size_t len = tty_line_show(&terminal->line, piece, sizeof piece);
    pl011_write_polled((const char *)piece, len);
    if (console_listens)
        pl011_ask_room(tty_line_show_len(&terminal->line) > 0);
}

/* Interrupt context. A byte that finds no room is lost, as on any serial line. */
static void console_received(uint8_t byte)
{
    if (terminal_type(&console, &byte, 1) == 1)
        return;
    spin_lock(&console.lock);
    console.line.lost++;
    spin_unlock(&console.lock);
}

/* Interrupt context: the transmitter has room. */
static void console_has_room(void)
{
    spin_lock(&console.lock);
    console_show(&console);
    terminal_refresh(&console);
    spin_unlock(&console.lock);
}

/* Once, whichever CPU comes first. */
static void console_listen(struct terminal *terminal)
{
    if (!__atomic_exchange_n(&console_listens, true, __ATOMIC_ACQ_REL))
        pl011_listen(console_received, console_has_room);
}

/* Whoever asks for the signals waits for input. */
static struct signal_source *console_signals(struct object *object)
{
    console_listen(&console);
    return &console.ends[TTY_END_PROGRAM].source;
}

/* The kernel keeps a reference for good. */
static void console_destroy(struct object *object)
{
    ASSERT(object == NULL);
}

void tty_setup(void)
{
    terminal_init(&console, &console_ops, NULL, &tty_attributes_raw, false);
    console.show = console_show;
    console.listen = console_listen;
    spin_lock(&console.lock);
    terminal_refresh(&console);
    spin_unlock(&console.lock);
    pty_setup();
}

static const struct object_ops console_ops = {
    .kind = OBJECT_TTY,
    .version = 1,
    .name = "tty",
    .destroy = console_destroy,
    .signals = console_signals,
};
