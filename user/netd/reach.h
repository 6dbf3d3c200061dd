/* What a grant of the network reaches. The badge of a channel names a service and one of its grants in
 * the compiled manifests, which are part of the verified image: so nothing has to be told to the
 * network service, and nothing is forgotten when it is started again.
 *
 * A grant for a name reaches the addresses that the name is known to have (names.h). Pure; one thread. */
#pragma once

#include "lib/format/manifest.h"
#include "user/netd/names.h"

enum reach_host {
    REACH_NOWHERE, /* A local port: nothing but that. */
    REACH_ANY,
    REACH_ADDRESS,
    REACH_NAME,
};

struct reach {
    enum grant_kind kind; /* NET_LISTEN or NET_CONNECT. */
    enum grant_protocol protocol;
    enum reach_host host;
    uint16_t port; /* 0: any. */
    struct net_address address;
    struct const_span name; /* In the manifests. */
};

/* @return INVALID for a grant that is none of the network; NOT_SUPPORTED for a host that no address
 * here can be: IPv6. */
status_t reach_of_grant(const struct grant *grant, struct reach *out_reach);

/* The grant that a badge names. @return NO_RIGHT when it names none of the network. */
status_t reach_of_badge(const struct manifest *manifest, uint64_t badge, struct reach *out_reach);

/* Whether the grant lets its holder send to the remote end.
 * @return OK, NO_RIGHT, or WOULD_BLOCK: it depends on a name that is not known now. */
status_t reach_check(const struct reach *reach, enum grant_protocol protocol,
                     const struct net_endpoint *remote, struct names *names, time_ns_t now);

/* Whether it lets its holder listen at the port; 0 is one to be chosen. */
bool reach_has_port(const struct reach *reach, enum grant_protocol protocol, uint16_t port);

/* Whether it lets its holder ask for a name. */
bool reach_has_name(const struct reach *reach, struct const_span name);
