/* The driver's side of a ring against the device double: what goes in comes back once, at every
 * index, and whatever a lying device writes ends in CORRUPT and not in somebody's memory. */
#include "lib/virtio/virtqueue.h"

#include "lib/virtio/virtqueue_internal.h"
#include "tests/doubles/virtio_device.h"
#include "tests/unit.h"

enum { DEPTH_MAX = 64, INDIRECT = 8 };

struct bench {
    struct virtqueue queue;
    struct double_queue device;
    struct virtqueue_slot slots[DEPTH_MAX];
    _Alignas(64) uint8_t ring[4096];
    _Alignas(64) uint8_t indirect[DEPTH_MAX * INDIRECT * 16];
    uint8_t data[64 * 64];
};

static struct bench bench_storage;

static struct bench *bench_of(uint16_t depth, uint16_t indirect, bool event_index, uint16_t start)
{
    struct bench *bench = &bench_storage;
    memset(bench, 0, sizeof *bench);
    struct virtqueue_config config = {
        .ring = device_memory(bench->ring, sizeof bench->ring),
        .indirect = device_memory(bench->indirect, sizeof bench->indirect),
        .slots = bench->slots,
        .depth = depth,
        .indirect_entries = indirect,
        .event_index = event_index,
    };
    REQUIRE(virtqueue_init(&bench->queue, &config) == STATUS_OK);
    double_queue_attach(&bench->device, &bench->queue, start);
    return bench;
}

static status_t add_one(struct bench *bench, uint32_t len, uint64_t cookie)
{
    struct virtqueue_segment segment = { device_address(bench->data), len, true };
    return virtqueue_add(&bench->queue, &segment, 1, cookie);
}

TEST(virtqueue_init_refuses_bad_depths_and_memory)
{
    struct bench *bench = bench_of(8, 0, true, 0);
    struct virtqueue_config config = { .ring = device_memory(bench->ring, sizeof bench->ring),
                                       .slots = bench->slots };
    const uint16_t bad[] = { 0, 3, 6, 65535, 32769 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        config.depth = bad[i];
        EXPECT_EQ(virtqueue_init(&bench->queue, &config), STATUS_INVALID);
    }
    config.depth = 8;
    config.ring.size_bytes = virtqueue_ring_size(8) - 1;
    EXPECT_EQ(virtqueue_init(&bench->queue, &config), STATUS_INVALID);
    config.ring.size_bytes++;
    EXPECT_EQ(virtqueue_init(&bench->queue, &config), STATUS_OK);
    config.ring.address.raw += 8;
    EXPECT_EQ(virtqueue_init(&bench->queue, &config), STATUS_INVALID);
}

TEST(virtqueue_add_refuses_chains_that_no_device_may_see)
{
    struct bench *bench = bench_of(4, 0, true, 0);
    struct virtqueue_segment two[] = { { device_address(bench->data), 8, true },
                                       { device_address(bench->data), 8, false } };
    EXPECT_EQ(virtqueue_add(&bench->queue, two, 2, 0), STATUS_INVALID);
    EXPECT_EQ(virtqueue_add(&bench->queue, two, 0, 0), STATUS_INVALID);
    two[0].len = 0;
    EXPECT_EQ(virtqueue_add(&bench->queue, two, 1, 0), STATUS_INVALID);
    struct virtqueue_segment huge[] = { { device_address(bench->data), UINT32_MAX, true },
                                        { device_address(bench->data), 1, true } };
    EXPECT_EQ(virtqueue_add(&bench->queue, huge, 2, 0), STATUS_INVALID);
    EXPECT_EQ(bench->queue.free_count, 4);
}

/* N-1, N, N+1: a ring of 4 holds exactly four, and a fifth waits for the first to come back. */
TEST(virtqueue_holds_its_depth_and_not_one_more)
{
    struct bench *bench = bench_of(4, 0, true, 0);
    for (uint64_t i = 0; i < 4; i++)
        EXPECT_EQ(add_one(bench, 16, i), STATUS_OK);
    EXPECT_EQ(add_one(bench, 16, 4), STATUS_WOULD_BLOCK);
    EXPECT(virtqueue_publish(&bench->queue));
    struct double_chain chain;
    REQUIRE(double_queue_take(&bench->device, &chain));
    EXPECT_EQ(chain.count, 1);
    double_queue_use(&bench->device, true, chain.head, 16);
    struct virtqueue_completion done;
    EXPECT_EQ(virtqueue_pop(&bench->queue, &done), STATUS_OK);
    EXPECT_EQ(done.cookie, 0);
    EXPECT_EQ(done.written_bytes, 16);
    EXPECT_EQ(virtqueue_pop(&bench->queue, &done), STATUS_WOULD_BLOCK);
    EXPECT_EQ(add_one(bench, 16, 4), STATUS_OK);
    EXPECT_EQ(add_one(bench, 16, 5), STATUS_WOULD_BLOCK);
}

