/* The sender's scoreboard (RFC 6675): which bytes between send_acked and send_next the receiver has
 * reported, as a short list of islands in order. When more islands are reported than fit, the highest
 * one is forgotten: at worst some bytes are sent again that need not be. */
#include "lib/base/seldom.h"
#include "lib/net/tcp.h"

/* Merges [start, end) into the list. True if it held news. */
static bool island_add(struct tcp_connection *tcp, uint32_t start, uint32_t end)
{
    unsigned first = 0;
    while (first < tcp->sacked_count && sequence_before(tcp->sacked[first].end, start))
        first++;
    unsigned behind = first;
    uint32_t known = 0;
    for (; behind < tcp->sacked_count && sequence_at_or_before(tcp->sacked[behind].start, end);
         behind++) {
        struct tcp_range island = tcp->sacked[behind];
        if (sequence_at_or_before(island.start, start) && sequence_at_or_before(end, island.end))
            return false;
        known = 1;
        start = sequence_min(start, island.start);
        end = sequence_max(end, island.end);
    }
    if (known == 0) {
        if (tcp->sacked_count == TCP_SACKED_MAX) {
            if (first == TCP_SACKED_MAX)
                return true;
            tcp->sacked_count--;
        }
        memmove(&tcp->sacked[first + 1], &tcp->sacked[first],
                (tcp->sacked_count - first) * sizeof tcp->sacked[0]);
        tcp->sacked_count++;
    } else {
        memmove(&tcp->sacked[first + 1], &tcp->sacked[behind],
                (tcp->sacked_count - behind) * sizeof tcp->sacked[0]);
        tcp->sacked_count -= (uint8_t)(behind - first - 1);
    }
    tcp->sacked[first] = (struct tcp_range){ start, end };
    return true;
}

/* A block that is not within what is in flight is old, a DSACK (RFC 2883), or a lie. */
SELDOM bool tcp_sack_update(struct tcp_connection *tcp, const struct tcp_header *header)
{
    bool news = false;
    for (unsigned i = 0; i < header->sack_count; i++) {
        struct tcp_range block = header->sack[i];
        if (sequence_before(tcp->send_acked, block.start) &&
            sequence_before(block.start, block.end) &&
            sequence_at_or_before(block.end, tcp->send_next))
            news = island_add(tcp, block.start, block.end) || news;
    }
    return news;
}

void tcp_sack_trim(struct tcp_connection *tcp)
{
    unsigned gone = 0;
    while (gone < tcp->sacked_count &&
           sequence_at_or_before(tcp->sacked[gone].end, tcp->send_acked))
        gone++;
    tcp->sacked_count -= (uint8_t)gone;
    memmove(&tcp->sacked[0], &tcp->sacked[gone], tcp->sacked_count * sizeof tcp->sacked[0]);
    /* The receiver dropped what it had reported (RFC 2018, section 8), or lied: nothing is sure. */
    if (tcp->sacked_count > 0 && sequence_at_or_before(tcp->sacked[0].start, tcp->send_acked))
        tcp->sacked_count = 0;
}

uint32_t tcp_sack_missing(const struct tcp_connection *tcp, uint32_t start, uint32_t end)
{
    if (!sequence_before(start, end))
        return 0;
    uint32_t missing = end - start;
    for (unsigned i = 0; i < tcp->sacked_count; i++) {
        uint32_t from = sequence_max(start, tcp->sacked[i].start);
        uint32_t to = sequence_min(end, tcp->sacked[i].end);
        if (sequence_before(from, to))
            missing -= to - from;
    }
    return missing;
}

struct tcp_range tcp_sack_hole(const struct tcp_connection *tcp, uint32_t from, uint32_t end)
{
    for (unsigned i = 0; i < tcp->sacked_count; i++) {
        if (sequence_before(from, tcp->sacked[i].start)) {
            end = sequence_min(end, tcp->sacked[i].start);
            break;
        }
        from = sequence_max(from, tcp->sacked[i].end);
    }
    return (struct tcp_range){ from, sequence_max(from, end) };
}

uint32_t tcp_sack_lost_end(const struct tcp_connection *tcp)
{
    uint32_t bytes_above = 0;
    for (unsigned i = tcp->sacked_count; i-- > 0;) {
        bytes_above += tcp->sacked[i].end - tcp->sacked[i].start;
        if (bytes_above > (TCP_DUPLICATE_THRESHOLD - 1) * (uint32_t)tcp->mss ||
            tcp->sacked_count - i >= TCP_DUPLICATE_THRESHOLD)
            return tcp->sacked[i].start;
    }
    return tcp->send_acked;
}

/* Without SACK, each duplicate ACK says that one segment has left the network. */
uint32_t tcp_in_flight(const struct tcp_connection *tcp)
{
    uint32_t behind_lost = sequence_max(tcp->lost_end, tcp->retransmit_next);
    uint32_t bytes = tcp_sack_missing(tcp, tcp->send_acked, tcp->retransmit_next) +
                     tcp_sack_missing(tcp, behind_lost, tcp->send_next);
    if (tcp->sack)
        return bytes;
    uint32_t left = tcp->duplicate_acks * tcp->mss;
    return left < bytes ? bytes - left : 0;
}
