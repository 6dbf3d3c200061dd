/* Network streams as the transport uses them, through the batch call; pools and their chunks. */
#include "kernel/stream/stream_net.h"

#include <abi/objects.h>
#include <kernel_gen/syscall_handlers.h>
#include <stdlib.h>

#include "kernel/object/handle.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/timer.h"
#include "kernel/stream/streams.h"
#include "lib/base/sum.h"
#include "tests/doubles/kernel_object.h"
#include "tests/doubles/kernel_sched.h"
#include "tests/doubles/kernel_slab.h"
#include "tests/doubles/kernel_user_copy.h"
#include "tests/doubles/kernel_vmo.h"
#include "tests/unit.h"

/* The transport's own are the first half. */
enum { CHUNKS = 64, OWN = 32, FILL = 1448 };

static struct cell cell;
static struct process process;
static struct thread self = { .process = &process };
static struct pool *pool;
static struct vmo *vmo;
static struct stream *app, *net;
static handle_t app_handle, net_handle, pool_handle;
static uint64_t memory_before;
static uint8_t source[200000], target[200000];

/* @param manner  STREAM_NET_*. */
static void streams_make(uint32_t send_limit, uint32_t receive_limit, uint32_t manner)
{
    struct stream *ends[2];
    struct stream_params params = {
        .pool = pool,
        .limits = { send_limit, receive_limit },
        .chunk_fill = FILL,
        .connecting = manner == STREAM_NET_CONNECTING,
        .unsummed = manner == STREAM_NET_UNSUMMED,
        .unclaimed = true,
    };
    REQUIRE(stream_create(&cell, &params, ends) == STATUS_OK);
    app = ends[0];
    net = ends[1];
    REQUIRE(handle_add(&process.handles, capability_of(&app->object, RIGHTS_STREAM, NULL),
                       &app_handle) == STATUS_OK);
    REQUIRE(handle_add(&process.handles, capability_of(&net->object, RIGHTS_STREAM, NULL),
                       &net_handle) == STATUS_OK);
    object_unref(&app->object);
    object_unref(&net->object);
}

static void fixture_begin(uint64_t seed)
{
    sim_begin(seed);
    streams_init();
    double_process_init(&process, &cell);
    memory_before = double_memory_in_use();
    REQUIRE(vmo_create_anon(CHUNKS * STREAM_CHUNK_SIZE, &cell, &vmo) == STATUS_OK);
    REQUIRE(pool_create(&cell, vmo, CHUNKS, OWN, &pool) == STATUS_OK);
    REQUIRE(handle_add(&process.handles, capability_of(&pool->object, RIGHTS_POOL, NULL),
                       &pool_handle) == STATUS_OK);
    object_unref(&pool->object);
    streams_make(64 * 1024, 16 * 1024, 0);
    for (size_t i = 0; i < sizeof source; i++)
        source[i] = (uint8_t)unit_random();
}

static void fixture_end(void)
{
    handle_table_clear(&process.handles);
    sim_end();
    sim_reap();
    EXPECT_EQ(double_vmo_pins(vmo), 0);
    object_unref(&vmo->object);
    sim_reap();
    EXPECT_EQ(double_memory_in_use(), memory_before);
    EXPECT_EQ(cell.used[CELL_MEMORY], 0);
    EXPECT_EQ(cell.used[CELL_SEGMENTS], 0);
    double_process_end(&process);
}

/* Where a byte of the pool is. */
static uint8_t *pool_at(uint32_t offset)
{
    return pool->pages[offset / 4096] + offset % 4096;
}

static int64_t put(const void *bytes, size_t len)
{
    size_t actual = 0;
    struct user_in src = { { (uintptr_t)bytes }, len };
    status_t status = stream_write(app, src, STREAM_NO_WAIT, TIME_NEVER, &actual);
    return status == STATUS_OK ? (int64_t)actual : -(int64_t)status;
}

static int64_t get(void *bytes, size_t len)
{
    size_t actual = 0;
    struct user_out dst = { { (uintptr_t)bytes }, len };
    status_t status = stream_read(app, dst, STREAM_NO_WAIT, TIME_NEVER, &actual);
    return status == STATUS_OK ? (int64_t)actual : -(int64_t)status;
}

static struct stream_result results[CHUNKS + 8];
static size_t result_count;

