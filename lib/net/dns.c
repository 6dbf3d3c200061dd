/* The DNS client: a stub that asks one of two servers, with an id and a source port that nobody can
 * guess (RFC 5452), up to four times in all, and believes only an answer that comes from the server it
 * asked, to that port, under that id, to that question. It keeps no cache: its users know better how
 * long a name matters to them. */
#include "lib/net/dns.h"
#include "lib/net/engine.h"

enum { TRIES_MAX = 4 };
#define ANSWER_TIMEOUT_NS (2 * SECOND_NS)

static const struct net_address *server_of(const struct net_engine *net, uint32_t index)
{
    bool by_hand = !net_address_is_none(&net->config.dns[0]);
    return by_hand ? &net->config.dns[index] : &net->address.dns[index];
}

static void query_end(struct net_engine *net, uint32_t index, const struct dns_answer *answer)
{
    struct dns_query *query = &net->queries[index];
    struct net_notice *notice = net_notice_add(net, NET_NOTICE_RESOLVED, query->cookie);
    notice->dns_status = answer->status;
    notice->address_count = answer->address_count;
    notice->ttl_s = answer->ttl_s;
    memcpy(notice->ipv4, answer->ipv4, sizeof notice->ipv4);
    query->active = false;
    net_timer_cancel(&net->timers, timer_of_query(net, index));
}

/* OK: it is out. WOULD_BLOCK: once the neighbour is known. */
static status_t query_send(struct net_engine *net, struct dns_query *query)
{
    const struct net_address *server = server_of(net, query->server);
    struct net_path path;
    uint8_t message[DNS_QUESTION_MAX];
    status_t status = net_path_find(net, server, &path);
    if (status != STATUS_OK)
        return status;
    size_t len = dns_question_encode(message, query->id, query->name, query->name_len);
    status = udp_send_inline(net, &path, &path.source, server, query->port, DNS_PORT, message, len);
    if (status == STATUS_OK) {
        query->waiting = false;
        net->counters.dns_queries++;
    }
    return status;
}

/* A try with fresh secrets at the next server. */
static void query_try(struct net_engine *net, uint32_t index)
{
    struct dns_query *query = &net->queries[index];
    uint8_t other = (uint8_t)(1 - query->server);
    if (query->tries > 0 && !net_address_is_none(server_of(net, other)))
        query->server = other;
    query->tries++;
    query->id = (uint16_t)net_random(net);
    query->port = 0; /* Not in use while the next one is chosen. */
    query->port = udp_port_choose(net);
    query->waiting = true;
    (void)query_send(net, query); /* If it cannot go now, room or the timer tries again. */
    net_timer_set(&net->timers, timer_of_query(net, index), net->now + ANSWER_TIMEOUT_NS);
}

status_t dns_resolve(struct net_engine *net, const struct net_event_resolve *event)
{
    if (!dns_name_is_valid(event->name, event->name_len))
        return STATUS_INVALID;
    if (net_address_is_none(server_of(net, 0)))
        return STATUS_UNREACHABLE;
    size_t name_len = event->name_len - (event->name[event->name_len - 1] == '.');
    for (uint32_t i = 0; i < net->config.queries_max; i++) {
        struct dns_query *query = &net->queries[i];
        if (query->active)
            continue;
        *query = (struct dns_query){
            .active = true,
            .cookie = event->cookie,
            .name_len = (uint8_t)name_len,
        };
        memcpy(query->name, event->name, name_len);
        query_try(net, i);
        return STATUS_OK;
    }
    return STATUS_LIMIT;
}

bool dns_input(struct net_engine *net, const struct net_packet *packet,
               const struct udp_header *udp, struct reader *message)
{
    for (uint32_t i = 0; i < net->config.queries_max; i++) {
        struct dns_query *query = &net->queries[i];
        if (!query->active || query->port != udp->destination_port)
            continue;
        struct dns_answer answer;
        if (query->waiting || udp->source_port != DNS_PORT ||
            !net_address_equal(&packet->ip.source, server_of(net, query->server)) ||
            dns_answer_decode(message, query->id, query->name, query->name_len, &answer) !=
                STATUS_OK) {
            net->counters.dns_rejected++;
            return true;
        }
        if (answer.status == STATUS_IO && query->tries < TRIES_MAX)
            query_try(net, i); /* The other server may know. */
        else
            query_end(net, i, &answer);
        return true;
    }
    return false;
}

void dns_timer(struct net_engine *net, uint32_t index)
{
    ASSERT(net->queries[index].active);
    if (net->queries[index].tries < TRIES_MAX) {
        query_try(net, index);
        return;
    }
    struct dns_answer nothing = { .status = STATUS_TIMED_OUT };
    query_end(net, index, &nothing);
}

void dns_room(struct net_engine *net)
{
    for (uint32_t i = 0; i < net->config.queries_max; i++)
        if (net->queries[i].active && net->queries[i].waiting)
            (void)query_send(net, &net->queries[i]);
}

bool dns_port_used(const struct net_engine *net, uint16_t port)
{
    for (uint32_t i = 0; i < net->config.queries_max; i++)
        if (net->queries[i].active && net->queries[i].port == port)
            return true;
    return false;
}
