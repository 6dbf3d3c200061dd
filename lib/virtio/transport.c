/* The order of things when a virtio device is taken into use, the same on every bus. */
#include "lib/virtio/transport.h"

#include "lib/base/assert.h"
#include "lib/virtio/virtqueue.h"

static void status_add(struct virtio_transport *transport, uint8_t bits)
{
    const struct virtio_transport_ops *ops = transport->ops;
    ops->status_write(transport, ops->status_read(transport) | bits);
}

status_t virtio_reset(struct virtio_transport *transport, uint32_t reads_max)
{
    transport->ops->status_write(transport, 0);
    for (uint32_t i = 0; i < reads_max; i++)
        if (transport->ops->status_read(transport) == 0)
            return STATUS_OK;
    return STATUS_IO;
}

void virtio_fail(struct virtio_transport *transport)
{
    status_add(transport, VIRTIO_STATUS_FAILED);
}

status_t virtio_offer(struct virtio_transport *transport, uint64_t *out_offered)
{
    status_t status = virtio_reset(transport, VIRTIO_RESET_READS_DEFAULT);
    if (status != STATUS_OK)
        return status;
    status_add(transport, VIRTIO_STATUS_ACKNOWLEDGE);
    status_add(transport, VIRTIO_STATUS_DRIVER);
    uint64_t low = transport->ops->features_read(transport, 0);
    uint64_t high = transport->ops->features_read(transport, 1);
    *out_offered = low | high << 32;
    return STATUS_OK;
}

status_t virtio_accept(struct virtio_transport *transport, uint64_t offered, uint64_t chosen)
{
    ASSERT((chosen & ~offered) == 0);
    chosen |= offered & (VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | VIRTIO_F_ORDER_PLATFORM);
    if ((chosen & VIRTIO_F_VERSION_1) == 0) {
        virtio_fail(transport);
        return STATUS_NOT_SUPPORTED;
    }
    transport->ops->features_write(transport, 0, (uint32_t)chosen);
    transport->ops->features_write(transport, 1, (uint32_t)(chosen >> 32));
    status_add(transport, VIRTIO_STATUS_FEATURES_OK);
    if ((transport->ops->status_read(transport) & VIRTIO_STATUS_FEATURES_OK) != 0)
        return STATUS_OK;
    virtio_fail(transport);
    return STATUS_NOT_SUPPORTED;
}

status_t virtio_begin(struct virtio_transport *transport, uint64_t required, uint64_t wanted,
                      uint64_t *out_features)
{
    uint64_t offered = 0;
    status_t status = virtio_offer(transport, &offered);
    if (status != STATUS_OK)
        return status;
    if ((offered & required) != required) {
        virtio_fail(transport);
        return STATUS_NOT_SUPPORTED;
    }
    status = virtio_accept(transport, offered, offered & (required | wanted));
    if (status == STATUS_OK)
        *out_features = offered & (required | wanted);
    return status;
}

static bool field_is_valid(const struct virtio_transport *transport,
                           const struct virtio_config_field *field)
{
    uint32_t width = field->width;
    if (width != 1 && width != 2 && width != 4 && width != 8)
        return false;
    uint32_t align = width == 8 ? 4 : width; /* 64 bits are two accesses (4.1.3.1, 4.2.2.2). */
    return field->offset % align == 0 && field->offset + width <= transport->config_size_bytes;
}

static uint64_t field_read(struct virtio_transport *transport,
                           const struct virtio_config_field *field)
{
    const struct virtio_transport_ops *ops = transport->ops;
    if (field->width < 8)
        return ops->config_read(transport, field->offset, field->width);
    uint64_t low = ops->config_read(transport, field->offset, 4);
    uint64_t high = ops->config_read(transport, field->offset + 4u, 4);
    return low | high << 32;
}

status_t virtio_config_read(struct virtio_transport *transport,
                            const struct virtio_config_field *fields, size_t count,
                            uint64_t *out_values)
{
    for (size_t i = 0; i < count; i++)
        if (!field_is_valid(transport, &fields[i]))
            return STATUS_INVALID;
    uint32_t before = transport->ops->generation_read(transport);
    for (uint32_t attempt = 0; attempt < VIRTIO_GENERATION_RETRIES; attempt++) {
        for (size_t i = 0; i < count; i++)
            out_values[i] = field_read(transport, &fields[i]);
        uint32_t after = transport->ops->generation_read(transport);
        if (after == before)
            return STATUS_OK;
        before = after;
    }
    return STATUS_IO;
}

status_t virtio_config_vector(struct virtio_transport *transport, uint16_t vector)
{
    return transport->ops->config_vector(transport, vector);
}

static uint32_t power_of_two_below(uint32_t value)
{
    return value == 0 ? 0 : 1u << (31 - __builtin_clz(value));
}

uint16_t virtio_queue_depth(struct virtio_transport *transport, uint16_t index, uint16_t wish)
{
    if (index >= transport->queue_count)
        return 0;
    uint32_t most = transport->ops->queue_depth_max(transport, index);
    most = most < VIRTQUEUE_DEPTH_MAX ? most : VIRTQUEUE_DEPTH_MAX;
    return (uint16_t)power_of_two_below(most < wish ? most : wish);
}

status_t virtio_queue_start(struct virtio_transport *transport, uint16_t index,
                            const struct virtqueue *queue, uint16_t vector)
{
    if (index >= transport->queue_count)
        return STATUS_NOT_FOUND;
    return transport->ops->queue_start(transport, index, queue, vector);
}

status_t virtio_finish(struct virtio_transport *transport)
{
    status_add(transport, VIRTIO_STATUS_DRIVER_OK);
    return virtio_is_broken(transport) ? STATUS_IO : STATUS_OK;
}

bool virtio_is_broken(struct virtio_transport *transport)
{
    return (transport->ops->status_read(transport) & VIRTIO_STATUS_NEEDS_RESET) != 0;
}
