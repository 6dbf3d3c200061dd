/* The acknowledgement that a segment carries: what it confirms, what it says about loss, and the
 * window it opens (RFC 9293, 3.10.7.4, fifth; RFC 5681; RFC 6582; RFC 6675; RFC 5961, section 5). */
#include "lib/base/seldom.h"
#include "lib/net/checksum.h"
#include "lib/net/tcp.h"

/* Takes acknowledged bytes off the front of the send queue. */
static void queue_consume(struct net_engine *net, struct tcp_connection *tcp, uint32_t bytes)
{
    while (bytes > 0) {
        uint32_t index = tcp->send.head;
        struct slice_descriptor *first = slice_at(&net->slices, index);
        if (bytes < first->slice.len) {
            first->slice.offset += bytes;
            first->slice.len -= bytes;
            first->slice.flags &= (uint16_t)~NET_SLICE_SUM;
            first->sequence += bytes;
            tcp->send.bytes -= bytes;
            return;
        }
        bytes -= first->slice.len;
        if (tcp->cursor == index)
            tcp->cursor = first->next;
        if (tcp->retransmit_cursor == index)
            tcp->retransmit_cursor = first->next;
        slice_give(&net->slices, slice_queue_remove(&net->slices, &tcp->send, SLICE_NONE));
    }
}

/* The timed segment is exact; the timestamp's milliseconds serve when it had to be sent again. */
static void rtt_measure(struct net_engine *net, struct tcp_connection *tcp,
                        const struct tcp_header *header)
{
    if (tcp->timing && sequence_at_or_before(tcp->timed_sequence, header->acknowledgement)) {
        tcp->timing = false;
        tcp_rtt_sample(tcp, net->now - tcp->timed_at);
    } else if (!tcp->timing && tcp->timestamps && header->has_timestamp &&
               header->timestamp_echo != 0) {
        uint32_t elapsed_ms = tcp_clock(net, tcp) - header->timestamp_echo;
        if (elapsed_ms < TCP_RTO_MAX_NS / MILLISECOND_NS)
            tcp_rtt_sample(tcp, (time_ns_t)elapsed_ms * MILLISECOND_NS);
    }
}

static SELDOM void recovery_enter(struct net_engine *net, struct tcp_connection *tcp)
{
    tcp->recovering = true;
    tcp->timed_out = false;
    tcp->recovery_end = tcp->send_next;
    tcp->retransmit_next = tcp->send_acked;
    tcp->retransmit_cursor = SLICE_NONE;
    tcp->retransmit_now = true;
    tcp->rescue_mark = tcp->send_next;
    tcp->lost_end = sequence_max(tcp_sack_lost_end(tcp), tcp->send_acked + tcp->mss);
    tcp->lost_end = sequence_min(tcp->lost_end, tcp->send_next);
    tcp_congestion_loss(net, tcp);
    net->counters.tcp_fast_recoveries++;
}

static SELDOM void recovery_leave(struct tcp_connection *tcp)
{
    tcp->recovering = false;
    tcp->timed_out = false;
    tcp->retransmit_now = false;
    tcp->duplicate_acks = 0;
    tcp->lost_end = tcp->retransmit_next = tcp->send_acked;
}

/* A retransmission may be lost too. When the receiver reports bytes that were first sent well after
 * it, the hole at the front has been passed by: send it again (the idea of RFC 8985, with sequence
 * numbers for times). */
static void retransmission_check(struct tcp_connection *tcp)
{
    if (tcp->sacked_count == 0 || tcp->retransmit_next == tcp->send_acked)
        return;
    uint32_t highest = tcp->sacked[tcp->sacked_count - 1].end;
    uint32_t margin = TCP_DUPLICATE_THRESHOLD * (uint32_t)tcp->mss;
    if (sequence_before(tcp->rescue_mark + margin, highest)) {
        tcp->retransmit_next = tcp->send_acked;
        tcp->retransmit_cursor = SLICE_NONE;
        tcp->rescue_mark = tcp->send_next;
    }
}

/* During recovery: what is lost now, and whether it is over. */
static SELDOM void recovery_update(struct tcp_connection *tcp, bool advanced)
{
    if (sequence_at_or_before(tcp->recovery_end, tcp->send_acked)) {
        recovery_leave(tcp);
        return;
    }
    tcp->lost_end = sequence_max(tcp->lost_end, tcp->send_acked);
    if (tcp->sack) {
        tcp->lost_end = sequence_max(tcp->lost_end, tcp_sack_lost_end(tcp));
        /* The bytes at the front of a partial acknowledgement were in flight for a whole round trip
         * after the loss: they are lost as well (RFC 6582's argument, and 6675's rule 1). */
        if (advanced && tcp->lost_end == tcp->send_acked)
            tcp->lost_end = sequence_min(tcp->send_acked + tcp->mss, tcp->recovery_end);
        retransmission_check(tcp);
    } else if (advanced && !tcp->timed_out) {
        tcp->lost_end = sequence_min(tcp->send_acked + tcp->mss, tcp->send_next);
        tcp->retransmit_next = tcp->send_acked;
        tcp->retransmit_now = true;
        tcp->duplicate_acks = 0;
    }
}

