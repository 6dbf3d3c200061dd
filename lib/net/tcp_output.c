/* What a connection may send now, and the segments that carry it. The order is: the SYN; bytes that
 * are lost; new bytes, as far as both windows go; a probe; and an acknowledgement alone if none of
 * these took it along. Payload is named by slices from the send queue, cut where a segment ends.
 *
 * A frame is one segment, or with TSO as many as the card cuts from 64 KiB. */
#include "lib/base/seldom.h"
#include "lib/net/checksum.h"
#include "lib/net/tcp.h"

enum {
    FRAMES_PER_RUN = 8, /* Then the next connection has its turn. */
    CHECKSUM_AT = 16,
    /* A frame's IP packet is below 64 KiB with all its headers. */
    TSO_PAYLOAD_MAX = UINT16_MAX - IPV4_HEADER_LEN - TCP_HEADER_MAX,
    SEGMENT_SLICES = NET_FRAME_SLICES - 1, /* Room for one that is cut in two. */
};

/* What a run of tcp_output knows once. */
struct tcp_run {
    struct net_engine *net;
    struct tcp_connection *tcp;
    struct net_path path;
    unsigned frames; /* Sent so far. */
};

/* ---- The receiver's window ------------------------------------------------------------------- */

static uint32_t window_wanted(const struct tcp_connection *tcp)
{
    uint32_t most = (uint32_t)UINT16_MAX << tcp->receive_scale;
    return tcp->receive_free < most ? tcp->receive_free : most;
}

/* Moves the announced edge, but never by a little (RFC 9293, 3.8.6.2.2) and never back. */
static uint16_t window_announce(struct tcp_connection *tcp)
{
    uint32_t wanted = tcp->receive_next + window_wanted(tcp);
    uint32_t worth = tcp->receive_free_max / 2;
    if (worth > tcp->receive_mss)
        worth = tcp->receive_mss;
    if (sequence_before(tcp->receive_edge, wanted) && wanted - tcp->receive_edge >= worth)
        tcp->receive_edge = wanted;
    uint32_t window = (tcp->receive_edge - tcp->receive_next) >> tcp->receive_scale;
    return window < UINT16_MAX ? (uint16_t)window : UINT16_MAX;
}

bool tcp_window_update_due(const struct tcp_connection *tcp)
{
    uint32_t announced = tcp->receive_edge - tcp->receive_next;
    uint32_t wanted = window_wanted(tcp);
    if (wanted <= announced)
        return false;
    uint32_t gain = wanted - announced, quarter = tcp->receive_free_max / 4;
    uint32_t segments = 2 * tcp->receive_mss;
    if (announced < tcp->receive_mss) /* The sender may have stopped. */
        return gain >= tcp->receive_mss || gain >= quarter;
    return gain >= quarter && gain >= segments;
}

/* ---- One segment ----------------------------------------------------------------------------- */

/* The descriptor that holds `sequence`, from the cursor if that is not behind it. */
static uint32_t queue_find(const struct net_engine *net, const struct tcp_connection *tcp,
                           uint32_t cursor, uint32_t sequence)
{
    uint32_t index = cursor;
    if (index == SLICE_NONE || sequence_before(sequence, slice_at(&net->slices, index)->sequence))
        index = tcp->send.head;
    while (index != SLICE_NONE) {
        const struct slice_descriptor *descriptor = slice_at(&net->slices, index);
        if (sequence_before(sequence, descriptor->sequence + descriptor->slice.len))
            break;
        index = descriptor->next;
    }
    return index;
}

/* How many of `len` bytes from `sequence` on fit into the slices of one frame. */
static uint32_t queue_reach(const struct net_engine *net, uint32_t index, uint32_t sequence,
                            uint32_t len)
{
    uint32_t reach = 0;
    for (unsigned i = 0; i < SEGMENT_SLICES && index != SLICE_NONE && reach < len; i++) {
        const struct slice_descriptor *descriptor = slice_at(&net->slices, index);
        reach = descriptor->sequence + descriptor->slice.len - sequence;
        index = descriptor->next;
    }
    return reach < len ? reach : len;
}

