/* See group.h. */
#include "kernel/posix/group.h"

#include "kernel/cell/charge.h"
#include "kernel/posix/posix.h"
#include "lib/base/assert.h"

static struct family *member_of(struct list *node)
{
    return CONTAINER_OF(node, struct family, group_link);
}

/* --- References ------------------------------------------------------------------------------ */

struct posix_session *posix_session_ref(struct posix_session *session)
{
    uint32_t refs = __atomic_fetch_add(&session->refs, 1, __ATOMIC_RELAXED);
    ASSERT(refs > 0);
    return session;
}

void posix_session_unref(struct posix_session *session)
{
    if (__atomic_sub_fetch(&session->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    struct cell *cell = session->cell;
    charged_kfree(cell, session, sizeof *session);
    object_unref(&cell->object);
}

struct posix_group *posix_group_ref(struct posix_group *group)
{
    uint32_t refs = __atomic_fetch_add(&group->refs, 1, __ATOMIC_RELAXED);
    ASSERT(refs > 0);
    return group;
}

void posix_group_unref(struct posix_group *group)
{
    if (__atomic_sub_fetch(&group->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    ASSERT(list_is_empty(&group->members));
    struct posix_session *session = group->session;
    charged_kfree(session->cell, group, sizeof *group);
    posix_session_unref(session);
}

static status_t session_create(struct cell *cell, uint64_t id, struct posix_session **out_session)
{
    void *memory;
    status_t status = charged_kmalloc(cell, sizeof(struct posix_session), &memory);
    if (status != STATUS_OK)
        return status;
    object_ref(&cell->object);
    *out_session = memory;
    **out_session = (struct posix_session){ .id = id, .refs = 1, .cell = cell };
    return STATUS_OK;
}

status_t posix_group_create(struct cell *cell, uint64_t id, struct posix_session *session,
                            struct posix_group **out_group)
{
    void *memory;
    status_t status = STATUS_OK;
    if (session != NULL)
        posix_session_ref(session);
    else
        status = session_create(cell, id, &session);
    if (status != STATUS_OK)
        return status;
    status = charged_kmalloc(cell, sizeof(struct posix_group), &memory);
    if (status != STATUS_OK) {
        posix_session_unref(session);
        return status;
    }
    struct posix_group *group = memory;
    *group = (struct posix_group){ .id = id, .refs = 1, .session = session };
    list_init(&group->members);
    list_init(&group->cell_link);
    *out_group = group;
    return STATUS_OK;
}

/* --- Members --------------------------------------------------------------------------------- */

void posix_group_enter(struct posix_group *group, struct posix_process *posix)
{
    struct cell_posix *all = &group->session->cell->posix;
    ASSERT(spin_held(&all->lock));
    if (list_is_empty(&group->members))
        list_push_back(&all->groups, &group->cell_link);
    list_push_back(&group->members, &posix->family.group_link);
    posix->family.group = posix_group_ref(group);
}

void posix_group_leave(struct posix_process *posix)
{
    struct posix_group *group = posix->family.group;
    ASSERT(spin_held(&group->session->cell->posix.lock));
    list_remove(&posix->family.group_link);
    posix->family.group = NULL;
    if (list_is_empty(&group->members))
        list_remove(&group->cell_link);
    posix_group_unref(group);
}

struct posix_group *posix_group_find_locked(struct cell *cell, uint64_t id)
{
    LIST_FOR_EACH (node, &cell->posix.groups) {
        struct posix_group *group = CONTAINER_OF(node, struct posix_group, cell_link);
        if (group->id == id)
            return group;
    }
    return NULL;
}

struct posix_group *posix_group_find(struct cell *cell, uint64_t id)
{
    spin_lock(&cell->posix.lock);
    struct posix_group *group = posix_group_find_locked(cell, id);
    if (group != NULL)
        posix_group_ref(group);
    spin_unlock(&cell->posix.lock);
    return group;
}

status_t posix_group_signal_locked(struct posix_group *group,
                                   const struct signal_information *information)
{
    status_t status = STATUS_NOT_FOUND;
    LIST_FOR_EACH (node, &group->members) {
        struct posix_process *posix = CONTAINER_OF(member_of(node), struct posix_process, family);
        status = signal_send_process(posix, information);
    }
    return status;
}

status_t posix_group_signal(struct posix_group *group, const struct signal_information *information)
{
    struct cell *cell = group->session->cell;
    spin_lock(&cell->posix.lock);
    status_t status = posix_group_signal_locked(group, information);
    spin_unlock(&cell->posix.lock);
    return status;
}

/* --- Orphans --------------------------------------------------------------------------------- */

/* A parent in the session, outside the group, can continue what the terminal stops. */
static bool has_keeper(const struct family *member)
{
    const struct posix_process *parent = member->parent;
    return !member->ended && parent != NULL && parent->family.group != member->group &&
           parent->family.group->session == member->group->session;
}

bool posix_group_is_orphaned_locked(const struct posix_group *group)
{
    LIST_FOR_EACH (node, (struct list *)&group->members)
        if (has_keeper(member_of(node)))
            return false;
    return true;
}

bool posix_group_is_orphaned(struct posix_group *group)
{
    struct cell *cell = group->session->cell;
    spin_lock(&cell->posix.lock);
    bool orphaned = posix_group_is_orphaned_locked(group);
    spin_unlock(&cell->posix.lock);
    return orphaned;
}

bool posix_group_has_stopped(const struct posix_group *group)
{
    LIST_FOR_EACH (node, (struct list *)&group->members)
        if (member_of(node)->stopped && !member_of(node)->ended)
            return true;
    return false;
}
