/* The PCI transport: the common configuration block of virtio 1.2, 4.1.4.3, and the table that works
 * on it. Fields are accessed in their own width (4.1.3.1), 64-bit ones as two halves. */
#include "lib/virtio/virtio_pci.h"

#include "lib/base/assert.h"
#include "lib/base/list.h"
#include "lib/base/mmio.h"
#include "lib/virtio/virtqueue.h"

enum {
    COMMON_DEVICE_FEATURE_SELECT = 0,
    COMMON_DEVICE_FEATURE = 4,
    COMMON_DRIVER_FEATURE_SELECT = 8,
    COMMON_DRIVER_FEATURE = 12,
    COMMON_CONFIG_VECTOR = 16,
    COMMON_QUEUE_COUNT = 18,
    COMMON_STATUS = 20,
    COMMON_GENERATION = 21,
    COMMON_QUEUE_SELECT = 22,
    COMMON_QUEUE_DEPTH = 24,
    COMMON_QUEUE_VECTOR = 26,
    COMMON_QUEUE_ENABLE = 28,
    COMMON_QUEUE_NOTIFY_OFFSET = 30,
    COMMON_QUEUE_DESCRIPTORS = 32,
    COMMON_QUEUE_AVAILABLE = 40,
    COMMON_QUEUE_USED = 48,
};

static struct virtio_pci *pci_of(struct virtio_transport *transport)
{
    return CONTAINER_OF(transport, struct virtio_pci, transport);
}

static volatile void *common_of(struct virtio_transport *transport)
{
    return pci_of(transport)->regions.common;
}

status_t virtio_pci_init(struct virtio_pci *pci, const struct virtio_pci_regions *regions)
{
    if (regions->common == NULL || regions->common_length < VIRTIO_PCI_COMMON_BYTES_MIN ||
        regions->notify == NULL || regions->notify_length < 2 || regions->isr == NULL)
        return STATUS_INVALID;
    uint16_t queues = mmio_read16(regions->common, COMMON_QUEUE_COUNT);
    *pci = (struct virtio_pci){
        .transport = { .ops = &virtio_pci_ops,
                       .config_size_bytes = regions->device != NULL ? regions->device_length : 0,
                       .queue_count = queues < VIRTIO_PCI_QUEUES_MAX
                                          ? queues
                                          : (uint16_t)VIRTIO_PCI_QUEUES_MAX },
        .regions = *regions,
    };
    return STATUS_OK;
}

static uint8_t pci_status_read(struct virtio_transport *transport)
{
    return mmio_read8(common_of(transport), COMMON_STATUS);
}

static void pci_status_write(struct virtio_transport *transport, uint8_t status)
{
    mmio_write8(common_of(transport), COMMON_STATUS, status);
}

static uint32_t pci_features_read(struct virtio_transport *transport, uint32_t word)
{
    mmio_write32(common_of(transport), COMMON_DEVICE_FEATURE_SELECT, word);
    return mmio_read32(common_of(transport), COMMON_DEVICE_FEATURE);
}

static void pci_features_write(struct virtio_transport *transport, uint32_t word, uint32_t features)
{
    mmio_write32(common_of(transport), COMMON_DRIVER_FEATURE_SELECT, word);
    mmio_write32(common_of(transport), COMMON_DRIVER_FEATURE, features);
}

static uint32_t pci_generation_read(struct virtio_transport *transport)
{
    return mmio_read8(common_of(transport), COMMON_GENERATION);
}

static uint32_t pci_config_read(struct virtio_transport *transport, uint32_t offset, uint8_t width)
{
    volatile void *device = pci_of(transport)->regions.device;
    switch (width) {
    case 1: return mmio_read8(device, offset);
    case 2: return mmio_read16(device, offset);
    default: return mmio_read32(device, offset);
    }
}

static uint32_t pci_queue_depth_max(struct virtio_transport *transport, uint16_t index)
{
    mmio_write16(common_of(transport), COMMON_QUEUE_SELECT, index);
    return mmio_read16(common_of(transport), COMMON_QUEUE_DEPTH);
}