static void queue_gather(const struct net_engine *net, uint32_t index, uint32_t sequence,
                         uint32_t len, struct net_frame *frame)
{
    while (len > 0) {
        const struct slice_descriptor *descriptor = slice_at(&net->slices, index);
        uint32_t skip = sequence - descriptor->sequence;
        struct net_slice slice = descriptor->slice;
        slice.offset += skip;
        slice.len -= skip;
        if (slice.len > len)
            slice.len = len;
        if (slice.len != descriptor->slice.len)
            slice.flags &= (uint16_t)~NET_SLICE_SUM;
        net_frame_slice(frame, slice);
        sequence += slice.len;
        len -= slice.len;
        index = descriptor->next;
    }
}

static void header_fill(const struct net_engine *net, struct tcp_connection *tcp,
                        struct tcp_header *header)
{
    header->source_port = tcp->local.port;
    header->destination_port = tcp->remote.port;
    header->acknowledgement = header->flags & TCP_ACK ? tcp->receive_next : 0;
    header->has_timestamp = tcp->timestamps;
    header->timestamp = tcp_clock(net, tcp);
    header->timestamp_echo = header->flags & TCP_ACK ? tcp->timestamp_recent : 0;
    if (header->flags & TCP_SYN) {
        uint32_t window = tcp->receive_free;
        header->window = window < UINT16_MAX ? (uint16_t)window : UINT16_MAX;
        header->mss = tcp_own_mss(net);
        header->scale = tcp->receive_scale;
        return;
    }
    header->window = window_announce(tcp);
}

/* Whoever sends an acknowledgement has no other due. */
static void ack_sent(struct tcp_connection *tcp)
{
    tcp->ack_now = false;
    tcp->ack_at = TIME_NEVER;
    tcp->unacked = 0;
    tcp->ack_sent = tcp->receive_next;
}

static bool frames_left(const struct net_engine *net, const struct net_path *path)
{
    return path->loopback ? net->loopback.count < net->loopback.capacity : net->frames_left > 0;
}

/* Sends one frame: `len` bytes from `sequence` on, which start in descriptor `index`. The caller has
 * seen that there is room. */
static void segment_send(struct tcp_run *run, struct tcp_header *header, uint32_t index,
                         uint32_t len)
{
    struct net_engine *net = run->net;
    struct tcp_connection *tcp = run->tcp;
    struct net_frame *frame = net_frame_begin(net, run->path.loopback);
    ASSERT(frame != NULL);
    header_fill(net, tcp, header);
    uint8_t bytes[TCP_HEADER_MAX];
    struct writer tcp_writer = writer_of(bytes, sizeof bytes);
    uint8_t header_len = tcp_header_encode(&tcp_writer, header);
    size_t transport_len = header_len + (size_t)len;
    struct writer writer = net_frame_headers(net, frame, &run->path, &tcp->local.address,
                                             &tcp->remote.address, IP_PROTOCOL_TCP, transport_len);
    uint16_t transport_at = (uint16_t)writer.at;
    writer_bytes(&writer, bytes, header_len);
    frame->header_len = (uint16_t)writer.at;
    queue_gather(net, index, header->sequence, len, frame);
    uint32_t payload_max = tcp_payload_max(tcp);
    if (len > payload_max) {
        frame->gso_type = NET_SEGMENTATION_TCP4;
        frame->gso_size = (uint16_t)payload_max;
    }
    uint16_t pseudo = ipv4_pseudo_sum(&tcp->local.address, &tcp->remote.address, IP_PROTOCOL_TCP,
                                      (uint16_t)transport_len);
    net_frame_checksum(net, frame, pseudo, transport_at, CHECKSUM_AT, run->path.loopback);
    net_frame_commit(net, frame, run->path.loopback, tcp_index(net, tcp));
    net->counters.tcp_out++;
    run->frames++;
    if (header->flags & TCP_ACK)
        ack_sent(tcp);
}

