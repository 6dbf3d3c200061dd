#include "lib/elf/elf.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/bytes.h"
#include "tests/unit.h"

enum { FILE_BYTES = 0x3000 };

enum { YES = STATUS_OK, NO = STATUS_NOT_EXECUTABLE }; /* What a case shall give. */

static const struct elf_range user = { 0x10000, 0x1000000000000 };

struct header_fields {
    uint32_t type, flags;
    uint64_t offset, address, file_bytes, memory_bytes, align_bytes;
};

/* A program of code, data, thread-local data and a stack wish. */
static const struct header_fields honest[] = {
    { 1, 5, 0x0000, 0x400000, 0x1800, 0x1800, 0x1000 },
    { 1, 6, 0x1800, 0x402800, 0x400, 0x2000, 0x1000 },
    { 7, 4, 0x1100, 0x401100, 0x10, 0x50, 0x10 },
    { 0x6474e551, 6, 0, 0, 0, 0x20000, 0 },
};
enum { HONEST = sizeof honest / sizeof honest[0] };

static uint8_t file[FILE_BYTES];

static void put_file(uint16_t type, const struct header_fields *headers, uint16_t count)
{
    memset(file, 0, sizeof file);
    struct writer writer = writer_of(file, sizeof file);
    writer_bytes(&writer, "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0", 16);
    writer_le16(&writer, type);
    writer_le16(&writer, 183);
    writer_le32(&writer, 1);
    writer_le64(&writer, type == 3 ? 0x1000 : 0x401000);
    writer_le64(&writer, 64);
    writer_le64(&writer, 0);
    writer_le32(&writer, 0);
    const uint16_t sizes[] = { 64, 56, count, 0, 0, 0 };
    for (int i = 0; i < 6; i++)
        writer_le16(&writer, sizes[i]);
    for (uint16_t i = 0; i < count; i++) {
        writer_le32(&writer, headers[i].type);
        writer_le32(&writer, headers[i].flags);
        writer_le64(&writer, headers[i].offset);
        writer_le64(&writer, headers[i].address);
        writer_le64(&writer, headers[i].address);
        writer_le64(&writer, headers[i].file_bytes);
        writer_le64(&writer, headers[i].memory_bytes);
        writer_le64(&writer, headers[i].align_bytes);
    }
    REQUIRE(!writer.overrun);
}

static status_t read_file(struct elf_plan *out_plan)
{
    return elf_read(const_span_of(file, 4096), FILE_BYTES, user, out_plan);
}

TEST(elf_plans_segments_tls_and_stack)
{
    put_file(2, honest, HONEST);
    struct elf_plan plan;
    REQUIRE(read_file(&plan) == STATUS_OK);
    EXPECT(!plan.position_independent);
    EXPECT_EQ(plan.entry, 0x401000);
    EXPECT_EQ(plan.segment_count, 2);
    EXPECT_EQ(plan.low, 0x400000);
    EXPECT_EQ(plan.high, 0x405000);
    EXPECT_EQ(plan.segments[0].access, ELF_READ | ELF_EXECUTE);
    EXPECT_EQ(plan.segments[1].access, ELF_READ | ELF_WRITE);
    EXPECT_EQ(plan.segments[1].memory_bytes, 0x2000);
    EXPECT_EQ(plan.headers_address, 0x400040);
    EXPECT_EQ(plan.header_count, HONEST);
    EXPECT_EQ(plan.tls.memory_bytes, 0x50);
    EXPECT_EQ(plan.tls.align_bytes, 16);
    EXPECT_EQ(plan.stack_bytes, 0x20000);
}

