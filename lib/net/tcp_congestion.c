/* How much may be in flight: CUBIC (RFC 9438) with the initial window of RFC 6928, growing only while
 * the window is what limits us (RFC 7661 in spirit). Integers only: time in milliseconds, windows in
 * bytes, the cubic's constant C = 0.4 segments per cubed second. */
#include "lib/base/seldom.h"
#include "lib/net/tcp.h"

enum {
    INITIAL_SEGMENTS = 10,
    BETA_PERCENT = 70,
    CUBIC_TIME_MAX_MS =
        1000 * 1000, /* Beyond it the cube would not fit; the window would long be full. */
};
#define CWND_MAX (1u << 30)

void tcp_congestion_init(struct tcp_connection *tcp)
{
    tcp->cwnd = INITIAL_SEGMENTS * (uint32_t)tcp->mss;
    tcp->ssthresh = UINT32_MAX;
}

static uint32_t cube_root(uint64_t value)
{
    uint32_t root = 0;
    for (uint32_t bit = 1u << 20; bit > 0; bit >>= 1) {
        uint64_t candidate = root | bit;
        if (candidate * candidate * candidate <= value)
            root = (uint32_t)candidate;
    }
    return root;
}

/* K = cbrt((W_max - cwnd) / C) seconds. */
static void epoch_begin(struct net_engine *net, struct tcp_connection *tcp)
{
    tcp->cubic_epoch = net->now;
    tcp->cubic_origin = tcp->cwnd;
    tcp->cubic_k_ms = 0;
    if (tcp->cubic_window_max <= tcp->cwnd) {
        tcp->cubic_window_max = tcp->cwnd;
        return;
    }
    uint64_t segments_thousandths = (uint64_t)(tcp->cubic_window_max - tcp->cwnd) * 1000 / tcp->mss;
    /* ms^3 = s^3 * 10^9; divided by C = 2/5. At most 2^60 for a window of 2^30. */
    tcp->cubic_k_ms = cube_root(segments_thousandths * 5 / 2 * 1000 * 1000);
}

/* W_cubic(t) = C (t - K)^3 + W_max, in bytes. */
static uint64_t cubic_window(const struct tcp_connection *tcp, time_ns_t elapsed_ns)
{
    uint64_t elapsed_ms = elapsed_ns / MILLISECOND_NS;
    if (elapsed_ms > CUBIC_TIME_MAX_MS)
        elapsed_ms = CUBIC_TIME_MAX_MS;
    int64_t t = (int64_t)elapsed_ms - tcp->cubic_k_ms;
    /* |t| < 2^21 gives t^3 < 2^63. */
    int64_t cube = t * t * t / (1000 * 1000); /* Thousandths of segments, over C. */
    int64_t bytes = cube * 2 / 5 * tcp->mss / 1000 + (int64_t)tcp->cubic_window_max;
    return bytes < (int64_t)tcp->mss ? tcp->mss : (uint64_t)bytes;
}

/* What Reno would have by now, with CUBIC's gentler reduction (RFC 9438, section 4.3): 0.53
 * segments a round trip. */
static uint64_t reno_window(const struct tcp_connection *tcp, time_ns_t elapsed_ns)
{
    uint64_t round_trips = tcp->srtt == 0 ? 0 : elapsed_ns / tcp->srtt;
    if (round_trips > UINT32_MAX)
        round_trips = UINT32_MAX;
    return tcp->cubic_origin + round_trips * tcp->mss * 53 / 100;
}

SELDOM void tcp_congestion_acked(struct net_engine *net, struct tcp_connection *tcp, uint32_t bytes)
{
    if (tcp->cwnd < tcp->ssthresh) {
        tcp->cwnd += bytes; /* Slow start, byte counting (RFC 3465, L = unlimited as in Linux). */
        if (tcp->cwnd > CWND_MAX)
            tcp->cwnd = CWND_MAX;
        return;
    }
    if (tcp->cubic_epoch == 0)
        epoch_begin(net, tcp);
    time_ns_t elapsed = net->now - tcp->cubic_epoch + tcp->srtt;
    uint64_t target = cubic_window(tcp, elapsed), reno = reno_window(tcp, elapsed);
    if (reno > target)
        target = reno;
    if (target > tcp->cwnd + tcp->cwnd / 2)
        target = tcp->cwnd + tcp->cwnd / 2;
    if (target <= tcp->cwnd)
        return;
    /* Over one window of acknowledgements, cwnd grows by the difference. */
    uint64_t credit = tcp->cwnd_credit + (target - tcp->cwnd) * bytes;
    tcp->cwnd_credit = 0;
    uint64_t grow = credit / tcp->cwnd;
    if (tcp->cwnd + grow < CWND_MAX) {
        tcp->cwnd_credit = (uint32_t)(credit % tcp->cwnd);
        tcp->cwnd += (uint32_t)grow;
    }
}

static void reduce(struct tcp_connection *tcp)
{
    uint32_t floor = 2 * (uint32_t)tcp->mss;
    /* Fast convergence: whoever did not regain its last maximum leaves room for others. */
    if (tcp->cwnd < tcp->cubic_window_max)
        tcp->cubic_window_max = (uint32_t)((uint64_t)tcp->cwnd * (100 + BETA_PERCENT) / 200);
    else
        tcp->cubic_window_max = tcp->cwnd;
    uint64_t reduced = (uint64_t)tcp->cwnd * BETA_PERCENT / 100;
    tcp->ssthresh = reduced < floor ? floor : (uint32_t)reduced;
    tcp->cubic_epoch = 0;
    tcp->cwnd_credit = 0;
}

void tcp_congestion_loss(struct net_engine *net, struct tcp_connection *tcp)
{
    reduce(tcp);
    tcp->cwnd = tcp->ssthresh;
}

void tcp_congestion_timeout(struct net_engine *net, struct tcp_connection *tcp)
{
    if (tcp->backoff == 0) /* Only the first of a row says something new (RFC 5681, section 3.1). */
        reduce(tcp);
    tcp->cwnd = tcp->mss;
}

/* After an idle time, nothing is known about the path any more (RFC 5681, section 4.1). */
void tcp_congestion_idle(struct net_engine *net, struct tcp_connection *tcp)
{
    uint32_t initial = INITIAL_SEGMENTS * (uint32_t)tcp->mss;
    if (tcp->cwnd > initial)
        tcp->cwnd = initial;
    tcp->cubic_epoch = 0;
}
