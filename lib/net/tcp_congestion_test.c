#include "lib/net/tcp.h"
#include "tests/unit.h"

enum { MSS = 1000 };
#define RTT_NS (200ull * MILLISECOND_NS) /* Long enough that Reno would be slower. */

static struct net_engine net;

static struct tcp_connection connection_of(void)
{
    struct tcp_connection tcp = { .mss = MSS, .srtt = RTT_NS };
    tcp_congestion_init(&tcp);
    net.now = SECOND_NS;
    return tcp;
}

/* One round trip in which a whole window is acknowledged, segment by segment. */
static void round_trip(struct tcp_connection *tcp)
{
    net.now += RTT_NS;
    for (uint32_t left = tcp->cwnd / MSS; left > 0; left--)
        tcp_congestion_acked(&net, tcp, MSS);
}

TEST(slow_start_begins_with_ten_segments_and_doubles)
{
    struct tcp_connection tcp = connection_of();
    EXPECT_EQ(tcp.cwnd, 10 * MSS); /* RFC 6928. */
    round_trip(&tcp);
    EXPECT_EQ(tcp.cwnd, 20 * MSS);
    round_trip(&tcp);
    EXPECT_EQ(tcp.cwnd, 40 * MSS);
}

/* RFC 9438: to 70 percent, then back to the old window along the cubic after K, and not before. */
TEST(after_a_loss_the_window_returns_along_the_cubic)
{
    struct tcp_connection tcp = connection_of();
    tcp.cwnd = 100 * MSS;
    tcp_congestion_loss(&net, &tcp);
    EXPECT_EQ(tcp.cwnd, 70 * MSS);
    EXPECT_EQ(tcp.ssthresh, 70 * MSS);
    round_trip(&tcp);
    /* K = cbrt(30 / 0.4) = 4.217 seconds. */
    EXPECT(tcp.cubic_k_ms >= 4210 && tcp.cubic_k_ms <= 4225);
    uint32_t before = tcp.cwnd;
    for (int i = 0; i < 10; i++) { /* Two seconds. */
        round_trip(&tcp);
        EXPECT(tcp.cwnd >= before);
        before = tcp.cwnd;
    }
    EXPECT(tcp.cwnd < 100 * MSS);
    for (int i = 0; i < 13; i++)
        round_trip(&tcp);
    EXPECT(tcp.cwnd > 98 * MSS);
    for (int i = 0; i < 20; i++)
        round_trip(&tcp);
    EXPECT(tcp.cwnd > 110 * MSS); /* And on, since nothing was lost. */
}

TEST(a_timeout_leaves_one_segment_and_counts_once)
{
    struct tcp_connection tcp = connection_of();
    tcp.cwnd = 100 * MSS;
    tcp_congestion_timeout(&net, &tcp);
    EXPECT_EQ(tcp.cwnd, MSS);
    EXPECT_EQ(tcp.ssthresh, 70 * MSS);
    tcp.backoff = 1;
    tcp_congestion_timeout(&net, &tcp);
    EXPECT_EQ(tcp.ssthresh, 70 * MSS);
}

TEST(the_window_never_falls_below_two_segments_nor_overflows)
{
    struct tcp_connection tcp = connection_of();
    for (int i = 0; i < 50; i++)
        tcp_congestion_loss(&net, &tcp);
    EXPECT_EQ(tcp.ssthresh, 2 * MSS);
    tcp = connection_of();
    for (int i = 0; i < 40; i++) {
        net.now += 1000 * SECOND_NS;
        tcp_congestion_acked(&net, &tcp, tcp.cwnd);
        EXPECT(tcp.cwnd <= 1u << 30);
    }
}

/* The estimator of RFC 6298, by hand: 100 ms, then 200 ms. */
TEST(round_trips_set_the_timeout)
{
    struct tcp_connection tcp = { 0 };
    tcp_rtt_sample(&tcp, 100 * MILLISECOND_NS);
    EXPECT_EQ(tcp.srtt, 100 * MILLISECOND_NS);
    EXPECT_EQ(tcp.rttvar, 50 * MILLISECOND_NS);
    EXPECT_EQ(tcp.rto, 300 * MILLISECOND_NS);
    tcp_rtt_sample(&tcp, 200 * MILLISECOND_NS);
    EXPECT_EQ(tcp.rttvar, 62500000);
    EXPECT_EQ(tcp.srtt, 112500000);
    EXPECT_EQ(tcp.rto, 362500000);
    for (int i = 0; i < 100; i++)
        tcp_rtt_sample(&tcp, 1000);
    EXPECT_EQ(tcp.rto, TCP_RTO_MIN_NS);
    tcp_rtt_sample(&tcp, 3600 * SECOND_NS);
    EXPECT_EQ(tcp.rto, TCP_RTO_MAX_NS);
}