/* One field of an honest program changed must be enough. Where it stays legal, the plan is made. */
TEST(elf_refuses_each_broken_field_of_a_program_header)
{
    static const struct {
        const char *what;
        int header;
        struct header_fields fields;
        status_t status;
    } cases[] = {
        { "writable code", 0, { 1, 7, 0, 0x400000, 0x1800, 0x1800, 0x1000 }, NO },
        { "no access", 0, { 1, 0, 0, 0x400000, 0x1800, 0x1800, 0x1000 }, NO },
        { "unknown access", 0, { 1, 13, 0, 0x400000, 0x1800, 0x1800, 0x1000 }, NO },
        { "entry not in code", 0, { 1, 4, 0, 0x400000, 0x1800, 0x1800, 0x1000 }, NO },
        { "entry in zeros", 0, { 1, 5, 0, 0x400000, 0x1000, 0x1800, 0x1000 }, NO },
        { "file over memory", 0, { 1, 5, 0, 0x400000, 0x1801, 0x1800, 0x1000 }, NO },
        { "past the file", 1, { 1, 6, 0x1800, 0x402800, 0x1801, 0x2000, 0x1000 }, NO },
        { "to the file's end", 1, { 1, 6, 0x1800, 0x402800, 0x1800, 0x2000, 0x1000 }, YES },
        { "offset wraps", 1, { 1, 6, -0x800ull, 0x402800, 0x1800, 0x2000, 0x1000 }, NO },
        { "below user", 0, { 1, 5, 0, 0xf000, 0x1800, 0x1800, 0x1000 }, NO },
        { "above user", 1, { 1, 6, 0x1800, 0xfffffffff800, 0x400, 0x801, 0x1000 }, NO },
        { "to the end of user", 1, { 1, 6, 0x1800, 0xfffffffff800, 0x400, 0x800, 0x1000 }, YES },
        { "address wraps", 1, { 1, 6, 0x1800, -0x800ull, 0x400, 0x2000, 0x1000 }, NO },
        { "memory wraps", 1, { 1, 6, 0x1800, 0x402800, 0x400, -1ull, 0x1000 }, NO },
        { "shares a page", 1, { 1, 6, 0x1800, 0x401800, 0x400, 0x400, 0x1000 }, NO },
        { "out of order", 1, { 1, 6, 0x1800, 0x300800, 0x400, 0x400, 0x1000 }, NO },
        { "misaligned", 1, { 1, 6, 0x1800, 0x402900, 0x400, 0x400, 0x1000 }, NO },
        { "alignment of three", 1, { 1, 6, 0x1800, 0x402800, 0x400, 0x400, 3 }, NO },
        { "alignment not kept", 1, { 1, 6, 0x1800, 0x402800, 0x400, 0x400, 0x10000 }, NO },
        { "alignment kept", 1, { 1, 6, 0x1800, 0x411800, 0x400, 0x400, 0x10000 }, YES },
        { "bytes without memory", 1, { 1, 6, 0x1800, 0x402800, 1, 0, 0x1000 }, NO },
        { "interpreter", 3, { 3, 4, 0x200, 0x400200, 8, 8, 1 }, NO },
        { "dynamic at fixed address", 3, { 2, 4, 0x1800, 0x402800, 8, 8, 8 }, NO },
        { "executable stack", 3, { 0x6474e551, 7, 0, 0, 0, 0, 0 }, NO },
        { "second tls", 3, { 7, 4, 0x1800, 0x402800, 0x10, 0x10, 8 }, NO },
        { "a note", 3, { 4, 4, -1ull, -1ull, -1ull, -1ull, -1ull }, YES },
        { "tls not mapped", 2, { 7, 4, 0x1800, 0x502800, 0x10, 0x50, 8 }, NO },
        { "tls past the file part", 2, { 7, 4, 0x17f8, 0x4017f8, 0x10, 0x50, 8 }, NO },
        { "tls of zeros alone", 2, { 7, 4, 0x1800, 0, 0, 0x50, 8 }, YES },
        { "tls too large", 2, { 7, 4, 0x1800, 0x402800, 0x10, (1 << 20) + 1, 8 }, NO },
        { "tls alignment", 2, { 7, 4, 0x1800, 0x402800, 0x10, 0x50, 0x2000 }, NO },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct header_fields headers[HONEST];
        memcpy(headers, honest, sizeof headers);
        headers[cases[i].header] = cases[i].fields;
        put_file(2, headers, HONEST);
        struct elf_plan plan;
        status_t status = read_file(&plan);
        if (status != cases[i].status)
            unit_fail(__FILE_NAME__, __LINE__, "%s: status %d", cases[i].what, status);
    }
}

