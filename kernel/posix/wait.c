/* Waiting for children: see family.h. */
#include "kernel/cell/cell.h"
#include "kernel/posix/family_internal.h"
#include "kernel/posix/posix.h"
#include "kernel/process/process.h"

static bool is_meant(const struct wait_request *request, const struct posix_process *child)
{
    switch (request->select) {
    case PROCESS_WAIT_CHILD: return child->process->id == request->id;
    case PROCESS_WAIT_GROUP: return child->family.group->id == request->id;
    default: return true;
    }
}

/* What there is to tell of the child that the request asks for. */
static bool has_news(const struct wait_request *request, const struct posix_process *child,
                     struct process_wait_result *out)
{
    const struct family *family = &child->family;
    out->id = child->process->id;
    if (family->ended) {
        family_end_event(child, &out->event, &out->detail);
        return request->flags & PROCESS_WAIT_ENDED;
    }
    out->event =
        family->news == FAMILY_NEWS_STOPPED ? PROCESS_EVENT_STOPPED : PROCESS_EVENT_CONTINUED;
    out->detail = family->news_signal;
    switch (family->news) {
    case FAMILY_NEWS_STOPPED: return request->flags & PROCESS_WAIT_STOPPED;
    case FAMILY_NEWS_CONTINUED: return request->flags & PROCESS_WAIT_CONTINUED;
    default: return false;
    }
}

/* Fill in the rest, and take note that it has been told. */
static void tell(const struct wait_request *request, struct posix_process *child,
                 struct process_wait_result *out)
{
    family_usage(child, &out->usage);
    usage_add(&out->usage, &child->family.children_usage);
    if (request->flags & PROCESS_WAIT_KEEP)
        return;
    if (child->family.ended)
        family_reap(child);
    else
        child->family.news = FAMILY_NEWS_NONE;
}

/* @return OK when there is something to tell, WOULD_BLOCK when there may be later, NO_CHILD. */
static status_t look(struct posix_process *posix, const struct wait_request *request,
                     struct process_wait_result *out)
{
    status_t status = STATUS_NO_CHILD;
    LIST_FOR_EACH (node, &posix->family.children) {
        struct posix_process *child = CONTAINER_OF(node, struct posix_process, family.sibling);
        if (!is_meant(request, child))
            continue;
        if (has_news(request, child, out)) {
            tell(request, child, out);
            return STATUS_OK;
        }
        status = STATUS_WOULD_BLOCK;
    }
    return status;
}

status_t family_wait(struct posix_process *posix, const struct wait_request *request,
                     struct process_wait_result *out_result)
{
    struct spinlock *lock = &posix->process->cell->posix.lock;
    status_t slept = STATUS_OK;
    for (;;) {
        struct process_wait_result result = { 0 };
        spin_lock(lock);
        status_t status = look(posix, request, &result);
        if (status == STATUS_OK)
            *out_result = result;
        if (status != STATUS_WOULD_BLOCK || request->flags & PROCESS_WAIT_NO_HANG) {
            spin_unlock(lock);
            return status;
        }
        /* A child that ends sends a signal as well: what it has to tell comes before the interruption. */
        if (slept != STATUS_OK) {
            spin_unlock(lock);
            return slept;
        }
        slept = wait_sleep(&posix->family.waiters, lock, TIME_NEVER);
    }
}