/* ---- What to send ---------------------------------------------------------------------------- */

/* The most bytes of one frame. */
static uint32_t frame_payload_max(const struct tcp_run *run)
{
    uint32_t segment = tcp_payload_max(run->tcp);
    bool large = run->path.loopback || (run->net->link.offloads & NET_OFFLOAD_TSO4);
    return large ? TSO_PAYLOAD_MAX - TSO_PAYLOAD_MAX % segment : segment;
}

/* Whole segments, unless the bytes end the queue: a short one in the middle would be wasted. */
static uint32_t whole_segments(uint32_t len, uint32_t available, uint32_t segment)
{
    return len < available && len > segment ? len - len % segment : len;
}

static uint32_t congestion_room(const struct tcp_connection *tcp)
{
    uint32_t in_flight = tcp_in_flight(tcp);
    return in_flight < tcp->cwnd ? tcp->cwnd - in_flight : 0;
}

static bool fin_is_sent(const struct tcp_connection *tcp)
{
    return tcp->fin_queued && tcp->send_next == tcp->send_end + 1;
}

static void data_send(struct tcp_run *run, uint32_t sequence, uint32_t index, uint32_t len,
                      bool fin)
{
    struct tcp_header header = { .sequence = sequence, .flags = TCP_ACK };
    if (fin)
        header.flags |= TCP_FIN;
    if (sequence + len == run->tcp->send_end)
        header.flags |= TCP_PSH;
    segment_send(run, &header, index, len);
}

/* Whether there may be something that is lost and not sent again yet: the holes are between the two. */
static bool is_lost_due(const struct tcp_connection *tcp)
{
    return sequence_before(tcp->retransmit_next, tcp->lost_end);
}

/* Sends a piece of what is lost. False if nothing is, or it must wait. */
static SELDOM bool send_lost(struct tcp_run *run)
{
    struct tcp_connection *tcp = run->tcp;
    struct tcp_range hole = tcp_sack_hole(tcp, tcp->retransmit_next, tcp->lost_end);
    if (hole.start == hole.end)
        return false;
    uint32_t segment = tcp_payload_max(tcp), room = congestion_room(tcp);
    uint32_t data_end = sequence_min(hole.end, tcp->send_end);
    uint32_t len = sequence_before(hole.start, data_end) ? data_end - hole.start : 0;
    if (room < len && room < segment && !tcp->retransmit_now)
        return false;
    if (len > room)
        len = room < segment ? (len < segment ? len : segment) : room;
    uint32_t most = frame_payload_max(run);
    len = whole_segments(len < most ? len : most, data_end - hole.start, segment);
    uint32_t index = queue_find(run->net, tcp, tcp->retransmit_cursor, hole.start);
    if (len > 0)
        len = queue_reach(run->net, index, hole.start, len);
    bool fin = fin_is_sent(tcp) && hole.start + len == tcp->send_end &&
               sequence_before(tcp->send_end, hole.end);
    data_send(run, hole.start, index, len, fin);
    tcp->retransmit_cursor = index;
    tcp->retransmit_next = hole.start + len + fin;
    tcp->retransmit_now = false;
    tcp->timing = false;        /* Karn: what comes back may answer either copy. */
    if (tcp->send_window > 0) { /* Else it was a probe, and counted as one. */
        tcp->retransmits++;
        run->net->counters.tcp_retransmits++;
    }
    return true;
}

/* Whether a piece that is no full segment may go (Nagle, RFC 9293, 3.7.4; and the sender's side of
 * silly window avoidance, 3.8.6.2.1). */
