/* Who belongs to whom: numbers of parents, groups and sessions, and the changes that POSIX allows. */
#include "kernel/posix/kin.h"

#include "kernel/cell/cell.h"
#include "kernel/posix/family_internal.h"
#include "kernel/posix/posix.h"
#include "kernel/process/process.h"

static struct spinlock *lock_of(const struct posix_process *posix)
{
    return &posix->process->cell->posix.lock;
}

static bool leads_session(const struct posix_process *posix)
{
    return posix->family.group->session->id == posix->process->id;
}

status_t kin_find(struct posix_process *posix, uint64_t id, struct process_kin *out_kin)
{
    spin_lock(lock_of(posix));
    struct posix_process *found = posix;
    if (id != 0)
        found = posix_process_find_locked(posix->process->cell, id);
    if (found != NULL) {
        const struct family *family = &found->family;
        *out_kin = (struct process_kin){
            .parent = family->parent != NULL ? family->parent->process->id : 0,
            .group = family->group->id,
            .session = family->group->session->id,
        };
    }
    spin_unlock(lock_of(posix));
    return found != NULL ? STATUS_OK : STATUS_DEAD;
}

/* The process itself or a child, as setpgid names it, if it may be moved. */
static status_t find_movable(struct posix_process *posix, uint64_t id,
                             struct posix_process **out_posix)
{
    struct posix_process *found = posix;
    if (id != 0 && id != posix->process->id)
        found = posix_process_find_locked(posix->process->cell, id);
    if (found == NULL || (found != posix && found->family.parent != posix) || found->family.ended)
        return STATUS_DEAD;
    if (found->family.group->session != posix->family.group->session || leads_session(found))
        return STATUS_NOT_PERMITTED;
    if (found != posix && found->family.executed)
        return STATUS_NO_RIGHT;
    *out_posix = found;
    return STATUS_OK;
}

/* The group of that number for a member, which may begin it, with a reference. */
static status_t find_group(struct posix_process *member, uint64_t id,
                           struct posix_group **out_group)
{
    struct posix_session *session = member->family.group->session;
    struct posix_group *group = posix_group_find_locked(session->cell, id);
    if (group == NULL && id == member->process->id)
        return posix_group_create(session->cell, id, session, out_group);
    if (group == NULL || group->session != session)
        return STATUS_NOT_PERMITTED;
    *out_group = posix_group_ref(group);
    return STATUS_OK;
}

static void move(struct posix_process *posix, struct posix_group *group)
{
    posix_group_leave(posix);
    posix_group_enter(group, posix);
    posix_group_unref(group); /* The caller's. */
}

status_t kin_set_group(struct posix_process *posix, uint64_t id, uint64_t group_id)
{
    struct posix_process *member;
    struct posix_group *group;
    spin_lock(lock_of(posix));
    status_t status = find_movable(posix, id, &member);
    if (status == STATUS_OK)
        status = find_group(member, group_id == 0 ? member->process->id : group_id, &group);
    if (status == STATUS_OK)
        move(member, group);
    spin_unlock(lock_of(posix));
    return status;
}

status_t kin_begin_session(struct posix_process *posix, uint64_t *out_id)
{
    struct process *process = posix->process;
    struct posix_group *group;
    spin_lock(lock_of(posix));
    status_t status = STATUS_NOT_PERMITTED;
    if (posix_group_find_locked(process->cell, process->id) == NULL)
        status = posix_group_create(process->cell, process->id, NULL, &group);
    if (status == STATUS_OK) {
        move(posix, group);
        *out_id = process->id;
    }
    spin_unlock(lock_of(posix));
    return status;
}

/* --- Nice values ----------------------------------------------------------------------------- */

static bool is_meant(const struct posix_process *posix, uint32_t select, uint64_t id)
{
    switch (select) {
    case PROCESS_WAIT_CHILD: return posix->process->id == id;
    case PROCESS_WAIT_GROUP: return posix->family.group->id == id;
    default: return true;
    }
}

status_t kin_nice(struct posix_process *posix, uint32_t select, uint64_t id, const int64_t *new,
                  int64_t *out_nice)
{
    struct cell *cell = posix->process->cell;
    status_t status = STATUS_DEAD;
    int64_t least = NICE_MAX;
    spin_lock(lock_of(posix));
    if (id == 0)
        id = select == PROCESS_WAIT_GROUP ? posix->family.group->id : posix->process->id;
    LIST_FOR_EACH (node, &cell->posix.processes) {
        struct posix_process *other = CONTAINER_OF(node, struct posix_process, family.cell_link);
        if (other->family.ended || !is_meant(other, select, id))
            continue;
        status = STATUS_OK;
        if (new != NULL)
            other->family.nice = (int8_t)*new;
        if (other->family.nice < least)
            least = other->family.nice;
    }
    spin_unlock(lock_of(posix));
    if (status == STATUS_OK)
        *out_nice = least;
    return status;
}
