/* Timelines: what spans come of records, whole ones and those of a recording that begins in the midst of things or lost
 * some. Every test also checks what holds for all: order of time, nesting, and an end for each begin. */
#include "tools/trace/timeline.h"

#include "tests/unit.h"

enum { RECORDS_MAX = 4096, LOG_MAX = 65536, CPUS = 2, TRACKS_MAX = 64, DEPTH_MAX = 8 };

/* A track of the invariants: what is open on it. */
struct watched {
    bool is_used;
    bool is_cpu;
    uint32_t id;
    uint32_t depth;
    enum timeline_what open[DEPTH_MAX];
};

static struct watch {
    struct timeline_event log[LOG_MAX];
    uint32_t count;
    uint64_t last_ticks;
    struct watched tracks[TRACKS_MAX];
    uint32_t requests_open;
} watch;

static uint8_t bytes[RECORDING_HEADER_SIZE + RECORDS_MAX * RECORDING_RECORD_SIZE];
static struct trace_record records[RECORDS_MAX];
static uint32_t record_count;

static void add(uint64_t ticks, uint16_t cpu, uint32_t thread, uint16_t kind, uint64_t a,
                uint64_t b)
{
    REQUIRE(record_count < RECORDS_MAX);
    records[record_count++] = (struct trace_record){
        .ticks = ticks, .kind = kind, .cpu = cpu, .thread = thread, .a = a, .b = b
    };
}

static struct watched *watched_of(bool is_cpu, uint32_t id)
{
    for (uint32_t i = 0; i < TRACKS_MAX; i++) {
        struct watched *track = &watch.tracks[i];
        if (!track->is_used)
            *track = (struct watched){ .is_used = true, .is_cpu = is_cpu, .id = id };
        if (track->is_cpu == is_cpu && track->id == id)
            return track;
    }
    REQUIRE(!"too many tracks for the test");
    return NULL;
}

static void watch_take(void *context, const struct timeline_event *event)
{
    bool is_cpu = event->what == TIMELINE_RUN || event->what == TIMELINE_INTERRUPT;
    EXPECT(event->ticks >= watch.last_ticks);
    watch.last_ticks = event->ticks;
    if (watch.count < LOG_MAX)
        watch.log[watch.count++] = *event;
    if (event->what == TIMELINE_BLOCK) {
        EXPECT(event->phase == TIMELINE_BEGIN || watch.requests_open > 0);
        watch.requests_open += event->phase == TIMELINE_BEGIN ? 1u : -1u;
        return;
    }
    struct watched *track = watched_of(is_cpu, is_cpu ? event->cpu : event->thread);
    if (event->phase == TIMELINE_BEGIN) {
        REQUIRE(track->depth < DEPTH_MAX);
        track->open[track->depth++] = event->what;
    } else if (event->phase == TIMELINE_END) {
        REQUIRE(track->depth > 0);
        EXPECT_EQ(track->open[--track->depth], event->what);
        EXPECT(event->off_ticks <= event->span_ticks);
    }
}

static status_t play(struct timeline_counts *out_counts)
{
    struct recording recording;
    struct writer writer = writer_of(bytes, sizeof bytes);
    struct recording_header header = {
        .ticks_hz = 1000000,
        .begin_ticks = 100,
        .end_ticks = 10000,
        .cpu_count = CPUS,
        .record_count = record_count,
    };
    memset(&watch, 0, sizeof watch);
    recording_header_write(&writer, &header);
    writer_bytes(&writer, records, record_count * sizeof records[0]);
    record_count = 0;
    REQUIRE(recording_open(bytes, writer.at, &recording) == STATUS_OK);
    status_t status = timeline_run(&recording, watch_take, NULL, out_counts);
    for (uint32_t i = 0; i < TRACKS_MAX && status == STATUS_OK; i++)
        EXPECT_EQ(watch.tracks[i].depth, 0);
    EXPECT_EQ(watch.requests_open, 0);
    return status;
}

/* The first end of something, or a failure. */
static const struct timeline_event *end_of(enum timeline_what what)
{
    for (uint32_t i = 0; i < watch.count; i++)
        if (watch.log[i].what == what && watch.log[i].phase == TIMELINE_END)
            return &watch.log[i];
    REQUIRE(!"no such end");
    return NULL;
}

TEST(timeline_tells_a_call_with_what_it_waited)
{
    struct timeline_counts counts;
    add(200, 0, 7, TRACE_SYSCALL_ENTER, 20, 0);
    add(210, 0, 7, TRACE_SWITCH, 8, 3);
    add(250, 0, 8, TRACE_SWITCH, 7, 2);
    add(260, 0, 7, TRACE_SYSCALL_EXIT, 20, 5);
    REQUIRE(play(&counts) == STATUS_OK);
    const struct timeline_event *call = end_of(TIMELINE_CALL);
    EXPECT_EQ(call->span_ticks, 60);
    EXPECT_EQ(call->off_ticks, 40);
    EXPECT_EQ(call->b, 5);
    EXPECT_EQ(call->process, 2); /* Learnt from a later switch. */
    EXPECT(!call->is_cut);
    EXPECT_EQ(counts.cut, 0);
    EXPECT_EQ(counts.unmatched, 0);
}