/* Nothing may reach the device before publish, and one publish shows a whole batch. */
TEST(virtqueue_publishes_a_batch_at_once)
{
    struct bench *bench = bench_of(8, 0, true, 0);
    struct double_chain chain;
    EXPECT_EQ(add_one(bench, 1, 1), STATUS_OK);
    EXPECT_EQ(add_one(bench, 2, 2), STATUS_OK);
    EXPECT(!double_queue_take(&bench->device, &chain));
    EXPECT(virtqueue_publish(&bench->queue));
    EXPECT(double_queue_take(&bench->device, &chain));
    EXPECT_EQ(chain.segments[0].len, 1);
    EXPECT(double_queue_take(&bench->device, &chain));
    EXPECT_EQ(chain.segments[0].len, 2);
    EXPECT(!double_queue_take(&bench->device, &chain));
    EXPECT(!virtqueue_publish(&bench->queue));
}

static void expect_chain_of(uint16_t indirect, uint16_t want_free)
{
    struct bench *bench = bench_of(8, indirect, true, 0);
    struct virtqueue_segment segments[5];
    for (uint32_t i = 0; i < 5; i++)
        segments[i] =
            (struct virtqueue_segment){ device_address(bench->data + 100 * i), i + 1, i >= 2 };
    EXPECT_EQ(virtqueue_add(&bench->queue, segments, 5, 77), STATUS_OK);
    EXPECT_EQ(bench->queue.free_count, want_free);
    EXPECT(virtqueue_publish(&bench->queue));
    struct double_chain chain;
    REQUIRE(double_queue_take(&bench->device, &chain));
    REQUIRE(chain.count == 5);
    for (uint32_t i = 0; i < 5; i++) {
        EXPECT(chain.segments[i].data == bench->data + 100 * i);
        EXPECT_EQ(chain.segments[i].len, i + 1);
        EXPECT_EQ(chain.segments[i].writable, i >= 2);
    }
    double_queue_use(&bench->device, true, chain.head, 3 + 4 + 5);
    struct virtqueue_completion done;
    EXPECT_EQ(virtqueue_pop(&bench->queue, &done), STATUS_OK);
    EXPECT_EQ(done.cookie, 77);
    EXPECT_EQ(bench->queue.free_count, 8);
}

TEST(virtqueue_chains_reach_the_device_whole)
{
    expect_chain_of(0, 3);
    expect_chain_of(INDIRECT, 7);
}

/* The event index says "tell me when you pass entry e": exactly the publish that passes it kicks. */
TEST(virtqueue_kicks_exactly_at_the_event_index)
{
    const uint16_t starts[] = { 0, 100, 65533, 65535 };
    for (size_t s = 0; s < sizeof starts / sizeof *starts; s++)
        for (int ahead = -1; ahead <= 3; ahead++) {
            struct bench *bench = bench_of(8, 0, true, starts[s]);
            *double_queue_avail_event(&bench->device) = (uint16_t)(starts[s] + ahead);
            for (int i = 0; i < 3; i++) {
                EXPECT_EQ(add_one(bench, 1, 0), STATUS_OK);
                EXPECT_EQ(virtqueue_publish(&bench->queue), i == ahead);
            }
            struct bench *batch = bench_of(8, 0, true, starts[s]);
            *double_queue_avail_event(&batch->device) = (uint16_t)(starts[s] + ahead);
            for (int i = 0; i < 3; i++)
                EXPECT_EQ(add_one(batch, 1, 0), STATUS_OK);
            EXPECT_EQ(virtqueue_publish(&batch->queue), ahead >= 0 && ahead < 3);
        }
}

TEST(virtqueue_kicks_by_flag_without_an_event_index)
{
    struct bench *bench = bench_of(8, 0, false, 0);
    EXPECT_EQ(add_one(bench, 1, 0), STATUS_OK);
    EXPECT(virtqueue_publish(&bench->queue));
    bench->queue.used_header[VIRTQUEUE_FLAGS] = VIRTQUEUE_USED_NO_NOTIFY;
    EXPECT_EQ(add_one(bench, 1, 0), STATUS_OK);
    EXPECT(!virtqueue_publish(&bench->queue));
}

/* The check after enabling is what makes sleeping safe: a completion that slipped in before must
 * say "do not sleep", and one after must interrupt. */
