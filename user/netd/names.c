/* See names.h. */
#include "user/netd/names.h"

#include "lib/base/assert.h"
#include "lib/net/dns.h"

/* A server that says "for a year" is asked again tomorrow. */
enum { TTL_MAX_S = 24 * 3600 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static struct const_span trimmed(struct const_span text)
{
    if (text.len > 0 && text.data[text.len - 1] == '.')
        text.len--;
    return text;
}

static bool name_equal(const struct const_span text, const char *other, size_t other_len)
{
    if (text.len != other_len)
        return false;
    for (size_t i = 0; i < other_len; i++)
        if (lower((char)text.data[i]) != other[i])
            return false;
    return true;
}

bool name_is_address(struct const_span text, struct net_address *out_address)
{
    uint32_t raw = 0;
    size_t at = 0;
    for (unsigned part = 0; part < 4; part++) {
        uint32_t number = 0;
        size_t start = at;
        for (; at < text.len && text.data[at] >= '0' && text.data[at] <= '9' && at - start < 3;
             at++)
            number = number * 10 + (uint32_t)(text.data[at] - '0');
        bool ends = part == 3 ? at == text.len : at < text.len && text.data[at] == '.';
        if (at == start || number > 255 || !ends || (at - start > 1 && text.data[start] == '0'))
            return false;
        raw = raw << 8 | number;
        at++;
    }
    *out_address = net_address_ipv4(raw);
    return true;
}

bool name_is_localhost(struct const_span text)
{
    static const char localhost[] = "localhost";
    size_t len = sizeof localhost - 1;
    text = trimmed(text);
    if (text.len < len || (text.len > len && text.data[text.len - len - 1] != '.'))
        return false;
    return name_equal(const_span_of(text.data + text.len - len, len), localhost, len);
}

static struct name_entry *entry_of(struct names *names, struct const_span text)
{
    text = trimmed(text);
    for (uint32_t i = 0; i < NAMES_MAX; i++) {
        struct name_entry *entry = &names->entries[i];
        if (entry->state != NAME_FREE && name_equal(text, entry->text, entry->len))
            return entry;
    }
    return NULL;
}

struct name_entry *names_find(struct names *names, struct const_span text, time_ns_t now)
{
    struct name_entry *entry = entry_of(names, text);
    if (entry == NULL || (entry->state == NAME_KNOWN && entry->remembered_until <= now))
        return NULL;
    entry->used = now;
    return entry;
}

bool name_holds(const struct name_entry *entry, time_ns_t now)
{
    return entry->state == NAME_KNOWN && entry->holds_until > now;
}

uint32_t name_ttl_s(const struct name_entry *entry, time_ns_t now)
{
    return name_holds(entry, now) ? (uint32_t)((entry->holds_until - now) / NAME_SECOND_NS) : 0;
}

/* The one to give up, or NULL when all are being asked for. */
static struct name_entry *oldest(struct names *names)
{
    struct name_entry *found = NULL;
    for (uint32_t i = 0; i < NAMES_MAX; i++) {
        struct name_entry *entry = &names->entries[i];
        if (entry->state == NAME_FREE)
            return entry;
        if (entry->state == NAME_KNOWN && (found == NULL || entry->used < found->used))
            found = entry;
    }
    return found;
}

struct name_entry *names_take(struct names *names, struct const_span text, time_ns_t now)
{
    if (!dns_name_is_valid((const char *)text.data, text.len))
        return NULL;
    struct name_entry *entry = entry_of(names, text);
    if (entry == NULL) {
        entry = oldest(names);
        if (entry == NULL)
            return NULL;
        text = trimmed(text);
        *entry = (struct name_entry){ .life = ++names->lives, .len = (uint8_t)text.len };
        for (size_t i = 0; i < text.len; i++)
            entry->text[i] = lower((char)text.data[i]);
    }
    entry->state = NAME_ASKING;
    entry->asked = false;
    entry->used = now;
    return entry;
}

uint32_t names_index(const struct names *names, const struct name_entry *entry)
{
    return (uint32_t)(entry - names->entries);
}

void name_answer(struct name_entry *entry, status_t status, const struct net_address *addresses,
                 uint8_t count, uint32_t ttl_s, time_ns_t now)
{
    ASSERT(entry->state == NAME_ASKING);
    if (status != STATUS_OK || count == 0) {
        entry->state = NAME_FREE;
        return;
    }
    ASSERT(count <= NET_DNS_ADDRESSES);
    time_ns_t ttl_ns = (ttl_s < TTL_MAX_S ? ttl_s : (uint32_t)TTL_MAX_S) * NAME_SECOND_NS;
    memcpy(entry->addresses, addresses, count * sizeof addresses[0]);
    entry->address_count = count;
    entry->state = NAME_KNOWN;
    entry->holds_until = now + ttl_ns;
    entry->remembered_until =
        now + (ttl_ns > NAME_REMEMBERED_MIN_NS ? ttl_ns : NAME_REMEMBERED_MIN_NS);
}

bool name_has_address(const struct name_entry *entry, const struct net_address *address)
{
    for (uint32_t i = 0; i < entry->address_count; i++)
        if (net_address_equal(&entry->addresses[i], address))
            return true;
    return false;
}
