/* A segment arrives (RFC 9293, 3.10.7, in its order of checks; RFC 5961 and RFC 7323 where they add to
 * it). What the segment sets in motion (acknowledgements, data from the reassembly queue, new data)
 * is done when the batch ends, by tcp_run_ready. */
#include "lib/base/seldom.h"
#include "lib/net/checksum.h"
#include "lib/net/tcp.h"

/* The segment that is being looked at. */
struct segment {
    struct net_packet *packet;
    struct tcp_header header;
    uint32_t payload_len;
};

static uint32_t segment_len(const struct segment *segment)
{
    return segment->payload_len + ((segment->header.flags & TCP_SYN) != 0) +
           ((segment->header.flags & TCP_FIN) != 0);
}

/* ---- Receiving data -------------------------------------------------------------------------- */

void tcp_receive_in_order(struct net_engine *net, struct tcp_connection *tcp,
                          struct net_slice slice)
{
    struct net_notice *notice = net_notice_add(net, NET_NOTICE_DELIVER, tcp->cookie);
    notice->connection = tcp_name(net, tcp);
    notice->slice = slice;
    tcp->receive_next += slice.len;
    tcp->receive_free -= slice.len < tcp->receive_free ? slice.len : tcp->receive_free;
    tcp->unacked += slice.len;
    tcp->bytes_in += slice.len;
    net->counters.tcp_bytes_in += slice.len;
}

/* One slice of payload: cut to the window, then delivered, kept, or dropped. */
static void slice_receive(struct net_engine *net, struct tcp_connection *tcp,
                          struct net_packet *packet, uint32_t index, uint32_t sequence)
{
    struct net_slice slice = packet->slices[index];
    uint32_t edge = tcp->fin_received ? tcp->fin_sequence : tcp->receive_edge;
    uint32_t end = sequence_min(sequence + slice.len, edge);
    if (!sequence_before(sequence, edge) || sequence_at_or_before(end, tcp->receive_next)) {
        tcp->ack_now = true;
        net->counters.tcp_duplicates += sequence_at_or_before(end, tcp->receive_next);
        return;
    }
    slice.len = end - sequence;
    if (sequence_before(tcp->receive_next, sequence)) {
        tcp->ack_now = true;
        if (tcp_reorder_add(net, tcp, slice, sequence))
            packet_pass(packet, index);
        return;
    }
    uint32_t known = tcp->receive_next - sequence;
    slice.offset += known;
    slice.len -= known;
    tcp_receive_in_order(net, tcp, slice);
    packet_pass(packet, index);
}

/* Every second full segment is acknowledged at once, and everything unusual (RFC 9293, 3.8.6.3). */
static void acknowledge_later(struct net_engine *net, struct tcp_connection *tcp)
{
    if (tcp->unacked >= 2 * tcp->receive_mss || tcp->reorder.head != SLICE_NONE)
        tcp->ack_now = true;
    else if (tcp->unacked > 0 && tcp->ack_at == TIME_NEVER)
        tcp->ack_at = net->now + TCP_DELAYED_ACK_NS;
}

static void payload_receive(struct net_engine *net, struct tcp_connection *tcp,
                            struct segment *segment)
{
    struct net_packet *packet = segment->packet;
    uint32_t sequence = segment->header.sequence;
    uint32_t size = packet->segment_size != 0 && packet->segment_size < segment->payload_len
                        ? packet->segment_size
                        : segment->payload_len;
    if (size > tcp->receive_mss)
        tcp->receive_mss = size < tcp_own_mss(net) ? size : tcp_own_mss(net);
    packet_payload_begin(packet);
    for (uint32_t i = 0; i < packet->count; i++) {
        if (packet->slices[i].len == 0)
            continue;
        slice_receive(net, tcp, packet, i, sequence);
        sequence += packet->slices[i].len;
    }
    acknowledge_later(net, tcp);
}

static SELDOM void fin_note(struct net_engine *net, struct tcp_connection *tcp,
                            const struct segment *segment)
{
    uint32_t sequence = segment->header.sequence + segment->payload_len;
    if (tcp->fin_received || sequence_before(tcp->receive_edge, sequence) ||
        sequence_before(sequence, tcp->receive_next))
        return;
    tcp->fin_received = true;
    tcp->fin_sequence = sequence;
    tcp->ack_now = true;
    tcp_reorder_cut(net, tcp, sequence);
}

