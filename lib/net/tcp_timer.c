/* Time in TCP: the retransmission timeout (RFC 6298), probes of a closed window (RFC 9293, 3.8.6.1),
 * keep-alive (3.8.4), delayed acknowledgements, and the ends that only time brings. Each connection has
 * one timer; here it is asked which of its deadlines has passed. */
#include "lib/net/tcp.h"

/* RFC 6298, section 2, in integers: gains 1/8 and 1/4. */
void tcp_rtt_sample(struct tcp_connection *tcp, time_ns_t rtt)
{
    if (tcp->srtt == 0) {
        tcp->srtt = rtt;
        tcp->rttvar = rtt / 2;
    } else {
        time_ns_t error = tcp->srtt > rtt ? tcp->srtt - rtt : rtt - tcp->srtt;
        tcp->rttvar = (3 * tcp->rttvar + error) / 4;
        tcp->srtt = (7 * tcp->srtt + rtt) / 8;
    }
    if (tcp->srtt == 0)
        tcp->srtt = 1; /* 0 means "never measured". */
    time_ns_t spread = 4 * tcp->rttvar;
    tcp->rto = tcp->srtt + (spread > MILLISECOND_NS ? spread : MILLISECOND_NS);
    if (tcp->rto < TCP_RTO_MIN_NS)
        tcp->rto = TCP_RTO_MIN_NS;
    if (tcp->rto > TCP_RTO_MAX_NS)
        tcp->rto = TCP_RTO_MAX_NS;
}

time_ns_t tcp_timeout(const struct tcp_connection *tcp)
{
    time_ns_t timeout = tcp->rto;
    for (unsigned i = 0; i < tcp->backoff && timeout < TCP_RTO_MAX_NS; i++)
        timeout *= 2;
    return timeout < TCP_RTO_MAX_NS ? timeout : TCP_RTO_MAX_NS;
}

void tcp_retransmit_arm(struct net_engine *net, struct tcp_connection *tcp)
{
    tcp->retransmit_at = net->now + tcp_timeout(tcp);
}

static bool gives_up(const struct net_engine *net, const struct tcp_connection *tcp)
{
    if (tcp->state == NET_TCP_SYN_SENT || tcp->state == NET_TCP_SYN_RECEIVED)
        return tcp->backoff >= TCP_SYN_TRIES;
    if (tcp->backoff < TCP_RETRANSMIT_TRIES)
        return false;
    /* A receiver may keep its window closed for as long as it answers (RFC 9293, 3.8.6.1). */
    return tcp->send_window > 0 || net->now - tcp->heard_at > 2 * TCP_RTO_MAX_NS;
}

/* Everything not reported is taken for lost, and goes out again as the window, restarted from one
 * segment, allows. True if the connection is given up. */
static bool retransmit_timeout(struct net_engine *net, struct tcp_connection *tcp)
{
    if (gives_up(net, tcp)) {
        tcp_end(net, tcp, STATUS_TIMED_OUT);
        return true;
    }
    tcp->timing = false;
    if (tcp->state == NET_TCP_SYN_SENT || tcp->state == NET_TCP_SYN_RECEIVED) {
        tcp->syn_due = true;
        net->counters.tcp_timeouts++;
    } else if (tcp->send_next != tcp->send_acked) {
        if (tcp->send_window > 0) {
            net->counters.tcp_timeouts++;
            tcp_congestion_timeout(net, tcp);
            tcp->recovering = true;
            tcp->timed_out = true;
            tcp->recovery_end = tcp->send_next;
        } else {
            net->counters.tcp_probes++;
        }
        if (tcp->backoff > 0)
            tcp->sacked_count = 0; /* The receiver may have dropped what it reported. */
        tcp->duplicate_acks = 0;
        tcp->lost_end = tcp->send_next;
        tcp->retransmit_next = tcp->send_acked;
        tcp->retransmit_cursor = SLICE_NONE;
        tcp->retransmit_now = true;
        tcp->rescue_mark = tcp->send_next;
    }
    if (tcp->backoff < UINT8_MAX)
        tcp->backoff++;
    tcp_retransmit_arm(net, tcp);
    return false;
}

/* True if the peer is given up. */
static bool keepalive_timeout(struct net_engine *net, struct tcp_connection *tcp)
{
    time_ns_t idle_until = tcp->heard_at + net->config.keepalive_idle_ns;
    if (!tcp->keep_alive)
        return false;
    if (idle_until > net->now) {
        tcp->keepalive_sent = 0;
        tcp->keepalive_at = idle_until;
        return false;
    }
    if (tcp->keepalive_sent >= net->config.keepalive_probes) {
        tcp_reset_send(net, tcp);
        tcp_end(net, tcp, STATUS_TIMED_OUT);
        return true;
    }
    tcp->keepalive_sent++;
    tcp->keepalive_due = true;
    tcp->keepalive_at = net->now + net->config.keepalive_interval_ns;
    net->counters.tcp_keepalives++;
    return false;
}

static bool passed(struct net_engine *net, time_ns_t *deadline)
{
    if (*deadline > net->now)
        return false;
    *deadline = TIME_NEVER;
    return true;
}

void tcp_timer(struct net_engine *net, uint32_t index)
{
    struct tcp_connection *tcp = tcp_at(net, index);
    ASSERT(tcp->state != NET_TCP_FREE);
    if (passed(net, &tcp->state_at)) {
        tcp_end(net, tcp, STATUS_TIMED_OUT); /* TIME-WAIT was told before, so this says nothing. */
        return;
    }
    if (passed(net, &tcp->retransmit_at) && retransmit_timeout(net, tcp))
        return;
    if (passed(net, &tcp->keepalive_at) && keepalive_timeout(net, tcp))
        return;
    if (passed(net, &tcp->ack_at))
        tcp->ack_now = true;
    if (passed(net, &tcp->probe_at)) {
        if (gives_up(net, tcp)) {
            tcp_end(net, tcp, STATUS_TIMED_OUT);
            return;
        }
        tcp->probe_due = true;
    }
    tcp_make_ready(net, tcp);
    tcp_arm(net, tcp);
}