TEST(elf_refuses_each_broken_field_of_the_header)
{
    static const struct {
        uint16_t at;
        uint8_t value;
    } cases[] = {
        { 0, 0x7e }, { 4, 1 },   { 5, 2 },  { 6, 0 },   { 7, 9 },     { 16, 1 },
        { 16, 4 },   { 18, 62 }, { 20, 2 }, { 24, 2 },  { 27, 1 },    { 33, 0xff },
        { 52, 63 },  { 54, 57 }, { 56, 0 }, { 56, 33 }, { 39, 0xff },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_file(2, honest, HONEST);
        file[cases[i].at] = cases[i].value;
        struct elf_plan plan;
        if (read_file(&plan) != STATUS_NOT_EXECUTABLE)
            unit_fail(__FILE_NAME__, __LINE__, "byte %d = %d", cases[i].at, cases[i].value);
    }
    put_file(2, honest, HONEST);
    struct elf_plan plan;
    size_t whole = 64 + 56 * HONEST;
    for (size_t len = 0; len < whole; len++)
        EXPECT_EQ(elf_read(const_span_of(file, len), FILE_BYTES, user, &plan),
                  STATUS_NOT_EXECUTABLE);
    EXPECT_EQ(elf_read(const_span_of(file, whole), FILE_BYTES, user, &plan), STATUS_OK);
}

TEST(elf_refuses_one_segment_too_many)
{
    for (uint16_t count = ELF_SEGMENTS_MAX; count <= ELF_SEGMENTS_MAX + 1; count++) {
        struct header_fields headers[ELF_SEGMENTS_MAX + 1];
        for (uint16_t i = 0; i < count; i++)
            headers[i] =
                (struct header_fields){ 1, 5, 0, 0x401000 + 0x1000ull * i, 0x1000, 0x1000, 0x1000 };
        put_file(2, headers, count);
        struct elf_plan plan;
        EXPECT_EQ(read_file(&plan), count > ELF_SEGMENTS_MAX ? STATUS_NOT_EXECUTABLE : STATUS_OK);
    }
}

/* A position independent program counts from 0; what matters is that it fits somewhere. */
TEST(elf_bounds_a_position_independent_program_by_its_extent)
{
    struct header_fields headers[2] = {
        { 1, 5, 0, 0, 0x1800, 0x1800, 0x10000 },
        { 2, 6, 0x1000, 0x1000, 0x100, 0x100, 8 },
    };
    struct elf_plan plan;
    put_file(3, headers, 2);
    REQUIRE(read_file(&plan) == STATUS_OK);
    EXPECT(plan.position_independent);
    EXPECT_EQ(plan.align_bytes, 0x10000);
    headers[0].memory_bytes = user.high - user.low;
    put_file(3, headers, 2);
    EXPECT_EQ(read_file(&plan), STATUS_OK);
    headers[0].memory_bytes++;
    put_file(3, headers, 2);
    EXPECT_EQ(read_file(&plan), STATUS_NOT_EXECUTABLE);
}

/* Link a program with the tools of the build and read its head into the buffer. */
static size_t link_program(const char *flags, uint8_t *head, size_t len, uint64_t *out_file_bytes)
{
    char folder[] = "/tmp/elf_test.XXXXXX", command[800], path[60];
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/program", folder);
    snprintf(command, sizeof command,
             "printf '_Thread_local int t = 1; int zeros[9999]; int data = 2; "
             "int _start(void) { return t + zeros[data]; }' | "
             "clang-19 --target=aarch64-linux-gnu -nostdlib -ffreestanding %s -fuse-ld=lld-19 "
             "-O2 -x c - -o %s",
             flags, path);
    REQUIRE(system(command) == 0);
    FILE *in = fopen(path, "rb");
    REQUIRE(in != NULL);
    size_t got = fread(head, 1, len, in);
    fseek(in, 0, SEEK_END);
    *out_file_bytes = (uint64_t)ftell(in);
    fclose(in);
    remove(path);
    rmdir(folder);
    return got;
}

TEST(elf_reads_what_the_linker_writes)
{
    static uint8_t head[4096];
    static const char *const flags[] = { "-static", "-static-pie -fpie" };
    for (int i = 0; i < 2; i++) {
        uint64_t file_bytes;
        size_t len = link_program(flags[i], head, sizeof head, &file_bytes);
        struct elf_plan plan;
        REQUIRE(elf_read(const_span_of(head, len), file_bytes, user, &plan) == STATUS_OK);
        EXPECT_EQ(plan.position_independent, i == 1);
        EXPECT(plan.segment_count >= 3);
        EXPECT_EQ(plan.tls.memory_bytes, 4);
        EXPECT(plan.headers_address != 0);
        EXPECT(plan.high - plan.low > 9999 * 4);
    }
}