/* One operation; its state result. */
static struct stream_result operate(uint32_t kind, uint32_t offset, uint32_t len)
{
    struct stream_operation operation = {
        .stream = net_handle, .cookie = 99, .kind = kind, .offset = offset, .len = len
    };
    size_t done = 0;
    struct user_in in = { { (uintptr_t)&operation }, sizeof operation };
    struct user_out out = { { (uintptr_t)results }, sizeof results };
    REQUIRE(syscall_stream_batch(&self, pool, in, out, &done, &result_count) == STATUS_OK);
    REQUIRE(done == 1 && result_count >= 1);
    EXPECT_EQ(results[result_count - 1].cookie, 99);
    return results[result_count - 1];
}

/* A taken chunk with received bytes at `start`; its offset. */
static uint32_t arrive(const void *bytes, uint32_t start, uint32_t len)
{
    uint32_t chunk = 0;
    REQUIRE(pool_take(pool, &chunk) == STATUS_OK);
    memcpy(pool_at(chunk * STREAM_CHUNK_SIZE + start), bytes, len);
    return chunk * STREAM_CHUNK_SIZE + start;
}

static bool same_sum(uint16_t a, uint16_t b)
{
    return a % 0xffff == b % 0xffff;
}

TEST(net_stream_shows_segments_of_the_fill_with_their_sums)
{
    fixture_begin(0);
    EXPECT_EQ(put(source, 333), 333);
    EXPECT_EQ(put(source + 333, 5001), 5001); /* Goes on in the first chunk, at an odd place. */
    EXPECT_EQ(signal_read(&net->source) & SIGNAL_READABLE, SIGNAL_READABLE);
    struct stream_result state = operate(STREAM_OP_PEEK, 0, 100);
    EXPECT_EQ(result_count, 5);
    EXPECT_EQ(state.sum, 5334);
    EXPECT_EQ(state.flags, 0);
    EXPECT_EQ(signal_read(&net->source), 0);
    size_t at = 0;
    for (size_t i = 0; i < 4; i++) {
        EXPECT_EQ(results[i].kind, STREAM_OP_PEEK | STREAM_RESULT_SLICE);
        EXPECT_EQ(results[i].len, i < 3 ? FILL : 5334 - 3 * FILL);
        EXPECT_MEM(pool_at(results[i].offset), source + at, results[i].len);
        EXPECT(same_sum((uint16_t)results[i].sum, sum_copy(target, source + at, results[i].len)));
        at += results[i].len;
    }
    /* What was shown does not change: the next write begins a chunk. */
    EXPECT_EQ(put(source, 1), 1);
    state = operate(STREAM_OP_PEEK, 0, 100);
    EXPECT_EQ(result_count, 2);
    EXPECT_EQ(results[0].len, 1);
    fixture_end();
}

/* Nobody reads a byte for its sum that the transport does not want: neither of what is put into a new chunk nor of what
 * goes on in an old one. */
TEST(net_stream_without_sums_shows_the_same_bytes)
{
    fixture_begin(0);
    EXPECT_EQ(handle_close(&process.handles, app_handle), STATUS_OK);
    EXPECT_EQ(handle_close(&process.handles, net_handle), STATUS_OK);
    streams_make(64 * 1024, 16 * 1024, STREAM_NET_UNSUMMED);
    EXPECT_EQ(put(source, 333), 333);
    EXPECT_EQ(put(source + 333, 2000), 2000);
    operate(STREAM_OP_PEEK, 0, 100);
    REQUIRE(result_count == 3);
    size_t at = 0;
    for (size_t i = 0; i < 2; i++) {
        EXPECT_MEM(pool_at(results[i].offset), source + at, results[i].len);
        EXPECT_EQ(results[i].sum, 0);
        at += results[i].len;
    }
    EXPECT_EQ(at, 2333);
    EXPECT_EQ(operate(STREAM_OP_CONSUME, 0, 2333).status, STATUS_OK);
    fixture_end();
}

/* A transport that was told of more while a writer still copies would ask again and again, and keep the
 * writer from the CPU. */
TEST(net_stream_has_no_more_while_it_is_being_written)
{
    fixture_begin(0);
    EXPECT_EQ(put(source, 100), 100);
    struct stream_queue *sent = &app->pair->queues[app->index];
    sent->unshown->flags |= SEGMENT_FILLING; /* As the writer's turn does. */
    EXPECT_EQ(operate(STREAM_OP_PEEK, 0, 8).flags, 0);
    EXPECT_EQ(result_count, 1);
    EXPECT_EQ(signal_read(&net->source), 0);
    sent->unshown->flags &= (uint8_t)~SEGMENT_FILLING;
    EXPECT_EQ(put(source + 100, 50), 50);
    EXPECT_EQ(signal_read(&net->source), SIGNAL_READABLE);
    operate(STREAM_OP_PEEK, 0, 8);
    EXPECT_EQ(results[0].len, 150);
    fixture_end();
}