static void expect_no_lost_interrupt(bool event_index, uint16_t start)
{
    struct bench *bench = bench_of(8, 0, event_index, start);
    struct double_chain chain;
    struct virtqueue_completion done;
    for (uint64_t i = 0; i < 4; i++)
        EXPECT_EQ(add_one(bench, 1, i), STATUS_OK);
    (void)virtqueue_publish(&bench->queue);
    virtqueue_disable_interrupts(&bench->queue);
    EXPECT(virtqueue_enable_interrupts(&bench->queue));
    REQUIRE(double_queue_take(&bench->device, &chain));
    double_queue_use(&bench->device, event_index, chain.head, 1);
    EXPECT_EQ(bench->device.interrupts, 1);
    virtqueue_disable_interrupts(&bench->queue);
    REQUIRE(double_queue_take(&bench->device, &chain));
    double_queue_use(&bench->device, event_index, chain.head, 1);
    EXPECT_EQ(bench->device.interrupts, 1);
    EXPECT_EQ(virtqueue_pop(&bench->queue, &done), STATUS_OK);
    EXPECT(!virtqueue_enable_interrupts(&bench->queue));
    EXPECT_EQ(virtqueue_pop(&bench->queue, &done), STATUS_OK);
    EXPECT(virtqueue_enable_interrupts(&bench->queue));
}

TEST(virtqueue_loses_no_interrupt)
{
    expect_no_lost_interrupt(true, 0);
    expect_no_lost_interrupt(true, 65534);
    expect_no_lost_interrupt(true, 65535);
    expect_no_lost_interrupt(false, 0);
    expect_no_lost_interrupt(false, 65535);
}

TEST(virtqueue_can_wait_for_several_completions)
{
    struct bench *bench = bench_of(8, 0, true, 65534);
    struct double_chain chain;
    for (uint64_t i = 0; i < 5; i++)
        EXPECT_EQ(add_one(bench, 1, i), STATUS_OK);
    (void)virtqueue_publish(&bench->queue);
    EXPECT(virtqueue_enable_interrupts_after(&bench->queue, 3));
    for (uint32_t i = 0; i < 5; i++) {
        REQUIRE(double_queue_take(&bench->device, &chain));
        double_queue_use(&bench->device, true, chain.head, 1);
        EXPECT_EQ(bench->device.interrupts, i >= 2);
        EXPECT_EQ(virtqueue_enable_interrupts_after(&bench->queue, 3), i < 2);
    }
    /* More than are out would be waiting for ever: it is cut to what is out. */
    struct bench *cut = bench_of(8, 0, true, 7);
    EXPECT_EQ(add_one(cut, 1, 0), STATUS_OK);
    (void)virtqueue_publish(&cut->queue);
    EXPECT(virtqueue_enable_interrupts_after(&cut->queue, 100));
    REQUIRE(double_queue_take(&cut->device, &chain));
    double_queue_use(&cut->device, true, chain.head, 1);
    EXPECT_EQ(cut->device.interrupts, 1);
}

enum lie { LIE_ID_RANGE, LIE_ID_FREE, LIE_ID_TWICE, LIE_LENGTH, LIE_JUMP, LIE_BACK, LIE_MIDDLE };

/* Each lie is told at its smallest: one beyond what would be true. */
static void expect_poison(enum lie lie, uint16_t start)
{
    struct bench *bench = bench_of(8, 0, true, start);
    struct virtqueue_completion done;
    struct double_chain chain;
    struct virtqueue_segment pair[] = { { device_address(bench->data), 8, true },
                                        { device_address(bench->data + 8), 8, true } };
    EXPECT_EQ(virtqueue_add(&bench->queue, pair, 2, 1), STATUS_OK);
    EXPECT_EQ(virtqueue_add(&bench->queue, pair, 2, 2), STATUS_OK);
    (void)virtqueue_publish(&bench->queue);
    REQUIRE(double_queue_take(&bench->device, &chain));
    switch (lie) {
    case LIE_ID_RANGE: double_queue_use_raw(&bench->device, 8, 0); break;
    case LIE_ID_FREE: double_queue_use_raw(&bench->device, 5, 0); break;
    case LIE_ID_TWICE:
        double_queue_use_raw(&bench->device, chain.head, 16);
        EXPECT_EQ(virtqueue_pop(&bench->queue, &done), STATUS_OK);
        double_queue_use_raw(&bench->device, chain.head, 16);
        break;
    case LIE_LENGTH: double_queue_use_raw(&bench->device, chain.head, 17); break;
    case LIE_JUMP: *double_queue_used_index(&bench->device) = (uint16_t)(start + 3); break;
    case LIE_BACK: *double_queue_used_index(&bench->device) = (uint16_t)(start - 1); break;
    case LIE_MIDDLE: double_queue_use_raw(&bench->device, chain.head + 1u, 0); break;
    }
    EXPECT_EQ(virtqueue_pop(&bench->queue, &done), STATUS_CORRUPT);
    EXPECT_EQ(virtqueue_pop(&bench->queue, &done), STATUS_CORRUPT);
    EXPECT_EQ(add_one(bench, 1, 3), STATUS_CORRUPT);
    EXPECT(!virtqueue_enable_interrupts(&bench->queue));
    EXPECT(!virtqueue_publish(&bench->queue));
}

