/* The block engine against a disk in memory: bytes, limits, order, errors and lies. */
#include "lib/virtio/blk.h"

#include "lib/base/bytes.h"
#include "tests/doubles/virtio_device.h"
#include "tests/unit.h"

enum { SECTORS = 512, RING_DEPTH = 128, SLOTS = 128, INDIRECT = 10 };

#define FEATURE_SIZE_MAX (1ull << 1)
#define FEATURE_SEG_MAX (1ull << 2)
#define FEATURE_RO (1ull << 5)
#define FEATURE_BLK_SIZE (1ull << 6)
#define FEATURE_FLUSH (1ull << 9)
#define FEATURES_FULL                                                                     \
    (VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT_DESC | FEATURE_SEG_MAX | \
     FEATURE_BLK_SIZE | FEATURE_FLUSH)

struct rig {
    struct virtio_double device;
    struct double_disk disk;
    struct virtio_blk blk;
    struct virtio_blk_slot slots[SLOTS];
    struct virtqueue_slot queue_slots[RING_DEPTH];
    _Alignas(64) uint8_t ring[8192];
    _Alignas(64) uint8_t indirect[RING_DEPTH * INDIRECT * 16];
    _Alignas(64) uint8_t requests[SLOTS * VIRTIO_BLK_REQUEST_BYTES];
    uint8_t sectors[SECTORS * 512];
    uint8_t data[65536];
};

static struct rig rig_storage;

static struct rig *rig_of(uint64_t features)
{
    struct rig *rig = &rig_storage;
    memset(rig, 0, sizeof *rig);
    virtio_double_init(&rig->device, features, RING_DEPTH);
    store_le64(rig->device.config, SECTORS);
    store_le32(rig->device.config + 8, 4096);
    store_le32(rig->device.config + 12, 8);
    store_le32(rig->device.config + 20, 512);
    rig->disk.data = rig->sectors;
    rig->disk.len = sizeof rig->sectors;
    return rig;
}

static status_t rig_open(struct rig *rig)
{
    struct virtio_blk_memory memory = {
        .ring = device_memory(rig->ring, sizeof rig->ring),
        .indirect = device_memory(rig->indirect, sizeof rig->indirect),
        .requests = device_memory(rig->requests, sizeof rig->requests),
        .queue_slots = rig->queue_slots,
        .slots = rig->slots,
        .depth = RING_DEPTH,
        .indirect_entries = INDIRECT,
        .slot_count = SLOTS,
    };
    return virtio_blk_open(&rig->blk, &rig->device.transport, &memory, VIRTIO_NO_VECTOR);
}

static struct rig *rig_opened(uint64_t features)
{
    struct rig *rig = rig_of(features);
    REQUIRE(rig_open(rig) == STATUS_OK);
    return rig;
}

static status_t submit(struct rig *rig, enum virtio_blk_operation operation, uint64_t sector,
                       uint8_t *data, uint32_t len, uint64_t cookie)
{
    struct virtio_blk_segment segment = { device_address(data), len };
    struct virtio_blk_request request = { .operation = operation,
                                          .sector = sector,
                                          .segments = &segment,
                                          .segment_count = operation == VIRTIO_BLK_FLUSH ? 0 : 1,
                                          .cookie = cookie };
    return virtio_blk_submit(&rig->blk, &request);
}

static status_t run_one(struct rig *rig, enum virtio_blk_operation operation, uint64_t sector,
                        uint8_t *data, uint32_t len)
{
    struct virtio_blk_completion done;
    REQUIRE(submit(rig, operation, sector, data, len, 42) == STATUS_OK);
    virtio_blk_publish(&rig->blk);
    virtio_double_serve_blk(&rig->device, &rig->disk, 1);
    REQUIRE(virtio_blk_complete(&rig->blk, &done) == STATUS_OK);
    EXPECT_EQ(done.cookie, 42);
    return done.status;
}