SELDOM void tcp_receive_fin(struct net_engine *net, struct tcp_connection *tcp)
{
    ASSERT(tcp->fin_received);
    if (tcp->receive_next != tcp->fin_sequence)
        return;
    tcp->receive_next++;
    tcp->ack_now = true;
    ASSERT(tcp->reorder.head == SLICE_NONE);
    struct net_notice *notice = net_notice_add(net, NET_NOTICE_PEER_FIN, tcp->cookie);
    notice->connection = tcp_name(net, tcp);
    switch (tcp->state) {
    case NET_TCP_ESTABLISHED: tcp->state = NET_TCP_CLOSE_WAIT; break;
    case NET_TCP_FIN_WAIT_1: tcp->state = NET_TCP_CLOSING; break;
    case NET_TCP_FIN_WAIT_2: tcp_enter_time_wait(net, tcp); break;
    default: ASSERT(false);
    }
}

static bool receives_data(const struct tcp_connection *tcp)
{
    return tcp->state == NET_TCP_ESTABLISHED || tcp->state == NET_TCP_FIN_WAIT_1 ||
           tcp->state == NET_TCP_FIN_WAIT_2;
}

/* ---- The checks ------------------------------------------------------------------------------ */

/* Old duplicates from before the sequence numbers wrapped (RFC 7323, section 5). */
static bool timestamp_is_old(const struct net_engine *net, const struct tcp_connection *tcp,
                             const struct tcp_header *header)
{
    return sequence_before(header->timestamp, tcp->timestamp_recent) &&
           net->now - tcp->timestamp_recent_at < TCP_IDLE_PAWS_NS;
}

/* False: drop it. Bytes are answered, since their sender may want to know; an acknowledgement that was
 * overtaken on the way is not. */
static bool timestamp_check(struct net_engine *net, struct tcp_connection *tcp,
                            const struct segment *segment)
{
    const struct tcp_header *header = &segment->header;
    if (!tcp->timestamps || (header->flags & TCP_RST))
        return true;
    if (!header->has_timestamp)
        return header->flags & TCP_SYN; /* Let the SYN be challenged below. */
    if (!timestamp_is_old(net, tcp, header))
        return true;
    net->counters.tcp_paws++;
    if (segment_len(segment) > 0)
        tcp_challenge(net, tcp);
    return false;
}

/* Some of it, or its edge, lies in the window. A segment just before the window is let through to
 * have its acknowledgement read, and one just behind it when it is closed, since the peer may count
 * a byte that it probes us with (RFC 9293, 3.10.7.4: valid ACKs are taken at a window of zero). */
static bool is_acceptable(const struct tcp_connection *tcp, const struct segment *segment)
{
    uint32_t end = segment->header.sequence + segment_len(segment);
    uint32_t edge = tcp->receive_edge + (tcp->receive_edge == tcp->receive_next);
    return !sequence_before(end, tcp->receive_next) &&
           !sequence_before(edge, segment->header.sequence);
}

/* A RST is believed at exactly the next byte; elsewhere in the window the peer, if it is the peer,
 * will repeat it in answer to our challenge (RFC 5961, section 3). */
static SELDOM void reset_receive(struct net_engine *net, struct tcp_connection *tcp,
                                 const struct tcp_header *header)
{
    net->counters.tcp_resets_in++;
    if (header->sequence != tcp->receive_next) {
        tcp_challenge(net, tcp);
        return;
    }
    bool refused = tcp->state == NET_TCP_SYN_RECEIVED && tcp->active;
    tcp_end(net, tcp, refused ? STATUS_REFUSED : STATUS_RESET);
}

