/* The MMIO transport: registers of virtio 1.2, 4.2.2, and the table that works on them. */
#include "lib/virtio/virtio_mmio.h"

#include "lib/base/list.h"
#include "lib/base/mmio.h"
#include "lib/virtio/virtqueue.h"

enum {
    MMIO_MAGIC = 0x000,
    MMIO_VERSION = 0x004,
    MMIO_DEVICE_ID = 0x008,
    MMIO_DEVICE_FEATURES = 0x010,
    MMIO_DEVICE_FEATURES_SELECT = 0x014,
    MMIO_DRIVER_FEATURES = 0x020,
    MMIO_DRIVER_FEATURES_SELECT = 0x024,
    MMIO_QUEUE_SELECT = 0x030,
    MMIO_QUEUE_DEPTH_MAX = 0x034,
    MMIO_QUEUE_DEPTH = 0x038,
    MMIO_QUEUE_READY = 0x044,
    MMIO_QUEUE_NOTIFY = 0x050,
    MMIO_INTERRUPT_STATUS = 0x060,
    MMIO_INTERRUPT_ACKNOWLEDGE = 0x064,
    MMIO_STATUS = 0x070,
    MMIO_QUEUE_DESCRIPTORS = 0x080, /* Each address: low word, then high word. */
    MMIO_QUEUE_AVAILABLE = 0x090,
    MMIO_QUEUE_USED = 0x0a0,
    MMIO_CONFIG_GENERATION = 0x0fc,

    MMIO_MAGIC_VALUE = 0x74726976, /* "virt", little endian. */
    MMIO_VERSION_MODERN = 2,
    MMIO_QUEUES_MAX = 1024, /* The bus states no count; a queue that is not there has depth 0. */
};

static volatile void *registers_of(struct virtio_transport *transport)
{
    return CONTAINER_OF(transport, struct virtio_mmio, transport)->registers;
}

status_t virtio_mmio_probe(struct virtio_mmio *mmio, volatile void *registers, size_t size_bytes,
                           uint32_t *out_device_type)
{
    if (size_bytes < VIRTIO_MMIO_CONFIG)
        return STATUS_INVALID;
    if (mmio_read32(registers, MMIO_MAGIC) != MMIO_MAGIC_VALUE)
        return STATUS_NOT_FOUND;
    if (mmio_read32(registers, MMIO_VERSION) != MMIO_VERSION_MODERN)
        return STATUS_NOT_SUPPORTED;
    uint32_t device_type = mmio_read32(registers, MMIO_DEVICE_ID);
    if (device_type == 0)
        return STATUS_NOT_FOUND;
    *mmio = (struct virtio_mmio){
        .transport = { .ops = &virtio_mmio_ops,
                       .config_size_bytes = size_bytes - VIRTIO_MMIO_CONFIG,
                       .queue_count = MMIO_QUEUES_MAX },
        .registers = registers,
    };
    *out_device_type = device_type;
    return STATUS_OK;
}

static uint8_t mmio_status_read(struct virtio_transport *transport)
{
    return (uint8_t)mmio_read32(registers_of(transport), MMIO_STATUS);
}

static void mmio_status_write(struct virtio_transport *transport, uint8_t status)
{
    mmio_write32(registers_of(transport), MMIO_STATUS, status);
}

static uint32_t mmio_features_read(struct virtio_transport *transport, uint32_t word)
{
    volatile void *registers = registers_of(transport);
    mmio_write32(registers, MMIO_DEVICE_FEATURES_SELECT, word);
    return mmio_read32(registers, MMIO_DEVICE_FEATURES);
}

static void mmio_features_write(struct virtio_transport *transport, uint32_t word,
                                uint32_t features)
{
    volatile void *registers = registers_of(transport);
    mmio_write32(registers, MMIO_DRIVER_FEATURES_SELECT, word);
    mmio_write32(registers, MMIO_DRIVER_FEATURES, features);
}