TEST(blk_open_reads_and_checks_the_geometry)
{
    struct rig *rig = rig_opened(FEATURES_FULL);
    EXPECT_EQ(rig->blk.geometry.capacity_sectors, SECTORS);
    EXPECT_EQ(rig->blk.geometry.segments_max, 8);
    EXPECT_EQ(rig->blk.geometry.segment_bytes_max, UINT32_MAX);
    EXPECT(rig->blk.geometry.flushes);
    EXPECT(!rig->blk.geometry.read_only);
    const uint32_t bad_blocks[] = { 0, 256, 513, 131072 };
    for (size_t i = 0; i < 4; i++) {
        rig = rig_of(FEATURES_FULL);
        store_le32(rig->device.config + 20, bad_blocks[i]);
        EXPECT_EQ(rig_open(rig), STATUS_CORRUPT);
        EXPECT(rig->device.status & VIRTIO_STATUS_FAILED);
    }
    rig = rig_of(FEATURES_FULL);
    store_le32(rig->device.config + 12, 0);
    EXPECT_EQ(rig_open(rig), STATUS_CORRUPT);
    rig = rig_of(FEATURES_FULL);
    store_le64(rig->device.config, UINT64_MAX / 512 + 1);
    EXPECT_EQ(rig_open(rig), STATUS_CORRUPT);
}

TEST(blk_writes_and_reads_the_same_bytes)
{
    const uint64_t variants[] = { FEATURES_FULL, VIRTIO_F_VERSION_1 };
    for (size_t v = 0; v < 2; v++) {
        struct rig *rig = rig_opened(variants[v]);
        for (uint32_t i = 0; i < 4096; i++)
            rig->data[i] = (uint8_t)unit_random();
        EXPECT_EQ(run_one(rig, VIRTIO_BLK_WRITE, 7, rig->data, 4096), STATUS_OK);
        EXPECT_MEM(rig->sectors + 7 * 512, rig->data, 4096);
        EXPECT_EQ(run_one(rig, VIRTIO_BLK_READ, 7, rig->data + 8192, 4096), STATUS_OK);
        EXPECT_MEM(rig->data + 8192, rig->data, 4096);
    }
}

TEST(blk_gathers_segments_up_to_the_device_limit)
{
    struct rig *rig = rig_opened(FEATURES_FULL);
    struct virtio_blk_segment segments[9];
    for (uint32_t i = 0; i < 9; i++)
        segments[i] = (struct virtio_blk_segment){ device_address(rig->data + 1024 * i), 512 };
    for (uint32_t i = 0; i < sizeof rig->sectors; i++)
        rig->sectors[i] = (uint8_t)(i / 512);
    struct virtio_blk_request request = {
        .operation = VIRTIO_BLK_READ, .sector = 100, .segments = segments, .segment_count = 9
    };
    EXPECT_EQ(virtio_blk_submit(&rig->blk, &request), STATUS_TOO_BIG);
    request.segment_count = 8;
    EXPECT_EQ(virtio_blk_submit(&rig->blk, &request), STATUS_OK);
    virtio_blk_publish(&rig->blk);
    EXPECT_EQ(virtio_double_serve_blk(&rig->device, &rig->disk, 9), 1);
    struct virtio_blk_completion done;
    EXPECT_EQ(virtio_blk_complete(&rig->blk, &done), STATUS_OK);
    for (uint32_t i = 0; i < 8; i++)
        EXPECT_EQ(rig->data[1024 * i + 511], 100 + i);
    EXPECT_EQ(rig->data[512], 0);
}

TEST(blk_refuses_ranges_that_do_not_fit)
{
    struct rig *rig = rig_of(FEATURES_FULL | FEATURE_SIZE_MAX);
    store_le32(rig->device.config + 20, 1024);
    REQUIRE(rig_open(rig) == STATUS_OK);
    uint8_t *data = rig->data;
    EXPECT_EQ(submit(rig, VIRTIO_BLK_READ, SECTORS - 2, data, 1024, 0), STATUS_OK);
    EXPECT_EQ(submit(rig, VIRTIO_BLK_READ, SECTORS - 2, data, 2048, 0), STATUS_INVALID);
    EXPECT_EQ(submit(rig, VIRTIO_BLK_READ, SECTORS, data, 1024, 0), STATUS_INVALID);
    EXPECT_EQ(submit(rig, VIRTIO_BLK_READ, UINT64_MAX - 1, data, 1024, 0), STATUS_INVALID);
    EXPECT_EQ(submit(rig, VIRTIO_BLK_READ, 1, data, 1024, 0), STATUS_INVALID);
    EXPECT_EQ(submit(rig, VIRTIO_BLK_READ, 0, data, 512, 0), STATUS_INVALID);
    EXPECT_EQ(submit(rig, VIRTIO_BLK_READ, 0, data, 0, 0), STATUS_INVALID);
    EXPECT_EQ(submit(rig, VIRTIO_BLK_READ, 0, data, 4096, 0), STATUS_OK);
    EXPECT_EQ(submit(rig, VIRTIO_BLK_READ, 0, data, 4097, 0), STATUS_TOO_BIG);
    EXPECT_EQ(submit(rig, (enum virtio_blk_operation)9, 0, data, 1024, 0), STATUS_INVALID);
}