static void timestamp_store(struct net_engine *net, struct tcp_connection *tcp,
                            const struct tcp_header *header)
{
    if (!tcp->timestamps || !header->has_timestamp ||
        sequence_before(tcp->ack_sent, header->sequence) ||
        sequence_before(header->timestamp, tcp->timestamp_recent))
        return;
    tcp->timestamp_recent = header->timestamp;
    tcp->timestamp_recent_at = net->now;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static SELDOM void establish(struct net_engine *net, struct tcp_connection *tcp)
{
    tcp->state = NET_TCP_ESTABLISHED;
    tcp->retransmit_at = TIME_NEVER;
    tcp->backoff = 0;
    if (tcp->active) {
        struct net_notice *notice = net_notice_add(net, NET_NOTICE_CONNECTED, tcp->cookie);
        notice->connection = tcp_name(net, tcp);
        notice->local = tcp->local;
        notice->remote = tcp->remote;
        notice->mss = (uint16_t)tcp_payload_max(tcp);
        net->counters.tcp_opened++;
    }
    if (tcp->fin_queued) /* SHUTDOWN came before the handshake was over. */
        tcp->state = NET_TCP_FIN_WAIT_1;
}

/* The acknowledgement of our SYN in SYN-RECEIVED. False: the segment goes no further. */
static SELDOM bool syn_acknowledged(struct net_engine *net, struct tcp_connection *tcp,
                                    const struct segment *segment)
{
    if (segment->header.acknowledgement != tcp->send_start + 1) {
        tcp_reset_reply(net, segment->packet, &segment->header, segment->payload_len);
        return false;
    }
    if (!tcp->active && !tcp_listen_complete(net, tcp))
        return false;
    establish(net, tcp);
    return true;
}

/* RFC 9293, 3.10.7.3. */
static SELDOM void syn_sent_receive(struct net_engine *net, struct tcp_connection *tcp,
                                    const struct segment *segment)
{
    const struct tcp_header *header = &segment->header;
    bool acknowledged = header->flags & TCP_ACK;
    if (acknowledged &&
        (header->acknowledgement != tcp->send_next || tcp->send_next == tcp->send_start)) {
        tcp_reset_reply(net, segment->packet, header, segment->payload_len);
        return;
    }
    if (header->flags & TCP_RST) {
        net->counters.tcp_resets_in++;
        if (acknowledged)
            tcp_end(net, tcp, STATUS_REFUSED);
        return;
    }
    if (!(header->flags & TCP_SYN))
        return;
    tcp_take_options(net, tcp, header);
    if (!acknowledged) { /* Both sides began at once. */
        tcp->state = NET_TCP_SYN_RECEIVED;
        tcp->syn_due = true;
        tcp_make_ready(net, tcp);
        return;
    }
    if (tcp->timing)
        tcp_rtt_sample(tcp, net->now - tcp->timed_at);
    tcp->timing = false;
    tcp->send_acked = tcp->retransmit_next = tcp->lost_end = header->acknowledgement;
    tcp->ack_now = true;
    establish(net, tcp);
    tcp_make_ready(net, tcp);
}

/* ---- The segment of a connection ------------------------------------------------------------- */

/* An unacceptable segment is answered by saying what would be; one without bytes only so often, since
 * two confused ends could go on forever. */
static SELDOM void unacceptable(struct net_engine *net, struct tcp_connection *tcp,
                                const struct segment *segment)
{
    net->counters.tcp_out_of_window++;
    if (segment->header.flags & TCP_RST)
        return;
    if (segment_len(segment) == 0) {
        tcp_challenge(net, tcp);
        return;
    }
    tcp->ack_now = true;
    tcp_make_ready(net, tcp);
}

/* A SYN in the window of a connection. True: go on with the segment. */
static SELDOM bool syn_receive(struct net_engine *net, struct tcp_connection *tcp,
                               struct segment *segment)
{
    struct tcp_header *header = &segment->header;
    if (tcp->state != NET_TCP_SYN_RECEIVED || header->sequence != tcp->receive_start) {
        tcp_challenge(net, tcp);
        return false;
    }
    if (!(header->flags & TCP_ACK)) {
        tcp->syn_due = true; /* Our answer was lost. */
        tcp_make_ready(net, tcp);
        return false;
    }
    header->flags &= (uint8_t)~TCP_SYN; /* The other half of a simultaneous open. */
    header->sequence++;
    tcp->ack_now = true;
    return true;
}

static void segment_receive(struct net_engine *net, struct tcp_connection *tcp,
                            struct segment *segment)
{
    struct tcp_header *header = &segment->header;
    if (!timestamp_check(net, tcp, segment))
        return;
    if (!is_acceptable(tcp, segment)) {
        unacceptable(net, tcp, segment);
        return;
    }
    if (header->flags & TCP_RST) {
        reset_receive(net, tcp, header);
        return;
    }
    if ((header->flags & TCP_SYN) && !syn_receive(net, tcp, segment))
        return;
    if (!(header->flags & TCP_ACK))
        return;
    if (tcp->state == NET_TCP_SYN_RECEIVED && !syn_acknowledged(net, tcp, segment))
        return;
    timestamp_store(net, tcp, header);
    if (!tcp_acknowledge(net, tcp, header, segment->payload_len))
        return;
    tcp_make_ready(net, tcp);
    if (tcp->reading_closed && segment->payload_len > 0 && receives_data(tcp) &&
        sequence_before(tcp->receive_next, header->sequence + segment->payload_len)) {
        tcp_reset_send(net, tcp); /* Nobody will read it: say so (RFC 9293, 3.6.1). */
        tcp_end(net, tcp, STATUS_RESET);
        return;
    }
    if (receives_data(tcp)) {
        if (segment->payload_len > 0)
            payload_receive(net, tcp, segment);
        if (header->flags & TCP_FIN)
            fin_note(net, tcp, segment);
    } else if (segment_len(segment) > 0) {
        tcp->ack_now = true; /* A repetition of what was received before its FIN. */
    }
}

/* TIME-WAIT answers a repeated FIN, ignores RSTs (RFC 1337), and gives way to a SYN that is
 * surely new (RFC 6191). True: it gave way. */
static SELDOM bool time_wait_receive(struct net_engine *net, struct tcp_connection *tcp,
                                     const struct segment *segment)
{
    const struct tcp_header *header = &segment->header;
    if (header->flags & TCP_RST)
        return false;
    if ((header->flags & TCP_SYN) && !(header->flags & TCP_ACK)) {
        bool by_clock = tcp->timestamps && header->has_timestamp &&
                        sequence_before(tcp->timestamp_recent, header->timestamp);
        if (by_clock || sequence_before(tcp->receive_next, header->sequence)) {
            tcp_end(net, tcp, STATUS_OK);
            return true;
        }
    }
    if (header->flags & TCP_FIN)
        tcp_restart_time_wait(net, tcp);
    if (segment_len(segment) > 0) {
        tcp->ack_now = true;
        tcp_make_ready(net, tcp);
    }
    return false;
}

static SELDOM void no_connection(struct net_engine *net, const struct segment *segment,
                                 const struct net_endpoint *local,
                                 const struct net_endpoint *remote)
{
    const struct tcp_header *header = &segment->header;
    struct tcp_listener *listener = tcp_listener_for(net, local);
    uint8_t kind = header->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);
    if (listener != NULL && kind == TCP_SYN)
        tcp_listen_syn(net, listener, local, remote, header);
    else
        tcp_reset_reply(net, segment->packet, header, segment->payload_len);
}

