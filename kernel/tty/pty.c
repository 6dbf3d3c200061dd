/* See pty.h. The master keeps the other end alive, not the reverse: a program may hold its end when the
 * master has gone, and finds that the terminal has hung up. */
#include "kernel/tty/pty.h"

#include "kernel/cell/charge.h"
#include "kernel/tty/job.h"
#include "lib/base/assert.h"

enum { PTY_MAX = 256 }; /* Of a cell. */

static struct ptys {
    struct spinlock lock; /* LOCK_REGISTRY */
    struct list all;      /* struct terminal; those whose master is held. */
} ptys;

static const struct object_ops pty_ops;

/* The lowest number that is free in the cell. @return LIMIT when it has PTY_MAX of them. */
static status_t number_give(struct terminal *terminal)
{
    uint64_t taken[PTY_MAX / 64] = { 0 };
    uint32_t number = 0;
    spin_lock(&ptys.lock);
    LIST_FOR_EACH (node, &ptys.all) {
        struct terminal *other = CONTAINER_OF(node, struct terminal, link);
        if (terminal_object(other)->cell == terminal_object(terminal)->cell)
            taken[other->number / 64] |= 1ull << other->number % 64;
    }
    while (number < PTY_MAX && (taken[number / 64] >> number % 64 & 1) != 0)
        number++;
    terminal->number = number;
    if (number < PTY_MAX)
        list_push_back(&ptys.all, &terminal->link);
    spin_unlock(&ptys.lock);
    return number < PTY_MAX ? STATUS_OK : STATUS_LIMIT;
}

static void number_take(struct terminal *terminal)
{
    spin_lock(&ptys.lock);
    list_remove(&terminal->link);
    spin_unlock(&ptys.lock);
}

status_t pty_create(struct cell *cell, struct object **out_master, uint32_t *out_number)
{
    void *memory;
    status_t status = charged_kmalloc(cell, sizeof(struct terminal), &memory);
    if (status != STATUS_OK)
        return status;
    struct terminal *terminal = memory;
    terminal_init(terminal, &pty_ops, cell, &tty_attributes_cooked, true);
    terminal->locked = true;
    spin_lock(&terminal->lock);
    terminal_refresh(terminal);
    spin_unlock(&terminal->lock);
    status = number_give(terminal);
    if (status != STATUS_OK) {
        object_unref(&terminal->ends[TTY_END_MASTER].object); /* Takes all along. */
        return status;
    }
    *out_master = &terminal->ends[TTY_END_MASTER].object;
    *out_number = terminal->number;
    return STATUS_OK;
}

status_t pty_find(struct cell *cell, uint32_t number, struct object **out_tty)
{
    status_t status = STATUS_NOT_FOUND;
    spin_lock(&ptys.lock);
    LIST_FOR_EACH (node, &ptys.all) {
        struct terminal *terminal = CONTAINER_OF(node, struct terminal, link);
        struct object *object = terminal_object(terminal);
        if (terminal->number != number || object->cell != cell || !object_try_ref(object))
            continue;
        *out_tty = object;
        status = terminal->locked ? STATUS_IO : STATUS_OK;
        if (status != STATUS_OK)
            object_unref(object);
        break;
    }
    spin_unlock(&ptys.lock);
    return status;
}

status_t pty_peer(struct tty *master, struct object **out_tty)
{
    if (!tty_is_master(master))
        return STATUS_NOT_TERMINAL;
    *out_tty = object_ref(terminal_object(master->terminal));
    return STATUS_OK;
}

void pty_opened(struct object *tty)
{
    struct terminal *terminal = ((struct tty *)tty)->terminal;
    spin_lock(&terminal->lock);
    terminal->was_opened = true;
    terminal_refresh(terminal);
    spin_unlock(&terminal->lock);
}

status_t pty_lock(struct tty *master, bool locked)
{
    if (!tty_is_master(master))
        return STATUS_NOT_TERMINAL;
    __atomic_store_n(&master->terminal->locked, locked, __ATOMIC_RELAXED);
    return STATUS_OK;
}

/* ---- The ends as objects ---- */

static void pty_last_handle_closed(struct object *object)
{
    struct tty *tty = (struct tty *)object;
    struct terminal *terminal = tty->terminal;
    if (tty_is_master(tty))
        number_take(terminal);
    spin_lock(&terminal->lock);
    if (tty_is_master(tty))
        terminal->hung = true;
    terminal_refresh(terminal);
    spin_unlock(&terminal->lock);
    if (tty_is_master(tty))
        job_hang_up(terminal);
}

static void pty_destroy(struct object *object)
{
    struct tty *tty = (struct tty *)object;
    struct terminal *terminal = tty->terminal;
    if (tty_is_master(tty)) {
        number_take(terminal); /* Once more, if it never had a handle. */
        object_unref(terminal_object(terminal));
    }
    spin_lock(&terminal->lock);
    bool is_last = --terminal->end_count == 0;
    spin_unlock(&terminal->lock);
    if (!is_last)
        return;
    job_forget(terminal);
    charged_kfree(object->cell, terminal, sizeof *terminal);
}

static struct signal_source *pty_signals(struct object *object)
{
    return &((struct tty *)object)->source;
}

void pty_setup(void)
{
    spin_init(&ptys.lock, LOCK_REGISTRY);
    list_init(&ptys.all);
}

static const struct object_ops pty_ops = {
    .kind = OBJECT_TTY,
    .version = 1,
    .name = "pty",
    .destroy = pty_destroy,
    .signals = pty_signals,
    .last_handle_closed = pty_last_handle_closed,
};
