/* The device as its handle gives it: a copy of configuration space says where the register blocks
 * lie, the kernel gives those pages of the BARs, and two MSI-X vectors become interrupt objects. The
 * table of vectors, configuration space itself and the placing of BARs stay the kernel's. */
#include <abi/device.h>
#include <abi/memory.h>
#include <swos/syscalls.h>

#include "user/drivers/virtio_net/process.h"

enum { PAGE_BYTES = 4096 };

/* Pages that hold a block: those of an earlier block, if they cover it, or new ones. */
static status_t pages_of_block(struct driver *driver, const struct virtio_pci_block *block,
                               const struct driver_mapping **out_mapping)
{
    uint64_t first = block->offset & ~(uint64_t)(PAGE_BYTES - 1);
    uint64_t end =
        ((uint64_t)block->offset + block->length + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
    for (uint32_t i = 0; i < driver->mapping_count; i++) {
        const struct driver_mapping *mapping = &driver->mappings[i];
        if (mapping->bar == block->bar && mapping->first <= first &&
            end <= mapping->first + mapping->bytes) {
            *out_mapping = mapping;
            return STATUS_OK;
        }
    }
    handle_t mmio;
    uint64_t mapped = 0;
    status_t status =
        sys_device_mmio(driver->handles.device, block->bar, first, end - first, &mmio);
    if (status != STATUS_OK)
        return status;
    status = sys_memory_map(mmio.raw, 0, end - first, 0, MEMORY_READ | MEMORY_WRITE, &mapped);
    if (status != STATUS_OK)
        return status;
    struct driver_mapping *mapping = &driver->mappings[driver->mapping_count++];
    *mapping =
        (struct driver_mapping){ block->bar, first, end - first, (uint8_t *)(uintptr_t)mapped };
    *out_mapping = mapping;
    return STATUS_OK;
}

/* A block that is absent is NULL. */
static status_t block_map(struct driver *driver, const struct virtio_pci_block *block,
                          volatile void **out_registers)
{
    const struct driver_mapping *mapping = NULL;
    *out_registers = NULL;
    if (block->bar == PCI_BARS)
        return STATUS_OK;
    status_t status = pages_of_block(driver, block, &mapping);
    if (status == STATUS_OK)
        *out_registers = mapping->address + (block->offset - mapping->first);
    return status;
}

static status_t layout_read(const struct driver *driver, struct virtio_pci_layout *out_layout)
{
    uint8_t config[PCI_CONFIG_BYTES] = { 0 };
    struct device_info info = { 0 };
    size_t count = 0;
    status_t status = sys_device_list(driver->handles.device, &info, 1, &count);
    if (status == STATUS_OK)
        status = sys_device_config(driver->handles.device, config, sizeof config);
    if (status != STATUS_OK)
        return status;
    if (info.bus != DEVICE_BUS_PCI || info.vectors < DRIVER_VECTORS)
        return STATUS_NOT_SUPPORTED;
    _Static_assert(DEVICE_BARS == PCI_BARS, "one count of BARs");
    return virtio_pci_layout_read(config, sizeof config, info.bar_sizes, out_layout);
}

static status_t registers_take(struct driver *driver)
{
    struct virtio_pci_layout layout;
    struct virtio_pci_regions regions = { 0 };
    status_t status = layout_read(driver, &layout);
    if (status == STATUS_OK)
        status = block_map(driver, &layout.common, &regions.common);
    if (status == STATUS_OK)
        status = block_map(driver, &layout.isr, &regions.isr);
    if (status == STATUS_OK)
        status = block_map(driver, &layout.device, &regions.device);
    if (status == STATUS_OK)
        status = block_map(driver, &layout.notify, &regions.notify);
    if (status != STATUS_OK)
        return status;
    regions.common_length = layout.common.length;
    regions.notify_length = layout.notify.length;
    regions.device_length = layout.device.length;
    regions.notify_multiplier = layout.notify_multiplier;
    return virtio_pci_init(&driver->pci, &regions);
}

status_t device_take(struct driver *driver)
{
    /* Registers answer only when memory decoding is on. */
    status_t status = sys_device_enable(driver->handles.device);
    if (status == STATUS_OK)
        status = registers_take(driver);
    for (uint32_t i = 0; i < DRIVER_VECTORS && status == STATUS_OK; i++)
        status = sys_device_irq(driver->handles.device, i, &driver->irqs[i]);
    return status;
}
