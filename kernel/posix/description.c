/* See description.h. */
#include "kernel/posix/description.h"

#include "kernel/cell/charge.h"
#include "kernel/posix/letter.h"
#include "kernel/posix/record_lock.h"
#include "kernel/stream/listener.h"
#include "kernel/vfs/file.h"

static struct description_state {
    struct slab_cache cache;
    struct slab_cache with_files;
} state;

/* What most opens make: one allocation, one charge, and one epoch to wait for when it is closed. */
struct description_with_file {
    struct description description;
    struct file file;
};

static const struct object_ops description_ops;

static struct description *description_begin(void *memory, struct cell *cell,
                                             const struct capability *target, uint32_t flags)
{
    struct description *description = memory;
    object_init(&description->object, &description_ops, cell);
    spin_init(&description->lock, LOCK_OBJECT);
    description->target = target->object;
    description->grant = target->grant;
    description->rights = target->rights;
    description->flags = flags;
    return description;
}

status_t description_create(struct cell *cell, const struct capability *target, uint32_t flags,
                            struct description **out_description)
{
    void *memory;
    status_t status = charged_alloc(cell, &state.cache, &memory);
    if (status != STATUS_OK)
        return status;
    *out_description = description_begin(memory, cell, target, flags);
    return STATUS_OK;
}

status_t description_create_file(struct cell *cell, struct vnode *vnode, struct grant *grant,
                                 rights_t rights, uint32_t flags,
                                 struct description **out_description)
{
    void *memory;
    status_t status = charged_alloc(cell, &state.with_files, &memory);
    if (status != STATUS_OK)
        return status;
    struct description_with_file *both = memory;
    struct capability target = { &both->file.object, grant, rights };
    struct description *description = description_begin(memory, cell, &target, flags);
    description->has_file = true;
    file_begin_in(&both->file, vnode, flags & DESCRIPTION_APPEND ? OPEN_APPEND : 0,
                  object_ref(&description->object));
    object_handle_added(&both->file.object);
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

bool description_close_alone(struct description *description)
{
    struct description_with_file *both =
        CONTAINER_OF(description, struct description_with_file, description);
    struct object *object = &description->object;
    if (!description->has_file || !epoch_is_quiet() || !object_is_alone(object, 2) ||
        !object_is_alone(&both->file.object, 1))
        return false;
    struct cell *cell = object->cell;
    record_locks_close_description(description, &both->file.object);
    if (description->grant != NULL)
        object_unref(&description->grant->object);
    vnode_unref(both->file.vnode);
    charged_free(cell, &state.with_files, both);
    object_unref(&cell->object);
    return true;
}

void description_abandon(struct description *description)
{
    description_last_closed(&description->object);
}

/* One that never had a number still has its capability; or it is abandoned, when it is that which keeps it. */
static void description_destroy(struct object *object)
{
    struct description *description = (struct description *)object;
    if (!description->closed)
        description_last_closed(object);
    charged_free(object->cell, description->has_file ? &state.with_files : &state.cache,
                 description);
}

void description_setup(void)
{
    record_locks_setup();
    letters_setup();
    slab_cache_init(&state.cache, "description", sizeof(struct description));
    slab_cache_init(&state.with_files, "description_file", sizeof(struct description_with_file));
}

static const struct object_ops description_ops = {
    .kind = OBJECT_DESCRIPTION,
    .version = 1,
    .name = "description",
    .destroy = description_destroy,
    .last_handle_closed = description_last_closed,
};
