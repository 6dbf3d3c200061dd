/* Reading and writing the ends, by pieces over a buffer on the stack, since user memory is never touched under the
 * terminal's lock. A line longer than a piece is still one reader's: it has the *turn* until it is done. */
#include <abi/stream.h>

#include "kernel/sched/preempt.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/timer.h"
#include "kernel/tty/job.h"
#include "lib/base/assert.h"

enum { PIECE_SIZE = 256 };

/* Sleep with the lock held before and after; OK is no promise. */
static status_t wait_again(struct terminal *terminal, struct wait_queue *queue, time_ns_t deadline)
{
    status_t status = wait_sleep(queue, &terminal->lock, deadline);
    spin_lock(&terminal->lock);
    return status;
}

/* ---- The program's end: reading ---- */

/* Wait until the attributes say that a read of `size` bytes is done with waiting. The lock held before and
 * after. @return OK with the turn, unless the terminal has hung up. */
static status_t read_begin(struct terminal *terminal, size_t size, uint32_t flags,
                           time_ns_t deadline)
{
    const struct tty_line *line = &terminal->line;
    time_ns_t started = clock_now();
    bool no_wait = (flags & STREAM_NO_WAIT) != 0;
    for (time_ns_t until = TIME_NEVER;;) {
        if (terminal->hung)
            return STATUS_OK;
        if (!terminal->read_turn) {
            enum tty_read_step step = tty_line_read_step(line, size, started, clock_now(), &until);
            if (step == TTY_READ_NOW || (no_wait && tty_line_readable_len(line) > 0))
                break;
            if (no_wait)
                return STATUS_WOULD_BLOCK;
        }
        time_ns_t next = until < deadline ? until : deadline;
        status_t status = wait_again(terminal, &terminal->readers, next);
        if (status != STATUS_OK && (status != STATUS_TIMED_OUT || next == deadline))
            return status;
    }
    terminal->read_turn = true;
    return STATUS_OK;
}

/* Those who wait for the turn look again even if nothing is left: their time may be up. */
static void read_end(struct terminal *terminal)
{
    terminal->read_turn = false;
    wait_wake_all(&terminal->readers, &terminal->lock);
    if (terminal->show != NULL)
        terminal->show(terminal); /* START, if the queue had been full. */
    terminal_refresh(terminal);
}

static status_t program_read(struct terminal *terminal, struct user_out dst, uint32_t flags,
                             time_ns_t deadline, size_t *out_actual)
{
    uint8_t piece[PIECE_SIZE];
    size_t done = 0;
    status_t status = job_check_read(terminal);
    if (status != STATUS_OK)
        return status;
    spin_lock(&terminal->lock);
    status = read_begin(terminal, dst.len, flags, deadline);
    bool end = status != STATUS_OK || terminal->hung;
    bool has_turn = !end;
    while (!end && done < dst.len && status == STATUS_OK) {
        size_t want = dst.len - done < sizeof piece ? dst.len - done : sizeof piece;
        size_t len = tty_line_read(&terminal->line, piece, want, &end);
        spin_unlock(&terminal->lock);
        status = user_write((uaddr_t){ dst.address.raw + done }, piece, len);
        done += len;
        preempt_point();
        spin_lock(&terminal->lock);
    }
    if (has_turn)
        read_end(terminal);
    spin_unlock(&terminal->lock);
    if (status == STATUS_OK)
        *out_actual = done;
    return status;
}

/* ---- The program's end: writing ---- */

/* The lock is held. The console shows by pieces, and lets others in between. */
static void show_all(struct terminal *terminal)
{
    while (terminal->show != NULL && tty_line_show_len(&terminal->line) > 0) {
        terminal->show(terminal);
        spin_unlock(&terminal->lock);
        preempt_point();
        spin_lock(&terminal->lock);
    }
    terminal_refresh(terminal);
}

/* Put one piece, waiting for room. *inout_done counts what went in, whatever the answer. */
static status_t program_put(struct terminal *terminal, const uint8_t *piece, size_t len,
                            uint32_t flags, time_ns_t deadline, size_t *inout_done)
{
    status_t status = STATUS_OK;
    spin_lock(&terminal->lock);
    for (size_t at = 0; status == STATUS_OK;) {
        if (terminal->hung) {
            status = STATUS_IO;
            break;
        }
        size_t taken = tty_line_write(&terminal->line, piece + at, len - at);
        at += taken;
        *inout_done += taken;
        show_all(terminal);
        if (at == len)
            break;
        if (taken > 0 && terminal->show != NULL)
            continue;
        status = flags & STREAM_NO_WAIT ? STATUS_WOULD_BLOCK
                                        : wait_again(terminal, &terminal->writers, deadline);
    }
    spin_unlock(&terminal->lock);
    return status;
}

