/* See description.h. */
#include "kernel/posix/description.h"

#include "kernel/cell/charge.h"
#include "kernel/posix/letter.h"
#include "kernel/posix/record_lock.h"
#include "kernel/stream/listener.h"

static struct description_state {
    struct slab_cache cache;
} state;

static const struct object_ops description_ops;

status_t description_create(struct cell *cell, const struct capability *target, uint32_t flags,
                            struct description **out_description)
{
    void *memory;
    status_t status = charged_alloc(cell, &state.cache, &memory);
    if (status != STATUS_OK)
        return status;
    struct description *description = memory;
    object_init(&description->object, &description_ops, cell);
    spin_init(&description->lock, LOCK_OBJECT);
    description->target = target->object;
    description->grant = target->grant;
    description->rights = target->rights;
    description->flags = flags;
    *out_description = description;
    return STATUS_OK;
}

status_t description_attach(struct description *description, const struct capability *target,
                            uint32_t flags)
{
    spin_lock(&description->lock);
    bool takes = description->target == NULL && !description->closed;
    if (takes) {
        description->grant = target->grant;
        description->rights = target->rights;
        __atomic_fetch_or(&description->flags, flags, __ATOMIC_RELAXED);
        __atomic_store_n(&description->target, target->object, __ATOMIC_RELEASE);
    }
    spin_unlock(&description->lock);
    return takes ? STATUS_OK : STATUS_BAD_STATE;
}

struct capability description_peek(const struct description *description)
{
    struct object *target = __atomic_load_n(&description->target, __ATOMIC_ACQUIRE);
    if (target == NULL)
        return (struct capability){ 0 };
    return (struct capability){ target, description->grant, description->rights };
}

status_t description_copy(struct description *description, struct capability *out_capability)
{
    spin_lock(&description->lock); /* While it is there, so is the grant. */
    bool is_there = description->target != NULL;
    if (is_there)
        *out_capability =
            capability_of(description->target, description->rights, description->grant);
    spin_unlock(&description->lock);
    return is_there ? STATUS_OK : STATUS_BAD_HANDLE;
}

/* The last number is gone. */
static void description_last_closed(struct object *object)
{
    struct description *description = (struct description *)object;
    spin_lock(&description->lock);
    struct capability target = description_peek(description);
    description->closed = true;
    __atomic_store_n(&description->target, NULL, __ATOMIC_RELEASE);
    spin_unlock(&description->lock);
    if (target.object == NULL)
        return;
    record_locks_close_description(description, target.object);
    if (object_kind(target.object) == OBJECT_LISTENER)
        listener_unclaim((struct listener *)target.object, description);
    capability_drop(&target);
}

/* One that never had a number still has its capability. */
static void description_destroy(struct object *object)
{
    description_last_closed(object);
    charged_free(object->cell, &state.cache, object);
}

void description_setup(void)
{
    record_locks_setup();
    letters_setup();
    slab_cache_init(&state.cache, "description", sizeof(struct description));
}

static const struct object_ops description_ops = {
    .kind = OBJECT_DESCRIPTION,
    .version = 1,
    .name = "description",
    .destroy = description_destroy,
    .last_handle_closed = description_last_closed,
};
