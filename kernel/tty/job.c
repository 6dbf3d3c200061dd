/* See job.h. What a session is to its terminal is guarded by two locks: the family lock of the session's cell
 * guards session->terminal, the terminal's lock guards terminal->session and the group in the foreground;
 * the two sides are tied and untied under both. */
#include "kernel/tty/job.h"

#include <abi/posix_signal.h>

#include "kernel/cell/cell.h"
#include "kernel/object/handle.h"
#include "kernel/posix/posix.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "lib/base/assert.h"

static struct signal_information information_of(uint32_t number)
{
    return (struct signal_information){ .number = number, .code = SIGNAL_CODE_KERNEL };
}

static void group_send(struct posix_group *group, uint32_t number)
{
    struct signal_information information = information_of(number);
    status_t sent = posix_group_signal(group, &information);
    (void)sent; /* A group without members hears nothing. */
}

static struct terminal *terminal_of(struct object *object)
{
    return ((struct tty *)object)->terminal;
}

/* ---- To the foreground ---- */

static struct posix_group *foreground_ref(struct terminal *terminal)
{
    spin_lock(&terminal->lock);
    struct posix_group *group = terminal->foreground;
    if (group != NULL)
        posix_group_ref(group);
    spin_unlock(&terminal->lock);
    return group;
}

void job_signal(struct terminal *terminal, uint32_t number)
{
    struct posix_group *group = foreground_ref(terminal);
    if (group == NULL)
        return;
    group_send(group, number);
    posix_group_unref(group);
}

void job_hang_up(struct terminal *terminal)
{
    spin_lock(&terminal->lock);
    struct posix_session *session = terminal->session;
    if (session != NULL)
        posix_session_ref(session);
    spin_unlock(&terminal->lock);
    if (session == NULL)
        return;
    struct posix_process *leader = posix_process_find(session->cell, session->id);
    if (leader != NULL) {
        struct signal_information hang_up = information_of(POSIX_SIGHUP);
        struct signal_information go_on = information_of(POSIX_SIGCONT);
        status_t sent = signal_send_process(leader, &hang_up);
        sent = signal_send_process(leader, &go_on);
        (void)sent; /* Neither is queued, so neither can fail for want of room. */
        object_unref(&leader->process->object);
    }
    posix_session_unref(session);
}

/* ---- Who may do what ---- */

/* The group of the calling process if the terminal controls its session and another group is in the
 * foreground, with a reference; NULL: it may do what it likes. */
static struct posix_group *background_group(struct terminal *terminal)
{
    struct process *process = thread_current()->process;
    if (process == NULL || process->posix == NULL)
        return NULL;
    struct spinlock *family = &process->cell->posix.lock;
    spin_lock(family);
    struct posix_group *group = process->posix->family.group;
    if (group != NULL && group->session->terminal == terminal_object(terminal) &&
        terminal->foreground != group)
        posix_group_ref(group);
    else
        group = NULL;
    spin_unlock(family);
    return group;
}

/* @param refused  what a process gets that masks or ignores the signal. */
static status_t check(struct terminal *terminal, uint32_t number, status_t refused)
{
    if (__atomic_load_n(&terminal->session, __ATOMIC_RELAXED) == NULL)
        return STATUS_OK;
    struct posix_group *group = background_group(terminal);
    if (group == NULL)
        return STATUS_OK;
    status_t status = STATUS_INTERRUPTED;
    if (signal_is_refused(thread_current(), number))
        status = refused;
    else if (posix_group_is_orphaned(group))
        status = STATUS_IO;
    else
        group_send(group, number);
    posix_group_unref(group);
    return status;
}

status_t job_check_read(struct terminal *terminal)
{
    return check(terminal, POSIX_SIGTTIN, STATUS_IO);
}

status_t job_check_change(struct terminal *terminal)
{
    return check(terminal, POSIX_SIGTTOU, STATUS_OK);
}