static bool checksum_is_good(const struct net_engine *net, const struct net_packet *packet)
{
    if (packet->checksum_good)
        return true;
    uint16_t pseudo = ipv4_pseudo_sum(&packet->ip.source, &packet->ip.destination, IP_PROTOCOL_TCP,
                                      (uint16_t)packet_len(packet));
    return net_sum_add(pseudo, packet_sum(net, packet)) == 0xffff;
}

void tcp_input(struct net_engine *net, struct net_packet *packet)
{
    struct segment segment = { .packet = packet };
    net->counters.tcp_in++;
    if (!checksum_is_good(net, packet)) {
        net->counters.tcp_checksum++;
        return;
    }
    if (tcp_header_decode(&packet->head, &segment.header) != STATUS_OK || packet->to_group ||
        segment.header.source_port == 0 || segment.header.destination_port == 0) {
        net->counters.tcp_malformed++;
        return;
    }
    segment.payload_len = packet_len(packet);
    struct net_endpoint local = { packet->ip.destination, segment.header.destination_port };
    struct net_endpoint remote = { packet->ip.source, segment.header.source_port };
    struct tcp_connection *tcp = tcp_find(net, &local, &remote);
    if (tcp != NULL && tcp->state == NET_TCP_TIME_WAIT) {
        if (!time_wait_receive(net, tcp, &segment))
            return;
        tcp = NULL;
    }
    if (tcp == NULL) {
        no_connection(net, &segment, &local, &remote);
        return;
    }
    if (!tcp_is_half_open(tcp))
        tcp->heard_at = net->now;
    if (tcp->state == NET_TCP_SYN_SENT)
        syn_sent_receive(net, tcp, &segment);
    else
        segment_receive(net, tcp, &segment);
    if (tcp->state != NET_TCP_FREE)
        tcp_arm(net, tcp);
}

/* The router's next hop takes less than our link (RFC 1191): smaller segments, and again. */
static void path_mtu_reduce(struct net_engine *net, struct tcp_connection *tcp, uint16_t mtu)
{
    if (mtu < IPV4_MTU_MIN || mtu - IPV4_HEADER_LEN - TCP_HEADER_LEN >= tcp->mss)
        return;
    tcp->mss = (uint16_t)(mtu - IPV4_HEADER_LEN - TCP_HEADER_LEN);
    tcp->lost_end = tcp->send_next;
    tcp->retransmit_next = tcp->send_acked;
    tcp->retransmit_cursor = SLICE_NONE;
    tcp->retransmit_now = true;
    tcp_make_ready(net, tcp);
}

SELDOM void tcp_icmp_error(struct net_engine *net, const struct ipv4_header *quoted,
                           struct reader *transport, uint8_t code, uint16_t next_hop_mtu)
{
    struct net_endpoint local = { quoted->source, reader_be16(transport) };
    struct net_endpoint remote = { quoted->destination, reader_be16(transport) };
    uint32_t sequence = reader_be32(transport);
    struct tcp_connection *tcp = transport->overrun ? NULL : tcp_find(net, &local, &remote);
    /* Only who sees our segments knows a sequence number that is in flight (RFC 5927, 4.1). */
    if (tcp == NULL || sequence_before(sequence, tcp->send_acked) ||
        !sequence_before(sequence, tcp->send_next))
        return;
    if (code == ICMP_CODE_TOO_BIG)
        path_mtu_reduce(net, tcp, next_hop_mtu);
    else if (tcp->state == NET_TCP_SYN_SENT)
        tcp_end(net, tcp,
                code == ICMP_CODE_PORT || code == ICMP_CODE_PROTOCOL ? STATUS_REFUSED
                                                                     : STATUS_UNREACHABLE);
}
