/* Local streams: bytes, turns, ends, signals; and interleavings of many readers and writers. */
#include "kernel/stream/stream.h"

#include <stdlib.h>

#include "kernel/object/handle.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/timer.h"
#include "kernel/stream/streams.h"
#include "tests/doubles/kernel_object.h"
#include "tests/doubles/kernel_sched.h"
#include "tests/doubles/kernel_slab.h"
#include "tests/doubles/kernel_user_copy.h"
#include "tests/unit.h"

static struct cell cell;
static struct process process;
static struct stream *ends[2];
static struct capability capabilities[2];
static uint64_t memory_before;

/* What threads read into and write from: where user memory may be, or nothing would be copied at once. */
enum { BUFFER_SIZE = 300000 };
static uint8_t *source, *target;

static void map_buffers(void)
{
    if (source != NULL)
        return;
    source = double_user_map(BUFFER_SIZE);
    target = double_user_map(BUFFER_SIZE);
}

static void fixture_begin(uint64_t seed, uint32_t limit)
{
    map_buffers();
    sim_begin(seed);
    streams_init();
    double_process_init(&process, &cell);
    memory_before = double_memory_in_use();
    struct stream_params params = { .limits = { limit, limit } };
    REQUIRE(stream_create(&cell, &params, ends) == STATUS_OK);
    for (int i = 0; i < 2; i++) {
        capabilities[i] = capability_of(&ends[i]->object, RIGHTS_STREAM, NULL);
        object_unref(&ends[i]->object);
    }
}

static void end_close(int i)
{
    if (capabilities[i].object != NULL)
        capability_drop(&capabilities[i]);
}

static void fixture_end(void)
{
    end_close(0);
    end_close(1);
    sim_end();
    sim_reap();
    EXPECT_EQ(double_memory_in_use(), memory_before);
    EXPECT_EQ(cell.used[CELL_MEMORY], 0);
    EXPECT_EQ(cell.used[CELL_SEGMENTS], 0);
    double_process_end(&process);
}

/* stream_write and stream_read without waiting: bytes moved, or minus the status. */
static int64_t put(int end, const void *bytes, size_t len)
{
    size_t actual = 0;
    struct user_in src = { { (uintptr_t)bytes }, len };
    status_t status = stream_write(ends[end], src, STREAM_NO_WAIT, TIME_NEVER, &actual);
    return status == STATUS_OK ? (int64_t)actual : -(int64_t)status;
}

static int64_t get(int end, void *bytes, size_t len, uint32_t flags)
{
    size_t actual = 0;
    struct user_out dst = { { (uintptr_t)bytes }, len };
    status_t status = stream_read(ends[end], dst, flags | STREAM_NO_WAIT, TIME_NEVER, &actual);
    return status == STATUS_OK ? (int64_t)actual : -(int64_t)status;
}

static void fill_source(void)
{
    map_buffers();
    for (size_t i = 0; i < BUFFER_SIZE; i++)
        source[i] = (uint8_t)unit_random();
}

TEST(stream_carries_bytes_of_any_size)
{
    static const size_t sizes[] = { 1, 2, 4095, 4096, 4097, 8191, 8192, 8193, 65535, 65536 };
    fill_source();
    fixture_begin(0, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset(target, 0, BUFFER_SIZE);
        EXPECT_EQ(put(0, source, sizes[i]), sizes[i]);
        EXPECT_EQ(get(1, target, BUFFER_SIZE, STREAM_PEEK), sizes[i]);
        EXPECT_MEM(target, source, sizes[i]);
        memset(target, 0, BUFFER_SIZE);
        EXPECT_EQ(get(1, target, sizes[i], 0), sizes[i]);
        EXPECT_MEM(target, source, sizes[i]);
        EXPECT_EQ(get(1, target, 1, 0), -STATUS_WOULD_BLOCK);
    }
    fixture_end();
}

/* A ping-pong must not allocate a chunk each time: the last one stays. */
TEST(stream_keeps_its_last_chunk)
{
    fixture_begin(0, 0);
    EXPECT_EQ(put(0, source, 200), 200);
    EXPECT_EQ(get(1, target, 200, 0), 200);
    uint64_t in_use = double_memory_in_use();
    double_memory_fail_after(0);
    for (int i = 0; i < 5000; i++) {
        EXPECT_EQ(put(0, source, 200), 200);
        EXPECT_EQ(get(1, target, 200, 0), 200);
    }
    double_memory_fail_after(-1);
    EXPECT_EQ(double_memory_in_use(), in_use);
    fixture_end();
}

