/* The block layer over a disk in memory. */
#include "kernel/block/block.h"

#include <stdlib.h>

#include "kernel/mm/frame.h"
#include "tests/doubles/files/memory_disk.h"
#include "tests/doubles/files/threads.h"
#include "tests/unit.h"

enum { DISK_SECTORS = 512 };

static struct memory_disk disk;
static uint8_t disk_bytes[DISK_SECTORS * BLOCK_SECTOR_BYTES];

static void complete_one(void)
{
    REQUIRE(memory_disk_run(&disk));
}

static void disk_begin(void)
{
    for (size_t i = 0; i < sizeof disk_bytes; i++)
        disk_bytes[i] = (uint8_t)(i * 31 + (i >> 9));
    memory_disk_init(&disk, disk_bytes, sizeof disk_bytes);
    kernel_threads.idle = complete_one;
    kernel_threads.random = unit_random;
}

/* A request that counts its completions. */
struct counted {
    struct block_request request;
    int completions;
    status_t status;
};

static void counted_done(struct block_request *request, status_t status)
{
    struct counted *counted = CONTAINER_OF(request, struct counted, request);
    counted->completions++;
    counted->status = status;
}

static struct counted counted_read(uint64_t sector, void *memory, uint32_t len)
{
    return (struct counted){ .request = { .operation = BLOCK_READ,
                                          .sector = sector,
                                          .segment_count = 1,
                                          .segments = { { frame_from_data(memory), len } },
                                          .done = counted_done } };
}

TEST(block_read_sync_reads_the_sectors_asked_for)
{
    disk_begin();
    static uint8_t buffer[8192];
    EXPECT_EQ(block_read_sync(&disk.device, 3, buffer, sizeof buffer), STATUS_OK);
    EXPECT_MEM(buffer, disk_bytes + 3 * BLOCK_SECTOR_BYTES, sizeof buffer);
    EXPECT_EQ(disk.device.counters.bytes_read, sizeof buffer);
}

/* More than one segment may hold goes out as several requests. */
TEST(block_read_sync_splits_what_is_too_long_for_a_segment)
{
    disk_begin();
    static uint8_t buffer[16384];
    disk.device.segment_bytes_max = 4096;
    EXPECT_EQ(block_read_sync(&disk.device, 0, buffer, sizeof buffer), STATUS_OK);
    EXPECT_MEM(buffer, disk_bytes, sizeof buffer);
    EXPECT_EQ(disk.device.counters.reads, 4);
}

TEST(block_write_changes_the_disk_and_flush_completes)
{
    disk_begin();
    static uint8_t data[512];
    memset(data, 0x77, sizeof data);
    struct block_waiter waiter;
    block_waiter_init(&waiter);
    waiter.request.operation = BLOCK_WRITE;
    waiter.request.sector = 9;
    waiter.request.segment_count = 1;
    waiter.request.segments[0] = (struct block_segment){ frame_from_data(data), sizeof data };
    EXPECT_EQ(block_run(&disk.device, &waiter), STATUS_OK);
    EXPECT_MEM(disk_bytes + 9 * BLOCK_SECTOR_BYTES, data, sizeof data);
    EXPECT_EQ(block_flush_sync(&disk.device), STATUS_OK);
    EXPECT_EQ(disk.device.counters.flushes, 1);
}

TEST(block_error_reaches_the_caller)
{
    disk_begin();
    static uint8_t buffer[4096];
    disk.bad_sector = 5;
    EXPECT_EQ(block_read_sync(&disk.device, 0, buffer, sizeof buffer), STATUS_IO);
    EXPECT_EQ(disk.device.counters.errors, 1);
    EXPECT_EQ(block_read_sync(&disk.device, 6, buffer, sizeof buffer), STATUS_OK);
}

TEST(block_refuses_what_does_not_fit_the_device)
{
    disk_begin();
    static uint8_t buffer[4096];
    struct {
        uint64_t sector;
        uint32_t len;
        status_t expected;
    } cases[] = {
        { DISK_SECTORS - 8, 4096, STATUS_OK },
        { DISK_SECTORS - 7, 4096, STATUS_INVALID },
        { DISK_SECTORS, 512, STATUS_INVALID },
        { UINT64_MAX, 512, STATUS_INVALID },
        { UINT64_MAX - 6, 4096, STATUS_INVALID },
        { 0, 0, STATUS_INVALID },
        { 0, 511, STATUS_INVALID },
        { DISK_SECTORS - 1, 512, STATUS_OK },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct counted read = counted_read(cases[i].sector, buffer, cases[i].len);
        EXPECT_EQ(block_submit(&disk.device, &read.request), cases[i].expected);
        while (memory_disk_run(&disk))
            ;
        EXPECT_EQ(read.completions, cases[i].expected == STATUS_OK);
    }
    struct counted write = counted_read(0, buffer, 512);
    write.request.operation = BLOCK_WRITE;
    disk.device.read_only = true;
    EXPECT_EQ(block_submit(&disk.device, &write.request), STATUS_READ_ONLY);
    struct counted flush = counted_read(0, buffer, 512);
    flush.request.operation = BLOCK_FLUSH;
    EXPECT_EQ(block_submit(&disk.device, &flush.request), STATUS_INVALID);
}

/* What the driver has no room for stays queued and follows when room comes; nothing is lost and
 * nothing completes twice. */
TEST(block_queue_holds_what_the_driver_cannot_take)
{
    disk_begin();
    enum { COUNT = 50 };
    static uint8_t buffers[COUNT][512];
    static struct counted reads[COUNT];
    disk.depth = 3;
    for (int i = 0; i < COUNT; i++) {
        reads[i] = counted_read((uint64_t)i, buffers[i], 512);
        EXPECT_EQ(block_submit(&disk.device, &reads[i].request), STATUS_OK);
    }
    EXPECT_EQ(disk.accepted_count, 3);
    while (memory_disk_run(&disk))
        ;
    for (int i = 0; i < COUNT; i++) {
        EXPECT_EQ(reads[i].completions, 1);
        EXPECT_EQ(reads[i].status, STATUS_OK);
        EXPECT_MEM(buffers[i], disk_bytes + i * BLOCK_SECTOR_BYTES, 512);
    }
}

/* A device that is given up fails what waits and all that comes later, once each. */
TEST(block_break_fails_everything_once)
{
    disk_begin();
    static uint8_t buffer[512];
    disk.depth = 0;
    struct counted queued = counted_read(0, buffer, 512);
    EXPECT_EQ(block_submit(&disk.device, &queued.request), STATUS_OK);
    struct list refused;
    list_init(&refused);
    spin_lock(&disk.device.lock);
    block_break(&disk.device, &refused);
    spin_unlock(&disk.device.lock);
    block_complete_all(&disk.device, &refused);
    EXPECT_EQ(queued.completions, 1);
    EXPECT_EQ(queued.status, STATUS_IO);
    struct counted late = counted_read(0, buffer, 512);
    EXPECT_EQ(block_submit(&disk.device, &late.request), STATUS_OK);
    EXPECT_EQ(late.completions, 1);
    EXPECT_EQ(late.status, STATUS_IO);
}

TEST(block_flush_of_a_device_without_a_cache_completes_at_once)
{
    disk_begin();
    disk.device.flushes = false;
    EXPECT_EQ(block_flush_sync(&disk.device), STATUS_OK);
    EXPECT_EQ(disk.device.counters.flushes, 0);
}
