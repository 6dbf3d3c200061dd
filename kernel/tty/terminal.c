/* See terminal.h: what both ends share, and how each is told of the other's news. */
#include "kernel/tty/terminal.h"

#include <abi/signals.h>

#include <abi/posix_signal.h>

#include "kernel/sched/timer.h"
#include "kernel/tty/job.h"
#include "lib/base/assert.h"

static void end_init(struct terminal *terminal, enum tty_end_index index, uint32_t role,
                     const struct object_ops *ops, struct cell *cell)
{
    struct tty *tty = &terminal->ends[index];
    object_init(&tty->object, ops, cell);
    signal_source_init(&tty->source, 0);
    tty->terminal = terminal;
    tty->role = role;
    terminal->end_count++;
}

void terminal_init(struct terminal *terminal, const struct object_ops *ops, struct cell *cell,
                   const struct tty_attributes *attributes, bool has_master)
{
    spin_init(&terminal->lock, LOCK_DEVICE);
    list_init(&terminal->link);
    wait_queue_init(&terminal->readers);
    wait_queue_init(&terminal->writers);
    wait_queue_init(&terminal->master_readers);
    wait_queue_init(&terminal->master_writers);
    tty_line_init(&terminal->line, attributes);
    end_init(terminal, TTY_END_PROGRAM, has_master ? TTY_PTY : TTY_CONSOLE, ops, cell);
    if (has_master)
        end_init(terminal, TTY_END_MASTER, TTY_PTY_MASTER, ops, cell);
}

bool terminal_is_left(const struct terminal *terminal)
{
    return terminal->was_opened && terminal->ends[TTY_END_PROGRAM].object.handles == 0;
}

/* ---- News ---- */

static uint32_t program_signals(const struct terminal *terminal)
{
    const struct tty_line *line = &terminal->line;
    if (terminal->hung)
        return SIGNAL_READABLE | SIGNAL_READ_CLOSED | SIGNAL_WRITABLE | SIGNAL_PEER_CLOSED;
    return (tty_line_readable(line) ? SIGNAL_READABLE : 0) |
           (tty_line_writable(line) ? SIGNAL_WRITABLE : 0);
}

static uint32_t master_signals(const struct terminal *terminal)
{
    const struct tty_line *line = &terminal->line;
    return (tty_line_show_len(line) > 0 ? SIGNAL_READABLE : 0) |
           (tty_line_accepts(line) ? SIGNAL_WRITABLE : 0) |
           (terminal_is_left(terminal) ? SIGNAL_PEER_CLOSED : 0);
}

static void end_refresh(struct tty *tty, uint32_t now)
{
    if (now == tty->signals)
        return;
    signal_change(&tty->source, tty->signals & ~now, now & ~tty->signals);
    tty->signals = now;
}

static void wake(struct terminal *terminal, struct wait_queue *queue, bool has_reason)
{
    if (has_reason && !list_is_empty(&queue->waiters))
        wait_wake_all(queue, &terminal->lock);
}

/* Readers decide for themselves by MIN and TIME, so they are woken by any byte. */
void terminal_refresh(struct terminal *terminal)
{
    const struct tty_line *line = &terminal->line;
    bool is_left = terminal_is_left(terminal);
    ASSERT(spin_held(&terminal->lock));
    end_refresh(&terminal->ends[TTY_END_PROGRAM], program_signals(terminal));
    wake(terminal, &terminal->readers,
         terminal->hung || (!terminal->read_turn && tty_line_readable_len(line) > 0));
    wake(terminal, &terminal->writers, terminal->hung || tty_line_writable(line));
    if (terminal->ends[TTY_END_MASTER].terminal == NULL)
        return;
    end_refresh(&terminal->ends[TTY_END_MASTER], master_signals(terminal));
    wake(terminal, &terminal->master_readers, is_left || tty_line_show_len(line) > 0);
    wake(terminal, &terminal->master_writers, terminal->hung || tty_line_accepts(line));
}

/* ---- Typing ---- */

static void send_events(struct terminal *terminal, uint32_t events)
{
    if (events & TTY_EVENT_INTERRUPT)
        job_signal(terminal, POSIX_SIGINT);
    if (events & TTY_EVENT_QUIT)
        job_signal(terminal, POSIX_SIGQUIT);
    if (events & TTY_EVENT_SUSPEND)
        job_signal(terminal, POSIX_SIGTSTP);
}

size_t terminal_type(struct terminal *terminal, const uint8_t *bytes, size_t len)
{
    uint32_t events = 0;
    spin_lock(&terminal->lock);
    size_t taken = tty_line_receive(&terminal->line, bytes, len, clock_now(), &events);
    if (terminal->show != NULL)
        terminal->show(terminal);
    terminal_refresh(terminal);
    spin_unlock(&terminal->lock);
    if (events != 0)
        send_events(terminal, events);
    return taken;
}