/* What is small needs no chunk; and what comes after it neither overtakes it nor is cut to fit beside it. */
TEST(stream_needs_no_chunk_for_what_is_small)
{
    fill_source();
    fixture_begin(0, 0);
    uint64_t in_use = double_memory_in_use();
    double_memory_fail_after(0);
    for (int i = 0; i < 1000; i++) {
        EXPECT_EQ(put(0, source, SEGMENT_SMALL_BYTES - 28), SEGMENT_SMALL_BYTES - 28);
        EXPECT_EQ(get(1, target, 10, 0), 10);
        EXPECT_EQ(put(0, source + SEGMENT_SMALL_BYTES - 28, 28), 28);
        EXPECT_EQ(get(1, target + 10, 200, 0), SEGMENT_SMALL_BYTES - 10);
        EXPECT_MEM(target, source, SEGMENT_SMALL_BYTES);
    }
    EXPECT_EQ(put(0, source, SEGMENT_SMALL_BYTES + 1), -STATUS_NO_MEMORY);
    double_memory_fail_after(-1);
    EXPECT_EQ(double_memory_in_use(), in_use);
    EXPECT_EQ(cell.used[CELL_SEGMENTS], 0);
    fixture_end();
    for (size_t first = 1; first <= SEGMENT_SMALL_BYTES + 1; first += 32) {
        fixture_begin(first, 0);
        EXPECT_EQ(put(0, source, first), first);
        EXPECT_EQ(put(0, source + first, 5000), 5000);
        EXPECT_EQ(put(0, source + first + 5000, 1), 1);
        EXPECT_EQ(cell.used[CELL_SEGMENTS], 2);
        EXPECT_EQ(get(1, target, 8000, 0), first + 5001);
        EXPECT_MEM(target, source, first + 5001);
        fixture_end();
    }
}

/* Without waiting: the first bytes of a stream, which need a chunk, go the long way; so does all that is not there, too
 * long, or of another cell's stream. */
TEST(stream_moves_now_what_is_at_hand)
{
    size_t done = 0;
    fill_source();
    fixture_begin(0, 0);
    double_user_present(true);
    struct user_in three = { { (uintptr_t)source }, 3 };
    struct user_out eight = { { (uintptr_t)target }, 8 };
    EXPECT_EQ(stream_read_now(ends[1], eight, &done), false);
    EXPECT_EQ(put(0, source, 4090), 4090);
    EXPECT_EQ(get(1, target, 4090, 0), 4090);
    EXPECT_EQ(stream_write_now(ends[0], three), true);
    EXPECT_EQ(stream_write_now(ends[0], (struct user_in){ { (uintptr_t)source }, 0 }), false);
    EXPECT_EQ(stream_write_now(ends[0], (struct user_in){ { (uintptr_t)source }, 4094 }), false);
    EXPECT_EQ(stream_write_now(ends[0], (struct user_in){ { (uintptr_t)source }, 4097 }), false);
    EXPECT_EQ(stream_read_now(ends[1], (struct user_out){ eight.address, 0 }, &done), false);
    EXPECT_EQ(stream_read_now(ends[0], eight, &done), false);
    ends[0]->pair->unclaimed = true;
    EXPECT_EQ(stream_write_now(ends[0], three), false);
    EXPECT_EQ(stream_read_now(ends[1], eight, &done), false);
    ends[0]->pair->unclaimed = false;
    EXPECT_EQ(stream_read_now(ends[1], eight, &done), true);
    EXPECT_EQ(done, 3);
    EXPECT_MEM(target, source, 3);
    stream_shutdown(ends[0], STREAM_SHUT_WRITE);
    EXPECT_EQ(stream_write_now(ends[0], three), false);
    EXPECT_EQ(stream_read_now(ends[1], eight, &done), false);
    double_user_present(false);
    fixture_end();
}

/* A writer that found the last chunk full brings one of its own, and meanwhile the reader empties the full one, which
 * stays as the last: so an empty one lies before others. */
TEST(stream_reads_past_a_chunk_that_was_emptied)
{
    fill_source();
    fixture_begin(0, 0);
    struct stream_queue *queue = &ends[0]->pair->queues[0];
    struct segment *second = NULL;
    REQUIRE(segment_create(ends[0]->pair, 100, &second) == STATUS_OK);
    EXPECT_EQ(put(0, source, 4096), 4096);
    EXPECT_EQ(get(1, target, 4096, 0), 4096);
    memcpy(second->data, source, 100);
    second->len = 100;
    queue_append(queue, second, false);
    EXPECT_EQ(queue->segment_count, 2);
    EXPECT_EQ(get(1, target, 60, 0), 60);
    EXPECT_EQ(get(1, target + 60, 60, 0), 40);
    EXPECT_MEM(target, source, 100);
    EXPECT_EQ(queue->segment_count, 1);
    fixture_end();
}

