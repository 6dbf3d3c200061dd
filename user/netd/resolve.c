/* Names: answered from what is known (names.h), else the engine asks, and the callers wait. However many
 * wait for a name, it is asked for once. The engine's answer comes as a notice, from within which
 * nothing may be begun, so the callers are served in the next round. */
#include <abi/ipc.h>
#include <ipc/net.h>
#include <string.h>
#include <swos/syscalls.h>

#include "lib/base/seldom.h"
#include "user/netd/netd.h"

/* Nobody is told UNREACHABLE while this machine may yet get its address. */
#define ADDRESS_PATIENCE_NS (10 * NAME_SECOND_NS)

uint32_t resolve_now(struct netd *netd, struct const_span name,
                     struct net_address addresses[NET_DNS_ADDRESSES], uint32_t *out_ttl_s)
{
    *out_ttl_s = UINT32_MAX;
    if (name_is_address(name, &addresses[0]))
        return 1;
    if (name_is_localhost(name)) {
        addresses[0] = net_address_ipv4(0x7f000001);
        return 1;
    }
    const struct name_entry *entry = names_find(&netd->names, name, netd->now);
    if (entry == NULL || !name_holds(entry, netd->now))
        return 0;
    memcpy(addresses, entry->addresses, sizeof entry->addresses);
    *out_ttl_s = name_ttl_s(entry, netd->now);
    return entry->address_count;
}

static struct waiter *waiter_take(struct netd *netd)
{
    for (uint32_t i = 0; i < WAITERS_MAX; i++)
        if (netd->waiters[i].reply.raw == 0)
            return &netd->waiters[i];
    return NULL;
}

static void park(struct netd *netd)
{
    if (netd->parked_until == TIME_NEVER)
        netd->parked_until = netd->now + ADDRESS_PATIENCE_NS;
}

static status_t ask_servers(struct netd *netd, struct name_entry *entry)
{
    struct net_event event = { .kind = NET_EVENT_RESOLVE, .more = true };
    event.resolve.name = entry->text;
    event.resolve.name_len = entry->len;
    event.resolve.cookie = names_index(&netd->names, entry);
    entry->asked = true;
    return engine_step(netd, &event);
}

/* The entry of a name that is being asked for: from now on, if it was not before. */
static status_t ask(struct netd *netd, struct const_span name, uint32_t *out_entry)
{
    struct name_entry *entry = names_find(&netd->names, name, netd->now);
    status_t status = STATUS_OK;
    if (entry == NULL || entry->state != NAME_ASKING) {
        entry = names_take(&netd->names, name, netd->now);
        if (entry == NULL)
            return STATUS_INVALID;
        if (address_is_known(netd))
            status = ask_servers(netd, entry);
        else
            park(netd);
    }
    if (status != STATUS_OK)
        name_answer(entry, status, NULL, 0, 0, netd->now);
    *out_entry = names_index(&netd->names, entry);
    return status;
}

void resolve_ahead(struct netd *netd, struct const_span name)
{
    uint32_t entry;
    (void)ask(netd, name, &entry); /* Then it is asked for again when somebody needs it. */
}

status_t resolve_wait(struct netd *netd, struct const_span name, const struct waiter *wish)
{
    struct waiter *waiter = waiter_take(netd);
    uint32_t entry;
    if (waiter == NULL)
        return STATUS_LIMIT;
    status_t status = ask(netd, name, &entry);
    if (status != STATUS_OK)
        return status;
    handle_t reply;
    status = sys_reply_save(&reply);
    if (status != STATUS_OK)
        return status;
    *waiter = *wish;
    waiter->reply = reply;
    waiter->entry = entry;
    waiter->life = netd->names.entries[entry].life;
    return IPC_ANSWER_LATER;
}

status_t resolve_park(struct netd *netd, const struct waiter *wish)
{
    struct waiter *waiter = waiter_take(netd);
    handle_t reply;
    if (waiter == NULL)
        return STATUS_LIMIT;
    status_t status = sys_reply_save(&reply);
    if (status != STATUS_OK)
        return status;
    *waiter = *wish;
    waiter->reply = reply;
    waiter->is_parked = true;
    park(netd);
    return IPC_ANSWER_LATER;
}

static void waiter_due(struct netd *netd, struct waiter *waiter, status_t status)
{
    waiter->is_due = true;
    waiter->status = status;
    netd->waiters_due++;
}

static void name_done(struct netd *netd, uint32_t entry, status_t status)
{
    for (uint32_t i = 0; i < WAITERS_MAX; i++) {
        struct waiter *waiter = &netd->waiters[i];
        if (waiter->reply.raw != 0 && !waiter->is_due && !waiter->is_parked &&
            waiter->entry == entry)
            waiter_due(netd, waiter, status);
    }
}