TEST(net_stream_keeps_bytes_until_they_are_consumed)
{
    fixture_begin(0);
    EXPECT_EQ(put(source, 3000), 3000);
    EXPECT_EQ(operate(STREAM_OP_CONSUME, 0, 1).status, STATUS_INVALID); /* Nothing is shown. */
    operate(STREAM_OP_PEEK, 0, 2);
    EXPECT_EQ(pool->held_count, 3);
    EXPECT_EQ(operate(STREAM_OP_CONSUME, 0, 2 * FILL + 1).status, STATUS_INVALID);
    EXPECT_EQ(operate(STREAM_OP_CONSUME, 0, 100).status, STATUS_OK);
    EXPECT_EQ(pool->held_count, 3);
    EXPECT_EQ(operate(STREAM_OP_CONSUME, 0, FILL).status, STATUS_OK);
    EXPECT_EQ(pool->held_count, 2);
    EXPECT_EQ(operate(STREAM_OP_CONSUME, 0, FILL - 100).sum, 3000 - 2 * FILL);
    EXPECT_EQ(pool->held_count, 1);
    fixture_end();
}

TEST(net_stream_takes_received_chunks_as_they_are)
{
    fixture_begin(0);
    uint32_t first = arrive(source, 66, 1000), second = arrive(source + 1000, 66, 1448);
    EXPECT_EQ(operate(STREAM_OP_PUSH, first, 1000).status, STATUS_OK);
    EXPECT_EQ(operate(STREAM_OP_PUSH, second, 1448).len, 16 * 1024 - 2448);
    EXPECT_EQ(pool->taken_count, 0);
    EXPECT_EQ(pool->held_count, 2);
    EXPECT_EQ(operate(STREAM_OP_PUSH, first, 1000).status, STATUS_INVALID); /* No longer ours. */
    EXPECT_EQ(get(target, 1500), 1500);
    EXPECT_EQ(pool->held_count, 1);
    EXPECT_EQ(get(target + 1500, 5000), 948);
    EXPECT_MEM(target, source, 2448);
    EXPECT_EQ(pool->held_count, 0);
    EXPECT_EQ(pool->own.count, OWN);
    fixture_end();
}

