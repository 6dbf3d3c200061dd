/* Streams of records: bounds, addresses, peers, reports; local pairs and the transport's side; and any
 * number of senders and receivers at a time. */
#include "kernel/stream/stream_record.h"

#include "kernel/object/handle.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/stream/stream_net.h"
#include "kernel/stream/streams.h"
#include "lib/base/sum.h"
#include "tests/doubles/kernel_object.h"
#include "tests/doubles/kernel_sched.h"
#include "tests/doubles/kernel_slab.h"
#include "tests/doubles/kernel_user_copy.h"
#include "tests/doubles/kernel_vmo.h"
#include "tests/unit.h"

enum { CHUNKS = 64, OWN_CHUNKS = 16, LONGEST = 1472, LIMIT = 16384 };

static struct cell cell;
static struct process process;
static struct pool *pool;
static struct vmo *vmo;
static struct stream *ends[2];
static struct capability capabilities[2];
static uint64_t memory_before;
static uint8_t source[8192], target[8192];
static const struct socket_address alice = { .address = { 1 }, .port = 1000 };
static const struct socket_address bob = { .address = { 2 }, .port = 2000 };

static void fixture_begin(uint64_t seed, bool is_local)
{
    sim_begin(seed);
    streams_init();
    double_process_init(&process, &cell);
    memory_before = double_memory_in_use();
    REQUIRE(vmo_create_anon(CHUNKS * STREAM_CHUNK_SIZE, &cell, &vmo) == STATUS_OK);
    REQUIRE(pool_create(&cell, vmo, CHUNKS, OWN_CHUNKS, &pool) == STATUS_OK);
    struct stream_params params = {
        .pool = is_local ? NULL : pool,
        .limits = { LIMIT, LIMIT },
        .chunk_fill = STREAM_RECORD_HEADER + LONGEST,
        .records = true,
    };
    REQUIRE(stream_create(&cell, &params, ends) == STATUS_OK);
    for (int i = 0; i < 2; i++) {
        capabilities[i] = capability_of(&ends[i]->object, RIGHTS_STREAM, NULL);
        object_unref(&ends[i]->object);
    }
    for (size_t i = 0; i < sizeof source; i++)
        source[i] = (uint8_t)unit_random();
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
    EXPECT_EQ(pool->held_count, 0);
    object_unref(&pool->object);
    sim_reap();
    object_unref(&vmo->object);
    sim_reap();
    EXPECT_EQ(double_memory_in_use(), memory_before);
    EXPECT_EQ(cell.used[CELL_MEMORY], 0);
    EXPECT_EQ(cell.used[CELL_SEGMENTS], 0);
    double_process_end(&process);
}

static status_t put(int end, const void *bytes, size_t len, const struct socket_address *to)
{
    size_t half = len / 2, actual = 0;
    const uint8_t *second = (const uint8_t *)bytes + half;
    struct user_in pieces[] = { { { (uintptr_t)bytes }, half },
                                { { (uintptr_t)second }, len - half } };
    status_t status = stream_send(ends[end], pieces, 2, to, STREAM_NO_WAIT, TIME_NEVER, &actual);
    if (status == STATUS_OK)
        EXPECT_EQ(actual, len);
    return status;
}

/* A record's whole length, or minus the status. */
static int64_t get(int end, size_t room, struct socket_address *from, uint32_t flags)
{
    size_t actual = 0, record_len = 0;
    size_t third = room / 3;
    struct user_out pieces[] = { { { (uintptr_t)target }, third },
                                 { { (uintptr_t)target + third }, room - third } };
    struct user_out out_from = { { (uintptr_t)from }, from == NULL ? 0 : sizeof *from };
    memset(target, 0xee, sizeof target);
    status_t status = stream_receive(ends[end], pieces, 2, out_from, flags | STREAM_NO_WAIT,
                                     TIME_NEVER, &actual, &record_len);
    if (status != STATUS_OK)
        return -(int64_t)status;
    EXPECT_EQ(actual, record_len < room ? record_len : room);
    EXPECT_EQ(target[actual], 0xee);
    return (int64_t)record_len;
}