TEST(timeline_nests_a_fault_in_a_call)
{
    struct timeline_counts counts;
    add(200, 0, 7, TRACE_SYSCALL_ENTER, 20, 0);
    add(205, 0, 7, TRACE_FAULT, 0x1000, 2);
    add(215, 0, 7, TRACE_FAULT_EXIT, 0x1000, 0);
    add(220, 0, 7, TRACE_SYSCALL_EXIT, 20, 0);
    add(230, 0, 7, TRACE_FAULT, 0x2000, 2);
    add(231, 0, 7, TRACE_FAULT_EXIT, 0x2000, 0);
    REQUIRE(play(&counts) == STATUS_OK);
    EXPECT(end_of(TIMELINE_FAULT)->is_nested);
    EXPECT_EQ(end_of(TIMELINE_FAULT)->span_ticks, 10);
    EXPECT_EQ(end_of(TIMELINE_CALL)->span_ticks, 20);
}

/* A recording begins in the midst of things: the first ends have no begin and are counted, not told. */
TEST(timeline_counts_ends_without_a_begin)
{
    struct timeline_counts counts;
    add(200, 0, 7, TRACE_SYSCALL_EXIT, 20, 0);
    add(210, 0, 7, TRACE_FAULT_EXIT, 0x1000, 0);
    add(220, 0, 7, TRACE_BLOCK_EXIT, 5, 0);
    REQUIRE(play(&counts) == STATUS_OK);
    EXPECT_EQ(counts.unmatched, 3);
}

/* And ends so: what is open is ended with the recording. */
TEST(timeline_ends_what_is_open)
{
    struct timeline_counts counts;
    add(200, 0, 7, TRACE_SYSCALL_ENTER, 20, 0);
    add(210, 0, 7, TRACE_BLOCK, 5, 512);
    add(220, 0, 7, TRACE_IRQ, 33, 0);
    REQUIRE(play(&counts) == STATUS_OK);
    EXPECT(end_of(TIMELINE_CALL)->is_cut);
    EXPECT_EQ(end_of(TIMELINE_CALL)->ticks, 10000);
    EXPECT_EQ(end_of(TIMELINE_RUN)->ticks, 10000);
    EXPECT_EQ(counts.cut, 1);
}

/* A thread that ended did not go on until the end of the recording. */
TEST(timeline_ends_a_call_with_its_thread)
{
    struct timeline_counts counts;
    add(200, 0, 7, TRACE_SYSCALL_ENTER, 3, 0);
    add(210, 0, 7, TRACE_THREAD_END, 0, 0);
    add(211, 0, 7, TRACE_SWITCH, 1, TRACE_IDLE);
    REQUIRE(play(&counts) == STATUS_OK);
    EXPECT_EQ(end_of(TIMELINE_CALL)->span_ticks, 10);
    EXPECT_EQ(counts.cut, 0);
}

/* What was lost may have been anything: a call is not told to be as long as the gap. */
TEST(timeline_ends_everything_of_a_cpu_that_lost_records)
{
    struct timeline_counts counts;
    add(200, 0, 7, TRACE_SYSCALL_ENTER, 20, 0);
    add(300, 0, 0, RECORDING_LOST, 55, 0);
    add(310, 0, 7, TRACE_SYSCALL_EXIT, 20, 0);
    add(320, 0, 7, TRACE_SYSCALL_ENTER, 21, 0);
    add(321, 0, 7, TRACE_SYSCALL_EXIT, 21, 0);
    REQUIRE(play(&counts) == STATUS_OK);
    EXPECT_EQ(end_of(TIMELINE_CALL)->span_ticks, 100);
    EXPECT(end_of(TIMELINE_CALL)->is_cut);
    EXPECT_EQ(counts.lost, 55);
    EXPECT_EQ(counts.unmatched, 1);
}

/* A thread that moves to another CPU within a call: one span, although its ends are on two. */
TEST(timeline_follows_a_thread_to_another_cpu)
{
    struct timeline_counts counts;
    add(200, 0, 7, TRACE_SYSCALL_ENTER, 20, 0);
    add(210, 0, 7, TRACE_SWITCH, 1, TRACE_IDLE);
    add(230, 1, 2, TRACE_SWITCH, 7, 4);
    add(240, 1, 7, TRACE_SYSCALL_EXIT, 20, 0);
    REQUIRE(play(&counts) == STATUS_OK);
    EXPECT_EQ(end_of(TIMELINE_CALL)->span_ticks, 40);
    EXPECT_EQ(end_of(TIMELINE_CALL)->off_ticks, 20);
    EXPECT_EQ(end_of(TIMELINE_CALL)->cpu, 1);
}

TEST(timeline_refuses_records_that_cannot_be)
{
    struct timeline_counts counts;
    add(200, CPUS, 7, TRACE_IRQ, 1, 0);
    EXPECT_EQ(play(&counts), STATUS_INVALID);
    add(200, 0, 7, TRACE_KINDS, 1, 0);
    EXPECT_EQ(play(&counts), STATUS_INVALID);
}

/* Any records at all, in any order: the invariants hold. */
TEST(timeline_of_nonsense_is_nested_and_ends)
{
    uint64_t rounds = unit_count("timeline_rounds", 50, 2000);
    for (uint64_t round = 0; round < rounds; round++) {
        struct timeline_counts counts;
        uint32_t count = (uint32_t)(unit_random() % 400);
        for (uint32_t i = 0; i < count; i++) {
            uint16_t kind = (uint16_t)(unit_random() % (TRACE_KINDS + 1));
            add(unit_random() % 11000, (uint16_t)(unit_random() % CPUS),
                (uint32_t)(unit_random() % 6),
                kind == TRACE_KINDS ? (uint16_t)RECORDING_LOST : kind, unit_random() % 6,
                unit_random() % 3);
        }
        REQUIRE(play(&counts) == STATUS_OK);
    }
}
