/* Limits of processes, as POSIX has them beside those of the cell, which count in any case. That of the
 * numbers is heeded by the segment, that of the address space by the space; the others are kept for those who ask
 * (docs/design/posix_kernel.md has a table). */
#include "kernel/cell/charge.h"
#include "kernel/mm/aspace.h"
#include "kernel/posix/family_internal.h"
#include "kernel/posix/kin.h"
#include "kernel/posix/posix.h"
#include "kernel/process/process.h"

_Static_assert(PROCESS_NO_LIMIT == ASPACE_NO_LIMIT, "one word for both");

#define STACK_LIMIT_BYTES 0x800000ull

/* Resources that do not begin without a limit, by the numbers of RLIMIT_*. */
enum {
    LIMIT_STACK = 3,
    LIMIT_CORE = 4,
    LIMIT_NUMBERS = 7,
    LIMIT_SPACE = 9,
};

static struct process_limit first_limit(uint32_t resource)
{
    switch (resource) {
    case LIMIT_STACK: return (struct process_limit){ STACK_LIMIT_BYTES, PROCESS_NO_LIMIT };
    case LIMIT_CORE: return (struct process_limit){ 0, PROCESS_NO_LIMIT };
    case LIMIT_NUMBERS: return (struct process_limit){ DESCRIPTORS_LIMIT_DEFAULT, DESCRIPTORS_MAX };
    default: return (struct process_limit){ PROCESS_NO_LIMIT, PROCESS_NO_LIMIT };
    }
}

static struct process_limit limit_of(const struct posix_process *posix, uint32_t resource)
{
    const struct process_limit *limits = posix->family.limits;
    return limits != NULL ? limits[resource] : first_limit(resource);
}

/* A list of its own for the process, if it has none yet. */
static status_t own_limits(struct posix_process *posix)
{
    void *memory;
    if (posix->family.limits != NULL)
        return STATUS_OK;
    status_t status = charged_kmalloc(posix->process->cell,
                                      PROCESS_LIMITS * sizeof(struct process_limit), &memory);
    if (status != STATUS_OK)
        return status;
    struct process_limit *limits = memory;
    for (uint32_t i = 0; i < PROCESS_LIMITS; i++)
        limits[i] = first_limit(i);
    posix->family.limits = limits;
    return STATUS_OK;
}

void limits_free(struct posix_process *posix)
{
    if (posix->family.limits != NULL)
        charged_kfree(posix->process->cell, posix->family.limits,
                      PROCESS_LIMITS * sizeof(struct process_limit));
    posix->family.limits = NULL;
}

status_t limits_copy(struct posix_process *parent, struct posix_process *child)
{
    struct spinlock *lock = &parent->process->cell->posix.lock;
    status_t status = STATUS_OK;
    spin_lock(lock);
    if (parent->family.limits != NULL)
        status = own_limits(child);
    for (uint32_t i = 0; status == STATUS_OK && child->family.limits != NULL && i < PROCESS_LIMITS;
         i++)
        child->family.limits[i] = parent->family.limits[i];
    if (status == STATUS_OK)
        process_limit_space(child->process, limit_of(child, LIMIT_SPACE).soft);
    spin_unlock(lock);
    return status;
}

static status_t set_limit(struct posix_process *posix, uint32_t resource,
                          const struct process_limit *limit)
{
    if (limit->hard > limit_of(posix, resource).hard)
        return STATUS_NOT_PERMITTED;
    status_t status = own_limits(posix);
    if (status != STATUS_OK)
        return status;
    posix->family.limits[resource] = *limit;
    if (resource == LIMIT_NUMBERS) /* The hard limit bounds it. */
        __atomic_store_n(&posix->descriptors.limit, (uint32_t)limit->soft, __ATOMIC_RELAXED);
    if (resource == LIMIT_SPACE)
        process_limit_space(posix->process, limit->soft);
    return STATUS_OK;
}

status_t kin_limit(struct posix_process *posix, uint64_t id, uint32_t resource,
                   const struct process_limit *new, struct process_limit *out_old)
{
    struct cell *cell = posix->process->cell;
    if (resource >= PROCESS_LIMITS || (new != NULL &&new->soft > new->hard))
        return STATUS_INVALID;
    status_t status = STATUS_DEAD;
    spin_lock(&cell->posix.lock);
    if (id != 0 && id != posix->process->id)
        posix = posix_process_find_locked(cell, id);
    if (posix != NULL) {
        *out_old = limit_of(posix, resource);
        status = new != NULL ? set_limit(posix, resource, new) : STATUS_OK;
    }
    spin_unlock(&cell->posix.lock);
    return status;
}