TEST(record_bounds_are_kept)
{
    static const size_t sizes[] = { 0, 1, 2, 1471, 1472, STREAM_RECORD_LOCAL_MAX };
    fixture_begin(0, true);
    for (size_t i = 0; i < 6; i++)
        EXPECT_EQ(put(0, source, sizes[i], NULL), STATUS_OK);
    EXPECT_EQ(put(0, source, STREAM_RECORD_LOCAL_MAX + 1, NULL), STATUS_TOO_BIG);
    for (size_t i = 0; i < 6; i++) {
        EXPECT_EQ(get(1, sizeof target - 1, NULL, STREAM_PEEK), sizes[i]);
        EXPECT_EQ(get(1, sizeof target - 1, NULL, 0), sizes[i]);
        EXPECT_MEM(target, source, sizes[i]);
    }
    EXPECT_EQ(get(1, 1, NULL, 0), -STATUS_WOULD_BLOCK);
    /* What does not fit is dropped, with its record alone. */
    EXPECT_EQ(put(0, source, 100, NULL), STATUS_OK);
    EXPECT_EQ(put(0, source, 7, NULL), STATUS_OK);
    EXPECT_EQ(get(1, 10, NULL, 0), 100);
    EXPECT_EQ(get(1, 0, NULL, 0), 7);
    end_close(0);
    EXPECT_EQ(get(1, 10, NULL, 0), 0);
    fixture_end();
}

/* A full queue takes no part of a record, and room for one wakes a sender. */
TEST(record_queue_is_bounded)
{
    fixture_begin(0, false);
    unsigned count = 0;
    while (put(0, source, 1000, &alice) == STATUS_OK)
        count++;
    EXPECT_EQ(count, LIMIT / (1000 + STREAM_RECORD_HEADER));
    EXPECT_EQ(put(0, source, 1000, &alice), STATUS_WOULD_BLOCK);
    EXPECT_EQ(ends[0]->pair->queues[0].bytes, count * (1000 + STREAM_RECORD_HEADER));
    fixture_end();
}

TEST(record_faults_leave_things_as_they_were)
{
    struct socket_address from;
    fixture_begin(0, true);
    double_user_fault(source, sizeof source);
    EXPECT_EQ(put(0, source, 5, NULL), STATUS_BAD_ADDRESS);
    double_user_fault(NULL, 0);
    EXPECT_EQ(put(0, source, 5, &alice), STATUS_OK);
    double_user_fault(target, sizeof target);
    EXPECT_EQ(get(1, 5, NULL, 0), -STATUS_BAD_ADDRESS);
    double_user_fault(&from, sizeof from);
    EXPECT_EQ(get(1, 5, &from, 0), -STATUS_BAD_ADDRESS);
    double_user_fault(NULL, 0);
    EXPECT_EQ(get(1, 5, &from, 0), 5);
    EXPECT_MEM(&from, &alice, sizeof from);
    for (int i = 0; i < 3; i++) {
        double_memory_fail_after(i);
        status_t status = put(0, source, 5, &alice);
        double_memory_fail_after(-1);
        EXPECT_EQ(status, status == STATUS_OK ? STATUS_OK : STATUS_NO_MEMORY);
    }
    fixture_end();
}

static struct stream_slice shown[8];

static uint8_t *pool_at(uint32_t offset)
{
    return pool->pages[offset / 4096] + offset % 4096;
}