status_t job_check_write(struct terminal *terminal)
{
    if ((terminal->line.attributes.local & TTY_LOCAL_STOP_OUTPUT) == 0)
        return STATUS_OK;
    return job_check_change(terminal);
}

/* ---- Taking and leaving ---- */

/* Both locks are held. What the terminal gives up is in *out_old, to be put down when they are not. */
struct job_tie {
    struct posix_session *session;
    struct posix_group *foreground;
    struct grant *grant;
};

static struct job_tie tie_replace(struct terminal *terminal, struct job_tie tie, rights_t rights)
{
    struct job_tie old = { terminal->session, terminal->foreground, terminal->session_grant };
    __atomic_store_n(&terminal->session, tie.session, __ATOMIC_RELAXED);
    terminal->foreground = tie.foreground;
    terminal->session_grant = tie.grant;
    terminal->session_rights = rights;
    return old;
}

static void tie_drop(struct job_tie tie)
{
    if (tie.session != NULL)
        posix_session_unref(tie.session);
    if (tie.foreground != NULL)
        posix_group_unref(tie.foreground);
    if (tie.grant != NULL)
        object_unref(&tie.grant->object);
}

/* The family lock is held. */
static status_t tie(struct posix_group *group, uint64_t process_id, const struct capability *tty)
{
    struct posix_session *session = group->session;
    struct terminal *terminal = terminal_of(tty->object);
    struct object *object = terminal_object(terminal);
    status_t status = STATUS_NOT_PERMITTED;
    if (session->terminal == object)
        return STATUS_OK;
    if (session->id != process_id || session->terminal != NULL)
        return STATUS_NOT_PERMITTED;
    spin_lock(&terminal->lock);
    if (terminal->session == NULL && !terminal->hung) {
        struct job_tie fresh = { posix_session_ref(session), posix_group_ref(group), tty->grant };
        if (tty->grant != NULL)
            object_ref(&tty->grant->object);
        (void)tie_replace(terminal, fresh, tty->rights);
        session->terminal = object_ref(object);
        status = STATUS_OK;
    }
    spin_unlock(&terminal->lock);
    return status;
}

status_t job_take(struct thread *caller, const struct capability *tty)
{
    struct posix_process *posix;
    struct process *process = caller->process;
    if (((struct tty *)tty->object)->role == TTY_PTY_MASTER)
        return STATUS_NOT_TERMINAL;
    status_t status = posix_of(process, &posix);
    if (status != STATUS_OK)
        return status;
    spin_lock(&process->cell->posix.lock);
    status = tie(posix->family.group, process->id, tty);
    spin_unlock(&process->cell->posix.lock);
    return status;
}

/* Untie both, and tell the group that was in the foreground. */
static void session_leave(struct posix_session *session)
{
    struct job_tie old = { 0 };
    struct cell *cell = session->cell;
    spin_lock(&cell->posix.lock);
    struct object *object = session->terminal;
    session->terminal = NULL;
    if (object != NULL) {
        struct terminal *terminal = terminal_of(object);
        spin_lock(&terminal->lock);
        ASSERT(terminal->session == session);
        old = tie_replace(terminal, (struct job_tie){ 0 }, 0);
        spin_unlock(&terminal->lock);
    }
    spin_unlock(&cell->posix.lock);
    if (object == NULL)
        return;
    if (old.foreground != NULL) {
        group_send(old.foreground, POSIX_SIGHUP);
        group_send(old.foreground, POSIX_SIGCONT);
    }
    tie_drop(old); /* The session is the caller's as well. */
    object_unref(object);
}

/* The caller's session, with a reference, if the terminal controls it; else NULL. */
static struct posix_session *session_of(struct thread *caller, const struct terminal *terminal)
{
    struct process *process = caller->process;
    if (process->posix == NULL)
        return NULL;
    spin_lock(&process->cell->posix.lock);
    struct posix_group *group = process->posix->family.group;
    struct posix_session *session = NULL;
    if (group != NULL && group->session->terminal == &terminal->ends[TTY_END_PROGRAM].object)
        session = posix_session_ref(group->session);
    spin_unlock(&process->cell->posix.lock);
    return session;
}

