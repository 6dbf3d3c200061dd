/* See tty.h. The interrupt puts bytes into the ring and raises SIGNAL_READABLE; whoever empties the
 * ring lowers it. Interrupts of the UART are asked for when somebody first wants input, so that a
 * machine without a console user never has one. */
#include "kernel/tty/tty.h"

#include <abi/signals.h>

#include "kernel/drivers/pl011.h"
#include "kernel/object/object.h"
#include "lib/base/assert.h"

enum { INPUT_SIZE = 1024 }; /* A power of two. */

struct tty {
    struct object object; /* OBJECT_TTY; lives for good. */
    struct signal_source source;
    struct mutex output;  /* One writer's piece at a time. */
    struct spinlock lock; /* LOCK_DEVICE: the ring. */
    uint32_t head;        /* Bytes ever taken. */
    uint32_t tail;        /* Bytes ever put. */
    uint64_t lost;        /* Typed while the ring was full. */
    bool listens;         /* The UART was asked for interrupts. */
    uint8_t input[INPUT_SIZE];
};

static struct tty console;

static const struct object_ops tty_ops;

struct tty *tty_console(void)
{
    return &console;
}

struct object *tty_object(struct tty *tty)
{
    return &tty->object;
}

/* Interrupt context. */
static void tty_receive(uint8_t byte)
{
    spin_lock(&console.lock);
    if (console.tail - console.head < INPUT_SIZE)
        console.input[console.tail++ % INPUT_SIZE] = byte;
    else
        console.lost++;
    signal_change(&console.source, 0, SIGNAL_READABLE);
    spin_unlock(&console.lock);
}

/* Once, whichever CPU comes first. */
static void tty_listen(struct tty *tty)
{
    if (!__atomic_exchange_n(&tty->listens, true, __ATOMIC_ACQ_REL))
        pl011_listen(tty_receive);
}

static size_t tty_take(struct tty *tty, uint8_t *buffer, size_t size)
{
    size_t len = 0;
    spin_lock(&tty->lock);
    while (len < size && tty->head != tty->tail)
        buffer[len++] = tty->input[tty->head++ % INPUT_SIZE];
    if (tty->head == tty->tail)
        signal_change(&tty->source, SIGNAL_READABLE, 0);
    spin_unlock(&tty->lock);
    return len;
}

status_t tty_read(struct tty *tty, uint8_t *buffer, size_t size, time_ns_t deadline,
                  size_t *out_len)
{
    tty_listen(tty);
    for (;;) {
        size_t len = tty_take(tty, buffer, size);
        if (len > 0 || size == 0) {
            *out_len = len;
            return STATUS_OK;
        }
        uint32_t seen;
        status_t status = signal_wait(&tty->source, SIGNAL_READABLE, deadline, &seen);
        if (status != STATUS_OK)
            return status;
    }
}

void tty_write_piece(struct tty *tty, const char *bytes, size_t len)
{
    mutex_lock(&tty->output);
    pl011_write_polled(bytes, len);
    mutex_unlock(&tty->output);
}

/* Whoever asks for the signals waits for input. */
static struct signal_source *tty_signals(struct object *object)
{
    struct tty *tty = (struct tty *)object;
    tty_listen(tty);
    return &tty->source;
}

/* The kernel keeps a reference for good. */
static void tty_destroy(struct object *object)
{
    ASSERT(object == NULL);
}

void tty_setup(void)
{
    object_init(&console.object, &tty_ops, NULL);
    signal_source_init(&console.source, 0);
    spin_init(&console.lock, LOCK_DEVICE);
    mutex_init(&console.output, LOCK_REGISTRY);
}

static const struct object_ops tty_ops = {
    .kind = OBJECT_TTY,
    .version = 1,
    .name = "tty",
    .destroy = tty_destroy,
    .signals = tty_signals,
};
