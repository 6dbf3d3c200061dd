/* The end of a claim, by a thread of its own, since the last handle may be closed where nobody may
 * sleep. The order is what makes it safe: the function can no longer write to memory (bus mastering
 * off) nor interrupt, nobody can reach its registers, it is reset; then, and only then, memory that
 * it was given is let go, and the device is free for the next. */
#include "kernel/device/registry_internal.h"

#include "kernel/base/log.h"
#include "kernel/sched/thread.h"
#include "kernel/trace/tracepoint.h"
#include "lib/base/assert.h"

enum { WORKER_PRIORITY = 20 };

void node_set_state(struct device_node *node, enum device_state state)
{
    spin_lock(&registry.guard);
    node->state = state;
    if (state != DEVICE_CLAIMED)
        node->owner[0] = 0;
    wait_wake_all(&registry.freed, &registry.guard);
    spin_unlock(&registry.guard);
    trace(TRACE_DEVICE, node->id, state);
}

/* Any context that may take LOCK_WAIT. The queue holds a reference. */
void device_release_later(struct device *device)
{
    if (device_is_registry(device))
        return;
    spin_lock(&registry.guard);
    if (!device->is_queued) {
        device->is_queued = true;
        device->node->state = DEVICE_RELEASING;
        object_ref(&device->object);
        registry.releasing++;
        list_push_back(&registry.queue, &device->queue_link);
        wait_wake_one(&registry.worker, &registry.guard);
    }
    spin_unlock(&registry.guard);
}

static void device_cut_off(struct device *device)
{
    mutex_lock(&registry.lock);
    device->open = false;
    device_command(device->node, true, false);
    irqs_end_all(device);
    mmios_end_all(device);
    mutex_unlock(&registry.lock);
}

static void device_release(struct device *device)
{
    struct device_node *node = device->node;
    device_cut_off(device);
    mutex_lock(&registry.resets);
    status_t status = node->dirty ? node_reset(node) : STATUS_OK;
    mutex_unlock(&registry.resets);
    mutex_lock(&registry.lock);
    device_command(node, false, false);
    windows_end_all(device, false);
    mutex_unlock(&registry.lock);
    if (status != STATUS_OK)
        klog("device %s: cannot be reset (status %d), nobody gets it again", node->name, status);
    node_set_state(node, status == STATUS_OK ? DEVICE_FREE : DEVICE_FAILED);
}

static struct device *next_release(void)
{
    spin_lock(&registry.guard);
    while (list_is_empty(&registry.queue)) {
        (void)wait_sleep(&registry.worker, &registry.guard, TIME_NEVER);
        spin_lock(&registry.guard);
    }
    struct list *link = list_pop_front(&registry.queue);
    spin_unlock(&registry.guard);
    return CONTAINER_OF(link, struct device, queue_link);
}

static void worker(void *argument)
{
    for (;;) {
        struct device *device = next_release();
        device_release(device);
        object_unref(&device->object);
        spin_lock(&registry.guard);
        registry.releasing--;
        wait_wake_all(&registry.freed, &registry.guard);
        spin_unlock(&registry.guard);
    }
}

status_t registry_settle(void)
{
    status_t status = STATUS_OK;
    spin_lock(&registry.guard);
    while (registry.releasing > 0 && status == STATUS_OK) {
        status = wait_sleep(&registry.freed, &registry.guard, TIME_NEVER);
        spin_lock(&registry.guard);
    }
    spin_unlock(&registry.guard);
    return status;
}

status_t release_start_worker(void)
{
    struct thread *thread;
    status_t status = STATUS_OK;
    mutex_lock(&registry.lock);
    if (!registry.has_worker)
        status = thread_create_kernel("devices", worker, NULL, WORKER_PRIORITY, &thread);
    if (status == STATUS_OK && !registry.has_worker) {
        object_unref(&thread->object);
        registry.has_worker = true;
    }
    mutex_unlock(&registry.lock);
    return status;
}