TEST(net_stream_refuses_what_is_no_chunk_of_the_transport)
{
    fixture_begin(0);
    uint32_t offset = arrive(source, 0, 100);
    static const uint32_t bad[][2] = {
        { CHUNKS * STREAM_CHUNK_SIZE, 1 }, { UINT32_MAX, 1 },
        { 63 * STREAM_CHUNK_SIZE, 1 },     { 0, 0 },
        { 1, STREAM_CHUNK_SIZE },          { 0, UINT32_MAX },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        EXPECT_EQ(operate(STREAM_OP_PUSH, offset + bad[i][0], bad[i][1]).status, STATUS_INVALID);
    EXPECT_EQ(pool->taken_count, 1);
    EXPECT_EQ(pool_give(pool, CHUNKS), STATUS_INVALID);
    EXPECT_EQ(pool_give(pool, 1), STATUS_INVALID);
    EXPECT_EQ(pool_give(pool, offset / STREAM_CHUNK_SIZE), STATUS_OK);
    EXPECT_EQ(pool_give(pool, offset / STREAM_CHUNK_SIZE), STATUS_INVALID);
    fixture_end();
}

/* A peer that sends byte by byte must not occupy a chunk for each. */
TEST(net_stream_joins_small_payloads)
{
    fixture_begin(0);
    for (uint32_t i = 0; i < 5000; i++)
        EXPECT_EQ(operate(STREAM_OP_PUSH, arrive(source + i, 66, 1), 1).status, STATUS_OK);
    EXPECT(pool->held_count <= 5000 / (STREAM_CHUNK_SIZE - 66) + 1);
    EXPECT_EQ(get(target, sizeof target), 5000);
    EXPECT_MEM(target, source, 5000);
    fixture_end();
}

TEST(net_stream_bounds_what_is_received)
{
    fixture_begin(0);
    for (int i = 0; i < 8; i++)
        EXPECT_EQ(operate(STREAM_OP_PUSH, arrive(source, 0, 2048), 2048).status, STATUS_OK);
    uint32_t last = arrive(source, 0, 1);
    EXPECT_EQ(operate(STREAM_OP_PUSH, last, 1).status, STATUS_LIMIT);
    EXPECT_EQ(pool->taken_count, 1); /* Still the transport's. */
    EXPECT_EQ(operate(STREAM_OP_STATE, 0, 0).len, 0);
    EXPECT_EQ(signal_read(&net->source), 0);
    EXPECT_EQ(get(target, 2048), 2048);
    EXPECT_EQ(signal_read(&net->source), 0); /* Not for crumbs. */
    EXPECT_EQ(get(target, 2048), 2048);
    EXPECT_EQ(signal_read(&net->source), SIGNAL_WRITABLE);
    EXPECT_EQ(operate(STREAM_OP_STATE, 0, 0).len, 4096);
    EXPECT_EQ(signal_read(&net->source), 0);
    fixture_end();
}

TEST(net_stream_ends_in_order)
{
    fixture_begin(0);
    EXPECT_EQ(put(source, 10), 10);
    stream_shutdown(app, STREAM_SHUT_WRITE);
    EXPECT_EQ(operate(STREAM_OP_STATE, 0, 0).flags, STREAM_RESULT_MORE); /* Bytes come first. */
    EXPECT_EQ(operate(STREAM_OP_PEEK, 0, 8).flags, STREAM_RESULT_FIN);
    EXPECT_EQ(signal_read(&net->source), 0);
    EXPECT_EQ(operate(STREAM_OP_PUSH, arrive(source, 0, 5), 5).status, STATUS_OK);
    EXPECT_EQ(operate(STREAM_OP_CLOSE_WRITE, 0, 0).status, STATUS_OK);
    uint32_t late = arrive(source, 0, 5);
    EXPECT_EQ(operate(STREAM_OP_PUSH, late, 5).status, STATUS_BAD_STATE);
    EXPECT_EQ(get(target, 100), 5);
    EXPECT_EQ(get(target, 100), 0);
    EXPECT_EQ(handle_close(&process.handles, app_handle), STATUS_OK);
    EXPECT_EQ(signal_read(&net->source), SIGNAL_READABLE | SIGNAL_PEER_CLOSED);
    struct stream_result state = operate(STREAM_OP_STATE, 0, 0);
    EXPECT_EQ(state.flags, STREAM_RESULT_FIN | STREAM_RESULT_CLOSED | STREAM_RESULT_DEAF);
    EXPECT_EQ(state.sum, 10); /* Not acknowledged: still there for a retransmission. */
    EXPECT_MEM(pool_at(OWN * STREAM_CHUNK_SIZE), source, 10);
    EXPECT_EQ(operate(STREAM_OP_CONSUME, 0, 10).sum, 0);
    fixture_end();
}

TEST(net_stream_reset_reaches_the_application_after_its_bytes)
{
    fixture_begin(0);
    EXPECT_EQ(operate(STREAM_OP_PUSH, arrive(source, 0, 5), 5).status, STATUS_OK);
    EXPECT_EQ(put(source, 5000), 5000);
    EXPECT_EQ(operate(STREAM_OP_RESET, 0, 0).status, STATUS_INVALID);
    EXPECT_EQ(operate(STREAM_OP_RESET, 0, STATUS_COUNT).status, STATUS_INVALID);
    EXPECT_EQ(operate(STREAM_OP_RESET, 0, STATUS_UNREACHABLE).status, STATUS_OK);
    EXPECT_EQ(pool->held_count, 1);
    EXPECT_EQ(put(source, 1), -STATUS_UNREACHABLE);
    EXPECT_EQ(get(target, 100), 5);
    EXPECT_EQ(get(target, 100), -STATUS_UNREACHABLE);
    EXPECT(signal_read(&app->source) & SIGNAL_ERROR);
    fixture_end();
}

/* netd dies: what was received can be read, what was not acknowledged is lost, nobody hangs. */
TEST(net_stream_resets_when_the_transport_dies)
{
    fixture_begin(0);
    EXPECT_EQ(operate(STREAM_OP_PUSH, arrive(source, 0, 5), 5).status, STATUS_OK);
    EXPECT_EQ(put(source, 5000), 5000);
    EXPECT_EQ(handle_close(&process.handles, net_handle), STATUS_OK);
    EXPECT_EQ(handle_close(&process.handles, pool_handle), STATUS_OK);
    sim_reap();
    EXPECT_EQ(pool->held_count, 1); /* Alive by the stream's reference. */
    EXPECT_EQ(get(target, 100), 5);
    EXPECT_MEM(target, source, 5);
    EXPECT_EQ(get(target, 100), -STATUS_RESET);
    EXPECT_EQ(put(source, 1), -STATUS_RESET);
    fixture_end();
}

TEST(net_stream_that_ended_by_itself_is_not_reset)
{
    fixture_begin(0);
    EXPECT_EQ(operate(STREAM_OP_CLOSE_WRITE, 0, 0).status, STATUS_OK);
    stream_shutdown(app, STREAM_SHUT_WRITE);
    EXPECT_EQ(handle_close(&process.handles, net_handle), STATUS_OK);
    EXPECT_EQ(get(target, 100), 0);
    fixture_end();
}

TEST(net_stream_holds_writes_back_until_it_is_connected)
{
    fixture_begin(0);
    EXPECT_EQ(handle_close(&process.handles, app_handle), STATUS_OK);
    EXPECT_EQ(handle_close(&process.handles, net_handle), STATUS_OK);
    streams_make(64 * 1024, 64 * 1024, STREAM_NET_CONNECTING);
    EXPECT_EQ(put(source, 1), -STATUS_WOULD_BLOCK);
    EXPECT_EQ(signal_read(&app->source), 0);
    EXPECT_EQ(operate(STREAM_OP_CONNECTED, 0, 0).status, STATUS_OK);
    EXPECT_EQ(signal_read(&app->source), SIGNAL_WRITABLE);
    EXPECT_EQ(put(source, 1), 1);
    fixture_end();
}

/* Whose socket holds them pays for the segments; but never for what is leaving a queue already. */
TEST(net_stream_is_charged_to_the_cell_that_accepts_it_unused)
{
    static struct cell other_cell;
    static struct process other;
    fixture_begin(0);
    double_process_init(&other, &other_cell);
    uint64_t before = cell.used[CELL_MEMORY];
    EXPECT_EQ(operate(STREAM_OP_PUSH, arrive(source, 0, 1000), 1000).status, STATUS_OK);
    EXPECT_EQ(operate(STREAM_OP_PUSH, arrive(source, 0, 1000), 1000).status, STATUS_OK);
    other_cell.limit[CELL_SEGMENTS] = 1;
    EXPECT_EQ(stream_move_charges(app, &other_cell), STATUS_LIMIT);
    EXPECT_EQ(cell.used[CELL_SEGMENTS], 2);
    other_cell.limit[CELL_SEGMENTS] = 5;
    EXPECT_EQ(stream_move_charges(app, &other_cell), STATUS_OK);
    EXPECT_EQ(cell.used[CELL_SEGMENTS], 0);
    EXPECT_EQ(cell.used[CELL_MEMORY], before);
    EXPECT_EQ(other_cell.used[CELL_SEGMENTS], 2);
    EXPECT_EQ(put(source, 3 * FILL), 3 * FILL);
    EXPECT_EQ(put(source, 1), -STATUS_LIMIT); /* Its own limit now. */
    EXPECT_EQ(stream_move_charges(app, &cell), STATUS_OK);
    EXPECT_EQ(other_cell.used[CELL_SEGMENTS], 5); /* Used: it stays. */
    handle_table_clear(&process.handles);
    sim_reap();
    EXPECT_EQ(other_cell.used[CELL_SEGMENTS], 0);
    EXPECT_EQ(other_cell.used[CELL_MEMORY], 0);
    double_process_end(&other);
    fixture_end();
}

TEST(net_stream_changes_its_fill_for_new_chunks)
{
    fixture_begin(0);
    EXPECT_EQ(operate(STREAM_OP_FILL, 0, 0).status, STATUS_INVALID);
    EXPECT_EQ(operate(STREAM_OP_FILL, 0, STREAM_CHUNK_SIZE + 1).status, STATUS_INVALID);
    EXPECT_EQ(put(source, 1400), 1400);
    EXPECT_EQ(operate(STREAM_OP_FILL, 0, 536).status, STATUS_OK);
    EXPECT_EQ(put(source, 600), 600);
    operate(STREAM_OP_PEEK, 0, 10);
    EXPECT_EQ(results[0].len, 1400);
    EXPECT_EQ(results[1].len, 536);
    EXPECT_EQ(results[2].len, 64);
    fixture_end();
}

/* Writers cannot take what the transport receives into, nor the other way round. */
TEST(net_stream_write_stops_when_the_pool_is_empty)
{
    fixture_begin(0);
    EXPECT_EQ(put(source, 64 * 1024), (CHUNKS - OWN) * FILL);
    EXPECT_EQ(put(source, 1), -STATUS_NO_MEMORY);
    for (uint32_t i = 0, chunk; i < OWN; i++)
        EXPECT_EQ(pool_take(pool, &chunk), STATUS_OK);
    uint32_t chunk;
    EXPECT_EQ(pool_take(pool, &chunk), STATUS_NO_MEMORY);
    EXPECT_EQ(pool_give(pool, 0), STATUS_OK);
    EXPECT_EQ(put(source, 1), -STATUS_NO_MEMORY);
    operate(STREAM_OP_PEEK, 0, 1);
    EXPECT_EQ(operate(STREAM_OP_CONSUME, 0, FILL).status, STATUS_OK);
    EXPECT_EQ(put(source, 1), 1);
    fixture_end();
}

/* An application that does not read must not keep the transport from receiving for others: its bytes
 * move into chunks of the streams' before the transport's own are used up. */
TEST(net_stream_copies_what_comes_when_the_transport_runs_short)
{
    fixture_begin(0);
    for (uint32_t i = 0, chunk; i < OWN - 4; i++)
        EXPECT_EQ(pool_take(pool, &chunk), STATUS_OK);
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t offset = arrive(source + i * 1000, 66, 1000);
        EXPECT_EQ(operate(STREAM_OP_PUSH, offset, 1000).status, STATUS_OK);
        EXPECT_EQ(pool->states[offset / STREAM_CHUNK_SIZE] == POOL_CHUNK_HELD, false);
    }
    EXPECT_EQ(pool->own.count, 4);
    EXPECT_EQ(pool->taken_count, OWN - 4);
    EXPECT_EQ(pool->held_count, 8);
    uint32_t last = arrive(source, 0, 2048);
    EXPECT_EQ(operate(STREAM_OP_CLOSE_WRITE, 0, 0).status, STATUS_OK);
    EXPECT_EQ(operate(STREAM_OP_PUSH, last, 2048).status,
              STATUS_BAD_STATE); /* And leaves no chunk. */
    EXPECT_EQ(pool->held_count, 8);
    EXPECT_EQ(get(target, sizeof target), 8000);
    EXPECT_MEM(target, source, 8000);
    EXPECT_EQ(pool->held_count, 0);
    fixture_end();
}