TEST(record_is_one_slice_for_the_transport)
{
    fixture_begin(0, false);
    EXPECT_EQ(put(0, source, 333, &alice), STATUS_OK);
    EXPECT_EQ(put(0, source, 0, &bob), STATUS_OK);
    EXPECT_EQ(put(0, source, LONGEST + 1, &alice), STATUS_TOO_BIG);
    REQUIRE(stream_net_peek(ends[1], shown, 8) == 2);
    EXPECT_EQ(shown[0].len, STREAM_RECORD_HEADER + 333);
    EXPECT_EQ(shown[1].len, STREAM_RECORD_HEADER);
    const uint8_t *record = pool_at(shown[0].offset);
    EXPECT_MEM(record, &alice, sizeof alice);
    EXPECT_MEM(record + STREAM_RECORD_HEADER, source, 333);
    EXPECT_EQ(shown[0].sum % 0xffff, sum_copy(target, record, shown[0].len) % 0xffff);
    EXPECT_EQ(stream_net_consume(ends[1], shown[0].len + shown[1].len), STATUS_OK);
    EXPECT_EQ(pool->held_count, 0);
    fixture_end();
}

static status_t push(const struct socket_address *from, uint32_t len)
{
    uint32_t chunk = 0;
    REQUIRE(pool_take(pool, &chunk) == STATUS_OK);
    uint32_t offset = chunk * STREAM_CHUNK_SIZE + 18;
    memcpy(pool_at(offset), from, sizeof *from);
    memcpy(pool_at(offset) + sizeof *from, source, len);
    status_t status = stream_net_push(ends[1], offset, STREAM_RECORD_HEADER + len);
    if (status != STATUS_OK)
        (void)pool_give(pool, chunk);
    return status;
}

/* Small ones are not put together, and somebody else's than the peer's never arrive. */
TEST(record_that_is_received)
{
    struct socket_address from;
    fixture_begin(0, false);
    EXPECT_EQ(push(&alice, 3), STATUS_OK);
    EXPECT_EQ(push(&bob, 0), STATUS_OK);
    EXPECT_EQ(get(0, 100, &from, 0), 3);
    EXPECT_EQ(from.port, alice.port);
    EXPECT_EQ(get(0, 100, &from, 0), 0);
    EXPECT_EQ(from.port, bob.port);
    EXPECT_EQ(stream_connect(ends[0], &bob), STATUS_OK);
    EXPECT_EQ(push(&alice, 3), STATUS_OK);
    EXPECT_EQ(get(0, 100, &from, 0), -STATUS_WOULD_BLOCK);
    EXPECT_EQ(pool->held_count, 0);
    EXPECT_EQ(push(&bob, 4), STATUS_OK);
    EXPECT_EQ(get(0, 100, NULL, 0), 4);
    uint32_t chunk = 0;
    REQUIRE(pool_take(pool, &chunk) == STATUS_OK);
    EXPECT_EQ(stream_net_push(ends[1], chunk * STREAM_CHUNK_SIZE, STREAM_RECORD_HEADER - 1),
              STATUS_INVALID);
    EXPECT_EQ(pool_give(pool, chunk), STATUS_OK);
    fixture_end();
}

TEST(record_without_an_address_is_the_peers)
{
    fixture_begin(0, false);
    EXPECT_EQ(put(0, source, 1, NULL), STATUS_NOT_CONNECTED);
    EXPECT_EQ(stream_connect(ends[0], &alice), STATUS_OK);
    EXPECT_EQ(put(0, source, 1, NULL), STATUS_OK);
    EXPECT_EQ(put(0, source, 1, &bob), STATUS_OK);
    REQUIRE(stream_net_peek(ends[1], shown, 8) == 2);
    EXPECT_MEM(pool_at(shown[0].offset), &alice, sizeof alice);
    EXPECT_MEM(pool_at(shown[1].offset), &bob, sizeof bob);
    EXPECT_EQ(stream_connect(ends[0], NULL), STATUS_OK);
    EXPECT_EQ(put(0, source, 1, NULL), STATUS_NOT_CONNECTED);
    fixture_end();
    fixture_begin(0, true);
    EXPECT_EQ(stream_connect(ends[0], &alice), STATUS_BAD_STATE);
    fixture_end();
}