status_t job_leave(struct thread *caller, struct tty *tty)
{
    struct posix_session *session = session_of(caller, tty->terminal);
    if (session == NULL)
        return STATUS_NOT_TERMINAL;
    bool is_leader = session->id == caller->process->id;
    if (is_leader)
        session_leave(session);
    posix_session_unref(session);
    return is_leader ? STATUS_OK : STATUS_NOT_PERMITTED;
}

void job_process_end(struct posix_process *posix)
{
    struct process *process = posix->process;
    struct posix_session *session = NULL;
    spin_lock(&process->cell->posix.lock);
    const struct posix_group *group = posix->family.group;
    if (group != NULL && group->session->id == process->id && group->session->terminal != NULL)
        session = posix_session_ref(group->session);
    spin_unlock(&process->cell->posix.lock);
    if (session == NULL)
        return;
    session_leave(session);
    posix_session_unref(session);
}

void job_forget(struct terminal *terminal)
{
    ASSERT(terminal->session == NULL); /* It holds a reference to the terminal's end. */
    ASSERT(terminal->foreground == NULL && terminal->session_grant == NULL);
}

/* ---- The foreground ---- */

/* A group of the session, with a reference; NULL: there is none. */
static struct posix_group *group_of_session(struct posix_session *session, uint64_t id)
{
    struct posix_group *group = posix_group_find(session->cell, id);
    if (group != NULL && group->session != session) {
        posix_group_unref(group);
        group = NULL;
    }
    return group;
}

static status_t foreground_replace(struct terminal *terminal, struct posix_session *session,
                                   uint64_t id)
{
    struct posix_group *group = group_of_session(session, id);
    if (group == NULL)
        return STATUS_NOT_PERMITTED;
    spin_lock(&terminal->lock);
    struct posix_group *old = group;
    if (terminal->session == session) {
        old = terminal->foreground;
        terminal->foreground = group;
    }
    spin_unlock(&terminal->lock);
    if (old != NULL)
        posix_group_unref(old);
    return STATUS_OK;
}

status_t job_foreground_set(struct thread *caller, struct tty *tty, uint64_t id)
{
    struct posix_session *session = session_of(caller, tty->terminal);
    if (session == NULL)
        return STATUS_NOT_TERMINAL;
    status_t status = job_check_change(tty->terminal);
    if (status == STATUS_OK)
        status = foreground_replace(tty->terminal, session, id);
    posix_session_unref(session);
    return status;
}

void job_describe(struct tty *tty, uint64_t *out_session, uint64_t *out_foreground)
{
    struct terminal *terminal = tty->terminal;
    struct posix_session *own = session_of(thread_current(), terminal);
    spin_lock(&terminal->lock);
    bool is_told = terminal->session != NULL && (tty_is_master(tty) || terminal->session == own);
    *out_session = is_told ? terminal->session->id : 0;
    *out_foreground = is_told && terminal->foreground != NULL ? terminal->foreground->id : 0;
    spin_unlock(&terminal->lock);
    if (own != NULL)
        posix_session_unref(own);
}

status_t job_controlling(struct thread *caller, struct capability *out_tty)
{
    struct process *process = caller->process;
    status_t status = STATUS_NO_DEVICE;
    if (process->posix == NULL)
        return status;
    spin_lock(&process->cell->posix.lock);
    struct posix_group *group = process->posix->family.group;
    struct object *object = group != NULL ? group->session->terminal : NULL;
    if (object != NULL) {
        struct terminal *terminal = terminal_of(object);
        *out_tty = capability_of(object, terminal->session_rights, terminal->session_grant);
        status = STATUS_OK;
    }
    spin_unlock(&process->cell->posix.lock);
    return status;
}
