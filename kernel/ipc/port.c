/* The port and its queue: how packets are taken. How bindings come and go is in port_bind.c. */
#include "kernel/ipc/port.h"

#include "kernel/cell/charge.h"
#include "kernel/ipc/ipc.h"
#include "kernel/ipc/port_internal.h"
#include "lib/base/assert.h"

static const struct object_ops port_ops;

status_t port_create(struct cell *cell, struct port **out_port)
{
    void *memory;
    status_t status = charged_alloc(cell, &ipc.ports, &memory);
    if (status != STATUS_OK)
        return status;
    struct port *port = memory;
    object_init(&port->object, &port_ops, cell);
    spin_init(&port->lock, LOCK_PORT);
    list_init(&port->ready);
    wait_queue_init(&port->waiters);
    for (size_t i = 0; i < PORT_BUCKETS; i++)
        list_init(&port->buckets[i]);
    *out_port = port;
    return STATUS_OK;
}

void port_enqueue(struct port *port, struct port_binding *binding)
{
    ASSERT(spin_held(&port->lock));
    if (!list_is_empty(&binding->ready_link))
        return; /* One wake-up is on its way already. */
    list_push_back(&port->ready, &binding->ready_link);
    wait_wake_one(&port->waiters, &port->lock);
}

/* What there is to tell about a binding now. Level: looked up afresh, so a signal that was cleared
 * in the meantime is not reported. The plain load needs no lock: whoever sets the bit afterwards
 * calls port_notify afterwards, which waits for our lock. */
static uint32_t binding_signals(const struct port_binding *binding)
{
    if (binding->flags & PORT_EDGE)
        return binding->pending;
    return __atomic_load_n(&binding->source->signals, __ATOMIC_ACQUIRE) & binding->observer.mask;
}

/* Move up to `count` packets out. Level-triggered bindings that still signal go to the back of the
 * queue, so that a busy few cannot hide the rest. */
static size_t port_collect(struct port *port, struct port_packet *packets, size_t count)
{
    struct list again;
    size_t taken = 0;
    list_init(&again);
    while (taken < count && !list_is_empty(&port->ready)) {
        struct list *node = list_pop_front(&port->ready);
        struct port_binding *binding = CONTAINER_OF(node, struct port_binding, ready_link);
        uint32_t signals = binding_signals(binding);
        binding->pending = 0;
        if (signals == 0)
            continue;
        packets[taken++] = (struct port_packet){ .key = binding->key, .signals = signals };
        if (binding->flags & PORT_ONCE)
            binding->asleep = true;
        else if (!(binding->flags & PORT_EDGE))
            list_push_back(&again, &binding->ready_link);
    }
    while (!list_is_empty(&again))
        list_push_back(&port->ready, list_pop_front(&again));
    return taken;
}

status_t port_wait(struct port *port, struct port_packet *packets, size_t count, time_ns_t deadline,
                   size_t *out_actual)
{
    ASSERT(count > 0 && count <= PORT_BATCH_MAX);
    status_t status = STATUS_OK;
    for (;;) {
        spin_lock(&port->lock);
        size_t taken = port_collect(port, packets, count);
        bool is_closed = port->closed;
        if (taken > 0 || is_closed || status != STATUS_OK) {
            spin_unlock(&port->lock);
            if (taken == 0)
                return is_closed ? STATUS_BAD_HANDLE : status;
            *out_actual = taken; /* Even if the deadline passed: what came is not lost. */
            return STATUS_OK;
        }
        if (deadline == TIME_NOW) {
            spin_unlock(&port->lock);
            return STATUS_TIMED_OUT;
        }
        status = wait_sleep(&port->waiters, &port->lock, deadline);
    }
}

static void port_last_handle_closed(struct object *object)
{
    struct port *port = (struct port *)object;
    port_close_bindings(port);
    spin_lock(&port->lock);
    wait_wake_all(&port->waiters, &port->lock);
    spin_unlock(&port->lock);
}

static void port_destroy(struct object *object)
{
    struct port *port = (struct port *)object;
    port_close_bindings(port); /* A port that never had a handle. */
    ASSERT(port->binding_count == 0);
    charged_free(object->cell, &ipc.ports, port);
}

static const struct object_ops port_ops = {
    .kind = OBJECT_PORT,
    .version = 1,
    .name = "port",
    .destroy = port_destroy,
    .last_handle_closed = port_last_handle_closed,
};