/* With no chunk left for a copy, a payload stays where it came. */
TEST(net_stream_takes_chunks_as_they_are_when_nothing_is_left)
{
    fixture_begin(0);
    EXPECT_EQ(put(source, 64 * 1024), (CHUNKS - OWN) * FILL);
    for (uint32_t i = 0, chunk; i < OWN - 1; i++)
        EXPECT_EQ(pool_take(pool, &chunk), STATUS_OK);
    EXPECT_EQ(operate(STREAM_OP_PUSH, arrive(source, 66, 1000), 1000).status, STATUS_OK);
    EXPECT_EQ(pool->own.count, 0);
    EXPECT_EQ(get(target, 2000), 1000);
    EXPECT_EQ(pool->own.count, 1);
    fixture_end();
}

TEST(batch_goes_on_after_a_bad_operation_and_stops_when_results_are_full)
{
    struct stream_operation operations[5] = {
        { .stream = { 12345 }, .kind = STREAM_OP_STATE, .cookie = 1 },
        { .stream = app_handle, .kind = STREAM_OP_STATE, .cookie = 2 },
        { .kind = 77, .cookie = 3 },
        { .kind = STREAM_OP_STATE, .flags = STREAM_OP_QUIET, .cookie = 4 },
        { .kind = STREAM_OP_PEEK, .len = 5, .cookie = 5 },
    };
    size_t done = 0, used = 0;
    fixture_begin(0);
    operations[1].stream = app_handle;
    for (int i = 2; i < 5; i++)
        operations[i].stream = net_handle;
    EXPECT_EQ(put(source, 5 * FILL), 5 * FILL);
    struct user_in in = { { (uintptr_t)operations }, sizeof operations };
    struct user_out out = { { (uintptr_t)results }, 4 * sizeof results[0] };
    EXPECT_EQ(syscall_stream_batch(&self, pool, in, out, &done, &used), STATUS_OK);
    EXPECT_EQ(done, 4);
    EXPECT_EQ(used, 3);
    EXPECT_EQ(results[0].status, STATUS_BAD_HANDLE);
    EXPECT_EQ(results[1].status, STATUS_WRONG_KIND);
    EXPECT_EQ(results[2].status, STATUS_INVALID);
    in.address.raw += 4 * sizeof operations[0];
    in.len -= 4 * sizeof operations[0];
    EXPECT_EQ(syscall_stream_batch(&self, pool, in, out, &done, &used), STATUS_OK);
    EXPECT_EQ(done, 1);
    EXPECT_EQ(used, 4); /* Three slices, as many as fit, and the state that says there is more. */
    EXPECT_EQ(results[3].flags, STREAM_RESULT_MORE);
    in.address.raw = 16;
    EXPECT_EQ(syscall_stream_batch(&self, pool, in, out, &done, &used), STATUS_BAD_ADDRESS);
    fixture_end();
}

