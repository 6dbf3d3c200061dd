/* Host names that were asked for, and what they were answered. Time and answers come in, entries come
 * out; who asks the servers is the owner's business. An answer holds for its time to live. It is
 * *remembered* for a while longer, since a grant for a name is one for the addresses that the name had
 * when somebody looked it up and then connected. Addresses by hand need no entry: name_is_address.
 *
 *   free --names_take--> asking --names_answer--> known --its time is over--> taken again
 *
 * One thread, no allocation. */
#pragma once

#include <abi/types.h>

#include "lib/base/span.h"
#include "lib/net/net.h"

enum { NAMES_MAX = 64 };

/* Addresses are remembered at least so long, for the connect that follows the question. */
#define NAME_SECOND_NS 1000000000ull
#define NAME_REMEMBERED_MIN_NS (60 * NAME_SECOND_NS)

enum name_state { NAME_FREE, NAME_ASKING, NAME_KNOWN };

struct name_entry {
    enum name_state state;
    bool asked;    /* Of one that is asking: the servers, not only us. */
    uint32_t life; /* Another one for another name. */
    uint8_t len;
    char text[NET_DNS_NAME_MAX]; /* In lower case, without a dot at the end. */
    uint8_t address_count;
    struct net_address addresses[NET_DNS_ADDRESSES];
    time_ns_t holds_until;
    time_ns_t remembered_until;
    time_ns_t used;
};

struct names {
    struct name_entry entries[NAMES_MAX];
    uint32_t lives;
};

/* An address in digits: a.b.c.d. */
bool name_is_address(struct const_span text, struct net_address *out_address);

/* "localhost" and what is below it (RFC 6761, section 6.3). */
bool name_is_localhost(struct const_span text);

/* The entry of a name, in any case of letters, that is being asked for or remembered; or NULL. */
struct name_entry *names_find(struct names *names, struct const_span text, time_ns_t now);

/* Whether an entry may answer a question now. */
bool name_holds(const struct name_entry *entry, time_ns_t now);

/* Seconds that it still holds. */
uint32_t name_ttl_s(const struct name_entry *entry, time_ns_t now);

/* An entry for a name that is about to be asked for: its own, or else one that is free, forgotten or
 * used longest ago. @return NULL when all are being asked for, or the text is no host name. */
struct name_entry *names_take(struct names *names, struct const_span text, time_ns_t now);

/* The number of an entry, and back. */
uint32_t names_index(const struct names *names, const struct name_entry *entry);

/* The answer. Anything but OK frees the entry: a failure is not remembered. */
void name_answer(struct name_entry *entry, status_t status, const struct net_address *addresses,
                 uint8_t count, uint32_t ttl_s, time_ns_t now);

bool name_has_address(const struct name_entry *entry, const struct net_address *address);
