/* Calls as text: each type, the numbers at the edges, and buffers that are too short. */
#include "lib/trace/syscall_format.h"

#include "tests/unit.h"

static const struct syscall_info every = {
    .name = "every",
    .argument_count = 8,
    .result_count = 2,
    .arguments = {
        { "file", SYSCALL_TYPE_HANDLE, 0, 0 },
        { "dst", SYSCALL_TYPE_USER_OUT, 2, 0 },
        { "dst_len", SYSCALL_TYPE_SIZE, 0, 0 },
        { "delta", SYSCALL_TYPE_I64, 0, 0 },
        { "deadline", SYSCALL_TYPE_TIME, 0, 0 },
        { "rights", SYSCALL_TYPE_RIGHTS, 0, 0 },
        { "flags", SYSCALL_TYPE_FLAGS, 0, 0 },
        { "quick", SYSCALL_TYPE_BOOL, 0, 0 },
    },
    .results = {
        { "actual", SYSCALL_TYPE_SIZE, 0, 0 },
        { "left", SYSCALL_TYPE_TIME, 0, 0 },
    },
};
static const struct syscall_info plain = { .name = "plain" };

TEST(syscall_format_shows_each_type)
{
    char text[256];
    static const uint64_t arguments[8] = {
        0x100000003, 0x40001000, UINT64_MAX, (uint64_t)INT64_MIN, TIME_NEVER, 0x10003, 0x7f, 1,
    };
    static const char expected[] =
        "every(file=0x100000003, dst=0x40001000, dst_len=18446744073709551615, "
        "delta=-9223372036854775808, deadline=never, rights=READ|WRITE|0x10000, flags=0x7f, "
        "quick=1)";
    EXPECT_EQ(syscall_format_call(&every, arguments, text, sizeof text), sizeof expected - 1);
    EXPECT_STR(text, expected);
}

TEST(syscall_format_shows_zeros)
{
    char text[256];
    static const uint64_t none[8];
    (void)syscall_format_call(&every, none, text, sizeof text);
    EXPECT_STR(text, "every(file=0x0, dst=0x0, dst_len=0, delta=0, deadline=0, rights=0x0, "
                     "flags=0x0, quick=0)");
    (void)syscall_format_call(&plain, none, text, sizeof text);
    EXPECT_STR(text, "plain()");
    (void)syscall_format_call(&(struct syscall_info){ 0 }, none, text, sizeof text);
    EXPECT_STR(text, "?()");
}

/* After a failure the result registers hold what the caller put there. */
TEST(syscall_format_shows_results_only_on_ok)
{
    char text[64];
    static const uint64_t results[7] = { 16, 5 };
    (void)syscall_format_answer(&every, STATUS_OK, results, text, sizeof text);
    EXPECT_STR(text, " = OK actual=16 left=5");
    (void)syscall_format_answer(&every, STATUS_IO, results, text, sizeof text);
    EXPECT_STR(text, " = IO");
    (void)syscall_format_answer(&every, STATUS_COUNT, results, text, sizeof text);
    EXPECT_STR(text, " = ?");
}

TEST(syscall_format_cuts_what_does_not_fit)
{
    static const uint64_t arguments[8] = { 1, 2, 3, 4, 5, 6, 7, 1 };
    char whole[256], part[256];
    size_t len = syscall_format_call(&every, arguments, whole, sizeof whole);
    for (size_t size = 1; size <= len + 2; size++) {
        memset(part, 'x', sizeof part);
        size_t written = syscall_format_call(&every, arguments, part, size);
        EXPECT_EQ(written, size <= len ? size - 1 : len);
        EXPECT_EQ(part[written], 0);
        EXPECT_EQ(part[size], 'x');
        EXPECT_MEM(part, whole, written);
    }
}