TEST(virtqueue_lies_poison_the_queue)
{
    for (int lie = LIE_ID_RANGE; lie <= LIE_MIDDLE; lie++) {
        expect_poison((enum lie)lie, 0);
        expect_poison((enum lie)lie, 65535);
    }
}

/* A chain that is added and not published was never shown, so the device cannot have used it. */
TEST(virtqueue_unpublished_chains_cannot_come_back)
{
    struct bench *bench = bench_of(8, 0, true, 0);
    struct virtqueue_completion done;
    EXPECT_EQ(add_one(bench, 1, 1), STATUS_OK);
    double_queue_use_raw(&bench->device, 0, 0);
    EXPECT_EQ(virtqueue_pop(&bench->queue, &done), STATUS_CORRUPT);
}

TEST(virtqueue_reclaim_gives_back_what_never_returned)
{
    struct bench *bench = bench_of(8, 0, true, 0);
    uint64_t seen = 0, cookie = 0;
    for (uint64_t i = 0; i < 5; i++)
        EXPECT_EQ(add_one(bench, 1, i), STATUS_OK);
    (void)virtqueue_publish(&bench->queue);
    while (virtqueue_reclaim(&bench->queue, &cookie))
        seen |= 1ull << cookie;
    EXPECT_EQ(seen, 0x1f);
    EXPECT_EQ(bench->queue.free_count, 8);
    EXPECT_EQ(bench->queue.chains_out, 0);
}

TEST(virtqueue_next_out_finds_what_is_out)
{
    struct bench *bench = bench_of(8, 0, true, 0);
    uint64_t seen = 0, cookie = 0;
    uint16_t at = 0;
    EXPECT(!virtqueue_next_out(&bench->queue, &at, &cookie));
    EXPECT_EQ(add_one(bench, 3, 1), STATUS_OK);
    EXPECT_EQ(add_one(bench, 1, 2), STATUS_OK);
    EXPECT_EQ(add_one(bench, 4, 3), STATUS_OK);
    at = 0;
    for (int i = 0; i < 3; i++) {
        EXPECT(virtqueue_next_out(&bench->queue, &at, &cookie));
        seen |= 1ull << cookie;
    }
    EXPECT_EQ(seen, 2 | 4 | 8);
    EXPECT(!virtqueue_next_out(&bench->queue, &at, &cookie));
}

/* Random chains, used in random order and batches, over several turns of the 16-bit indices: every
 * cookie comes back exactly once, with its own length, and no descriptor is lost. */
TEST(virtqueue_survives_any_order_over_the_wrap)
{
    static uint8_t out_state[1 << 20];
    struct bench *bench = bench_of(16, 4, true, 60000);
    struct double_chain held[16];
    struct virtqueue_completion done;
    uint32_t held_count = 0, added = 0, popped = 0;
    memset(out_state, 0, sizeof out_state);
    while (popped < 100000) {
        uint32_t pieces = 1 + unit_random() % 6;
        struct virtqueue_segment segments[6];
        for (uint32_t i = 0; i < pieces; i++)
            segments[i] =
                (struct virtqueue_segment){ device_address(bench->data), 1 + added % 100, true };
        if (unit_random() % 2 && virtqueue_add(&bench->queue, segments, pieces, added) == STATUS_OK)
            out_state[added++] = (uint8_t)pieces;
        if (unit_random() % 4 == 0)
            (void)virtqueue_publish(&bench->queue);
        if (held_count < 16 && double_queue_take(&bench->device, &held[held_count]))
            held_count++;
        if (held_count > 0 && unit_random() % 2) {
            uint32_t pick = unit_random() % held_count;
            double_queue_use(&bench->device, true, held[pick].head,
                             held[pick].count * held[pick].segments[0].len);
            held[pick] = held[--held_count];
        }
        if (unit_random() % 2 && virtqueue_pop(&bench->queue, &done) == STATUS_OK) {
            REQUIRE(done.cookie < added && out_state[done.cookie] != 0);
            EXPECT_EQ(done.written_bytes, out_state[done.cookie] * (1 + done.cookie % 100));
            out_state[done.cookie] = 0;
            popped++;
        }
        REQUIRE(!bench->queue.poisoned);
    }
    EXPECT(bench->queue.chains_out <= 16);
}
