/* Terminals as their users see them: attributes, the window, the queues. See tty.h. */
#include "kernel/tty/tty.h"

#include <abi/posix_signal.h>

#include <string.h>

#include "kernel/tty/job.h"

struct object *tty_object(struct tty *tty)
{
    return &tty->object;
}

/* Whoever changes what may have been held back shows it. The lock is held. */
static void changed(struct terminal *terminal)
{
    if (terminal->show != NULL)
        terminal->show(terminal);
    terminal_refresh(terminal);
}

void tty_attributes_get(struct tty *tty, struct tty_attributes *out_attributes)
{
    struct terminal *terminal = tty->terminal;
    spin_lock(&terminal->lock);
    *out_attributes = terminal->line.attributes;
    spin_unlock(&terminal->lock);
}

status_t tty_attributes_set(struct tty *tty, const struct tty_attributes *attributes, uint32_t when)
{
    struct terminal *terminal = tty->terminal;
    status_t status = tty_is_master(tty) ? STATUS_OK : job_check_change(terminal);
    if (status == STATUS_OK && when != TTY_SET_NOW)
        status = tty_drain(tty);
    if (status != STATUS_OK)
        return status;
    spin_lock(&terminal->lock);
    if (when == TTY_SET_FLUSHED)
        tty_line_flush_input(&terminal->line);
    tty_line_set(&terminal->line, attributes);
    changed(terminal);
    spin_unlock(&terminal->lock);
    return STATUS_OK;
}

void tty_window_get(struct tty *tty, struct tty_window *out_window)
{
    struct terminal *terminal = tty->terminal;
    spin_lock(&terminal->lock);
    *out_window = terminal->window;
    spin_unlock(&terminal->lock);
}

void tty_window_set(struct tty *tty, const struct tty_window *window)
{
    struct terminal *terminal = tty->terminal;
    spin_lock(&terminal->lock);
    bool is_other = memcmp(&terminal->window, window, sizeof *window) != 0;
    terminal->window = *window;
    spin_unlock(&terminal->lock);
    if (is_other)
        job_signal(terminal, POSIX_SIGWINCH);
}

status_t tty_flush(struct tty *tty, uint32_t which)
{
    struct terminal *terminal = tty->terminal;
    bool is_master = tty_is_master(tty);
    status_t status = is_master ? STATUS_OK : job_check_change(terminal);
    if (status != STATUS_OK)
        return status;
    spin_lock(&terminal->lock);
    if (which & (is_master ? TTY_FLUSH_OUTPUT : TTY_FLUSH_INPUT))
        tty_line_flush_input(&terminal->line);
    if (which & (is_master ? TTY_FLUSH_INPUT : TTY_FLUSH_OUTPUT))
        tty_line_flush_output(&terminal->line);
    changed(terminal);
    spin_unlock(&terminal->lock);
    return STATUS_OK;
}

status_t tty_flow(struct tty *tty, uint32_t action)
{
    struct terminal *terminal = tty->terminal;
    status_t status = tty_is_master(tty) ? STATUS_OK : job_check_change(terminal);
    if (status != STATUS_OK)
        return status;
    spin_lock(&terminal->lock);
    if (action == TTY_FLOW_HOLD || action == TTY_FLOW_RELEASE)
        tty_line_stop(&terminal->line, action == TTY_FLOW_HOLD);
    else
        tty_line_send_flow(&terminal->line, action == TTY_FLOW_STOP);
    changed(terminal);
    spin_unlock(&terminal->lock);
    return STATUS_OK;
}

void tty_state_get(struct tty *tty, struct tty_state *out_state)
{
    struct terminal *terminal = tty->terminal;
    struct tty_state state = { .role = tty->role, .number = terminal->number };
    spin_lock(&terminal->lock);
    uint32_t typed_len = (uint32_t)tty_line_readable_len(&terminal->line);
    uint32_t shown_len = terminal->line.output_tail - terminal->line.output_head;
    state.readable_len = tty_is_master(tty) ? shown_len : typed_len;
    state.written_len = tty_is_master(tty) ? typed_len : shown_len;
    spin_unlock(&terminal->lock);
    job_describe(tty, &state.session, &state.foreground);
    *out_state = state;
}
