/* Recordings: what is written is read back, and whatever does not fit together is refused. */
#include "lib/trace/recording.h"

#include "tests/unit.h"

enum { PROCESSES = 2, RECORDS = 3 };
enum {
    WHOLE =
        RECORDING_HEADER_SIZE + PROCESSES * RECORDING_PROCESS_SIZE + RECORDS * RECORDING_RECORD_SIZE
};

static const struct recording_header header = {
    .ticks_hz = 62500000,
    .begin_ticks = 1000,
    .end_ticks = 5000,
    .lost = 7,
    .cpu_count = 2,
    .process_count = PROCESSES,
    .record_count = RECORDS,
    .flags = RECORDING_IS_FULL,
};

static void make(uint8_t bytes[WHOLE], const struct recording_header *with)
{
    struct writer writer = writer_of(bytes, WHOLE);
    recording_header_write(&writer, with);
    for (uint64_t i = 0; i < PROCESSES; i++) {
        struct recording_process process = { .id = 40 + i, .name = "httpd", .cell = "www" };
        recording_process_write(&writer, &process);
    }
    for (uint64_t i = 0; i < RECORDS; i++) {
        struct trace_record record = { .ticks = 2000 + i, .kind = TRACE_IRQ, .cpu = 1, .a = i };
        writer_bytes(&writer, &record, sizeof record);
    }
    EXPECT(!writer.overrun && writer.at == WHOLE);
}

TEST(recording_is_read_as_it_was_written)
{
    uint8_t bytes[WHOLE];
    struct recording recording;
    make(bytes, &header);
    REQUIRE(recording_open(bytes, sizeof bytes, &recording) == STATUS_OK);
    EXPECT_EQ(memcmp(&recording.header, &header, sizeof header), 0);
    struct recording_process process = recording_process_at(&recording, 1);
    EXPECT_EQ(process.id, 41);
    EXPECT_STR(process.name, "httpd");
    EXPECT_STR(process.cell, "www");
    struct trace_record record = recording_record_at(&recording, 2);
    EXPECT_EQ(record.ticks, 2002);
    EXPECT_EQ(record.kind, TRACE_IRQ);
    EXPECT_EQ(record.cpu, 1);
    EXPECT_EQ(record.a, 2);
}

/* One byte less or more than the counts say: what was cut on its way is not taken for whole. */
TEST(recording_of_another_length_is_corrupt)
{
    uint8_t bytes[WHOLE + 1] = { 0 };
    struct recording recording;
    make(bytes, &header);
    EXPECT_EQ(recording_open(bytes, WHOLE - 1, &recording), STATUS_CORRUPT);
    EXPECT_EQ(recording_open(bytes, WHOLE + 1, &recording), STATUS_CORRUPT);
    EXPECT_EQ(recording_open(bytes, RECORDING_HEADER_SIZE - 1, &recording), STATUS_INVALID);
    EXPECT_EQ(recording_open(bytes, 0, &recording), STATUS_INVALID);
}

TEST(recording_with_an_impossible_header_is_corrupt)
{
    struct recording_header bad[6];
    for (int i = 0; i < 6; i++)
        bad[i] = header;
    bad[0].ticks_hz = 0; /* Times are divided by it. */
    bad[1].end_ticks = 999;
    bad[2].cpu_count = 0;
    bad[3].cpu_count = RECORDING_CPUS_MAX + 1;
    bad[4].process_count = RECORDING_PROCESSES_MAX + 1;
    bad[5].record_count = UINT32_MAX;
    for (int i = 0; i < 6; i++) {
        uint8_t bytes[WHOLE];
        struct recording recording;
        make(bytes, &bad[i]);
        EXPECT_EQ(recording_open(bytes, sizeof bytes, &recording), STATUS_CORRUPT);
    }
}

/* A name that fills its field has no end of its own. */
TEST(recording_names_always_end)
{
    uint8_t bytes[WHOLE];
    struct recording recording;
    make(bytes, &header);
    memset(bytes + RECORDING_HEADER_SIZE + 8, 'x', 2 * RECORDING_NAME_SIZE);
    REQUIRE(recording_open(bytes, sizeof bytes, &recording) == STATUS_OK);
    EXPECT_EQ(strlen(recording_process_at(&recording, 0).name), RECORDING_NAME_SIZE - 1);
    EXPECT_EQ(strlen(recording_process_at(&recording, 0).cell), RECORDING_NAME_SIZE - 1);
}

TEST(recording_requests_survive_the_way_there)
{
    const struct recording_request asked = { .mask = TRACE_BIT(TRACE_KINDS) - 1,
                                             .duration_ms = 1500,
                                             .records_max = 9 };
    struct recording_request got;
    uint8_t bytes[RECORDING_REQUEST_SIZE];
    recording_request_write(bytes, &asked);
    REQUIRE(recording_request_read(bytes, &got) == STATUS_OK);
    EXPECT_EQ(got.mask, asked.mask);
    EXPECT_EQ(got.duration_ms, 1500);
    EXPECT_EQ(got.records_max, 9);
}

TEST(recording_requests_of_unknown_kinds_or_forms_are_invalid)
{
    struct recording_request request = { .mask = TRACE_BIT(TRACE_KINDS) }, got;
    uint8_t bytes[RECORDING_REQUEST_SIZE];
    recording_request_write(bytes, &request);
    EXPECT_EQ(recording_request_read(bytes, &got), STATUS_INVALID);
    request.mask = TRACE_BIT(TRACE_IRQ);
    recording_request_write(bytes, &request);
    bytes[0] ^= 1;
    EXPECT_EQ(recording_request_read(bytes, &got), STATUS_INVALID);
}