TEST(blk_read_only_devices_are_never_written)
{
    struct rig *rig = rig_opened(FEATURES_FULL | FEATURE_RO);
    EXPECT_EQ(submit(rig, VIRTIO_BLK_WRITE, 0, rig->data, 512, 0), STATUS_READ_ONLY);
    EXPECT_EQ(run_one(rig, VIRTIO_BLK_READ, 0, rig->data, 512), STATUS_OK);
}

/* Deep: with indirect tables, 128 requests fit a ring of 128; the next one waits. */
TEST(blk_keeps_128_requests_out_with_one_doorbell)
{
    struct rig *rig = rig_opened(FEATURES_FULL);
    struct virtio_blk_completion done;
    uint8_t seen[SLOTS] = { 0 };
    for (uint32_t i = 0; i < SLOTS; i++)
        EXPECT_EQ(submit(rig, VIRTIO_BLK_WRITE, i, rig->data, 512, i), STATUS_OK);
    EXPECT_EQ(submit(rig, VIRTIO_BLK_WRITE, 0, rig->data, 512, 0), STATUS_WOULD_BLOCK);
    virtio_blk_publish(&rig->blk);
    EXPECT_EQ(rig->device.queues[0].kicks, 1);
    EXPECT(virtio_blk_enable_interrupts(&rig->blk));
    EXPECT_EQ(virtio_double_serve_blk(&rig->device, &rig->disk, 1000), SLOTS);
    EXPECT_EQ(rig->device.queues[0].interrupts, 1);
    for (uint32_t i = 0; i < SLOTS; i++) {
        REQUIRE(virtio_blk_complete(&rig->blk, &done) == STATUS_OK);
        seen[done.cookie]++;
    }
    for (uint32_t i = 0; i < SLOTS; i++)
        EXPECT_EQ(seen[i], 1);
    EXPECT_EQ(virtio_blk_complete(&rig->blk, &done), STATUS_WOULD_BLOCK);
    EXPECT(virtio_blk_enable_interrupts(&rig->blk));
}

TEST(blk_barrier_lets_nothing_pass_in_either_direction)
{
    struct rig *rig = rig_opened(FEATURES_FULL);
    struct virtio_blk_completion done;
    struct virtio_blk_request barrier = { .operation = VIRTIO_BLK_FLUSH, .barrier = true };
    EXPECT_EQ(submit(rig, VIRTIO_BLK_WRITE, 0, rig->data, 512, 0), STATUS_OK);
    EXPECT_EQ(virtio_blk_submit(&rig->blk, &barrier), STATUS_BUSY);
    virtio_blk_publish(&rig->blk);
    virtio_double_serve_blk(&rig->device, &rig->disk, 1);
    EXPECT_EQ(virtio_blk_submit(&rig->blk, &barrier), STATUS_BUSY);
    EXPECT_EQ(virtio_blk_complete(&rig->blk, &done), STATUS_OK);
    EXPECT_EQ(virtio_blk_submit(&rig->blk, &barrier), STATUS_OK);
    EXPECT_EQ(submit(rig, VIRTIO_BLK_READ, 0, rig->data, 512, 0), STATUS_BUSY);
    virtio_blk_publish(&rig->blk);
    virtio_double_serve_blk(&rig->device, &rig->disk, 1);
    EXPECT_EQ(virtio_blk_complete(&rig->blk, &done), STATUS_OK);
    EXPECT_EQ(rig->disk.flushes, 1);
    EXPECT_EQ(submit(rig, VIRTIO_BLK_READ, 0, rig->data, 512, 0), STATUS_OK);
}

TEST(blk_flush_without_a_cache_completes_by_itself)
{
    struct rig *rig = rig_opened(FEATURES_FULL & ~FEATURE_FLUSH);
    struct virtio_blk_completion done;
    EXPECT_EQ(submit(rig, VIRTIO_BLK_FLUSH, 0, NULL, 0, 5), STATUS_OK);
    EXPECT(!virtio_blk_enable_interrupts(&rig->blk));
    EXPECT_EQ(virtio_blk_complete(&rig->blk, &done), STATUS_OK);
    EXPECT_EQ(done.cookie, 5);
    EXPECT_EQ(done.status, STATUS_OK);
    EXPECT_EQ(rig->disk.flushes, 0);
    EXPECT_EQ(rig->device.queues[0].kicks, 0);
}