/* A report is answered once, by whatever call comes first, and after what has arrived. */
TEST(record_reports_are_told_once)
{
    fixture_begin(0, false);
    stream_net_report(ends[1], STATUS_REFUSED, true);
    EXPECT_EQ(signal_read(&ends[0]->source) & SIGNAL_ERROR, 0); /* About a peer: there is none. */
    EXPECT_EQ(stream_connect(ends[0], &alice), STATUS_OK);
    stream_net_report(ends[1], STATUS_REFUSED, true);
    stream_net_report(ends[1], STATUS_UNREACHABLE, true);
    EXPECT_EQ(signal_read(&ends[0]->source) & SIGNAL_ERROR, SIGNAL_ERROR);
    EXPECT_EQ(push(&alice, 2), STATUS_OK);
    EXPECT_EQ(get(0, 10, NULL, 0), 2);
    EXPECT_EQ(get(0, 10, NULL, 0), -STATUS_REFUSED);
    EXPECT_EQ(signal_read(&ends[0]->source) & SIGNAL_ERROR, 0);
    EXPECT_EQ(get(0, 10, NULL, 0), -STATUS_WOULD_BLOCK);
    stream_net_report(ends[1], STATUS_NO_RIGHT, false);
    EXPECT_EQ(put(0, source, 1, NULL), STATUS_NO_RIGHT);
    EXPECT_EQ(put(0, source, 1, NULL), STATUS_OK);
    end_close(1); /* The transport dies: that is told for ever. */
    EXPECT_EQ(put(0, source, 1, NULL), STATUS_RESET);
    EXPECT_EQ(get(0, 10, NULL, 0), -STATUS_RESET);
    EXPECT_EQ(get(0, 10, NULL, 0), -STATUS_RESET);
    fixture_end();
}

enum { SENDERS = 3, RECEIVERS = 2, EACH = 12 };

static unsigned seen[SENDERS][EACH], received;

/* The first two bytes say whose and which record it is; its length follows from them. */
static size_t length_of(unsigned sender, unsigned number)
{
    return 2 + (sender * 1000 + number * 331) % 4000;
}

static void sender_body(void *argument)
{
    unsigned sender = (unsigned)(uintptr_t)argument;
    uint8_t record[4096] = { (uint8_t)sender };
    for (unsigned i = 0; i < EACH; i++) {
        record[1] = (uint8_t)i;
        struct user_in src = { { (uintptr_t)record }, length_of(sender, i) };
        size_t actual = 0;
        EXPECT_EQ(stream_send(ends[0], &src, 1, NULL, 0, TIME_NEVER, &actual), STATUS_OK);
    }
}

static void receiver_body(void *argument)
{
    uint8_t record[4096];
    struct user_out dst = { { (uintptr_t)record }, sizeof record }, none = { { 0 }, 0 };
    for (;;) {
        size_t actual = 0, len = 0;
        status_t status = stream_receive(ends[1], &dst, 1, none, 0, TIME_NEVER, &actual, &len);
        EXPECT_EQ(status, STATUS_OK);
        if (status != STATUS_OK || len == 0)
            return;
        REQUIRE(record[0] < SENDERS && record[1] < EACH);
        EXPECT_EQ(len, length_of(record[0], record[1]));
        seen[record[0]][record[1]]++;
        if (++received == SENDERS * EACH)
            stream_shutdown(ends[0], STREAM_SHUT_WRITE);
    }
}

TEST(records_are_whole_under_every_interleaving)
{
    uint64_t schedules = unit_count("record_schedules", 60, 3000);
    for (uint64_t seed = 1; seed <= schedules; seed++) {
        memset(seen, 0, sizeof seen);
        received = 0;
        fixture_begin(seed, true);
        for (uintptr_t i = 0; i < SENDERS; i++)
            sim_thread(&process, sender_body, (void *)i);
        for (uintptr_t i = 0; i < RECEIVERS; i++)
            sim_thread(&process, receiver_body, (void *)i);
        EXPECT(sim_run());
        for (unsigned i = 0; i < SENDERS * EACH; i++)
            EXPECT_EQ(seen[i / EACH][i % EACH], 1);
        fixture_end();
    }
}
