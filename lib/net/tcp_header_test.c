#include "lib/net/tcp_header.h"

#include "tests/unit.h"

/* A header with `options_len` bytes of options after it. */
static size_t header_with(uint8_t *bytes, const void *options, size_t options_len)
{
    struct tcp_header header = { .source_port = 80, .sequence = 1, .flags = TCP_ACK };
    struct writer writer = writer_of(bytes, TCP_HEADER_LEN);
    (void)tcp_header_encode(&writer, &header);
    bytes[12] = (uint8_t)((TCP_HEADER_LEN + options_len) / 4 << 4);
    if (options_len > 0)
        memcpy(bytes + TCP_HEADER_LEN, options, options_len);
    return TCP_HEADER_LEN + options_len;
}

static struct tcp_header decoded(const void *options, size_t options_len)
{
    uint8_t bytes[TCP_HEADER_MAX];
    struct reader reader = reader_of(bytes, header_with(bytes, options, options_len));
    struct tcp_header header = { 0 };
    EXPECT_EQ(tcp_header_decode(&reader, &header), STATUS_OK);
    EXPECT_EQ(reader_left(&reader), 0);
    return header;
}

TEST(every_option_survives_encoding_and_decoding)
{
    struct tcp_header header = {
        .source_port = 1024,
        .destination_port = 80,
        .sequence = 0xfffffff0,
        .acknowledgement = 5,
        .flags = TCP_SYN | TCP_ACK,
        .window = 65535,
        .has_scale = true,
        .sack_permitted = true,
        .has_timestamp = true,
        .mss = 1460,
        .scale = 7,
        .timestamp = 0x01020304,
        .timestamp_echo = 0x05060708,
    };
    uint8_t bytes[TCP_HEADER_MAX];
    struct writer writer = writer_of(bytes, sizeof bytes);
    EXPECT_EQ(tcp_header_encode(&writer, &header), 20 + 4 + 4 + 12 + 4);
    struct reader reader = reader_of(bytes, writer.at);
    struct tcp_header back = { 0 };
    REQUIRE(tcp_header_decode(&reader, &back) == STATUS_OK);
    EXPECT_EQ(back.sequence, 0xfffffff0);
    EXPECT_EQ(back.acknowledgement, 5);
    EXPECT_EQ(back.mss, 1460);
    EXPECT_EQ(back.scale, 7);
    EXPECT(back.has_scale && back.sack_permitted && back.has_timestamp);
    EXPECT_EQ(back.timestamp_echo, 0x05060708);
}

TEST(three_sack_blocks_fit_beside_a_timestamp)
{
    struct tcp_header header = { .flags = TCP_ACK,
                                 .has_timestamp = true,
                                 .sack_count = 3,
                                 .sack = { { 10, 20 }, { 30, 40 }, { 0xfffffff0, 5 } } };
    uint8_t bytes[TCP_HEADER_MAX];
    struct writer writer = writer_of(bytes, sizeof bytes);
    EXPECT_EQ(tcp_header_encode(&writer, &header), TCP_HEADER_MAX);
    struct reader reader = reader_of(bytes, writer.at);
    struct tcp_header back = { 0 };
    REQUIRE(tcp_header_decode(&reader, &back) == STATUS_OK);
    EXPECT_EQ(back.sack_count, 3);
    EXPECT_EQ(back.sack[2].start, 0xfffffff0);
    EXPECT_EQ(back.sack[2].end, 5);
}

/* The data offset comes from outside: below 5, or behind the segment, it must not be followed. */
TEST(data_offset_is_checked_against_the_segment)
{
    uint8_t bytes[TCP_HEADER_MAX] = { 0 };
    for (unsigned words = 0; words < 16; words++)
        for (size_t len = 0; len <= sizeof bytes; len++) {
            bytes[12] = (uint8_t)(words << 4);
            struct reader reader = reader_of(bytes, len);
            struct tcp_header header;
            bool good = words >= 5 && len >= words * 4;
            EXPECT_EQ(tcp_header_decode(&reader, &header), good ? STATUS_OK : STATUS_CORRUPT);
        }
}

TEST(broken_options_end_the_list_and_keep_what_was_read)
{
    const uint8_t length_zero[] = { 2, 4, 5, 180, 3, 0, 1, 1 };
    const uint8_t length_behind_end[] = { 2, 4, 5, 180, 8, 10, 1, 1 };
    const uint8_t length_missing[] = { 2, 4, 5, 180, 1, 1, 1, 8 };
    const uint8_t ended[] = { 0, 2, 4, 5, 180, 1, 1, 1 };
    EXPECT_EQ(decoded(length_zero, 8).mss, 1460);
    EXPECT(!decoded(length_zero, 8).has_scale);
    EXPECT_EQ(decoded(length_behind_end, 8).mss, 1460);
    EXPECT(!decoded(length_behind_end, 8).has_timestamp);
    EXPECT_EQ(decoded(length_missing, 8).mss, 1460);
    EXPECT_EQ(decoded(ended, 8).mss, 0);
}

TEST(options_of_a_wrong_length_are_ignored)
{
    const uint8_t mss[] = { 2, 3, 5, 1 }, scale[] = { 3, 4, 7, 7 },
                  sack[] = { 5, 8, 0, 0, 0, 1, 0, 2 };
    EXPECT_EQ(decoded(mss, 4).mss, 0);
    EXPECT(!decoded(scale, 4).has_scale);
    EXPECT_EQ(decoded(sack, 8).sack_count, 0);
}

/* RFC 7323, section 2.3: a larger shift is taken as 14. */
TEST(window_scale_is_limited)
{
    const uint8_t options[] = { 3, 3, 200, 1 };
    EXPECT_EQ(decoded(options, 4).scale, 14);
}

TEST(sequence_numbers_compare_across_the_wrap)
{
    EXPECT(sequence_before(0xffffffff, 0));
    EXPECT(!sequence_before(0, 0xffffffff));
    EXPECT(sequence_at_or_before(5, 5));
    EXPECT_EQ(sequence_max(0xfffffff0, 3), 3);
    EXPECT_EQ(sequence_min(0xfffffff0, 3), 0xfffffff0);
}
