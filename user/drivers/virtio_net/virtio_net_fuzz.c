/* A hostile netd and a hostile device on either side of the driver: the input writes descriptors into
 * the shared rings, used entries into the queues and bytes into the pool. Whatever comes, every
 * address that the driver gives the device lies in the pool, and no access leaves memory. */
#include "user/drivers/virtio_net/virtio_net.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "tests/doubles/virtio_net_device.h"

enum { POOL_BYTES = 8 * 4096, QUEUE_DEPTH = 8, RX_CHUNKS = 8, TX_PIECES = 16, TX_FRAMES = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct state {
    struct virtio_double device;
    struct net_port port;
    struct virtio_net net;
    uint64_t daddr_of_page[POOL_BYTES / 4096];
    struct virtqueue_slot rx_slots[QUEUE_DEPTH], tx_slots[QUEUE_DEPTH];
    _Alignas(64) uint8_t rx_ring[1024], tx_ring[1024];
    _Alignas(64) uint8_t area[4096];
    uint8_t *pool;
};

static const struct net_ring_depths depths = { RX_CHUNKS, TX_PIECES, TX_FRAMES };

static bool state_open(struct state *state, uint64_t features)
{
    memset(state, 0, sizeof *state);
    state->pool = aligned_alloc(4096, POOL_BYTES);
    memset(state->pool, 0, POOL_BYTES);
    net_area_format(state->area, &depths, 1);
    virtio_double_init(&state->device, features | VIRTIO_F_VERSION_1 | 1 << 5, QUEUE_DEPTH);
    double_net_configure(&state->device);
    for (uint32_t i = 0; i < POOL_BYTES / 4096; i++)
        state->daddr_of_page[i] = device_address(state->pool + i * 4096).raw;
    struct virtio_net_config config = {
        .transport = &state->device.transport,
        .port = &state->port,
        .pool = state->pool,
        .pool_bytes = POOL_BYTES,
        .daddr_of_page = state->daddr_of_page,
        .rx = { .ring = device_memory(state->rx_ring, sizeof state->rx_ring),
                .slots = state->rx_slots,
                .depth = QUEUE_DEPTH },
        .tx = { .ring = device_memory(state->tx_ring, sizeof state->tx_ring),
                .slots = state->tx_slots,
                .depth = QUEUE_DEPTH },
    };
    return net_port_attach(&state->port, state->area, sizeof state->area) == STATUS_OK &&
           virtio_net_open(&state->net, &config) == STATUS_OK;
}

/* netd's next descriptor, from the input: plausible places, then any bits. */
static void netd_writes(struct state *state, struct reader *reader, enum net_ring_index index)
{
    uint32_t depth = index == NET_RING_TX ? TX_PIECES : RX_CHUNKS;
    struct ring_shared *ring = net_area_ring(state->area, &depths, index);
    uint32_t bytes = net_ring_descriptor_bytes(index);
    uint8_t *place = (uint8_t *)(ring + 1) + (ring->produced & (depth - 1)) * bytes;
    uint8_t kind = reader_u8(reader);
    if (index == NET_RING_RX_FREE) {
        store_le32(place, kind % 17 * NET_CHUNK_BYTES + kind / 250);
        store_le32(place + 4, NET_CHUNK_BYTES);
    } else {
        struct net_tx piece = { .offset = reader_le16(reader),
                                .len = reader_le16(reader) % 2000,
                                .number = kind,
                                .flags = kind % 4,
                                .gso_type = reader_u8(reader) % 2,
                                .gso_size = kind,
                                .checksum_start = reader_u8(reader),
                                .checksum_offset = 6 };
        memcpy(place, &piece, sizeof piece);
    }
    ring->produced++;
}

static void netd_takes_all(struct state *state)
{
    for (int i = NET_RING_RX_DONE; i <= NET_RING_TX_DONE; i += 2) {
        struct ring_shared *ring = net_area_ring(state->area, &depths, (enum net_ring_index)i);
        ring->consumed = ring->produced;
    }
}

static void device_takes(struct state *state, uint32_t queue, uint8_t value)
{
    struct double_chain chain;
    if (!double_queue_take(&state->device.queues[queue], &chain))
        return;
    uint32_t len = 0;
    for (uint32_t i = 0; i < chain.count; i++) {
        const struct double_segment *segment = &chain.segments[i];
        ASSERT(segment->data >= state->pool && segment->len <= POOL_BYTES);
        ASSERT(segment->data + segment->len <= state->pool + POOL_BYTES);
        ASSERT(segment->writable == (queue == 0));
        len += segment->len;
    }
    if (queue == 0)
        chain.segments[0].data[value % 12] = value >> 2;
    double_queue_use(&state->device.queues[queue], true, chain.head,
                     queue == 0 ? (value * 16u) % (len + 1) : value / 255);
}

/* @return false when the driver gave up, as it may. */
static bool run_one(struct state *state, struct reader *reader)
{
    struct virtio_net_result result;
    uint8_t operation = reader_u8(reader);
    switch (operation % 8) {
    case 0: netd_writes(state, reader, NET_RING_RX_FREE); break;
    case 1: netd_writes(state, reader, NET_RING_TX); break;
    case 2: netd_takes_all(state); break;
    case 3: device_takes(state, operation / 8 % 2, reader_u8(reader)); break;
    case 4:
        double_queue_use_raw(&state->device.queues[operation / 8 % 2], reader_u8(reader) % 10,
                             reader_u8(reader));
        break;
    case 5: state->area[reader_le16(reader) % sizeof state->area] ^= operation; break;
    default: return virtio_net_step(&state->net, 1 + operation / 8, &result) == STATUS_OK;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct state state;
    struct reader reader = reader_of(data, size);
    bool running = state_open(&state, reader_le32(&reader));
    while (running && reader_left(&reader) > 0)
        running = run_one(&state, &reader);
    free(state.pool);
    return 0;
}