static bool short_may_go(const struct tcp_connection *tcp, uint32_t len, uint32_t available,
                         bool fin)
{
    bool idle = tcp->send_next == tcp->send_acked;
    if (len == available)
        return idle || tcp->no_delay || fin;
    return len >= tcp->send_window_max / 2 && len > 0 && idle;
}

/* Sends new bytes. False if there are none, or they must wait. */
static bool send_new(struct tcp_run *run)
{
    struct tcp_connection *tcp = run->tcp;
    if (fin_is_sent(tcp))
        return false;
    uint32_t window_end = tcp->send_acked + tcp->send_window;
    uint32_t available = tcp->send_end - tcp->send_next;
    uint32_t window = sequence_before(tcp->send_next, window_end) ? window_end - tcp->send_next : 0;
    uint32_t room = congestion_room(tcp), most = frame_payload_max(run);
    uint32_t len = available < window ? available : window;
    len = len < room ? len : room;
    len = len < most ? len : most;
    if (window == 0 || (len == 0 && !(available == 0 && tcp->fin_queued)))
        return false;
    uint32_t segment = tcp_payload_max(tcp);
    len = whole_segments(len, available, segment);
    uint32_t index = queue_find(run->net, tcp, tcp->cursor, tcp->send_next);
    if (len > 0) {
        uint32_t reach = queue_reach(run->net, index, tcp->send_next, len);
        len = reach < len ? whole_segments(reach, available, segment) : len;
    }
    bool fin = tcp->fin_queued && len == available;
    if (len < segment && !short_may_go(tcp, len, available, fin))
        return false;
    if (tcp->send_next == tcp->send_acked && run->net->now - tcp->sent_at > tcp->rto)
        tcp_congestion_idle(run->net, tcp);
    data_send(run, tcp->send_next, index, len, fin);
    tcp->cursor = index;
    tcp->send_next += len + fin;
    tcp->sent_at = run->net->now;
    tcp->bytes_out += len;
    run->net->counters.tcp_bytes_out += len;
    if (!tcp->timing && !tcp->recovering) {
        tcp->timing = true;
        tcp->timed_sequence = tcp->send_next;
        tcp->timed_at = run->net->now;
    }
    return true;
}

/* A segment without bytes just below the window, which the peer must answer (RFC 9293, 3.8.4). */
static SELDOM void send_question(struct tcp_run *run)
{
    struct tcp_connection *tcp = run->tcp;
    struct tcp_header header = { .sequence = tcp->send_acked - 1, .flags = TCP_ACK };
    uint32_t edge = tcp->receive_edge;
    bool ack_due = tcp->ack_now || tcp->unacked > 0;
    segment_send(run, &header, SLICE_NONE, 0);
    /* The peer reads neither acknowledgement nor window from outside its own window. */
    tcp->ack_now = ack_due || tcp->receive_edge != edge;
}

/* Whether bytes (or the FIN) wait, and nothing is in flight whose answer could let them go. */
static bool waits_for_window(const struct tcp_connection *tcp)
{
    return tcp->send_next == tcp->send_acked && !fin_is_sent(tcp) &&
           (tcp->send_next != tcp->send_end || tcp->fin_queued);
}

/* A window too small to be worth a segment gets one after all when time has passed (RFC 9293,
 * 3.8.6.2.1). A closed one is asked by a segment without bytes, as Linux does, and not with a new
 * byte (3.8.6.1): the byte would lie beyond the window, so would our acknowledgements be until it is
 * taken, and receivers drop those. */
static SELDOM void send_probe(struct tcp_run *run)
{
    struct tcp_connection *tcp = run->tcp;
    tcp->probe_due = false;
    if (!waits_for_window(tcp))
        return;
    run->net->counters.tcp_probes++;
    uint32_t len = tcp->send_end - tcp->send_next, segment = tcp_payload_max(tcp);
    len = len < tcp->send_window ? len : tcp->send_window;
    len = len < segment ? len : segment;
    if (len == 0) {
        if (tcp->backoff < UINT8_MAX)
            tcp->backoff++;
        send_question(run);
        return;
    }
    len = queue_reach(run->net, tcp->send.head, tcp->send_next, len);
    data_send(run, tcp->send_next, tcp->send.head, len, false);
    tcp->send_next += len;
}