static void loss_detect(struct net_engine *net, struct tcp_connection *tcp)
{
    bool by_sack = tcp->sack && sequence_before(tcp->send_acked, tcp_sack_lost_end(tcp));
    if (by_sack || tcp->duplicate_acks >= TCP_DUPLICATE_THRESHOLD)
        recovery_enter(net, tcp);
}

/* Our FIN is acknowledged. True if that ended the connection. */
static SELDOM bool fin_acknowledged(struct net_engine *net, struct tcp_connection *tcp)
{
    if (tcp->state == NET_TCP_FIN_WAIT_1) {
        tcp->state = NET_TCP_FIN_WAIT_2;
        if (tcp->reading_closed)
            tcp->state_at = net->now + TCP_FIN_WAIT_2_NS;
    } else if (tcp->state == NET_TCP_CLOSING) {
        tcp_enter_time_wait(net, tcp);
        return true;
    } else if (tcp->state == NET_TCP_LAST_ACK) {
        tcp_end(net, tcp, STATUS_OK);
        return true;
    }
    return false;
}

/* Bytes were confirmed for the first time. True if that ended the connection. */
static bool advance(struct net_engine *net, struct tcp_connection *tcp,
                    const struct tcp_header *header)
{
    uint32_t acknowledgement = header->acknowledgement;
    uint32_t flight = tcp_in_flight(tcp), first = tcp->send_acked;
    if (first == tcp->send_start)
        first++; /* The SYN is no byte of the queue. */
    uint32_t last = sequence_min(acknowledgement, tcp->send_end);
    uint32_t bytes = last - first;
    bool fin = tcp->fin_queued && acknowledgement == tcp->send_end + 1;

    queue_consume(net, tcp, bytes);
    tcp->acked_pending += bytes;
    rtt_measure(net, tcp, header);
    tcp->send_acked = acknowledgement;
    tcp->retransmit_next = sequence_max(tcp->retransmit_next, acknowledgement);
    tcp->lost_end = sequence_max(tcp->lost_end, acknowledgement);
    tcp->backoff = 0;
    if (!tcp->recovering)
        tcp->duplicate_acks = 0;
    tcp_sack_trim(tcp);
    /* Only a window that was used may grow. */
    bool limited =
        tcp->cwnd < tcp->ssthresh ? flight >= tcp->cwnd / 2 : flight + 3u * tcp->mss >= tcp->cwnd;
    if (limited && (!tcp->recovering || tcp->timed_out))
        tcp_congestion_acked(net, tcp, bytes);
    tcp->retransmit_at = TIME_NEVER;
    if (tcp->send_next != tcp->send_acked)
        tcp_retransmit_arm(net, tcp);
    return fin && fin_acknowledged(net, tcp);
}

/* The window goes with the newest segment (RFC 9293, 3.10.7.4). True if it changed. */
static bool window_take(struct tcp_connection *tcp, const struct tcp_header *header)
{
    if (sequence_before(header->sequence, tcp->window_sequence) ||
        (header->sequence == tcp->window_sequence &&
         sequence_before(header->acknowledgement, tcp->window_acknowledgement)))
        return false;
    uint32_t window = (uint32_t)header->window << tcp->send_scale, old = tcp->send_window;
    tcp->window_sequence = header->sequence;
    tcp->window_acknowledgement = header->acknowledgement;
    tcp->send_window = window;
    if (window > tcp->send_window_max)
        tcp->send_window_max = window;
    if (old == 0 && window > 0) {
        /* What was in flight when it closed was dropped there: send it again now. */
        tcp->probe_at = TIME_NEVER;
        tcp->retransmit_at = TIME_NEVER; /* Armed again by what is sent now. */
        tcp->backoff = 0;
        if (tcp->send_next != tcp->send_acked && !tcp->recovering) {
            tcp->lost_end = tcp->send_next;
            tcp->retransmit_next = tcp->send_acked;
            tcp->retransmit_cursor = SLICE_NONE;
            tcp->retransmit_now = true;
        }
    }
    return window != old;
}

bool tcp_acknowledge(struct net_engine *net, struct tcp_connection *tcp,
                     const struct tcp_header *header, uint32_t payload_len)
{
    uint32_t acknowledgement = header->acknowledgement;
    if (sequence_before(tcp->send_next, acknowledgement) ||
        sequence_before(acknowledgement, tcp->send_acked - tcp->send_window_max)) {
        tcp_challenge(net, tcp);
        return false;
    }
    bool news = tcp->sack && header->sack_count > 0 && tcp_sack_update(tcp, header);
    bool advanced = sequence_before(tcp->send_acked, acknowledgement);
    if (advanced && advance(net, tcp, header))
        return false;
    bool window_changed = window_take(tcp, header);
    bool duplicate = !advanced && acknowledgement == tcp->send_acked && payload_len == 0 &&
                     !(header->flags & (TCP_SYN | TCP_FIN)) && tcp->send_next != tcp->send_acked &&
                     (tcp->sack ? news : !window_changed);
    if (duplicate)
        tcp->duplicate_acks++;
    if (tcp->recovering)
        recovery_update(tcp, advanced);
    else if (duplicate || news)
        loss_detect(net, tcp);
    return true;
}
