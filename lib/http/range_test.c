#include "lib/http/range.h"
#include "tests/unit.h"

static struct http_ranges ranges;

static enum http_range_answer parse(const char *field, uint64_t size)
{
    memset(&ranges, 0, sizeof ranges);
    return http_ranges_parse((struct http_text){ field, strlen(field) }, size, &ranges);
}

static void expect_one(const char *field, uint64_t size, uint64_t offset, uint64_t len)
{
    EXPECT_EQ(parse(field, size), HTTP_RANGE_PARTIAL);
    EXPECT_EQ(ranges.count, 1);
    EXPECT_EQ(ranges.range[0].offset_bytes, offset);
    EXPECT_EQ(ranges.range[0].len_bytes, len);
}

TEST(range_is_clipped_to_the_file)
{
    expect_one("bytes=0-0", 100, 0, 1);
    expect_one("bytes=0-99", 100, 0, 100);
    expect_one("bytes=0-100", 100, 0, 100);
    expect_one("bytes=99-", 100, 99, 1);
    expect_one("bytes=-1", 100, 99, 1);
    expect_one("bytes=-100", 100, 0, 100);
    expect_one("bytes=-101", 100, 0, 100);
    expect_one("BYTES= 5-6 ,", 100, 5, 2);
    expect_one("bytes=5-99999999999999999999999", 100, 5, 95);
    expect_one("bytes=-99999999999999999999999", 100, 0, 100);
    expect_one("bytes=1-2,100-", 100, 1, 2);
    expect_one("bytes=0-18446744073709551615", UINT64_MAX, 0, UINT64_MAX);
}

TEST(ranges_keep_their_order)
{
    EXPECT_EQ(parse("bytes=50-59, 0-9,-1", 100), HTTP_RANGE_PARTIAL);
    EXPECT_EQ(ranges.count, 3);
    EXPECT_EQ(ranges.range[0].offset_bytes, 50);
    EXPECT_EQ(ranges.range[1].offset_bytes, 0);
    EXPECT_EQ(ranges.range[2].offset_bytes, 99);
}

TEST(ranges_outside_are_unsatisfiable)
{
    EXPECT_EQ(parse("bytes=100-", 100), HTTP_RANGE_UNSATISFIABLE);
    EXPECT_EQ(parse("bytes=100-200,300-", 100), HTTP_RANGE_UNSATISFIABLE);
    EXPECT_EQ(parse("bytes=-0", 100), HTTP_RANGE_UNSATISFIABLE);
    EXPECT_EQ(parse("bytes=99999999999999999999999-", 100), HTTP_RANGE_UNSATISFIABLE);
}

TEST(malformed_and_greedy_ranges_are_ignored)
{
    static const char *const ignored[] = {
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=a-b",
        "bytes=1",
        "bytes=2-1",
        "bytes=1-2,x",
        "bytes=--1",
        "bytes=1-2-3",
        "bytes=+1-2",
        "lines=1-2",
        "bytes 1-2",
        "bytes= 1 - 2",
        "bytes=0-,0-",
        "bytes=0-60,40-99",
        "bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8",
    };
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        if (parse(ignored[i], 100) != HTTP_RANGE_WHOLE)
            unit_fail(__FILE_NAME__, __LINE__, "not ignored: %s", ignored[i]);
    EXPECT_EQ(parse("bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7", 100), HTTP_RANGE_PARTIAL);
    EXPECT_EQ(ranges.count, HTTP_RANGES_MAX);
    EXPECT_EQ(parse("bytes=-5", 0), HTTP_RANGE_WHOLE);
    EXPECT_EQ(parse("bytes=0-", 0), HTTP_RANGE_WHOLE);
}
