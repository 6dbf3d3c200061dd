/* A hostile device: the input adds, publishes and pops, and writes anywhere in the shared ring in
 * between. Nothing may leave memory, every cookie comes back at most once, and the free list holds
 * exactly what is not out. */
#include "lib/virtio/virtqueue.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "lib/virtio/virtqueue_internal.h"

enum { DEPTH = 8, INDIRECT = 3, COOKIES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct state {
    struct virtqueue queue;
    struct virtqueue_slot slots[DEPTH];
    uint8_t *ring;
    uint8_t *indirect;
    uint32_t out_bytes[COOKIES]; /* Writable bytes + 1 of cookies that are out. */
    uint32_t added;
};

static void add(struct state *state, uint8_t shape)
{
    struct virtqueue_segment segments[4];
    uint32_t count = shape % 5, writable = 0;
    for (uint32_t i = 0; i < count; i++) {
        segments[i] =
            (struct virtqueue_segment){ { 0x1000 * i }, 1 + shape, i >= (shape >> 4) % 4u };
        writable += segments[i].device_writes ? segments[i].len : 0;
    }
    if (state->added < COOKIES &&
        virtqueue_add(&state->queue, segments, count, state->added) == STATUS_OK)
        state->out_bytes[state->added++] = writable + 1;
}

static void pop(struct state *state)
{
    struct virtqueue_completion done;
    if (virtqueue_pop(&state->queue, &done) != STATUS_OK)
        return;
    ASSERT(done.cookie < state->added);
    ASSERT(state->out_bytes[done.cookie] != 0);
    ASSERT(done.written_bytes < state->out_bytes[done.cookie]);
    state->out_bytes[done.cookie] = 0;
}

/* Mostly a plausible used entry; else any two bytes anywhere. */
static void device_write(struct state *state, struct reader *reader, bool plausible)
{
    size_t ring_bytes = virtqueue_ring_size(DEPTH);
    uint8_t *used = state->ring + (virtqueue_used_address(&state->queue).raw -
                                   virtqueue_descriptors_address(&state->queue).raw);
    uint16_t index = load_le16(used + 2);
    uint8_t first = reader_u8(reader), second = reader_u8(reader);
    if (plausible) {
        uint8_t *entry = used + 4 + (index % DEPTH) * 8;
        store_le32(entry, first % (DEPTH + 1));
        store_le32(entry + 4, second % 64);
        store_le16(used + 2, (uint16_t)(index + 1));
    } else {
        state->ring[(first * 5u) % ring_bytes] = second;
    }
}

static void check(const struct state *state)
{
    uint32_t out = 0, descriptors = 0;
    for (uint32_t i = 0; i < DEPTH; i++) {
        out += state->slots[i].descriptor_count != 0;
        descriptors += state->slots[i].descriptor_count;
    }
    ASSERT(out == state->queue.chains_out);
    ASSERT(descriptors + state->queue.free_count == DEPTH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct state state;
    struct reader reader = reader_of(data, size);
    uint8_t options = reader_u8(&reader);
    size_t ring_bytes = virtqueue_ring_size(DEPTH);
    size_t indirect_bytes = virtqueue_indirect_size(DEPTH, INDIRECT);
    memset(&state, 0, sizeof state);
    state.ring = aligned_alloc(VIRTQUEUE_RING_ALIGN, ring_bytes);
    state.indirect = aligned_alloc(VIRTQUEUE_RING_ALIGN, indirect_bytes);
    struct virtqueue_config config = {
        .ring = { state.ring, { 0x10000 }, ring_bytes },
        .indirect = { state.indirect, { 0x20000 }, indirect_bytes },
        .slots = state.slots,
        .depth = DEPTH,
        .indirect_entries = options & 1 ? INDIRECT : 0,
        .event_index = (options & 2) != 0,
    };
    status_t status = virtqueue_init(&state.queue, &config);
    ASSERT(status == STATUS_OK);
    while (reader_left(&reader) > 0) {
        uint8_t operation = reader_u8(&reader);
        switch (operation % 8) {
        case 0:
        case 1: add(&state, reader_u8(&reader)); break;
        case 2: (void)virtqueue_publish(&state.queue); break;
        case 3: (void)virtqueue_enable_interrupts_after(&state.queue, operation / 8); break;
        case 4: virtqueue_disable_interrupts(&state.queue); break;
        case 5: pop(&state); break;
        case 6: device_write(&state, &reader, true); break;
        default: device_write(&state, &reader, false); break;
        }
        check(&state);
    }
    uint64_t cookie = 0;
    while (virtqueue_reclaim(&state.queue, &cookie)) {
        ASSERT(cookie < state.added && state.out_bytes[cookie] != 0);
        state.out_bytes[cookie] = 0;
    }
    check(&state);
    ASSERT(state.queue.free_count == DEPTH);
    free(state.ring);
    free(state.indirect);
    return 0;
}
