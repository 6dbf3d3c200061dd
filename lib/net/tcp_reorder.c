/* Segments that came before their turn, in order of their first byte. Slices may overlap: each is one
 * chunk with one owner, so it is kept whole and cut only when it is delivered. A slice that another
 * one covers is not kept. The queue of a connection is bounded by its window, and all queues together
 * by reorder_slices_max, since each slice holds a receive buffer back from the card. */
#include "lib/net/tcp.h"

static uint32_t end_of(const struct slice_descriptor *descriptor)
{
    return descriptor->sequence + descriptor->slice.len;
}

/* The last descriptor that starts at or before `sequence`; SLICE_NONE if none does. Mostly the tail:
 * what follows a hole arrives in order. */
static uint32_t place_of(const struct net_engine *net, const struct tcp_connection *tcp,
                         uint32_t sequence)
{
    uint32_t previous = SLICE_NONE, index = tcp->reorder.tail;
    if (index != SLICE_NONE &&
        sequence_at_or_before(slice_at(&net->slices, index)->sequence, sequence))
        return index;
    for (index = tcp->reorder.head; index != SLICE_NONE;
         index = slice_at(&net->slices, index)->next) {
        if (sequence_before(sequence, slice_at(&net->slices, index)->sequence))
            break;
        previous = index;
    }
    return previous;
}

/* Takes the slice behind `previous` out and lets its chunk go. */
static void drop_behind(struct net_engine *net, struct tcp_connection *tcp, uint32_t previous)
{
    uint32_t index = slice_queue_remove(&net->slices, &tcp->reorder, previous);
    net->reorder_count--;
    net_recycle(net, index);
}

/* Slices behind `index` that it covers are of no use any more. */
static void drop_covered(struct net_engine *net, struct tcp_connection *tcp, uint32_t index)
{
    uint32_t end = end_of(slice_at(&net->slices, index)), next;
    while ((next = slice_at(&net->slices, index)->next) != SLICE_NONE &&
           sequence_at_or_before(end_of(slice_at(&net->slices, next)), end))
        drop_behind(net, tcp, index);
}

bool tcp_reorder_add(struct net_engine *net, struct tcp_connection *tcp, struct net_slice slice,
                     uint32_t sequence)
{
    ASSERT(sequence_before(tcp->receive_next, sequence));
    tcp->reorder_latest = sequence;
    uint32_t previous = place_of(net, tcp, sequence);
    if (previous != SLICE_NONE &&
        sequence_at_or_before(sequence + slice.len, end_of(slice_at(&net->slices, previous)))) {
        net->counters.tcp_duplicates++;
        return false;
    }
    bool borrowed = slice.flags & NET_SLICE_BORROWED;
    uint32_t index = SLICE_NONE;
    if (!borrowed && net->reorder_count < net->config.reorder_slices_max)
        index = slice_take(&net->slices, slice, sequence);
    if (index == SLICE_NONE) {
        net->counters.tcp_reorder_dropped++;
        return false;
    }
    net->reorder_count++;
    net->counters.tcp_out_of_order++;
    slice_queue_insert(&net->slices, &tcp->reorder, previous, index);
    drop_covered(net, tcp, index);
    return true;
}

bool tcp_reorder_drain(struct net_engine *net, struct tcp_connection *tcp)
{
    while (tcp->reorder.head != SLICE_NONE) {
        struct slice_descriptor *first = slice_at(&net->slices, tcp->reorder.head);
        if (sequence_before(tcp->receive_next, first->sequence))
            return false;
        if (net->notices_left < NOTICES_PER_FRAME)
            return true;
        tcp->ack_now = true;
        if (sequence_at_or_before(end_of(first), tcp->receive_next)) {
            drop_behind(net, tcp, SLICE_NONE);
            continue;
        }
        struct net_slice slice = first->slice;
        uint32_t known = tcp->receive_next - first->sequence;
        slice.offset += known;
        slice.len -= known;
        slice_give(&net->slices, slice_queue_remove(&net->slices, &tcp->reorder, SLICE_NONE));
        net->reorder_count--;
        tcp_receive_in_order(net, tcp, slice);
    }
    return false;
}

void tcp_reorder_clear(struct net_engine *net, struct tcp_connection *tcp)
{
    while (tcp->reorder.head != SLICE_NONE)
        drop_behind(net, tcp, SLICE_NONE);
}

void tcp_reorder_cut(struct net_engine *net, struct tcp_connection *tcp, uint32_t end)
{
    uint32_t previous = SLICE_NONE, index = tcp->reorder.head;
    while (index != SLICE_NONE) {
        struct slice_descriptor *kept = slice_at(&net->slices, index);
        uint32_t next = kept->next;
        if (sequence_before(kept->sequence, end)) {
            kept->slice.len = sequence_min(end_of(kept), end) - kept->sequence;
            previous = index;
        } else {
            drop_behind(net, tcp, previous);
        }
        index = next;
    }
}

/* Puts a block at the front, if it is the one that `latest` is in, or at the end while there is room. */
static void block_add(struct tcp_header *header, unsigned blocks_max, struct tcp_range block,
                      uint32_t latest)
{
    bool first = sequence_at_or_before(block.start, latest) && sequence_before(latest, block.end);
    if (header->sack_count < blocks_max)
        header->sack[header->sack_count++] = block;
    else if (first)
        header->sack[header->sack_count - 1] = block;
    if (!first)
        return;
    struct tcp_range moved = header->sack[0];
    header->sack[0] = block;
    header->sack[header->sack_count - 1] = header->sack_count > 1 ? moved : block;
}

void tcp_reorder_blocks(const struct net_engine *net, const struct tcp_connection *tcp,
                        struct tcp_header *header)
{
    unsigned blocks_max = tcp->timestamps ? TCP_SACK_BLOCKS_MAX - 1 : TCP_SACK_BLOCKS_MAX;
    uint32_t index = tcp->reorder.head;
    while (index != SLICE_NONE) {
        const struct slice_descriptor *descriptor = slice_at(&net->slices, index);
        struct tcp_range block = { descriptor->sequence, end_of(descriptor) };
        for (index = descriptor->next; index != SLICE_NONE; index = descriptor->next) {
            descriptor = slice_at(&net->slices, index);
            if (sequence_before(block.end, descriptor->sequence))
                break;
            block.end = sequence_max(block.end, end_of(descriptor));
        }
        block_add(header, blocks_max, block, tcp->reorder_latest);
    }
}
