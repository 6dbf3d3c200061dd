/* What this process may ask of the network service, by its grants: start handles that are channels, named
 * net:connect:tcp:HOST:PORT and so on. Each function asks them in turn until one reaches so far; the
 * service decides. @return NO_RIGHT when none does. Any thread. */
#pragma once

#include <abi/net.h>
#include <abi/types.h>
#include <stddef.h>

/* A stream that is connecting, or connected. */
status_t network_connect(const struct socket_address *remote, uint16_t local_port,
                         handle_t *out_stream);

/* A datagram socket at a local end (port 0: any), for the remote one if it is known. */
status_t network_udp_open(const struct socket_address *local, const struct socket_address *remote,
                          handle_t *out_stream);

/* The IPv4 addresses of a name, 16 bytes each. @param addresses  room for NETWORK_ADDRESSES_MAX. */
enum { NETWORK_ADDRESSES_MAX = 8 };
status_t network_resolve(const char *name, size_t len, uint8_t addresses[][16], uint32_t *out_count,
                         uint32_t *out_ttl_s);

/* A listener at a port of a net:listen:tcp:* grant; port 0: any. */
status_t network_listen(const struct socket_address *local, uint32_t backlog,
                        handle_t *out_listener);
