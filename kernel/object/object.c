/* Objects: see object.h. The last reference retires the object; the reaper (base/epoch.c) destroys
 * it when no look-up can see it any more. */
#include "kernel/object/object.h"

#include "kernel/base/entropy.h"
#include "kernel/cell/cell.h"
#include "kernel/ipc/port.h"
#include "lib/base/assert.h"

void object_init(struct object *object, const struct object_ops *ops, struct cell *cell)
{
    object->ops = ops;
    object->refs = 1;
    object->handles = 0;
    object->cell = cell;
    if (cell != NULL)
        object_ref(&cell->object);
}

struct object *object_ref(struct object *object)
{
    uint32_t refs = __atomic_fetch_add(&object->refs, 1, __ATOMIC_RELAXED);
    ASSERT(refs > 0);
    return object;
}

bool object_try_ref(struct object *object)
{
    uint32_t refs = __atomic_load_n(&object->refs, __ATOMIC_RELAXED);
    while (refs > 0)
        if (__atomic_compare_exchange_n(&object->refs, &refs, refs + 1, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
}

static void object_end(struct object *object)
{
    struct cell *cell = object->cell; /* destroy frees the object. */
    object->ops->destroy(object);
    if (cell != NULL)
        object_unref(&cell->object);
}

static void object_release(struct epoch_node *node)
{
    object_end(CONTAINER_OF(node, struct object, retire));
}

void object_unref_settled(struct object *object)
{
    uint32_t refs = __atomic_fetch_sub(&object->refs, 1, __ATOMIC_ACQ_REL);
    ASSERT(refs > 0);
    if (refs == 1)
        object_end(object);
}

void object_unref(struct object *object)
{
    uint32_t refs = __atomic_fetch_sub(&object->refs, 1, __ATOMIC_ACQ_REL);
    ASSERT(refs > 0);
    if (refs == 1)
        epoch_retire(&object->retire, object_release);
}

void object_unref_unnamed(struct object *object)
{
    uint32_t refs = __atomic_fetch_sub(&object->refs, 1, __ATOMIC_ACQ_REL);
    ASSERT(refs > 0 && object->handles == 0);
    if (refs == 1)
        object_release(&object->retire);
}

void object_handle_added(struct object *object)
{
    __atomic_fetch_add(&object->handles, 1, __ATOMIC_RELAXED);
}

bool object_handle_try_add(struct object *object)
{
    uint32_t handles = __atomic_load_n(&object->handles, __ATOMIC_RELAXED);
    while (handles > 0)
        if (__atomic_compare_exchange_n(&object->handles, &handles, handles + 1, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return true;
    return false;
}

static struct signal_source *signals_asked(struct object *object)
{
    const struct object_ops *ops = object->ops;
    if (ops->signals_asked != NULL)
        return ops->signals_asked(object);
    return ops->signals != NULL ? ops->signals(object) : NULL;
}

void object_handle_removed(struct object *object)
{
    uint32_t handles = __atomic_fetch_sub(&object->handles, 1, __ATOMIC_ACQ_REL);
    ASSERT(handles > 0);
    if (handles > 1)
        return;
    struct signal_source *source = signals_asked(object);
    if (source != NULL)
        port_forget(object, source);
    if (object->ops->last_handle_closed != NULL)
        object->ops->last_handle_closed(object);
}

uint64_t object_number(const struct object *object)
{
    /* Its address, scrambled by a constant of this boot so that user space learns no layout. */
    return ((uint64_t)object ^ entropy_secret()) * 0x9e3779b97f4a7c15ull;
}
