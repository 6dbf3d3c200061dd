/* Nodes and claims: see registry.h and docs/design/device.md. */
#include "kernel/device/registry.h"

#include <string.h>

#include "kernel/cell/charge.h"
#include "kernel/device/registry_internal.h"
#include "kernel/trace/tracepoint.h"
#include "lib/base/assert.h"
#include "lib/base/bytes.h"

struct registry registry;

static const struct object_ops device_ops;

struct object *registry_object(void)
{
    return &registry.root.object;
}

bool device_is_registry(const struct device *device)
{
    return device->node == NULL;
}

/* --- Nodes ----------------------------------------------------------------------------------- */

struct device_node *registry_add_node(enum device_bus bus, uint32_t number)
{
    struct device_node *node = slab_alloc(&registry.nodes_cache);
    if (node == NULL)
        return NULL;
    node->id = (uint64_t)bus << 32 | number;
    node->bus = bus;
    node->state = DEVICE_FREE;
    list_push_back(&registry.nodes, &node->link);
    return node;
}

static status_t registry_look(void)
{
    status_t status = STATUS_OK;
    mutex_lock(&registry.lock);
    if (!registry.scanned)
        status = registry_scan();
    registry.scanned = status == STATUS_OK;
    mutex_unlock(&registry.lock);
    return status;
}

/* Nodes are added by the scan only, and never removed: the list can be walked without the lock. */
static struct device_node *node_at(uint32_t index)
{
    LIST_FOR_EACH (link, &registry.nodes) {
        if (index-- == 0)
            return CONTAINER_OF(link, struct device_node, link);
    }
    return NULL;
}

static struct device_node *node_find(uint64_t id)
{
    LIST_FOR_EACH (link, &registry.nodes) {
        struct device_node *node = CONTAINER_OF(link, struct device_node, link);
        if (node->id == id)
            return node;
    }
    return NULL;
}

static void node_describe(struct device_node *node, struct device_info *out_info)
{
    const struct pci_function *function = &node->function;
    *out_info = (struct device_info){
        .id = node->id,
        .bus = node->bus,
        .class_code = function->class_code,
        .vendor = function->vendor,
        .device = function->device,
        .subsystem_vendor = function->subsystem_vendor,
        .subsystem = function->subsystem,
        .vectors = node->vector_count,
    };
    for (uint32_t i = 0; i < DEVICE_BARS; i++)
        if (function->bars[i].address.raw != 0)
            out_info->bar_sizes[i] = function->bars[i].size_bytes;
    memcpy(out_info->name, node->name, sizeof out_info->name);
    spin_lock(&registry.guard);
    out_info->state = node->state;
    memcpy(out_info->owner, node->owner, sizeof out_info->owner);
    spin_unlock(&registry.guard);
}

status_t device_describe(struct device *device, uint32_t index, struct device_info *out_info)
{
    struct device_node *node = device->node;
    if (device_is_registry(device)) {
        status_t status = registry_look();
        if (status != STATUS_OK)
            return status;
        node = node_at(index);
    } else if (index > 0) {
        node = NULL;
    }
    if (node == NULL)
        return STATUS_NOT_FOUND;
    node_describe(node, out_info);
    return STATUS_OK;
}

/* --- Claims ---------------------------------------------------------------------------------- */

static void device_init(struct device *device, struct device_node *node, struct cell *cell)
{
    object_init(&device->object, &device_ops, cell);
    device->node = node;
    list_init(&device->queue_link);
    list_init(&device->mmios);
    list_init(&device->irqs);
    list_init(&device->windows);
}

/* Take a node that is free; one that is being released is waited for. It is then RELEASING, which
 * keeps everybody else away, until the claim is complete. */
static status_t node_take(struct device_node *node)
{
    spin_lock(&registry.guard);
    while (node->state == DEVICE_RELEASING) {
        status_t status = wait_sleep(&registry.freed, &registry.guard, TIME_NEVER);
        if (status != STATUS_OK)
            return status;
        spin_lock(&registry.guard);
    }
    bool is_free = node->state == DEVICE_FREE;
    if (is_free)
        node->state = DEVICE_RELEASING;
    enum device_state state = node->state;
    spin_unlock(&registry.guard);
    if (is_free)
        return STATUS_OK;
    return state == DEVICE_FAILED ? STATUS_IO : STATUS_BUSY;
}

/* What firmware left behind is reset before the first claim; a release leaves nothing. */
static status_t node_clean(struct device_node *node)
{
    status_t status = STATUS_OK;
    mutex_lock(&registry.resets);
    if (node->dirty)
        status = node_reset(node);
    mutex_unlock(&registry.resets);
    return status == STATUS_OK ? STATUS_OK : STATUS_IO;
}