static void send_acknowledgement(struct tcp_run *run)
{
    struct tcp_header header = { .sequence = run->tcp->send_next, .flags = TCP_ACK };
    if (run->tcp->sack && run->tcp->reorder.head != SLICE_NONE)
        tcp_reorder_blocks(run->net, run->tcp, &header);
    segment_send(run, &header, SLICE_NONE, 0);
}

static SELDOM void send_syn(struct tcp_run *run)
{
    struct tcp_connection *tcp = run->tcp;
    struct tcp_header header = { .sequence = tcp->send_start, .flags = TCP_SYN };
    if (tcp->state == NET_TCP_SYN_RECEIVED)
        header.flags |= TCP_ACK;
    header.sack_permitted = tcp->sack;
    header.has_scale = tcp->state == NET_TCP_SYN_SENT || tcp->peer_scales;
    segment_send(run, &header, SLICE_NONE, 0);
    tcp->syn_due = false;
    if (tcp->send_next == tcp->send_start) {
        tcp->send_next++;
        tcp->timing = true;
        tcp->timed_sequence = tcp->send_next;
        tcp->timed_at = run->net->now;
    }
    if (tcp->retransmit_at == TIME_NEVER)
        tcp_retransmit_arm(run->net, tcp);
}

static void probe_arm(struct net_engine *net, struct tcp_connection *tcp)
{
    if (!waits_for_window(tcp))
        tcp->probe_at = TIME_NEVER;
    else if (tcp->probe_at == TIME_NEVER)
        tcp->probe_at = net->now + tcp_timeout(tcp);
}

/* The data phase. True if frames ran out. */
static bool output_data(struct tcp_run *run)
{
    struct net_engine *net = run->net;
    struct tcp_connection *tcp = run->tcp;
    for (;;) {
        if (run->frames >= FRAMES_PER_RUN || !frames_left(net, &run->path))
            return true;
        /* A hole reported by us rides on no data segment: it goes first, on its own. */
        if (tcp->ack_now && tcp->sack && tcp->reorder.head != SLICE_NONE)
            send_acknowledgement(run);
        else if (!(is_lost_due(tcp) && send_lost(run)) && !send_new(run))
            break;
        if (tcp->retransmit_at == TIME_NEVER && tcp->send_next != tcp->send_acked)
            tcp_retransmit_arm(net, tcp);
    }
    if (tcp->probe_due)
        send_probe(run);
    probe_arm(net, tcp);
    if (tcp->retransmit_at == TIME_NEVER && tcp->send_next != tcp->send_acked)
        tcp_retransmit_arm(net, tcp);
    return false;
}

/* Nothing can leave yet. Timeouts run all the same, so that a lost neighbour ends the connection. */
static SELDOM void output_blocked(struct net_engine *net, struct tcp_connection *tcp, status_t why)
{
    if (why == STATUS_WOULD_BLOCK && !tcp->waiting) {
        tcp->waiting = true;
        net->tcp.waiting_count++;
    }
    if (why == STATUS_UNREACHABLE && tcp->state == NET_TCP_SYN_SENT) {
        tcp_end(net, tcp, STATUS_UNREACHABLE);
        return;
    }
    bool wants = tcp->syn_due || tcp->send_next != tcp->send_acked ||
                 tcp->send_next != tcp->send_end || tcp->fin_queued;
    if (wants && tcp->retransmit_at == TIME_NEVER && tcp->state != NET_TCP_TIME_WAIT)
        tcp_retransmit_arm(net, tcp);
}

