/* The area: where its rings lie, how it is made, how a driver takes its ends. */
#include "lib/virtio/net_ring.h"

#include <string.h>

#include "lib/base/assert.h"

uint32_t net_ring_descriptor_bytes(enum net_ring_index index)
{
    switch (index) {
    case NET_RING_RX_FREE: return sizeof(struct net_rx_free);
    case NET_RING_RX_DONE: return sizeof(struct net_rx_done);
    case NET_RING_TX: return sizeof(struct net_tx);
    case NET_RING_TX_DONE: return sizeof(struct net_tx_done);
    }
    ASSERT(!"a ring index");
    return 0;
}

static uint32_t ring_depth(const struct net_ring_depths *depths, enum net_ring_index index)
{
    switch (index) {
    case NET_RING_RX_FREE:
    case NET_RING_RX_DONE: return depths->rx_chunks;
    case NET_RING_TX: return depths->tx_pieces;
    case NET_RING_TX_DONE: return depths->tx_frames;
    }
    ASSERT(!"a ring index");
    return 0;
}

/* Where a ring starts; of NET_RINGS, where the last one ends. */
static size_t ring_offset(const struct net_ring_depths *depths, uint32_t index)
{
    size_t offset = sizeof(struct net_area);
    for (uint32_t i = 0; i < index; i++)
        offset += ring_size(ring_depth(depths, (enum net_ring_index)i),
                            net_ring_descriptor_bytes((enum net_ring_index)i));
    return offset;
}

size_t net_area_size(const struct net_ring_depths *depths)
{
    return ring_offset(depths, NET_RINGS);
}

void *net_area_ring(void *memory, const struct net_ring_depths *depths, enum net_ring_index index)
{
    return (uint8_t *)memory + ring_offset(depths, index);
}

void net_area_format(void *memory, const struct net_ring_depths *depths, uint32_t epoch)
{
    ASSERT(epoch != 0);
    struct net_area *area = memory;
    __atomic_store_n(&area->magic, 0, __ATOMIC_RELAXED);
    memset(area, 0, sizeof *area);
    area->version = NET_AREA_VERSION;
    area->epoch = epoch;
    for (uint32_t i = 0; i < NET_RINGS; i++) {
        enum net_ring_index index = (enum net_ring_index)i;
        area->ring_offsets[i] = (uint32_t)ring_offset(depths, i);
        ring_format(net_area_ring(memory, depths, index), ring_depth(depths, index),
                    net_ring_descriptor_bytes(index), epoch);
    }
    __atomic_store_n(&area->magic, NET_AREA_MAGIC, __ATOMIC_RELEASE);
}

/* A ring's memory, by an offset that netd states; the ring's own header bounds its length. */
static status_t ring_find(const volatile struct net_area *area, size_t memory_bytes,
                          enum net_ring_index index, void **out_ring, size_t *out_bytes)
{
    uint32_t offset = area->ring_offsets[index];
    if (offset < sizeof *area || offset > memory_bytes || offset % RING_LINE_BYTES != 0)
        return STATUS_CORRUPT;
    *out_ring = (uint8_t *)(uintptr_t)area + offset;
    *out_bytes = memory_bytes - offset;
    return STATUS_OK;
}

static status_t consumer_attach(struct net_port *port, size_t memory_bytes,
                                enum net_ring_index index, struct ring_consumer *consumer)
{
    void *ring = NULL;
    size_t bytes = 0;
    status_t status = ring_find(port->area, memory_bytes, index, &ring, &bytes);
    if (status != STATUS_OK)
        return status;
    return ring_consumer_attach(consumer, ring, bytes, net_ring_descriptor_bytes(index),
                                port->epoch);
}

static status_t producer_attach(struct net_port *port, size_t memory_bytes,
                                enum net_ring_index index, struct ring_producer *producer)
{
    void *ring = NULL;
    size_t bytes = 0;
    status_t status = ring_find(port->area, memory_bytes, index, &ring, &bytes);
    if (status != STATUS_OK)
        return status;
    return ring_producer_attach(producer, ring, bytes, net_ring_descriptor_bytes(index),
                                port->epoch);
}

status_t net_port_attach(struct net_port *port, void *memory, size_t memory_bytes)
{
    const volatile struct net_area *area = memory;
    if ((uintptr_t)memory % RING_LINE_BYTES != 0 || memory_bytes < sizeof *area ||
        __atomic_load_n(&area->magic, __ATOMIC_ACQUIRE) != NET_AREA_MAGIC ||
        area->version != NET_AREA_VERSION)
        return STATUS_CORRUPT;
    *port = (struct net_port){ .area = memory, .epoch = area->epoch };
    status_t status = consumer_attach(port, memory_bytes, NET_RING_RX_FREE, &port->rx_free);
    if (status == STATUS_OK)
        status = producer_attach(port, memory_bytes, NET_RING_RX_DONE, &port->rx_done);
    if (status == STATUS_OK)
        status = consumer_attach(port, memory_bytes, NET_RING_TX, &port->tx);
    if (status == STATUS_OK)
        status = producer_attach(port, memory_bytes, NET_RING_TX_DONE, &port->tx_done);
    return status;
}

bool net_port_is_current(const struct net_port *port)
{
    return __atomic_load_n(&port->area->epoch, __ATOMIC_RELAXED) == port->epoch;
}

void net_port_announce(struct net_port *port, const struct net_device_info *info)
{
    port->area->device = *info;
    __atomic_store_n(&port->area->attached_epoch, port->epoch, __ATOMIC_RELEASE);
}

void net_port_link_set(struct net_port *port, bool up)
{
    __atomic_store_n(&port->area->device.link_up, up ? 1 : 0, __ATOMIC_RELEASE);
}