TEST(stream_is_bounded_and_small_writes_are_whole)
{
    fixture_begin(0, 8192);
    EXPECT_EQ(put(0, source, 6000), 6000);
    EXPECT_EQ(put(0, source, 4096), -STATUS_WOULD_BLOCK); /* 2192 are left. */
    EXPECT_EQ(put(0, source, 2192), 2192);
    EXPECT_EQ(put(0, source, 1), -STATUS_WOULD_BLOCK);
    EXPECT_EQ(get(1, target, 100, 0), 100);
    EXPECT_EQ(put(0, source, 100), 100);
    EXPECT_EQ(put(0, source, 5000), -STATUS_WOULD_BLOCK);
    EXPECT_EQ(get(1, target, 4000, 0), 4000);
    EXPECT_EQ(put(0, source, 5000), 4000); /* A large one is cut. */
    fixture_end();
}

TEST(stream_ends_after_what_is_queued)
{
    fixture_begin(0, 0);
    EXPECT_EQ(put(0, source, 10), 10);
    end_close(0);
    EXPECT_EQ(get(1, target, 4, 0), 4);
    EXPECT_EQ(get(1, target, 100, 0), 6);
    EXPECT_EQ(get(1, target, 100, 0), 0);
    EXPECT_EQ(put(1, source, 1), -STATUS_PEER_CLOSED);
    fixture_end();
}

TEST(stream_shutdown_is_one_direction)
{
    fixture_begin(0, 0);
    EXPECT_EQ(put(0, source, 3), 3);
    stream_shutdown(ends[0], STREAM_SHUT_WRITE);
    EXPECT_EQ(put(0, source, 1), -STATUS_PEER_CLOSED);
    EXPECT_EQ(put(1, source, 5), 5);
    EXPECT_EQ(get(0, target, 10, 0), 5);
    EXPECT_EQ(get(1, target, 10, 0), 3);
    EXPECT_EQ(get(1, target, 10, 0), 0);
    EXPECT_EQ(put(1, source, 5), 5);
    stream_shutdown(ends[0], STREAM_SHUT_READ); /* What is queued is dropped. */
    EXPECT_EQ(put(1, source, 5), -STATUS_PEER_CLOSED);
    EXPECT_EQ(get(0, target, 10, 0), 0);
    fixture_end();
}

static uint32_t end_signals(int i)
{
    return signal_read(ends[i]->object.ops->signals(&ends[i]->object));
}

/* Nobody pays for signals that nobody has asked for, and who asks late is not told less. */
TEST(stream_signals_are_right_from_the_first_question_on)
{
    fixture_begin(0, 8192);
    EXPECT_EQ(put(0, source, 8000), 8000);
    EXPECT(!ends[0]->pair->watched);
    EXPECT(ends[0]->object.ops->signals_asked(&ends[0]->object) == NULL);
    EXPECT_EQ(end_signals(0), 0);
    EXPECT(ends[0]->object.ops->signals_asked(&ends[0]->object) == &ends[0]->source);
    EXPECT_EQ(end_signals(1), SIGNAL_WRITABLE | SIGNAL_READABLE);
    EXPECT_EQ(get(1, target, 8000, 0), 8000);
    EXPECT_EQ(end_signals(0), SIGNAL_WRITABLE);
    EXPECT_EQ(end_signals(1), SIGNAL_WRITABLE);
    fixture_end();
}

/* A small transfer is copied under the lock where the memory is there, else in turns: whatever the mixture, the
 * bytes come in order. */
TEST(stream_small_transfers_are_exact_both_ways)
{
    fill_source();
    for (uint64_t seed = 1; seed <= 20; seed++) {
        fixture_begin(seed, 0);
        size_t in = 0, out = 0;
        memset(target, 0, BUFFER_SIZE);
        while (out < 30000) {
            size_t len = (size_t)sim_random(700);
            int64_t moved = in < 30000 ? put(0, source + in, len) : 0;
            in += moved > 0 ? (size_t)moved : 0;
            moved = get(1, target + out, (size_t)sim_random(900), 0);
            EXPECT(moved >= 0 || moved == -STATUS_WOULD_BLOCK);
            out += moved > 0 ? (size_t)moved : 0;
        }
        EXPECT_MEM(target, source, out);
        fixture_end();
    }
}