/* ---- The master ---- */

static status_t master_read(struct terminal *terminal, struct user_out dst, uint32_t flags,
                            time_ns_t deadline, size_t *out_actual)
{
    uint8_t piece[PIECE_SIZE];
    size_t done = 0;
    status_t status = STATUS_OK;
    spin_lock(&terminal->lock);
    while (tty_line_show_len(&terminal->line) == 0 && status == STATUS_OK) {
        if (terminal_is_left(terminal))
            status = STATUS_IO;
        else if (flags & STREAM_NO_WAIT)
            status = STATUS_WOULD_BLOCK;
        else
            status = wait_again(terminal, &terminal->master_readers, deadline);
    }
    while (status == STATUS_OK && done < dst.len) {
        size_t want = dst.len - done < sizeof piece ? dst.len - done : sizeof piece;
        size_t len = tty_line_show(&terminal->line, piece, want);
        if (len == 0)
            break;
        spin_unlock(&terminal->lock);
        status = user_write((uaddr_t){ dst.address.raw + done }, piece, len);
        done += len;
        preempt_point();
        spin_lock(&terminal->lock);
    }
    terminal_refresh(terminal);
    spin_unlock(&terminal->lock);
    if (status == STATUS_OK)
        *out_actual = done;
    return status;
}

/* Type one piece, waiting for room. */
static status_t master_put(struct terminal *terminal, const uint8_t *piece, size_t len,
                           uint32_t flags, time_ns_t deadline, size_t *inout_done)
{
    for (size_t at = 0;;) {
        size_t taken = terminal_type(terminal, piece + at, len - at);
        at += taken;
        *inout_done += taken;
        if (at == len)
            return STATUS_OK;
        if (flags & STREAM_NO_WAIT)
            return STATUS_WOULD_BLOCK;
        status_t status = STATUS_OK;
        spin_lock(&terminal->lock);
        if (!tty_line_accepts(&terminal->line))
            status = wait_again(terminal, &terminal->master_writers, deadline);
        spin_unlock(&terminal->lock);
        if (status != STATUS_OK)
            return status;
    }
}

/* ---- Both ---- */

status_t tty_read(struct tty *tty, struct user_out dst, uint32_t flags, time_ns_t deadline,
                  size_t *out_actual)
{
    if (dst.len == 0) {
        *out_actual = 0;
        return STATUS_OK;
    }
    if (tty->terminal->listen != NULL)
        tty->terminal->listen(tty->terminal);
    return tty_is_master(tty) ? master_read(tty->terminal, dst, flags, deadline, out_actual)
                              : program_read(tty->terminal, dst, flags, deadline, out_actual);
}

status_t tty_write(struct tty *tty, struct user_in src, uint32_t flags, time_ns_t deadline,
                   size_t *out_actual)
{
    uint8_t piece[PIECE_SIZE];
    struct terminal *terminal = tty->terminal;
    size_t done = 0;
    status_t status = tty_is_master(tty) ? STATUS_OK : job_check_write(terminal);
    while (status == STATUS_OK && done < src.len) {
        size_t len = src.len - done < sizeof piece ? src.len - done : sizeof piece;
        status = user_read(piece, (uaddr_t){ src.address.raw + done }, len);
        if (status != STATUS_OK)
            break;
        status = tty_is_master(tty) ? master_put(terminal, piece, len, flags, deadline, &done)
                                    : program_put(terminal, piece, len, flags, deadline, &done);
        if (status == STATUS_OK && thread_has_work(thread_current(), THREAD_WORK_END))
            status = STATUS_CANCELLED;
        preempt_point();
    }
    if (status != STATUS_OK && done == 0)
        return status;
    *out_actual = done;
    return STATUS_OK;
}

status_t tty_drain(struct tty *tty)
{
    struct terminal *terminal = tty->terminal;
    if (terminal->show == NULL)
        return STATUS_OK;
    status_t status = job_check_change(terminal);
    spin_lock(&terminal->lock);
    while (status == STATUS_OK && terminal->line.output_head != terminal->line.output_tail) {
        show_all(terminal);
        if (terminal->line.output_head != terminal->line.output_tail)
            status = wait_again(terminal, &terminal->writers, TIME_NEVER);
    }
    spin_unlock(&terminal->lock);
    return status;
}
