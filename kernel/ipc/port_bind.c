/* Bindings. Whoever moves a binding from LIVE to GONE under the port's lock owns its end: takes it
 * off the object's list of observers and frees it. Three parties compete: the port's holder
 * (unbind, replace), the port's end, and the object's end. */
#include "kernel/cell/charge.h"
#include "kernel/ipc/ipc.h"
#include "kernel/ipc/port_internal.h"
#include "lib/base/assert.h"

static struct list *port_bucket(struct port *port, const struct object *object)
{
    uint64_t hash = ((uintptr_t)object >> 4) * 0x9e3779b97f4a7c15ull;
    return &port->buckets[hash >> 58];
}
_Static_assert(PORT_BUCKETS == 64, "the hash gives six bits");

/* Runs under the source's lock, in whatever context changed the signal. */
static void port_notify(struct observer *observer, uint32_t signals)
{
    struct port_binding *binding = CONTAINER_OF(observer, struct port_binding, observer);
    struct port *port = binding->port;
    spin_lock(&port->lock);
    binding->pending |= signals & binding->observer.mask;
    if (binding->state == PORT_BINDING_LIVE && !binding->asleep)
        port_enqueue(port, binding);
    spin_unlock(&port->lock);
}

static struct port_binding *port_find(struct port *port, const struct object *object)
{
    LIST_FOR_EACH (node, port_bucket(port, object)) {
        struct port_binding *binding = CONTAINER_OF(node, struct port_binding, bucket_link);
        if (binding->object == object)
            return binding;
    }
    return NULL;
}

/* LIVE to GONE: the caller owns the binding from here on. */
static void binding_claim(struct port *port, struct port_binding *binding)
{
    ASSERT(spin_held(&port->lock));
    ASSERT(binding->state == PORT_BINDING_LIVE);
    binding->state = PORT_BINDING_GONE;
    list_remove(&binding->bucket_link);
    list_remove(&binding->ready_link);
    port->binding_count--;
}

/* Free a binding that nobody observes through any more. */
static void binding_free(struct port_binding *binding)
{
    object_unref(binding->object);
    charged_free(binding->cell, &ipc.bindings, binding);
}

/* End a binding that the caller has claimed, or that was never inserted. */
static void binding_end(struct port_binding *binding)
{
    signal_unobserve(binding->source, &binding->observer);
    binding_free(binding);
}

static status_t binding_create(struct port *port, struct object *object, uint64_t key,
                               uint32_t signals, uint32_t flags, struct port_binding **out_binding)
{
    void *memory;
    status_t status = charged_alloc(port->object.cell, &ipc.bindings, &memory);
    if (status != STATUS_OK)
        return status;
    struct port_binding *binding = memory;
    *binding = (struct port_binding){
        .observer = { .mask = signals, .notify = port_notify },
        .port = port,
        .cell = port->object.cell,
        .object = object_ref(object),
        .source = object->ops->signals(object),
        .key = key,
        .state = PORT_BINDING_FRESH,
        .flags = (uint8_t)flags,
    };
    list_init(&binding->observer.link);
    list_init(&binding->bucket_link);
    list_init(&binding->ready_link);
    *out_binding = binding;
    return STATUS_OK;
}

/* FRESH to LIVE, displacing the object's earlier binding.
 * @return BAD_HANDLE: the port is closed; EXISTS, NOT_FOUND as the flags ask. */
static status_t binding_insert(struct port *port, struct port_binding *binding, uint32_t flags,
                               struct port_binding **out_displaced)
{
    spin_lock(&port->lock);
    struct port_binding *earlier = port_find(port, binding->object);
    status_t status = port->closed                               ? STATUS_BAD_HANDLE
                      : (flags & PORT_NEW) && earlier != NULL    ? STATUS_EXISTS
                      : (flags & PORT_CHANGE) && earlier == NULL ? STATUS_NOT_FOUND
                                                                 : STATUS_OK;
    if (status == STATUS_OK) {
        *out_displaced = earlier;
        if (earlier != NULL)
            binding_claim(port, earlier);
        binding->state = PORT_BINDING_LIVE;
        list_push_back(port_bucket(port, binding->object), &binding->bucket_link);
        port->binding_count++;
        if (binding->pending != 0)
            port_enqueue(port, binding);
    }
    spin_unlock(&port->lock);
    return status;
}

status_t port_bind(struct port *port, struct object *object, uint64_t key, uint32_t signals,
                   uint32_t flags)
{
    if (object->ops->signals == NULL)
        return STATUS_NOT_SUPPORTED;
    struct port_binding *binding = NULL, *displaced = NULL;
    status_t status = binding_create(port, object, key, signals, flags, &binding);
    if (status != STATUS_OK)
        return status;
    signal_observe(binding->source, &binding->observer);
    status = binding_insert(port, binding, flags, &displaced);
    if (status != STATUS_OK) {
        binding_end(binding);
        return status;
    }
    if (displaced != NULL)
        binding_end(displaced);
    /* Another thread may have closed the object's last handle before we were on its list. One of
     * the two sees the other: it counts down first and looks at the list then; we the reverse. */
    if (__atomic_load_n(&object->handles, __ATOMIC_SEQ_CST) == 0)
        port_forget(object, object->ops->signals(object));
    return STATUS_OK;
}

status_t port_unbind(struct port *port, struct object *object)
{
    spin_lock(&port->lock);
    struct port_binding *binding = port_find(port, object);
    if (binding != NULL)
        binding_claim(port, binding);
    spin_unlock(&port->lock);
    if (binding == NULL)
        return STATUS_NOT_FOUND;
    binding_end(binding);
    return STATUS_OK;
}

void port_close_bindings(struct port *port)
{
    spin_lock(&port->lock);
    port->closed = true;
    for (size_t i = 0; i < PORT_BUCKETS; i++) {
        while (!list_is_empty(&port->buckets[i])) {
            struct port_binding *binding =
                CONTAINER_OF(port->buckets[i].next, struct port_binding, bucket_link);
            binding_claim(port, binding);
            spin_unlock(&port->lock); /* The source's lock comes before ours. */
            binding_end(binding);
            spin_lock(&port->lock);
        }
    }
    spin_unlock(&port->lock);
}

/* Try to become the one who ends the binding. The port is alive: while the observer is on the list
 * that the caller has locked, the port's own claimant cannot finish. */
static bool binding_try_claim(struct port_binding *binding)
{
    spin_lock(&binding->port->lock);
    bool is_ours = binding->state == PORT_BINDING_LIVE;
    if (is_ours)
        binding_claim(binding->port, binding);
    spin_unlock(&binding->port->lock);
    return is_ours;
}

void port_forget(struct object *object, struct signal_source *source)
{
    struct list ended;
    list_init(&ended);
    spin_lock(&source->lock);
    LIST_FOR_EACH_SAFE (node, &source->observers) {
        struct observer *observer = CONTAINER_OF(node, struct observer, link);
        if (observer->notify != port_notify)
            continue;
        struct port_binding *binding = CONTAINER_OF(observer, struct port_binding, observer);
        if (!binding_try_claim(binding))
            continue;
        /* The port may go once we let the list go; its cell, charged for the binding, may not. */
        object_ref(&binding->cell->object);
        list_remove(&observer->link);
        list_push_back(&ended, &binding->bucket_link);
    }
    spin_unlock(&source->lock);
    struct list *node;
    while ((node = list_pop_front(&ended)) != NULL) {
        struct port_binding *binding = CONTAINER_OF(node, struct port_binding, bucket_link);
        struct cell *cell = binding->cell;
        binding_free(binding);
        object_unref(&cell->object);
    }
}