bool tcp_output(struct net_engine *net, struct tcp_connection *tcp)
{
    struct tcp_run run = { .net = net, .tcp = tcp };
    status_t status = net_path_find(net, &tcp->remote.address, &run.path);
    if (status != STATUS_OK) {
        output_blocked(net, tcp, status);
        return false;
    }
    bool blocked = !frames_left(net, &run.path);
    if (tcp->syn_due && !blocked)
        send_syn(&run);
    if (tcp->state == NET_TCP_SYN_SENT || tcp->state == NET_TCP_SYN_RECEIVED)
        return tcp->syn_due;
    if (tcp->state != NET_TCP_TIME_WAIT)
        blocked = output_data(&run);
    if (tcp->keepalive_due && frames_left(net, &run.path)) {
        send_question(&run);
        tcp->keepalive_due = false;
    }
    if (tcp->ack_now && frames_left(net, &run.path))
        send_acknowledgement(&run);
    return blocked || tcp->ack_now || tcp->keepalive_due;
}

SELDOM void tcp_challenge(struct net_engine *net, struct tcp_connection *tcp)
{
    if (!net_limiter_pass(net, &net->challenge_limiter, TCP_CHALLENGES_PER_SECOND))
        return;
    net->counters.tcp_challenges++;
    tcp->ack_now = true;
    tcp_make_ready(net, tcp);
}

/* ---- Resets ---------------------------------------------------------------------------------- */

/* With no room a RST is dropped: the next segment that the peer sends asks for another. */
static void reset_frame(struct net_engine *net, const struct net_endpoint *local,
                        const struct net_endpoint *remote, struct tcp_header *header)
{
    struct net_path path;
    struct net_frame *frame = net_reply_begin(net, &remote->address, &path);
    if (frame == NULL)
        return;
    header->source_port = local->port;
    header->destination_port = remote->port;
    struct writer writer = net_frame_headers(net, frame, &path, &local->address, &remote->address,
                                             IP_PROTOCOL_TCP, TCP_HEADER_LEN);
    uint16_t transport_at = (uint16_t)writer.at;
    uint8_t len = tcp_header_encode(&writer, header);
    ASSERT(len == TCP_HEADER_LEN);
    frame->header_len = (uint16_t)writer.at;
    uint16_t pseudo =
        ipv4_pseudo_sum(&local->address, &remote->address, IP_PROTOCOL_TCP, TCP_HEADER_LEN);
    net_frame_checksum(net, frame, pseudo, transport_at, CHECKSUM_AT, path.loopback);
    net_reply_commit(net, frame, &path);
    net->counters.tcp_out++;
    net->counters.tcp_resets_out++;
}

SELDOM void tcp_reset_reply(struct net_engine *net, const struct net_packet *packet,
                            const struct tcp_header *header, uint32_t payload_len)
{
    if (header->flags & TCP_RST)
        return;
    if (!net_limiter_pass(net, &net->reset_limiter, TCP_RESETS_PER_SECOND)) {
        net->counters.tcp_resets_limited++;
        return;
    }
    struct net_endpoint local = { packet->ip.destination, header->destination_port };
    struct net_endpoint remote = { packet->ip.source, header->source_port };
    struct tcp_header reset = { .flags = TCP_RST };
    if (header->flags & TCP_ACK) {
        reset.sequence = header->acknowledgement;
    } else {
        reset.flags |= TCP_ACK;
        reset.acknowledgement = header->sequence + payload_len + ((header->flags & TCP_SYN) != 0) +
                                ((header->flags & TCP_FIN) != 0);
    }
    reset_frame(net, &local, &remote, &reset);
}

SELDOM void tcp_reset_send(struct net_engine *net, struct tcp_connection *tcp)
{
    if (tcp->state == NET_TCP_SYN_SENT || tcp->state == NET_TCP_TIME_WAIT)
        return;
    struct tcp_header reset = {
        .sequence = tcp->send_next,
        .acknowledgement = tcp->receive_next,
        .flags = TCP_RST | TCP_ACK,
    };
    reset_frame(net, &tcp->local, &tcp->remote, &reset);
}
