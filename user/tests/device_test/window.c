/* Pages that leave a DMA window: a pool gives memory back, and the device's driver must agree. */
#include <abi/memory.h>
#include <abi/port.h>
#include <abi/signals.h>
#include <abi/stream.h>
#include <abi/system.h>
#include <string.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/device_test/device_test.h"

enum {
    PAGE = 4096,
    POOL_PAGES = 64,
    POOL_CHUNKS = POOL_PAGES * PAGE / STREAM_CHUNK_SIZE,
    OWN_CHUNKS = 8,
    OWN_PAGES = OWN_CHUNKS * STREAM_CHUNK_SIZE / PAGE,
    LOAD_CHUNKS = 40,
    LOAD_PAGES = LOAD_CHUNKS * STREAM_CHUNK_SIZE / PAGE,
    WINDOWS = 2,
};

static struct test_claim claim;

/* A pool with a stream, and two windows on its memory. */
static struct {
    handle_t device, vmo, pool, app, net;
    handle_t windows[WINDOWS];
    const volatile uint64_t *tables[WINDOWS];
    volatile uint8_t *memory;
} bench;

static uint64_t charged(void)
{
    struct cell_info info = { 0 };
    TEST_EQ(&claim, sys_cell_info(start_handle_need("cell", OBJECT_CELL), &info), STATUS_OK);
    return info.used[CELL_MEMORY];
}

static void drop_cache(void)
{
    uint64_t dropped;
    TEST_EQ(&claim, sys_system_drop_cache(start_handle_need("system", OBJECT_SYSTEM), &dropped),
            STATUS_OK);
}

static void bench_open(handle_t devices)
{
    struct device_info info = { 0 };
    struct stream_net_params params = { .send_limit = 256 * 1024,
                                        .receive_limit = 65536,
                                        .fill = STREAM_CHUNK_SIZE };
    uint64_t address = 0, pages = 0;
    TEST_CHECK(&claim, entropy_find(devices, &info));
    TEST_EQ(&claim, sys_device_open(devices, info.id, &bench.device), STATUS_OK);
    TEST_EQ(&claim, sys_vmo_create(POOL_PAGES * PAGE, 0, &bench.vmo), STATUS_OK);
    for (int i = 0; i < WINDOWS; i++) {
        TEST_EQ(&claim, sys_device_dma(bench.device, bench.vmo, &bench.windows[i]), STATUS_OK);
        TEST_EQ(&claim, sys_dma_addresses(bench.windows[i], &address, &pages), STATUS_OK);
        bench.tables[i] = (const volatile uint64_t *)address;
    }
    TEST_EQ(&claim,
            sys_memory_map(bench.vmo.raw, 0, POOL_PAGES * PAGE, 0, MEMORY_READ | MEMORY_WRITE,
                           &address),
            STATUS_OK);
    bench.memory = (volatile uint8_t *)address;
    TEST_EQ(&claim, sys_pool_create(bench.vmo, POOL_CHUNKS, OWN_CHUNKS, &bench.pool), STATUS_OK);
    TEST_EQ(&claim, sys_stream_create_net(bench.pool, &params, &bench.app, &bench.net), STATUS_OK);
}

static void bench_close(void)
{
    const handle_t handles[] = { bench.app, bench.net,        bench.pool,
                                 bench.vmo, bench.windows[0], bench.windows[1] };
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++)
        TEST_EQ(&claim, sys_handle_close(handles[i].raw), STATUS_OK);
    TEST_EQ(&claim, sys_memory_unmap((uintptr_t)bench.memory, POOL_PAGES * PAGE), STATUS_OK);
}

static void expect_loaded(bool is_in_window)
{
    for (uint32_t page = OWN_PAGES; page < OWN_PAGES + LOAD_PAGES; page++) {
        TEST_EQ(&claim, bench.tables[0][page] != 0, is_in_window);
        TEST_EQ(&claim, bench.memory[page * PAGE], 1);
    }
}

/* Fill LOAD_CHUNKS chunks, and take it all as if it had been acknowledged. */
static void load(bool is_in_window)
{
    static const uint8_t bytes[STREAM_CHUNK_SIZE] = { 1 };
    static struct stream_result results[LOAD_CHUNKS + 2];
    size_t actual = 0, done = 0, used = 0;
    for (int i = 0; i < LOAD_CHUNKS; i++)
        TEST_EQ(&claim,
                sys_stream_write(bench.app, bytes, sizeof bytes, STREAM_NO_WAIT, TIME_NOW, &actual),
                STATUS_OK);
    expect_loaded(is_in_window);
    struct stream_operation operations[] = {
        { .stream = bench.net, .kind = STREAM_OP_PEEK, .len = LOAD_CHUNKS },
        { .stream = bench.net, .kind = STREAM_OP_CONSUME, .len = LOAD_CHUNKS * sizeof bytes },
    };
    TEST_EQ(&claim,
            sys_stream_batch(bench.pool, operations, 2, results, LOAD_CHUNKS + 2, &done, &used),
            STATUS_OK);
    TEST_EQ(&claim, results[used - 1].status, STATUS_OK);
}