static void node_claim(struct device_node *node, const struct cell *cell)
{
    mutex_lock(&registry.lock);
    device_command(node, true, false);
    mutex_unlock(&registry.lock);
    spin_lock(&registry.guard);
    memcpy(node->owner, cell->name, sizeof node->owner);
    spin_unlock(&registry.guard);
    node_set_state(node, DEVICE_CLAIMED);
}

status_t device_open(uint64_t id, struct cell *cell, struct device **out_device)
{
    void *memory;
    status_t status = registry_look();
    if (status == STATUS_OK)
        status = release_start_worker();
    if (status != STATUS_OK)
        return status;
    struct device_node *node = node_find(id);
    if (node == NULL)
        return STATUS_NOT_FOUND;
    status = node_take(node);
    if (status != STATUS_OK)
        return status;
    status = node_clean(node);
    if (status != STATUS_OK) {
        node_set_state(node, DEVICE_FAILED);
        return status;
    }
    status = charged_alloc(cell, &registry.devices, &memory);
    if (status != STATUS_OK) {
        node_set_state(node, DEVICE_FREE);
        return status;
    }
    struct device *device = memory;
    device_init(device, node, cell);
    device->open = true;
    node_claim(node, cell);
    *out_device = device;
    return STATUS_OK;
}

/* --- What a claim allows --------------------------------------------------------------------- */

status_t device_enable(struct device *device)
{
    mutex_lock(&registry.lock);
    bool open = device->open;
    if (open) {
        device->node->dirty = true;
        device_command(device->node, true, true);
    }
    mutex_unlock(&registry.lock);
    return open ? STATUS_OK : STATUS_BAD_STATE;
}

/* Bus mastering goes off, if the claim holds still. */
static bool device_quiet(struct device *device)
{
    mutex_lock(&registry.lock);
    bool open = device->open;
    if (open)
        device_command(device->node, true, false);
    mutex_unlock(&registry.lock);
    return open;
}

status_t device_reset(struct device *device)
{
    if (device_is_registry(device))
        return STATUS_BAD_STATE;
    if (!node_can_reset(device->node))
        return STATUS_NOT_SUPPORTED;
    mutex_lock(&registry.resets);
    status_t status = device_quiet(device) ? node_reset(device->node) : STATUS_BAD_STATE;
    mutex_lock(&registry.lock);
    if (status == STATUS_OK && device->open) {
        irqs_program_all(device);
        windows_end_all(device, true);
    }
    mutex_unlock(&registry.lock);
    mutex_unlock(&registry.resets);
    return status;
}

status_t device_config(struct device *device, uint8_t out_config[DEVICE_CONFIG_SIZE])
{
    mutex_lock(&registry.lock);
    bool open = device->open;
    for (uint32_t at = 0; open && at < DEVICE_CONFIG_SIZE; at += 4)
        store_le32(out_config + at, registry.access.read(registry.access.context,
                                                         device->node->function.address, at));
    mutex_unlock(&registry.lock);
    return open ? STATUS_OK : STATUS_BAD_STATE;
}

/* --- The object ------------------------------------------------------------------------------ */

static void device_last_handle_closed(struct object *object)
{
    device_release_later((struct device *)object);
}

/* Nothing hangs from it: everything that did held a reference. */
static void device_destroy(struct object *object)
{
    struct device *device = (struct device *)object;
    ASSERT(!device_is_registry(device));
    ASSERT(!device->open);
    ASSERT(list_is_empty(&device->windows));
    charged_free(object->cell, &registry.devices, device);
}

void registry_setup(void)
{
    mutex_init(&registry.resets, LOCK_REGISTRY);
    mutex_init(&registry.lock, LOCK_REGISTRY);
    spin_init(&registry.guard, LOCK_WAIT);
    list_init(&registry.nodes);
    list_init(&registry.queue);
    wait_queue_init(&registry.worker);
    wait_queue_init(&registry.freed);
    device_init(&registry.root, NULL, NULL);
    slab_cache_init(&registry.nodes_cache, "device node", sizeof(struct device_node));
    slab_cache_init(&registry.devices, "device", sizeof(struct device));
    mmio_setup();
    irq_setup();
    dma_setup();
}

static const struct object_ops device_ops = {
    .kind = OBJECT_DEVICE,
    .version = 1,
    .name = "device",
    .destroy = device_destroy,
    .last_handle_closed = device_last_handle_closed,
    .revoked = device_last_handle_closed,
};