void resolve_notice(struct netd *netd, const struct net_notice *notice)
{
    struct net_address addresses[NET_DNS_ADDRESSES];
    uint32_t index = (uint32_t)notice->cookie, count = notice->address_count;
    status_t status = notice->dns_status;
    for (uint32_t i = 0; i < count; i++)
        addresses[i] = net_address_ipv4(notice->ipv4[i]);
    name_answer(&netd->names.entries[index], status, addresses, (uint8_t)count, notice->ttl_s,
                netd->now);
    name_done(netd, index, status == STATUS_OK && count == 0 ? STATUS_NOT_FOUND : status);
}

/* There is an address now, or there has been none for too long. */
static void unpark(struct netd *netd)
{
    bool has_address = address_is_known(netd);
    if (netd->parked_until == TIME_NEVER || (!has_address && netd->now < netd->parked_until))
        return;
    netd->parked_until = TIME_NEVER;
    for (uint32_t i = 0; i < NAMES_MAX; i++) {
        struct name_entry *entry = &netd->names.entries[i];
        if (entry->state != NAME_ASKING || entry->asked)
            continue;
        status_t status = has_address ? ask_servers(netd, entry) : STATUS_UNREACHABLE;
        if (status == STATUS_OK)
            continue;
        name_answer(entry, status, NULL, 0, 0, netd->now);
        name_done(netd, i, status);
    }
    for (uint32_t i = 0; i < WAITERS_MAX; i++) {
        struct waiter *waiter = &netd->waiters[i];
        if (waiter->reply.raw != 0 && waiter->is_parked && !waiter->is_due)
            waiter_due(netd, waiter, has_address ? STATUS_OK : STATUS_UNREACHABLE);
    }
}

/* The addresses, also when they hold for no time at all. */
static void addresses_answer(struct netd *netd, const struct waiter *waiter)
{
    const struct name_entry *entry = &netd->names.entries[waiter->entry];
    struct net_resolve_reply answer = { .count = entry->address_count,
                                        .ttl_s = name_ttl_s(entry, netd->now) };
    uint8_t bytes[sizeof answer];
    struct ipc_parcel parcel = { .bytes = bytes, .capacity = sizeof bytes };
    memcpy(answer.addresses, entry->addresses, 16 * (size_t)answer.count);
    status_t status = net_resolve_reply_encode(&answer, &parcel);
    struct ipc_message message = { .bytes = (uintptr_t)bytes, .byte_count = (uint32_t)parcel.len };
    (void)sys_reply_send(waiter->reply, &message, status);
}

static void connect_answer(struct netd *netd, const struct waiter *waiter)
{
    struct reach reach;
    handle_t stream;
    const struct net_endpoint *remote = &waiter->wish.remote;
    status_t status = grant_reach(netd, waiter->badge, &reach);
    if (status == STATUS_OK)
        status = reach_check(&reach, GRANT_TCP, remote, &netd->names, netd->now);
    if (status == STATUS_WOULD_BLOCK)
        status = STATUS_NO_RIGHT; /* Forgotten already: there are more names than can be kept. */
    if (status == STATUS_OK)
        status = connect_begin(netd, &waiter->wish, &stream);
    struct ipc_message message = { .handles = (uintptr_t)&stream,
                                   .handle_count = status == STATUS_OK ? 1 : 0 };
    if (sys_reply_send(waiter->reply, &message, status) != STATUS_OK && status == STATUS_OK)
        (void)sys_handle_close(stream.raw); /* Who has gone wants none. */
}

SELDOM void resolve_answer_due(struct netd *netd)
{
    unpark(netd);
    for (uint32_t i = 0; i < WAITERS_MAX && netd->waiters_due > 0; i++) {
        struct waiter waiter = netd->waiters[i];
        if (waiter.reply.raw == 0 || !waiter.is_due)
            continue;
        netd->waiters[i].reply = HANDLE_NONE;
        netd->waiters_due--;
        if (!waiter.is_parked && netd->names.entries[waiter.entry].life != waiter.life)
            waiter.status = STATUS_LIMIT; /* Its place was taken in the same round. */
        if (waiter.status != STATUS_OK && waiter.is_connect && !waiter.is_parked)
            waiter.status = STATUS_NO_RIGHT; /* A name without addresses reaches nowhere. */
        if (waiter.status != STATUS_OK)
            (void)sys_reply_send(waiter.reply, &(struct ipc_message){ 0 }, waiter.status);
        else if (waiter.is_connect)
            connect_answer(netd, &waiter);
        else
            addresses_answer(netd, &waiter);
    }
}