TEST(stream_signals_follow_its_state)
{
    fixture_begin(0, 8192);
    EXPECT_EQ(end_signals(0), SIGNAL_WRITABLE);
    EXPECT_EQ(put(0, source, 8000), 8000);
    EXPECT_EQ(end_signals(0), 0);
    EXPECT_EQ(end_signals(1), SIGNAL_WRITABLE | SIGNAL_READABLE);
    EXPECT_EQ(get(1, target, 100, 0), 100);
    EXPECT_EQ(end_signals(0), 0); /* Not for crumbs. */
    EXPECT_EQ(get(1, target, 4000, 0), 4000);
    EXPECT_EQ(end_signals(0), SIGNAL_WRITABLE);
    EXPECT_EQ(get(1, target, 8000, 0), 3900);
    EXPECT_EQ(end_signals(1), SIGNAL_WRITABLE);
    end_close(0);
    EXPECT_EQ(end_signals(1),
              SIGNAL_WRITABLE | SIGNAL_READABLE | SIGNAL_READ_CLOSED | SIGNAL_PEER_CLOSED);
    fixture_end();
}

/* A bad buffer must neither lose queued bytes nor leave a turn taken. */
TEST(stream_survives_bad_addresses)
{
    fixture_begin(0, 0);
    EXPECT_EQ(put(0, (void *)16, 10), -STATUS_BAD_ADDRESS);
    EXPECT_EQ(put(0, source, 200), 200);
    EXPECT_EQ(get(1, (void *)16, 10, 0), -STATUS_BAD_ADDRESS);
    double_user_fault(source + 4096, 4096); /* The second chunk's bytes are not there. */
    EXPECT_EQ(put(0, source, 3896), 3896);
    EXPECT_EQ(put(0, source, 8192), 4096);
    double_user_fault(NULL, 0);
    EXPECT_EQ(get(1, target, BUFFER_SIZE, 0), 200 + 3896 + 4096);
    fixture_end();
}

TEST(stream_creation_and_writing_survive_lack_of_memory)
{
    struct stream_params params = { .pool = NULL };
    fixture_begin(0, 0);
    struct stream *made[2];
    double_memory_fail_after(0);
    EXPECT_EQ(stream_create(&cell, &params, made), STATUS_NO_MEMORY);
    for (int64_t i = 0; i < 6; i++) {
        double_memory_fail_after(i);
        int64_t done = put(0, source, 3 * 4096);
        EXPECT_EQ(done, i / 2 == 0 ? -STATUS_NO_MEMORY : i / 2 * 4096);
        EXPECT_EQ(get(1, target, BUFFER_SIZE, 0), i / 2 == 0 ? -STATUS_WOULD_BLOCK : done);
        stream_shutdown(ends[0], 0);
        end_close(0);
        end_close(1);
        sim_reap();
        REQUIRE(stream_create(&cell, &params, ends) == STATUS_OK);
        for (int e = 0; e < 2; e++) {
            capabilities[e] = capability_of(&ends[e]->object, RIGHTS_STREAM, NULL);
            object_unref(&ends[e]->object);
        }
    }
    double_memory_fail_after(-1);
    cell.limit[CELL_SEGMENTS] = 2;
    EXPECT_EQ(put(0, source, 3 * 4096), 2 * 4096);
    EXPECT_EQ(put(0, source, 1), -STATUS_LIMIT);
    fixture_end();
}

/* ---- Interleavings ---- */

enum { WRITERS = 3, RECORDS = 25, RECORD_MAX = 700 };

/* A record is { writer, number, len (2 bytes), bytes that follow from them }. */
static size_t record_make(uint8_t *record, unsigned writer, unsigned number)
{
    size_t len = 4 + (writer * 131 + number * 257) % RECORD_MAX;
    record[0] = (uint8_t)writer;
    record[1] = (uint8_t)number;
    record[2] = (uint8_t)len;
    record[3] = (uint8_t)(len >> 8);
    for (size_t i = 4; i < len; i++)
        record[i] = (uint8_t)(writer + number * 3 + i * 7);
    return len;
}

static void record_writer(void *argument)
{
    uint8_t record[4 + RECORD_MAX];
    for (unsigned i = 0; i < RECORDS; i++) {
        size_t actual = 0, len = record_make(record, (unsigned)(uintptr_t)argument, i);
        struct user_in src = { { (uintptr_t)record }, len };
        EXPECT_EQ(stream_write(ends[0], src, 0, TIME_NEVER, &actual), STATUS_OK);
        EXPECT_EQ(actual, len);
    }
}

