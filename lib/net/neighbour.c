/* The neighbour table: which MAC an address on the link has. It knows no family; only the question
 * (arp_request) does.
 *
 *            find                answer                 30 s old and used
 *   FREE -----------> RESOLVING --------> REACHABLE ---------------------> STALE
 *    ^                    |                   ^                              |
 *    +--- 3 questions ----+                   +----------- answer -----------+
 *    +------------------------- 5 questions ---------------------------------+
 *
 * A stale entry is used while it is asked for again, so that traffic never pauses for a refresh.
 * When the table is full, the entry unused for longest makes room, but never one being resolved: a
 * scan of the local network can at most delay other first contacts, not push known neighbours out of
 * use. Lookup is a scan after a look at the last one found: tables of up to 256 are meant. */
#include "lib/net/engine.h"
#include "lib/net/tcp.h"

enum { RESOLVE_TRIES = 3, REFRESH_TRIES = 5, REFRESH_UNICAST_TRIES = 3 };
#define FRESH_NS (30 * SECOND_NS)
#define ASK_INTERVAL_NS (1 * SECOND_NS)

static uint32_t lookup(struct net_engine *net, const struct net_address *address)
{
    for (uint32_t i = 0; i < net->config.neighbours_max; i++) {
        uint32_t index = (net->neighbour_hint + i) % net->config.neighbours_max;
        if (net->neighbours[index].state != NEIGHBOUR_FREE &&
            net_address_equal(&net->neighbours[index].address, address)) {
            net->neighbour_hint = index;
            return index;
        }
    }
    return INDEX_NONE;
}

static uint32_t take_slot(struct net_engine *net)
{
    uint32_t oldest = INDEX_NONE;
    for (uint32_t i = 0; i < net->config.neighbours_max; i++) {
        struct neighbour *entry = &net->neighbours[i];
        if (entry->state == NEIGHBOUR_FREE)
            return i;
        if (entry->state != NEIGHBOUR_RESOLVING &&
            (oldest == INDEX_NONE || entry->used < net->neighbours[oldest].used))
            oldest = i;
    }
    if (oldest != INDEX_NONE)
        net_timer_cancel(&net->timers, timer_of_neighbour(net, oldest));
    return oldest;
}

static void ask(struct net_engine *net, uint32_t index)
{
    struct neighbour *entry = &net->neighbours[index];
    bool unicast = entry->state == NEIGHBOUR_STALE && entry->asked_count < REFRESH_UNICAST_TRIES;
    arp_request(net, &entry->address, unicast ? &entry->mac : &net_mac_broadcast);
    entry->asked_count++;
    net_timer_set(&net->timers, timer_of_neighbour(net, index), net->now + ASK_INTERVAL_NS);
}

status_t neighbour_find(struct net_engine *net, const struct net_address *address,
                        struct net_mac *out_mac)
{
    uint32_t index = lookup(net, address);
    if (index == INDEX_NONE) {
        index = take_slot(net);
        if (index == INDEX_NONE)
            return STATUS_UNREACHABLE;
        net->neighbours[index] = (struct neighbour){
            .address = *address,
            .state = NEIGHBOUR_RESOLVING,
            .used = net->now,
        };
        ask(net, index);
        return STATUS_WOULD_BLOCK;
    }
    struct neighbour *entry = &net->neighbours[index];
    entry->used = net->now;
    if (entry->state == NEIGHBOUR_RESOLVING)
        return STATUS_WOULD_BLOCK;
    if (entry->state == NEIGHBOUR_REACHABLE && net->now - entry->confirmed > FRESH_NS) {
        entry->state = NEIGHBOUR_STALE;
        entry->asked_count = 0;
        ask(net, index);
    }
    *out_mac = entry->mac;
    return STATUS_OK;
}

void neighbour_learn(struct net_engine *net, const struct net_address *address,
                     const struct net_mac *mac, bool create)
{
    uint32_t index = lookup(net, address);
    if (index == INDEX_NONE && create)
        index = take_slot(net);
    if (index == INDEX_NONE)
        return;
    struct neighbour *entry = &net->neighbours[index];
    bool awaited = entry->state == NEIGHBOUR_RESOLVING;
    *entry = (struct neighbour){
        .address = *address,
        .mac = *mac,
        .state = NEIGHBOUR_REACHABLE,
        .confirmed = net->now,
        .used = net->now,
    };
    net_timer_cancel(&net->timers, timer_of_neighbour(net, index));
    if (awaited) {
        park_send(net, address, mac);
        net_path_changed(net);
    }
}

void neighbour_timer(struct net_engine *net, uint32_t index)
{
    struct neighbour *entry = &net->neighbours[index];
    ASSERT(entry->state == NEIGHBOUR_RESOLVING || entry->state == NEIGHBOUR_STALE);
    bool resolving = entry->state == NEIGHBOUR_RESOLVING;
    if (entry->asked_count < (resolving ? RESOLVE_TRIES : REFRESH_TRIES)) {
        ask(net, index);
        return;
    }
    entry->state = NEIGHBOUR_FREE;
    if (resolving) {
        park_forget(net, &entry->address);
        tcp_neighbour_failed(net, &entry->address);
        net_path_changed(net);
    }
}

void neighbours_forget(struct net_engine *net)
{
    park_forget(net, NULL);
    for (uint32_t i = 0; i < net->config.neighbours_max; i++) {
        net->neighbours[i].state = NEIGHBOUR_FREE;
        net_timer_cancel(&net->timers, timer_of_neighbour(net, i));
    }
}
