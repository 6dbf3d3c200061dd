/* Memory of the driver: the pool, which is netd's and which the device reaches page by page; the
 * area of rings, shared with netd alone; and the queues, which are the driver's own, contiguous, and
 * shared with the device alone. */
#include <string.h>

#include <abi/memory.h>
#include <swos/syscalls.h>

#include "user/drivers/virtio_net/process.h"

/* Map a VMO whole, and let the device reach it. */
static status_t window_open(struct driver *driver, handle_t vmo, uint64_t size, void **out_memory,
                            const volatile uint64_t **out_addresses, handle_t *out_window)
{
    uint64_t mapped = 0, table = 0, pages = 0;
    status_t status = sys_memory_map(vmo.raw, 0, size, 0, MEMORY_READ | MEMORY_WRITE, &mapped);
    if (status == STATUS_OK)
        status = sys_device_dma(driver->handles.device, vmo, out_window);
    if (status == STATUS_OK)
        status = sys_dma_addresses(*out_window, &table, &pages);
    if (status != STATUS_OK)
        return status;
    if (pages < size / VIRTIO_NET_PAGE_BYTES)
        return STATUS_CORRUPT;
    *out_memory = (void *)(uintptr_t)mapped;
    *out_addresses = (const volatile uint64_t *)(uintptr_t)table;
    return STATUS_OK;
}

static status_t pool_take(struct driver *driver, struct virtio_net_config *config)
{
    uint64_t size = 0;
    void *memory = NULL;
    status_t status = sys_vmo_size(driver->handles.pool, &size);
    if (status != STATUS_OK)
        return status;
    if (size == 0 || size % VIRTIO_NET_PAGE_BYTES != 0 || size > UINT32_MAX)
        return STATUS_CORRUPT; /* Rings name its bytes by 32 bits. */
    status = window_open(driver, driver->handles.pool, size, &memory, &config->daddr_of_page,
                         &driver->pool_window);
    config->pool = memory;
    config->pool_bytes = (uint32_t)size;
    return status;
}

/* A contiguous VMO has all its pages from the start; behind an IOMMU they could still be apart. */
static bool is_contiguous(const volatile uint64_t *addresses, uint64_t pages)
{
    for (uint64_t i = 0; i < pages; i++)
        if (addresses[i] == 0 || addresses[i] != addresses[0] + i * VIRTIO_NET_PAGE_BYTES)
            return false;
    return true;
}

static status_t contiguous_take(struct driver *driver, size_t size, struct dma_memory *out_memory)
{
    handle_t vmo, window;
    const volatile uint64_t *addresses = NULL;
    status_t status = sys_vmo_create(size, VMO_CONTIGUOUS, &vmo);
    if (status == STATUS_OK)
        status = window_open(driver, vmo, size, &out_memory->base, &addresses, &window);
    if (status != STATUS_OK)
        return status;
    if (!is_contiguous(addresses, size / VIRTIO_NET_PAGE_BYTES))
        return STATUS_NOT_SUPPORTED;
    out_memory->address = (daddr_t){ addresses[0] };
    out_memory->size_bytes = size;
    return STATUS_OK;
}

/* The next part of the queues' memory. */
static struct dma_memory part_take(const struct dma_memory *memory, size_t *at, size_t size)
{
    struct dma_memory part = { .base = (uint8_t *)memory->base + *at,
                               .address = daddr_add(memory->address, *at),
                               .size_bytes = size };
    *at += (size + VIRTQUEUE_RING_ALIGN - 1) & ~(size_t)(VIRTQUEUE_RING_ALIGN - 1);
    return part;
}

static status_t queues_take(struct driver *driver, struct virtio_net_config *config)
{
    size_t ring = virtqueue_ring_size(DRIVER_QUEUE_DEPTH);
    size_t indirect = virtqueue_indirect_size(DRIVER_QUEUE_DEPTH, DRIVER_INDIRECT_ENTRIES);
    size_t all = 2 * ring + indirect + 3 * VIRTQUEUE_RING_ALIGN;
    size_t pages = (all + VIRTIO_NET_PAGE_BYTES - 1) / VIRTIO_NET_PAGE_BYTES;
    struct dma_memory memory = { 0 };
    size_t at = 0;
    status_t status = contiguous_take(driver, pages * VIRTIO_NET_PAGE_BYTES, &memory);
    if (status != STATUS_OK)
        return status;
    config->rx = (struct virtio_net_queue_memory){
        .ring = part_take(&memory, &at, ring),
        .slots = driver->rx_slots,
        .depth = DRIVER_QUEUE_DEPTH,
        .vector = DRIVER_VECTOR_QUEUES,
    };
    config->tx = (struct virtio_net_queue_memory){
        .ring = part_take(&memory, &at, ring),
        .indirect = part_take(&memory, &at, indirect),
        .slots = driver->tx_slots,
        .depth = DRIVER_QUEUE_DEPTH,
        .indirect_entries = DRIVER_INDIRECT_ENTRIES,
        .vector = DRIVER_VECTOR_QUEUES,
    };
    return STATUS_OK;
}

static status_t rings_take(struct driver *driver)
{
    uint64_t address = 0, size = 0;
    status_t status = sys_ring_map(driver->handles.ring, &address, &size);
    if (status != STATUS_OK)
        return status;
    return net_port_attach(&driver->rings, (void *)(uintptr_t)address, size);
}

status_t memory_take(struct driver *driver, struct virtio_net_config *out_config)
{
    struct virtio_net_config config = {
        .transport = &driver->pci.transport,
        .port = &driver->rings,
        .config_vector = DRIVER_VECTOR_CONFIG,
    };
    status_t status = rings_take(driver);
    if (status == STATUS_OK)
        status = pool_take(driver, &config);
    if (status == STATUS_OK)
        status = queues_take(driver, &config);
    if (status == STATUS_OK)
        *out_config = config;
    return status;
}