static uint8_t received[WRITERS * RECORDS * (4 + RECORD_MAX)];
static size_t received_len;

static void collector(void *argument)
{
    for (;;) {
        size_t actual = 0;
        struct user_out dst = { { (uintptr_t)(received + received_len) }, 1 + sim_random(900) };
        if (dst.len > sizeof received - received_len)
            dst.len = sizeof received - received_len;
        status_t status = stream_read(ends[1], dst, 0, TIME_NEVER, &actual);
        EXPECT_EQ(status, STATUS_OK);
        received_len += actual;
        if (actual == 0)
            return;
    }
}

static unsigned writers_left;

static void closing_writer(void *argument)
{
    record_writer(argument);
    if (--writers_left == 0)
        end_close(0);
}

/* Small writes of several threads are never mixed, each thread's are in order, none is lost. */
TEST(stream_writes_are_whole_under_every_interleaving)
{
    uint64_t schedules = unit_count("write_schedules", 60, 3000);
    for (uint64_t seed = 1; seed <= schedules; seed++) {
        uint8_t record[4 + RECORD_MAX];
        unsigned next[WRITERS] = { 0 };
        fixture_begin(seed, 8192);
        received_len = 0;
        writers_left = WRITERS;
        for (uintptr_t i = 0; i < WRITERS; i++)
            sim_thread(&process, closing_writer, (void *)i);
        sim_thread(&process, collector, NULL);
        EXPECT(sim_run());
        size_t at = 0;
        while (at < received_len) {
            unsigned writer = received[at];
            REQUIRE(writer < WRITERS);
            size_t len = record_make(record, writer, next[writer]++);
            REQUIRE(len <= received_len - at);
            EXPECT_MEM(received + at, record, len);
            at += len;
        }
        for (unsigned i = 0; i < WRITERS; i++)
            EXPECT_EQ(next[i], RECORDS);
        fixture_end();
    }
}

static size_t ordered_len;

static void ordered_reader(void *argument)
{
    const uint64_t *longest = argument;
    for (;;) {
        size_t actual = 0;
        struct user_out dst = { { (uintptr_t)target + ordered_len }, 1 + sim_random(*longest) };
        status_t status = stream_read(ends[1], dst, 0, clock_now() + 1 + sim_random(1000), &actual);
        if (status == STATUS_OK && actual == 0)
            return;
        ordered_len += status == STATUS_OK ? actual : 0;
        REQUIRE(ordered_len <= BUFFER_SIZE - *longest);
    }
}

static void ordered_writer(void *argument)
{
    const uint64_t *total = argument;
    for (size_t at = 0; at < *total;) {
        size_t actual = 0, len = 1 + sim_random(sim_random(2) ? 100 : 70000);
        struct user_in src = { { (uintptr_t)source + at }, len < *total - at ? len : *total - at };
        EXPECT_EQ(stream_write(ends[0], src, 0, TIME_NEVER, &actual), STATUS_OK);
        at += actual;
    }
    end_close(0);
}

/* Through the queue, into a sleeping reader's memory, or part this and part that way: in order, and all of it. */
TEST(stream_bytes_come_in_order_by_whichever_way_they_go)
{
    uint64_t schedules = unit_count("order_schedules", 100, 3000);
    fill_source();
    for (uint64_t seed = 1; seed <= schedules; seed++) {
        static uint64_t total = 200000, longest = 80000;
        fixture_begin(seed, 16384);
        memset(target, 0, BUFFER_SIZE);
        ordered_len = 0;
        sim_thread(&process, ordered_reader, &longest);
        sim_thread(&process, ordered_writer, &total);
        EXPECT(sim_run());
        EXPECT_EQ(ordered_len, total);
        EXPECT_MEM(target, source, total);
        fixture_end();
    }
}

static void one_reader(void *argument)
{
    size_t actual = 0;
    struct user_out dst = { { (uintptr_t)target }, 65536 };
    EXPECT_EQ(stream_read(ends[1], dst, 0, TIME_NEVER, &actual), STATUS_OK);
    *(size_t *)argument = actual;
}