static bool has_news(handle_t window)
{
    uint32_t seen = 0;
    return sys_object_wait(window, SIGNAL_EVENT, TIME_NOW, &seen) == STATUS_OK;
}

/* Memory that a device was told of is nobody else's before every window's driver has let go of it. */
static void pages_leave_when_all_have_forgotten(handle_t devices)
{
    uint64_t left = 0;
    test_begin(&claim, "pages_leave_when_all_have_forgotten");
    bench_open(devices);
    drop_cache(); /* What was given up before is charged no more. */
    load(true);
    uint64_t full = charged();
    TEST_CHECK(&claim, !has_news(bench.windows[0]));
    drop_cache();
    for (uint32_t i = 0; i < WINDOWS; i++) {
        TEST_CHECK(&claim, has_news(bench.windows[i]));
        for (uint32_t page = 0; page < POOL_PAGES; page++)
            TEST_EQ(&claim, bench.tables[i][page] != 0, page < OWN_PAGES);
    }
    TEST_EQ(&claim, charged(), full);
    TEST_EQ(&claim, sys_dma_forget(bench.windows[0], LOAD_PAGES + 1, &left), STATUS_INVALID);
    TEST_EQ(&claim, sys_dma_forget(bench.windows[0], LOAD_PAGES, &left), STATUS_OK);
    TEST_EQ(&claim, left, LOAD_PAGES);
    TEST_EQ(&claim, charged(), full); /* One of two. */
    TEST_EQ(&claim, sys_dma_forget(bench.windows[1], 5, &left), STATUS_OK);
    TEST_EQ(&claim, charged(), full - 5 * PAGE);
    TEST_EQ(&claim, sys_dma_forget(bench.windows[1], LOAD_PAGES, &left), STATUS_OK);
    TEST_EQ(&claim, charged(), full - LOAD_PAGES * PAGE);
    /* What comes in their place is fresh, and the windows know it. */
    TEST_EQ(&claim, bench.memory[OWN_PAGES * PAGE], 0);
    TEST_CHECK(&claim, bench.tables[0][OWN_PAGES] != 0);
    load(true);
    bench_close();
    TEST_EQ(&claim, sys_handle_close(bench.device.raw), STATUS_OK);
    test_end(&claim);
}

/* A driver that never answers keeps the pages until its device has been reset, and no longer. */
static void a_reset_forgets_for_the_driver(handle_t devices)
{
    uint64_t left = 0;
    test_begin(&claim, "a_reset_forgets_for_the_driver");
    drop_cache();
    uint64_t before = charged();
    bench_open(devices);
    for (int round = 1; round <= 3; round++) {
        load(true);
        drop_cache();
        TEST_EQ(&claim, sys_dma_forget(bench.windows[1], 0, &left), STATUS_OK);
        TEST_EQ(&claim, left, round * LOAD_PAGES);
    }
    uint64_t waiting = charged();
    TEST_EQ(&claim, sys_handle_close(bench.device.raw), STATUS_OK);
    for (int i = 0; i < WINDOWS;
         i++) { /* A claim ends with its last handle and that of its windows. */
        TEST_EQ(&claim, sys_handle_close(bench.windows[i].raw), STATUS_OK);
    }
    drop_cache();
    TEST_CHECK(&claim, charged() + 3 * LOAD_PAGES * PAGE <= waiting);
    load(false);
    drop_cache(); /* No window is left: they go at once. */
    TEST_CHECK(&claim, charged() + 3 * LOAD_PAGES * PAGE <= waiting);
    const handle_t handles[] = { bench.app, bench.net, bench.pool, bench.vmo };
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++)
        TEST_EQ(&claim, sys_handle_close(handles[i].raw), STATUS_OK);
    TEST_EQ(&claim, sys_memory_unmap((uintptr_t)bench.memory, POOL_PAGES * PAGE), STATUS_OK);
    for (int i = 0; i < WINDOWS; i++)
        TEST_EQ(&claim, sys_memory_unmap((uintptr_t)bench.tables[i], PAGE), STATUS_OK);
    drop_cache();
    TEST_EQ(&claim, charged(), before);
    test_end(&claim);
}

void test_windows(handle_t devices)
{
    pages_leave_when_all_have_forgotten(devices);
    a_reset_forgets_for_the_driver(devices);
}
