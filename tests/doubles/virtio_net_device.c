#include "tests/doubles/virtio_net_device.h"

#include <string.h>

#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "lib/virtio/net_ring.h"

enum { RX_QUEUE = 0, TX_QUEUE = 1 };

void double_net_configure(struct virtio_double *device)
{
    static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
    memcpy(device->config, mac, sizeof mac);
    store_le16(device->config + 6, 1);
    store_le16(device->config + 10, 1500);
}

static void header_store(uint8_t *bytes, const struct double_net_header *header)
{
    bytes[0] = header->flags;
    bytes[1] = header->gso_type;
    store_le16(bytes + 2, header->header_len);
    store_le16(bytes + 4, header->gso_size);
    store_le16(bytes + 6, header->checksum_start);
    store_le16(bytes + 8, header->checksum_offset);
    store_le16(bytes + 10, header->buffers);
}

static bool uses_event_index(const struct virtio_double *device)
{
    return (device->features_accepted & VIRTIO_F_EVENT_IDX) != 0;
}

/* How many published buffers there are, without taking them. */
static uint32_t buffers_waiting(const struct double_queue *queue)
{
    const volatile uint16_t *available = device_pointer(queue->available);
    return queue->depth == 0 ? 0 : (uint16_t)(available[1] - queue->available_next);
}

bool double_net_deliver(struct virtio_double *device, struct double_net_header header,
                        const uint8_t *frame, uint32_t len)
{
    enum { BUFFER_BYTES = NET_CHUNK_BYTES };
    struct double_queue *queue = &device->queues[RX_QUEUE];
    uint32_t need = (len + DOUBLE_NET_HEADER_BYTES + BUFFER_BYTES - 1) / BUFFER_BYTES;
    if (buffers_waiting(queue) < need) {
        double_queue_ask_for_kick(queue);
        return false;
    }
    header.buffers = header.buffers != 0 ? header.buffers : (uint16_t)need;
    for (uint32_t i = 0; i < need; i++) {
        struct double_chain chain;
        bool taken = double_queue_take(queue, &chain);
        ASSERT(taken && chain.count == 1 && chain.segments[0].len == BUFFER_BYTES);
        uint8_t *data = chain.segments[0].data;
        uint32_t skip = i == 0 ? DOUBLE_NET_HEADER_BYTES : 0;
        if (i == 0)
            header_store(data, &header);
        uint32_t part = len < BUFFER_BYTES - skip ? len : BUFFER_BYTES - skip;
        memcpy(data + skip, frame, part);
        frame += part;
        len -= part;
        double_queue_use(queue, uses_event_index(device), chain.head, skip + part);
    }
    return true;
}

uint32_t double_net_take(struct virtio_double *device, struct double_net_header *out_header,
                         uint8_t frame[DOUBLE_NET_FRAME_MAX])
{
    static uint8_t bytes[DOUBLE_NET_FRAME_MAX + DOUBLE_NET_HEADER_BYTES];
    struct double_queue *queue = &device->queues[TX_QUEUE];
    struct double_chain chain;
    uint32_t len = 0;
    if (!double_queue_take(queue, &chain)) {
        double_queue_ask_for_kick(queue);
        return 0;
    }
    for (uint32_t i = 0; i < chain.count; i++) {
        ASSERT(!chain.segments[i].writable && chain.segments[i].len <= sizeof bytes - len);
        memcpy(bytes + len, chain.segments[i].data, chain.segments[i].len);
        len += chain.segments[i].len;
    }
    ASSERT(len > DOUBLE_NET_HEADER_BYTES);
    *out_header = (struct double_net_header){ bytes[0],
                                              bytes[1],
                                              load_le16(bytes + 2),
                                              load_le16(bytes + 4),
                                              load_le16(bytes + 6),
                                              load_le16(bytes + 8),
                                              load_le16(bytes + 10) };
    memcpy(frame, bytes + DOUBLE_NET_HEADER_BYTES, len - DOUBLE_NET_HEADER_BYTES);
    double_queue_use(queue, uses_event_index(device), chain.head, 0);
    return len - DOUBLE_NET_HEADER_BYTES;
}