/* With a reader that sleeps for them, bytes need no memory of the kernel's. */
TEST(stream_large_write_goes_to_a_sleeping_reader_without_a_chunk)
{
    static const size_t sizes[] = { 8191, 8192, 8193, 65535, 65536 };
    fill_source();
    double_user_present(true);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t got = 0;
        fixture_begin(0, 65536);
        struct stream *kept = ends[0];
        sim_thread(&process, one_reader, &got);
        EXPECT(!sim_run()); /* It sleeps. */
        double_memory_fail_after(0);
        int64_t expected = sizes[i] < 8192 ? -STATUS_NO_MEMORY : (int64_t)sizes[i];
        EXPECT_EQ(put(0, source, sizes[i]), expected);
        double_memory_fail_after(-1);
        if (expected < 0)
            EXPECT_EQ(put(0, source, sizes[i]), sizes[i]);
        EXPECT(sim_run());
        EXPECT_EQ(got, sizes[i]);
        EXPECT_MEM(target, source, sizes[i]);
        EXPECT_EQ(kept->pair->queues[0].bytes, 0);
        EXPECT_EQ(kept->pair->queues[0].bytes_in, sizes[i]);
        EXPECT_EQ(kept->pair->queues[0].bytes_out, sizes[i]);
        fixture_end();
    }
    double_user_present(false);
}

static uint64_t moved_in, moved_out;

static void storm_writer(void *argument)
{
    for (int i = 0; i < 20; i++) {
        size_t actual = 0;
        struct user_in src = { { (uintptr_t)source }, 1 + sim_random(20000) };
        status_t status = stream_write(ends[0], src, sim_random(2) ? STREAM_NO_WAIT : 0,
                                       clock_now() + sim_random(50), &actual);
        moved_in += status == STATUS_OK ? actual : 0;
        if (status == STATUS_PEER_CLOSED)
            return;
    }
}

static void storm_reader(void *argument)
{
    for (int i = 0; i < 20; i++) {
        size_t actual = 0;
        struct user_out dst = { { (uintptr_t)target + 100000 * (uintptr_t)argument },
                                1 + sim_random(20000) };
        status_t status = stream_read(ends[1], dst, sim_random(3) == 0 ? STREAM_NO_WAIT : 0,
                                      clock_now() + sim_random(50), &actual);
        moved_out += status == STATUS_OK ? actual : 0;
        if (status == STATUS_OK && actual == 0)
            return;
    }
}

static void storm_closer(void *argument)
{
    int which = (int)(intptr_t)argument;
    for (uint64_t i = sim_random(60); i > 0; i--)
        sim_point();
    if (which == 2)
        stream_shutdown(ends[1], STREAM_SHUT_READ);
    else
        end_close(which);
}

/* Ends that close, and readers that stop, in the middle of copies: nothing leaks or hangs, and no
 * byte comes out that did not go in. */
TEST(stream_survives_ends_that_go_at_any_moment)
{
    uint64_t schedules = unit_count("end_schedules", 200, 10000);
    for (uint64_t seed = 1; seed <= schedules; seed++) {
        fixture_begin(seed, 8192);
        struct stream *kept[2] = { ends[0], ends[1] };
        object_ref(&kept[0]->object);
        object_ref(&kept[1]->object);
        moved_in = moved_out = 0;
        for (uintptr_t i = 0; i < 2; i++) {
            sim_thread(&process, storm_writer, (void *)i);
            sim_thread(&process, storm_reader, (void *)i);
        }
        sim_thread(&process, storm_closer, (void *)(uintptr_t)(seed % 3));
        EXPECT(sim_run());
        EXPECT(moved_out <= moved_in);
        EXPECT(!ends[0]->pair->queues[0].write_turn && !ends[0]->pair->queues[0].read_turn);
        object_unref(&kept[0]->object);
        object_unref(&kept[1]->object);
        fixture_end();
    }
}

static status_t edge_status[3];

static void edge_reader(void *argument)
{
    size_t actual = 0;
    struct user_out dst = { { (uintptr_t)target }, 10 };
    edge_status[0] = stream_read(ends[1], dst, 0, clock_now() + 100, &actual);
    edge_status[1] = stream_read(ends[1], dst, 0, TIME_NEVER, &actual);
}

TEST(stream_read_keeps_its_deadline_and_can_be_cancelled)
{
    fixture_begin(0, 0);
    struct thread *thread = sim_thread(&process, edge_reader, NULL);
    EXPECT(!sim_run());
    EXPECT_EQ(edge_status[0], STATUS_TIMED_OUT);
    sim_cancel(thread);
    EXPECT(sim_run());
    EXPECT_EQ(edge_status[1], STATUS_CANCELLED);
    fixture_end();
}
