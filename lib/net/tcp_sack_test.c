/* The scoreboard against the definition: a byte map of what was reported. */
#include "lib/net/tcp.h"
#include "tests/unit.h"

enum { BYTES = 400, BASE = 0xffffff00u }; /* Across the wrap of sequence numbers. */

static struct tcp_connection connection_of(void)
{
    return (struct tcp_connection){
        .send_acked = BASE,
        .send_next = BASE + BYTES,
        .retransmit_next = BASE,
        .lost_end = BASE,
        .mss = 10,
        .sack = true,
    };
}

static bool report(struct tcp_connection *tcp, uint32_t start, uint32_t end)
{
    struct tcp_header header = { .sack_count = 1, .sack = { { BASE + start, BASE + end } } };
    return tcp_sack_update(tcp, &header);
}

static void check_islands(const struct tcp_connection *tcp)
{
    for (unsigned i = 0; i < tcp->sacked_count; i++) {
        REQUIRE(sequence_before(tcp->sacked[i].start, tcp->sacked[i].end));
        if (i > 0)
            REQUIRE(sequence_before(tcp->sacked[i - 1].end, tcp->sacked[i].start));
    }
}

/* Few enough islands to remember them all: then nothing is forgotten, and nothing invented. */
TEST(the_scoreboard_agrees_with_a_map_of_bytes)
{
    for (int round = 0; round < 300; round++) {
        struct tcp_connection tcp = connection_of();
        bool map[BYTES] = { false };
        for (int i = 0; i < TCP_SACKED_MAX; i++) {
            uint32_t start = 1 + (uint32_t)(unit_random() % (BYTES - 2));
            uint32_t end = start + 1 + (uint32_t)(unit_random() % 40);
            end = end < BYTES ? end : BYTES;
            bool known = true;
            for (uint32_t at = start; at < end; at++) {
                known = known && map[at];
                map[at] = true;
            }
            EXPECT_EQ(report(&tcp, start, end), !known);
            check_islands(&tcp);
        }
        for (uint32_t start = 0; start < BYTES; start += 7) {
            uint32_t missing = 0, hole = BYTES;
            for (uint32_t at = start; at < BYTES; at++) {
                missing += !map[at];
                if (!map[at] && hole == BYTES)
                    hole = at;
            }
            REQUIRE(tcp_sack_missing(&tcp, BASE + start, BASE + BYTES) == missing);
            struct tcp_range found = tcp_sack_hole(&tcp, BASE + start, BASE + BYTES);
            REQUIRE((found.start != found.end) == (hole != BYTES));
            REQUIRE(hole == BYTES || found.start == BASE + hole);
        }
    }
}

/* More islands than fit: what is remembered is still true. */
TEST(forgotten_islands_are_never_invented)
{
    struct tcp_connection tcp = connection_of();
    for (uint32_t i = 0; i < 30; i++)
        (void)report(&tcp, 390 - i * 10, 393 - i * 10);
    EXPECT_EQ(tcp.sacked_count, TCP_SACKED_MAX);
    check_islands(&tcp);
    for (unsigned i = 0; i < tcp.sacked_count; i++)
        EXPECT_EQ(tcp.sacked[i].end - tcp.sacked[i].start, 3);
}

TEST(reports_outside_what_is_in_flight_are_ignored)
{
    struct tcp_connection tcp = connection_of();
    EXPECT(!report(&tcp, 0, 10));            /* At the acknowledgement: a DSACK or a lie. */
    EXPECT(!report(&tcp, 390, BYTES + 1));   /* Never sent. */
    EXPECT(!report(&tcp, 50, 50));           /* Nothing. */
    EXPECT(!report(&tcp, 60, 50));           /* Backwards. */
    EXPECT(!report(&tcp, (uint32_t)-20, 5)); /* Old. */
    EXPECT_EQ(tcp.sacked_count, 0);
    EXPECT(report(&tcp, 390, BYTES));
}

/* RFC 6675, section 4: three islands above, or more than two segments' worth of bytes. */
TEST(bytes_are_lost_when_enough_was_reported_above_them)
{
    struct tcp_connection tcp = connection_of();
    (void)report(&tcp, 100, 120);
    EXPECT_EQ(tcp_sack_lost_end(&tcp), BASE); /* Two segments: not yet. */
    (void)report(&tcp, 100, 121);
    EXPECT_EQ(tcp_sack_lost_end(&tcp), BASE + 100);
    tcp = connection_of();
    (void)report(&tcp, 100, 101);
    (void)report(&tcp, 200, 201);
    EXPECT_EQ(tcp_sack_lost_end(&tcp), BASE);
    (void)report(&tcp, 300, 301);
    EXPECT_EQ(tcp_sack_lost_end(&tcp), BASE + 100);
}

/* What is in flight: not reported, and not lost unless sent again. */
TEST(in_flight_counts_what_is_on_its_way)
{
    struct tcp_connection tcp = connection_of();
    EXPECT_EQ(tcp_in_flight(&tcp), BYTES);
    (void)report(&tcp, 100, 200);
    EXPECT_EQ(tcp_in_flight(&tcp), 300);
    tcp.lost_end = BASE + 100;
    EXPECT_EQ(tcp_in_flight(&tcp), 200);
    tcp.retransmit_next = BASE + 40;
    EXPECT_EQ(tcp_in_flight(&tcp), 240);
    tcp.sack = false;
    tcp.sacked_count = 0;
    tcp.lost_end = tcp.retransmit_next = BASE;
    tcp.duplicate_acks = 3;
    EXPECT_EQ(tcp_in_flight(&tcp), BYTES - 30);
}

/* RFC 2018, section 8: an acknowledgement that stops at a reported byte shows that the receiver has
 * dropped it. */
TEST(a_receiver_that_goes_back_on_its_word_is_believed)
{
    struct tcp_connection tcp = connection_of();
    (void)report(&tcp, 100, 200);
    (void)report(&tcp, 300, 310);
    tcp.send_acked = BASE + 200;
    tcp_sack_trim(&tcp);
    EXPECT_EQ(tcp.sacked_count, 1);
    tcp.send_acked = BASE + 300;
    tcp_sack_trim(&tcp);
    EXPECT_EQ(tcp.sacked_count, 0);
}
