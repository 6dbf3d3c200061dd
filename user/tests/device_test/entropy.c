/* The driver: what any user-mode PCI driver does, in order. */
#include <abi/memory.h>
#include <abi/signals.h>
#include <string.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/tests/device_test/device_test.h"

enum { LISTED_MAX = 32, PAGE = 4096 };
#define INTERRUPT_NS_MAX 5000000000ull

bool entropy_find(handle_t devices, struct device_info *out_info)
{
    static struct device_info infos[LISTED_MAX];
    size_t count = 0;
    if (sys_device_list(devices, infos, LISTED_MAX, &count) != STATUS_OK || count > LISTED_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        if (infos[i].vendor == ENTROPY_VENDOR &&
            (infos[i].device == ENTROPY_DEVICE || infos[i].device == ENTROPY_TRANSITIONAL)) {
            *out_info = infos[i];
            return true;
        }
    return false;
}

/* Map the pages that hold a register block. */
static status_t map_block(handle_t device, const struct virtio_pci_block *block,
                          volatile void **out_registers)
{
    handle_t mmio = HANDLE_NONE;
    uint64_t first = block->offset & ~(uint64_t)(PAGE - 1), address = 0;
    uint64_t len = (block->offset + block->length - first + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    status_t status = sys_device_mmio(device, block->bar, first, len, &mmio);
    if (status != STATUS_OK)
        return status;
    status = sys_memory_map(mmio.raw, 0, len, 0, MEMORY_READ | MEMORY_WRITE, &address);
    status_t closed = sys_handle_close(mmio.raw); /* The mapping stays. */
    *out_registers = (volatile uint8_t *)address + (block->offset - first);
    return status != STATUS_OK ? status : closed;
}

static status_t map_registers(struct entropy_driver *driver)
{
    uint8_t config[DEVICE_CONFIG_SIZE];
    struct device_info info;
    struct virtio_pci_layout layout;
    struct virtio_pci_regions regions = { 0 };
    size_t count = 0;
    status_t status = sys_device_config(driver->device, config, sizeof config);
    if (status == STATUS_OK)
        status = sys_device_list(driver->device, &info, 1, &count);
    if (status == STATUS_OK)
        status = virtio_pci_layout_read(config, sizeof config, info.bar_sizes, &layout);
    if (status == STATUS_OK)
        status = map_block(driver->device, &layout.common, &regions.common);
    if (status == STATUS_OK)
        status = map_block(driver->device, &layout.isr, &regions.isr);
    if (status == STATUS_OK)
        status = map_block(driver->device, &layout.notify, &regions.notify);
    if (status != STATUS_OK)
        return status;
    regions.common_length = layout.common.length;
    regions.notify_length = layout.notify.length;
    regions.notify_multiplier = layout.notify_multiplier;
    return virtio_pci_init(&driver->pci, &regions);
}

static status_t map_pool(struct entropy_driver *driver)
{
    uint64_t address = 0, pages = 0;
    size_t size = (size_t)ENTROPY_POOL_PAGES * PAGE;
    status_t status = sys_vmo_create(size, 0, &driver->pool);
    if (status == STATUS_OK)
        status = sys_device_dma(driver->device, driver->pool, &driver->dma);
    if (status == STATUS_OK)
        status = sys_dma_addresses(driver->dma, &address, &pages);
    if (status != STATUS_OK || pages != ENTROPY_POOL_PAGES)
        return status != STATUS_OK ? status : STATUS_CORRUPT;
    driver->addresses = (const uint64_t *)address;
    status = sys_memory_map(driver->pool.raw, 0, size, 0, MEMORY_READ | MEMORY_WRITE, &address);
    driver->memory = (uint8_t *)address;
    return status;
}

static status_t start_queue(struct entropy_driver *driver)
{
    uint64_t features;
    struct virtio_transport *transport = &driver->pci.transport;
    memset(driver->memory, 0, PAGE); /* Brings the page in: its address is known from then on. */
    const struct virtqueue_config config = {
        .ring = { driver->memory, { driver->addresses[0] }, PAGE },
        .slots = driver->slots,
        .depth = ENTROPY_DEPTH,
    };
    status_t status = virtio_begin(transport, 0, 0, &features);
    if (status == STATUS_OK)
        status = virtqueue_init(&driver->queue, &config);
    if (status == STATUS_OK)
        status = virtio_queue_start(transport, 0, &driver->queue, 0);
    return status == STATUS_OK ? virtio_finish(transport) : status;
}

status_t entropy_start(struct entropy_driver *driver, handle_t device)
{
    *driver = (struct entropy_driver){ .device = device };
    status_t status = map_registers(driver);
    if (status == STATUS_OK)
        status = map_pool(driver);
    if (status == STATUS_OK)
        status = sys_device_irq(device, 0, &driver->irq);
    if (status == STATUS_OK)
        status = sys_device_enable(device);
    return status == STATUS_OK ? start_queue(driver) : status;
}

status_t entropy_request(struct entropy_driver *driver, uint32_t page, uint32_t len)
{
    memset(driver->memory + (size_t)page * PAGE, 0, PAGE);
    const struct virtqueue_segment segment = { { driver->addresses[page] }, len, true };
    status_t status = virtqueue_add(&driver->queue, &segment, 1, page);
    if (status == STATUS_OK && virtqueue_publish(&driver->queue))
        virtio_notify(&driver->pci.transport, 0);
    return status;
}

status_t entropy_fill_page(struct entropy_driver *driver, uint32_t page, uint32_t len)
{
    struct virtqueue_completion completion;
    status_t status = entropy_request(driver, page, len);
    if (status != STATUS_OK)
        return status;
    while ((status = virtqueue_pop(&driver->queue, &completion)) == STATUS_WOULD_BLOCK) {
        uint32_t seen;
        status = sys_object_wait(driver->irq, SIGNAL_EVENT, clock_after(INTERRUPT_NS_MAX), &seen);
        if (status == STATUS_OK)
            status = sys_irq_ack(driver->irq);
        if (status != STATUS_OK)
            return status;
    }
    return status == STATUS_OK && completion.cookie != page ? STATUS_CORRUPT : status;
}

void entropy_close(struct entropy_driver *driver)
{
    const handle_t handles[] = { driver->irq, driver->dma, driver->pool };
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++) {
        status_t status = sys_handle_close(handles[i].raw);
        (void)status;
    }
}