/* The place of a queue's doorbell (4.1.4.4), which the device states and may state wrongly. */
static status_t notify_offset_read(struct virtio_pci *pci, uint32_t *out_offset)
{
    uint64_t offset = (uint64_t)mmio_read16(pci->regions.common, COMMON_QUEUE_NOTIFY_OFFSET) *
                      pci->regions.notify_multiplier;
    if (offset + 2 > pci->regions.notify_length)
        return STATUS_CORRUPT;
    *out_offset = (uint32_t)offset;
    return STATUS_OK;
}

static void address_write(volatile void *common, size_t offset, daddr_t address)
{
    mmio_write32(common, offset, (uint32_t)address.raw);
    mmio_write32(common, offset + 4, (uint32_t)(address.raw >> 32));
}

static status_t pci_config_vector(struct virtio_transport *transport, uint16_t vector)
{
    mmio_write16(common_of(transport), COMMON_CONFIG_VECTOR, vector);
    uint16_t taken = mmio_read16(common_of(transport), COMMON_CONFIG_VECTOR);
    return taken == vector ? STATUS_OK : STATUS_NO_SPACE;
}

/* 4.1.5.1.2 and 4.1.5.1.3: the vector is read back, since a device may have no room for it. */
static status_t pci_queue_start(struct virtio_transport *transport, uint16_t index,
                                const struct virtqueue *queue, uint16_t vector)
{
    volatile void *common = common_of(transport);
    uint32_t depth_max = pci_queue_depth_max(transport, index);
    if (depth_max == 0)
        return STATUS_NOT_FOUND;
    if (mmio_read16(common, COMMON_QUEUE_ENABLE) != 0)
        return STATUS_BUSY;
    if (queue->depth > depth_max)
        return STATUS_INVALID;
    status_t status =
        notify_offset_read(pci_of(transport), &pci_of(transport)->notify_offsets[index]);
    if (status != STATUS_OK)
        return status;
    mmio_write16(common, COMMON_QUEUE_VECTOR, vector);
    if (mmio_read16(common, COMMON_QUEUE_VECTOR) != vector)
        return STATUS_NO_SPACE;
    mmio_write16(common, COMMON_QUEUE_DEPTH, queue->depth);
    address_write(common, COMMON_QUEUE_DESCRIPTORS, virtqueue_descriptors_address(queue));
    address_write(common, COMMON_QUEUE_AVAILABLE, virtqueue_available_address(queue));
    address_write(common, COMMON_QUEUE_USED, virtqueue_used_address(queue));
    mmio_write16(common, COMMON_QUEUE_ENABLE, 1);
    return STATUS_OK;
}

static void pci_notify(struct virtio_transport *transport, uint16_t index)
{
    struct virtio_pci *pci = pci_of(transport);
    ASSERT(index < VIRTIO_PCI_QUEUES_MAX);
    mmio_write16(pci->regions.notify, pci->notify_offsets[index], index);
}

/* 4.1.4.5: reading the byte clears it and lowers the line. */
static uint32_t pci_interrupt_acknowledge(struct virtio_transport *transport)
{
    return mmio_read8(pci_of(transport)->regions.isr, 0) &
           (VIRTIO_INTERRUPT_QUEUE | VIRTIO_INTERRUPT_CONFIG);
}

const struct virtio_transport_ops virtio_pci_ops = {
    .name = "virtio-pci",
    .status_read = pci_status_read,
    .status_write = pci_status_write,
    .features_read = pci_features_read,
    .features_write = pci_features_write,
    .generation_read = pci_generation_read,
    .config_read = pci_config_read,
    .queue_depth_max = pci_queue_depth_max,
    .config_vector = pci_config_vector,
    .queue_start = pci_queue_start,
    .notify = pci_notify,
    .interrupt_acknowledge = pci_interrupt_acknowledge,
};