static uint32_t mmio_generation_read(struct virtio_transport *transport)
{
    return mmio_read32(registers_of(transport), MMIO_CONFIG_GENERATION);
}

static uint32_t mmio_config_read(struct virtio_transport *transport, uint32_t offset, uint8_t width)
{
    volatile void *registers = registers_of(transport);
    switch (width) {
    case 1: return mmio_read8(registers, VIRTIO_MMIO_CONFIG + offset);
    case 2: return mmio_read16(registers, VIRTIO_MMIO_CONFIG + offset);
    default: return mmio_read32(registers, VIRTIO_MMIO_CONFIG + offset);
    }
}

static uint32_t mmio_queue_depth_max(struct virtio_transport *transport, uint16_t index)
{
    volatile void *registers = registers_of(transport);
    mmio_write32(registers, MMIO_QUEUE_SELECT, index);
    return mmio_read32(registers, MMIO_QUEUE_DEPTH_MAX);
}

static void address_write(volatile void *registers, size_t offset, daddr_t address)
{
    mmio_write32(registers, offset, (uint32_t)address.raw);
    mmio_write32(registers, offset + 4, (uint32_t)(address.raw >> 32));
}

/* There is one line, and no choice (4.2.3.4). */
static status_t mmio_config_vector(struct virtio_transport *transport, uint16_t vector)
{
    return vector == VIRTIO_NO_VECTOR ? STATUS_OK : STATUS_INVALID;
}

/* 4.2.3.2, the steps of queue configuration. */
static status_t mmio_queue_start(struct virtio_transport *transport, uint16_t index,
                                 const struct virtqueue *queue, uint16_t vector)
{
    volatile void *registers = registers_of(transport);
    if (vector != VIRTIO_NO_VECTOR)
        return STATUS_INVALID;
    uint32_t depth_max = mmio_queue_depth_max(transport, index);
    if (depth_max == 0)
        return STATUS_NOT_FOUND;
    if (mmio_read32(registers, MMIO_QUEUE_READY) != 0)
        return STATUS_BUSY;
    if (queue->depth > depth_max)
        return STATUS_INVALID;
    mmio_write32(registers, MMIO_QUEUE_DEPTH, queue->depth);
    address_write(registers, MMIO_QUEUE_DESCRIPTORS, virtqueue_descriptors_address(queue));
    address_write(registers, MMIO_QUEUE_AVAILABLE, virtqueue_available_address(queue));
    address_write(registers, MMIO_QUEUE_USED, virtqueue_used_address(queue));
    mmio_write32(registers, MMIO_QUEUE_READY, 1);
    return STATUS_OK;
}

static void mmio_notify(struct virtio_transport *transport, uint16_t index)
{
    mmio_write32(registers_of(transport), MMIO_QUEUE_NOTIFY, index);
}

static uint32_t mmio_interrupt_acknowledge(struct virtio_transport *transport)
{
    volatile void *registers = registers_of(transport);
    uint32_t causes = mmio_read32(registers, MMIO_INTERRUPT_STATUS);
    mmio_write32(registers, MMIO_INTERRUPT_ACKNOWLEDGE, causes);
    return causes & (VIRTIO_INTERRUPT_QUEUE | VIRTIO_INTERRUPT_CONFIG);
}

const struct virtio_transport_ops virtio_mmio_ops = {
    .name = "virtio-mmio",
    .status_read = mmio_status_read,
    .status_write = mmio_status_write,
    .features_read = mmio_features_read,
    .features_write = mmio_features_write,
    .generation_read = mmio_generation_read,
    .config_read = mmio_config_read,
    .queue_depth_max = mmio_queue_depth_max,
    .config_vector = mmio_config_vector,
    .queue_start = mmio_queue_start,
    .notify = mmio_notify,
    .interrupt_acknowledge = mmio_interrupt_acknowledge,
};
