/* A hostile driver: the input drives netd's end and writes anywhere in the shared area in between,
 * mostly as a driver would. Frames that are handed out lie in the pool, a chunk is handed out only
 * while it is out, and a restart always leaves a link that works. */
#include "lib/virtio/net_link.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/assert.h"
#include "lib/base/bytes.h"

enum { CHUNKS = 16, RX_CHUNKS = 8, TX_PIECES = 16, TX_FRAMES = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct state {
    struct net_link link;
    uint8_t chunks[CHUNKS];
    struct net_tx pieces[TX_PIECES];
    struct net_link_frame frames[TX_FRAMES];
    uint8_t *area;
    size_t area_bytes;
    uint64_t sent, completed;
};

static const struct net_ring_depths depths = { RX_CHUNKS, TX_PIECES, TX_FRAMES };

static void receive(struct state *state)
{
    struct net_link_received frame;
    uint32_t before = state->link.chunks_out, len = 0;
    if (net_link_receive(&state->link, &frame) != STATUS_OK) {
        ASSERT(state->link.chunks_out == before);
        return;
    }
    ASSERT(frame.chunk_count > 0 && state->link.chunks_out + frame.chunk_count == before);
    for (uint32_t i = 0; i < frame.chunk_count; i++) {
        ASSERT(frame.chunks[i].offset >= frame.chunks[i].chunk);
        ASSERT(frame.chunks[i].offset + frame.chunks[i].len <=
               frame.chunks[i].chunk + NET_CHUNK_BYTES);
        ASSERT(frame.chunks[i].chunk < CHUNKS * NET_CHUNK_BYTES);
        ASSERT(state->chunks[frame.chunks[i].chunk / NET_CHUNK_BYTES] == 0);
        len += frame.chunks[i].len;
    }
    ASSERT(len == frame.len);
}

static void send(struct state *state, uint8_t shape)
{
    struct net_link_piece pieces[4] = { { 16, 60 }, { 100, 1 }, { 200, 2 }, { 300, 3 } };
    struct net_link_send frame = { .pieces = pieces,
                                   .piece_count = 1 + shape % 4,
                                   .cookie = state->sent };
    if (net_link_send(&state->link, &frame) == STATUS_OK)
        state->sent++;
}

static void complete(struct state *state)
{
    uint64_t cookie = 0;
    bool sent = false;
    if (net_link_sent(&state->link, &cookie, &sent) != STATUS_OK)
        return;
    ASSERT(cookie < state->sent);
    state->completed++;
    ASSERT(state->completed <= state->sent);
}

/* Write a descriptor into one of the driver's rings and move its index by one. */
static void driver_writes(struct state *state, struct reader *reader)
{
    bool receive_ring = reader_u8(reader) % 2 == 0;
    enum net_ring_index index = receive_ring ? NET_RING_RX_DONE : NET_RING_TX_DONE;
    uint32_t bytes = net_ring_descriptor_bytes(index);
    uint32_t depth = receive_ring ? RX_CHUNKS : TX_FRAMES;
    struct ring_shared *ring = net_area_ring(state->area, &depths, index);
    uint8_t *place = (uint8_t *)(ring + 1) + (ring->produced & (depth - 1)) * bytes;
    memset(place, 0, bytes);
    if (receive_ring) {
        struct net_rx_done done = { .offset = reader_u8(reader) % 17 * NET_CHUNK_BYTES,
                                    .len = reader_u8(reader) * 9u,
                                    .skip = reader_u8(reader) % 16,
                                    .flags = reader_u8(reader) % 16,
                                    .chunks = reader_u8(reader) % 4 };
        memcpy(place, &done, sizeof done);
    } else {
        store_le32(place, reader_u8(reader) % 16);
    }
    ring->produced++;
}

static void check(const struct state *state)
{
    uint32_t out = 0;
    for (uint32_t i = 0; i < CHUNKS; i++)
        out += state->chunks[i];
    ASSERT(out == state->link.chunks_out && out <= RX_CHUNKS);
    ASSERT(state->link.piece_head - state->link.piece_tail <= TX_PIECES);
    ASSERT(state->link.frame_head - state->link.frame_tail <= TX_FRAMES);
}

static void run_one(struct state *state, struct reader *reader)
{
    uint8_t operation = reader_u8(reader);
    uint8_t value = reader_u8(reader);
    switch (operation % 8) {
    case 0:
        if (state->chunks[value % CHUNKS] == 0)
            (void)net_link_post(&state->link, value % CHUNKS * NET_CHUNK_BYTES);
        break;
    case 1: send(state, value); break;
    case 2: receive(state); break;
    case 3: complete(state); break;
    case 4: (void)net_link_flush(&state->link); break;
    case 5: driver_writes(state, reader); break;
    case 6:
        if (value % 4 == 0)
            net_link_restart(&state->link);
        else
            (void)net_link_may_sleep(&state->link, true);
        break;
    default: state->area[(value * 11u + operation) % state->area_bytes] ^= reader_u8(reader);
    }
    check(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct state state;
    struct reader reader = reader_of(data, size);
    memset(&state, 0, sizeof state);
    state.area_bytes = net_area_size(&depths);
    state.area = aligned_alloc(RING_LINE_BYTES, state.area_bytes);
    struct net_link_config config = { .area = state.area,
                                      .depths = depths,
                                      .pool_bytes = CHUNKS * NET_CHUNK_BYTES,
                                      .chunks = state.chunks,
                                      .pieces = state.pieces,
                                      .frames = state.frames };
    net_link_open(&state.link, &config, 1);
    while (reader_left(&reader) > 0)
        run_one(&state, &reader);
    net_link_restart(&state.link);
    check(&state);
    struct net_port port;
    status_t status = net_port_attach(&port, state.area, state.area_bytes);
    ASSERT(status == STATUS_OK);
    free(state.area);
    return 0;
}