TEST(pool_creation_survives_lack_of_memory_and_pins_what_is_used)
{
    struct pool *made = NULL;
    fixture_begin(0);
    static const uint32_t bad[][2] = { { CHUNKS + 1, OWN }, { 0, 0 }, { CHUNKS, CHUNKS + 1 } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        EXPECT_EQ(pool_create(&cell, vmo, bad[i][0], bad[i][1], &made), STATUS_INVALID);
    EXPECT_EQ(double_vmo_pins(vmo), OWN);
    for (int64_t i = 0; i < 3 + OWN; i++) {
        double_memory_fail_after(i);
        EXPECT_EQ(pool_create(&cell, vmo, CHUNKS, OWN, &made), STATUS_NO_MEMORY);
        sim_reap();
        EXPECT_EQ(double_vmo_pins(vmo), OWN);
    }
    double_memory_fail_after(-1);
    EXPECT_EQ(put(source, 3 * FILL), 3 * FILL);
    EXPECT_EQ(double_vmo_pins(vmo), OWN + 3);
    fixture_end();
}

/* After a load, the pages that nothing is in go back, and come again when they are needed. */
TEST(pool_trim_gives_back_what_no_stream_holds)
{
    fixture_begin(0);
    for (int round = 0; round < 3; round++) {
        EXPECT_EQ(put(source, 20 * FILL), 20 * FILL);
        EXPECT_EQ(double_vmo_pages(vmo), OWN + 20);
        EXPECT_EQ(pool_trim(pool), 0);
        EXPECT_EQ(operate(STREAM_OP_PEEK, 0, 100).status, STATUS_OK);
        EXPECT_EQ(operate(STREAM_OP_CONSUME, 0, 7 * FILL).status, STATUS_OK);
        EXPECT_EQ(pools_trim(), 7);
        EXPECT_EQ(double_vmo_pages(vmo), OWN + 13);
        EXPECT_EQ(pool->rest.count, 0);
        EXPECT_EQ(put(source, 2 * FILL), 2 * FILL);
        EXPECT_EQ(operate(STREAM_OP_PEEK, 0, 100).status, STATUS_OK);
        EXPECT_EQ(operate(STREAM_OP_CONSUME, 0, 15 * FILL).status, STATUS_OK);
        EXPECT(pool_trim(pool) > 0);
        EXPECT_EQ(double_vmo_pages(vmo), OWN);
        EXPECT_EQ(double_vmo_pins(vmo), OWN);
        EXPECT_EQ(pool->present_to, OWN);
    }
    fixture_end();
}

/* A page that somebody else has pinned is forgotten by the pool and stays with the VMO. */
TEST(pool_trim_leaves_pages_that_others_use)
{
    fixture_begin(0);
    paddr_t frame;
    EXPECT_EQ(put(source, 4 * FILL), 4 * FILL);
    operate(STREAM_OP_PEEK, 0, 100);
    EXPECT_EQ(operate(STREAM_OP_CONSUME, 0, 4 * FILL).status, STATUS_OK);
    EXPECT_EQ(vmo_pin_page(vmo, OWN, true, &frame), STATUS_OK);
    EXPECT_EQ(pool_trim(pool), 3);
    EXPECT_EQ(double_vmo_pages(vmo), OWN + 1);
    vmo_unpin_page(vmo, OWN);
    EXPECT_EQ(put(source, 4 * FILL), 4 * FILL);
    EXPECT_EQ(double_vmo_pages(vmo), OWN + 4);
    fixture_end();
}

/* ---- A connection under every interleaving ---- */

static uint64_t looped, to_send;
static bool transport_lives, transport_ended;

/* The application writes all of `source`, reads it back from the wire, compares. */
static void application_writer(void *argument)
{
    size_t done = 0;
    while (done < to_send) {
        size_t actual = 0, len = 1 + sim_random(3000);
        struct user_in src = { { (uintptr_t)source + done }, len };
        if (src.len > to_send - done)
            src.len = to_send - done;
        status_t status = stream_write(app, src, 0, TIME_NEVER, &actual);
        if (status != STATUS_OK) {
            EXPECT(!transport_lives);
            return;
        }
        done += actual;
    }
    stream_shutdown(app, STREAM_SHUT_WRITE);
}

static void application_reader(void *argument)
{
    size_t done = 0;
    for (;;) {
        size_t actual = 0;
        struct user_out dst = { { (uintptr_t)target + done }, 1 + sim_random(5000) };
        status_t status = stream_read(app, dst, 0, TIME_NEVER, &actual);
        if (status != STATUS_OK) {
            EXPECT_EQ(status, STATUS_RESET);
            EXPECT(!transport_lives);
            break;
        }
        done += actual;
        if (actual == 0)
            break;
    }
    looped = done;
}

/* The transport echoes: each slice it is shown goes into a chunk of its own and back, after that the
 * bytes are consumed. It sleeps on its end's signals, as through a port. */
static void transport_body(void *argument)
{
    struct stream_slice slices[4];
    bool has_fin = false;
    for (unsigned round = 0; !has_fin || signal_read(&net->source) != 0; round++) {
        uint32_t seen = 0;
        if (!has_fin && signal_wait(&net->source, SIGNAL_READABLE, TIME_NEVER, &seen) != STATUS_OK)
            break;
        size_t count = stream_net_peek(net, slices, 1 + sim_random(4));
        for (size_t i = 0; i < count; i++) {
            uint32_t chunk = 0;
            while (pool_take(pool, &chunk) != STATUS_OK)
                sim_point();
            uint32_t start = (uint32_t)sim_random(100);
            memcpy(pool_at(chunk * STREAM_CHUNK_SIZE + start), pool_at(slices[i].offset),
                   slices[i].len);
            EXPECT(same_sum(slices[i].sum, sum_copy((uint8_t[2048]){ 0 }, pool_at(slices[i].offset),
                                                    slices[i].len)));
            while (stream_net_push(net, chunk * STREAM_CHUNK_SIZE + start, slices[i].len) ==
                   STATUS_LIMIT)
                sim_point();
            EXPECT_EQ(stream_net_consume(net, slices[i].len), STATUS_OK);
        }
        has_fin = (stream_net_state(net).flags & STREAM_RESULT_FIN) != 0;
        if (has_fin)
            break;
        if (argument != NULL && round == (uintptr_t)argument) {
            transport_lives = false;
            EXPECT_EQ(handle_close(&process.handles, net_handle), STATUS_OK);
            transport_ended = true;
            return;
        }
    }
    stream_net_close_write(net);
    transport_ended = true;
}

/* The system is short of memory all the time. */
static void trimmer_body(void *argument)
{
    while (!transport_ended) {
        pool_trim(pool);
        sim_point();
    }
}

static void connection_run(uint64_t seed, uintptr_t dies_in_round)
{
    fixture_begin(seed);
    to_send = 20000;
    looped = 0;
    transport_lives = true;
    transport_ended = false;
    object_ref(&net->object);
    sim_thread(&process, application_writer, NULL);
    sim_thread(&process, application_reader, NULL);
    sim_thread(&process, transport_body, (void *)dies_in_round);
    sim_thread(&process, trimmer_body, NULL);
    EXPECT(sim_run());
    EXPECT(looped <= to_send);
    if (transport_lives)
        EXPECT_EQ(looped, to_send);
    EXPECT_MEM(target, source, looped);
    EXPECT_EQ(pool->taken_count, 0);
    object_unref(&net->object);
    fixture_end();
}

TEST(net_stream_is_exact_under_every_interleaving)
{
    uint64_t schedules = unit_count("transport_schedules", 60, 3000);
    for (uint64_t seed = 1; seed <= schedules; seed++)
        connection_run(seed, 0);
}

TEST(net_stream_survives_the_transports_end_in_any_round)
{
    uint64_t schedules = unit_count("transport_deaths", 60, 3000);
    for (uint64_t seed = 1; seed <= schedules; seed++)
        connection_run(seed, 1 + seed % 9);
}
