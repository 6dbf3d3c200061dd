/* Names by words: no length, alignment or byte may make a difference to what one byte at a time gives. */
#include "kernel/vfs/name.h"

#include <stdlib.h>

#include "tests/unit.h"

enum { LEN_MAX = 40 };

static uint8_t *copy_of(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len + 1); /* Of its own, so that a byte read too many is found. */
    memcpy(copy, bytes, len);
    return realloc(copy, len == 0 ? 1 : len);
}

TEST(equal_names_are_equal_wherever_they_lie)
{
    uint8_t bytes[LEN_MAX];
    for (size_t i = 0; i < LEN_MAX; i++)
        bytes[i] = (uint8_t)('a' + i);
    for (size_t len = 0; len <= LEN_MAX; len++) {
        uint8_t *copy = copy_of(bytes, len);
        EXPECT_EQ(name_equal(bytes, copy, len), true);
        EXPECT_EQ(name_hash(const_span_of(bytes, len)), name_hash(const_span_of(copy, len)));
        free(copy);
    }
}

TEST(each_byte_counts)
{
    uint8_t bytes[LEN_MAX] = { 0 };
    for (size_t len = 1; len <= LEN_MAX; len++)
        for (size_t i = 0; i < len; i++) {
            uint8_t *copy = copy_of(bytes, len);
            copy[i] = 1;
            EXPECT_EQ(name_equal(bytes, copy, len), false);
            EXPECT_EQ(name_hash(const_span_of(bytes, len)) == name_hash(const_span_of(copy, len)),
                      false);
            free(copy);
        }
}

TEST(a_component_ends_at_the_first_slash)
{
    uint8_t bytes[LEN_MAX];
    memset(bytes, '/' + 1, sizeof bytes); /* What borrows of the bytes before would take for one. */
    for (size_t len = 0; len <= LEN_MAX; len++)
        for (size_t at = 0; at <= len; at++) {
            uint8_t *copy = copy_of(bytes, len);
            if (at < len)
                copy[at] = '/';
            if (at + 2 < len)
                copy[at + 2] = '/';
            struct name_scan scan = name_scan(const_span_of(copy, len));
            EXPECT_EQ(scan.len, at);
            EXPECT_EQ(scan.hash, name_hash(const_span_of(copy, at)));
            free(copy);
        }
}
