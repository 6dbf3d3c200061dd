/* See family.h. What a process that ended still owes: its parent is told and may wait for it; its own
 * children belong to nobody from then on; groups that lose their last keeper by it and are stopped are
 * hung up and continued (POSIX.1-2017, _Exit, "Consequences of Process Termination"). */
#include "kernel/posix/family.h"

#include "kernel/cell/cell.h"
#include "kernel/posix/family_internal.h"
#include "kernel/posix/posix.h"
#include "kernel/posix/signal_stop.h"
#include "kernel/process/process.h"
#include "lib/base/assert.h"

static struct posix_process *child_of(struct list *node)
{
    return CONTAINER_OF(node, struct posix_process, family.sibling);
}

static struct cell_posix *all_of(const struct posix_process *posix)
{
    return &posix->process->cell->posix;
}

void family_init(struct posix_process *posix)
{
    struct family *family = &posix->family;
    list_init(&family->children);
    list_init(&family->sibling);
    list_init(&family->cell_link);
    list_init(&family->group_link);
    wait_queue_init(&family->waiters);
}

/* --- Begin ----------------------------------------------------------------------------------- */

static void set_parent(struct posix_process *child, struct posix_process *parent)
{
    child->family.parent = parent;
    __atomic_store_n(&child->family.parent_id, parent != NULL ? parent->process->id : 0,
                     __ATOMIC_RELAXED);
}

static void enter(struct posix_process *posix, struct posix_group *group)
{
    object_ref(&posix->process->object); /* The family's, until `leave`. */
    list_push_back(&all_of(posix)->processes, &posix->family.cell_link);
    posix_group_enter(group, posix);
}

status_t family_begin(struct posix_process *posix)
{
    struct process *process = posix->process;
    struct posix_group *group;
    status_t status = posix_group_create(process->cell, process->id, NULL, &group);
    if (status != STATUS_OK)
        return status;
    spin_lock(&all_of(posix)->lock);
    if (process->posix != NULL) { /* Another thread was first. */
        status = STATUS_EXISTS;
    } else {
        enter(posix, group);
        __atomic_store_n(&process->posix, posix, __ATOMIC_RELEASE);
    }
    spin_unlock(&all_of(posix)->lock);
    posix_group_unref(group);
    return status;
}

status_t family_begin_new(struct posix_process *posix)
{
    struct posix_group *group;
    status_t status = posix_group_create(posix->process->cell, posix->process->id, NULL, &group);
    if (status != STATUS_OK)
        return status;
    spin_lock(&all_of(posix)->lock);
    enter(posix, group);
    spin_unlock(&all_of(posix)->lock);
    posix_group_unref(group);
    return STATUS_OK;
}

status_t family_copy(struct posix_process *parent, struct posix_process *child)
{
    child->family.nice = parent->family.nice;
    return limits_copy(parent, child);
}

void family_join(struct posix_process *parent, struct posix_process *child,
                 struct posix_group *group)
{
    ASSERT(all_of(parent) == all_of(child));
    spin_lock(&all_of(child)->lock);
    set_parent(child, parent);
    list_push_back(&parent->family.children, &child->family.sibling);
    enter(child, group != NULL ? group : parent->family.group);
    spin_unlock(&all_of(child)->lock);
}

/* --- End ------------------------------------------------------------------------------------- */

/* Nobody will ask for the process any more. The lock is held; the process object may go with it. */
static void leave(struct posix_process *posix)
{
    struct family *family = &posix->family;
    list_remove(&family->sibling);
    list_remove(&family->cell_link);
    set_parent(posix, NULL);
    posix_group_leave(posix);
    object_unref(&posix->process->object);
}

void family_reap(struct posix_process *child)
{
    struct process_usage usage;
    struct family *parent = &child->family.parent->family;
    ASSERT(child->family.ended && spin_held(&all_of(child)->lock));
    family_usage(child, &usage);
    usage_add(&parent->children_usage, &usage);
    usage_add(&parent->children_usage, &child->family.children_usage);
    leave(child);
}