TEST(blk_maps_errors_and_distrusts_success)
{
    struct rig *rig = rig_opened(FEATURES_FULL);
    rig->disk.fail_next = 1;
    EXPECT_EQ(run_one(rig, VIRTIO_BLK_READ, 0, rig->data, 512), STATUS_IO);
    const uint8_t bytes[] = { 1, 2, 3, 0x80, 0xff };
    for (size_t i = 0; i < sizeof bytes; i++) {
        rig->disk.status_override = bytes[i];
        EXPECT_EQ(run_one(rig, VIRTIO_BLK_WRITE, 0, rig->data, 512),
                  bytes[i] == 2 ? STATUS_NOT_SUPPORTED : STATUS_IO);
    }
    rig->disk.status_override = 0;
    rig->disk.short_read = true;
    EXPECT_EQ(run_one(rig, VIRTIO_BLK_READ, 0, rig->data, 512), STATUS_IO);
    rig->disk.short_read = false;
    EXPECT_EQ(run_one(rig, VIRTIO_BLK_READ, 0, rig->data, 512), STATUS_OK);
}

/* After a lie the device is reset and every request that was out is reported, once. */
TEST(blk_cancels_what_a_lying_device_kept)
{
    struct rig *rig = rig_opened(FEATURES_FULL);
    struct virtio_blk_completion done;
    uint32_t cancelled = 0;
    for (uint32_t i = 0; i < 10; i++)
        EXPECT_EQ(submit(rig, VIRTIO_BLK_WRITE, i, rig->data, 512, i), STATUS_OK);
    virtio_blk_publish(&rig->blk);
    virtio_double_serve_blk(&rig->device, &rig->disk, 3);
    EXPECT_EQ(virtio_blk_complete(&rig->blk, &done), STATUS_OK);
    *double_queue_used_index(&rig->device.queues[0]) += 100;
    for (uint32_t i = 0; i < 2; i++)
        EXPECT_EQ(virtio_blk_complete(&rig->blk, &done), STATUS_OK); /* Seen before the lie. */
    EXPECT_EQ(virtio_blk_complete(&rig->blk, &done), STATUS_CORRUPT);
    EXPECT_EQ(submit(rig, VIRTIO_BLK_WRITE, 0, rig->data, 512, 0), STATUS_CORRUPT);
    EXPECT_EQ(virtio_blk_close(&rig->blk), STATUS_OK);
    while (virtio_blk_cancel(&rig->blk, &done) == STATUS_OK) {
        EXPECT_EQ(done.status, STATUS_CANCELLED);
        EXPECT_EQ(done.cookie, 3 + cancelled);
        cancelled++;
    }
    EXPECT_EQ(cancelled, 7);
    EXPECT_EQ(rig->blk.slots_out, 0);
}

/* Hundreds of devices, each hostile in its own way: whatever they write, each request is reported
 * exactly once, by completion or by cancellation. */
TEST(blk_reports_every_request_once_whatever_the_device_writes)
{
    uint32_t poisoned = 0, completed = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        unit_seed(seed);
        struct rig *rig = rig_opened(seed % 2 ? FEATURES_FULL : VIRTIO_F_VERSION_1);
        struct virtio_blk_completion done;
        uint8_t reported[1024] = { 0 };
        uint32_t submitted = 0, count = 0;
        for (uint32_t i = 0; i < 200 && !rig->blk.queue.poisoned; i++) {
            while (unit_random() % 4 != 0 && submitted < 1024 &&
                   submit(rig, (enum virtio_blk_operation)(unit_random() % 2),
                          unit_random() % SECTORS, rig->data, 512, submitted) == STATUS_OK)
                submitted++;
            virtio_blk_publish(&rig->blk);
            virtio_double_serve_blk(&rig->device, &rig->disk, unit_random() % 4);
            if (unit_random() % 16 == 0)
                double_queue_lie(&rig->device.queues[0], unit_random());
            for (; virtio_blk_complete(&rig->blk, &done) == STATUS_OK; count++)
                reported[done.cookie]++;
        }
        poisoned += rig->blk.queue.poisoned;
        completed += count;
        EXPECT_EQ(virtio_blk_close(&rig->blk), STATUS_OK);
        for (; virtio_blk_cancel(&rig->blk, &done) == STATUS_OK; count++)
            reported[done.cookie]++;
        EXPECT_EQ(count, submitted);
        for (uint32_t i = 0; i < submitted; i++)
            EXPECT_EQ(reported[i], 1);
    }
    EXPECT(poisoned > 300 && completed > 400); /* The lies were heard, and not only lies. */
}