/* A group may have lost its last keeper: those of it that are stopped would never go on. */
static void tell_orphans(struct posix_group *group)
{
    if (posix_group_has_stopped(group) && posix_group_is_orphaned_locked(group))
        family_signal_orphans(group);
}

static void release_children(struct posix_process *posix)
{
    const struct posix_group *own = posix->family.group;
    LIST_FOR_EACH_SAFE (node, &posix->family.children) {
        struct posix_process *child = child_of(node);
        struct posix_group *group = posix_group_ref(child->family.group);
        set_parent(child, NULL);
        list_remove(node);
        if (child->family.ended)
            leave(child);
        else if (group != own && group->session == own->session)
            tell_orphans(group);
        posix_group_unref(group);
    }
}

/* The parent hears of it, and may wait for it if it cares to. */
static void tell_end(struct posix_process *posix)
{
    struct posix_process *parent = posix->family.parent;
    bool wanted = parent != NULL && !family_discards_children(parent);
    if (parent != NULL) {
        family_signal_parent(parent, posix);
        if (!wanted)
            family_reap(posix);
        wait_wake_all(&parent->family.waiters, &all_of(parent)->lock);
    } else {
        leave(posix);
    }
}

void family_buried(struct posix_process *posix)
{
    struct family *family = &posix->family;
    struct cell_posix *all = all_of(posix);
    spin_lock(&all->lock);
    if (!list_is_empty(&family->cell_link)) { /* A fork that failed has not joined. */
        struct posix_group *group = posix_group_ref(family->group);
        bool was_keeper = !posix_group_is_orphaned_locked(group);
        release_children(posix);
        family->ended = true;
        if (was_keeper)
            tell_orphans(group);
        tell_end(posix);
        posix_group_unref(group);
    }
    spin_unlock(&all->lock);
}

/* --- Look-up --------------------------------------------------------------------------------- */

struct posix_process *posix_process_find_locked(struct cell *cell, uint64_t id)
{
    LIST_FOR_EACH (node, &cell->posix.processes) {
        struct posix_process *posix = CONTAINER_OF(node, struct posix_process, family.cell_link);
        if (posix->process->id == id)
            return posix;
    }
    return NULL;
}

struct posix_process *posix_process_find(struct cell *cell, uint64_t id)
{
    spin_lock(&cell->posix.lock);
    struct posix_process *posix = posix_process_find_locked(cell, id);
    if (posix != NULL)
        object_ref(&posix->process->object);
    spin_unlock(&cell->posix.lock);
    return posix;
}

void posix_process_for_each(struct cell *cell,
                            void (*visit)(struct posix_process *posix, void *argument),
                            void *argument)
{
    spin_lock(&cell->posix.lock);
    LIST_FOR_EACH (node, &cell->posix.processes) {
        visit(CONTAINER_OF(node, struct posix_process, family.cell_link), argument);
    }
    spin_unlock(&cell->posix.lock);
}

/* --- Stop and go on -------------------------------------------------------------------------- */

void family_tell_news(struct posix_process *posix)
{
    struct family *family = &posix->family;
    uint32_t signal;
    spin_lock(&all_of(posix)->lock);
    enum family_news news = signals_take_news(posix, &signal);
    if (news != FAMILY_NEWS_NONE) {
        family->stopped = news == FAMILY_NEWS_STOPPED;
        family->news = (uint8_t)news;
        family->news_signal = (uint8_t)signal;
    }
    if (news != FAMILY_NEWS_NONE && family->parent != NULL && !family->ended) {
        family_signal_parent(family->parent, posix);
        wait_wake_all(&family->parent->family.waiters, &all_of(posix)->lock);
    }
    spin_unlock(&all_of(posix)->lock);
}

bool family_is_orphaned(const struct posix_process *posix)
{
    spin_lock(&all_of(posix)->lock);
    bool orphaned =
        posix->family.group == NULL || posix_group_is_orphaned_locked(posix->family.group);
    spin_unlock(&all_of(posix)->lock);
    return orphaned;
}
