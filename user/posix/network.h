/* What this process may ask of the network service, by its grants: start handles that are channels, named
 * net:connect:tcp:HOST:PORT and so on. Each function asks them in turn until one reaches so far; the
 * service decides. @return NO_RIGHT when none does. Any thread. */
#pragma once

#include <abi/net.h>
#include <abi/types.h>

/* A stream that is connecting, or connected. */
status_t network_connect(const struct socket_address *remote, uint16_t local_port,
                         handle_t *out_stream);

/* A listener at a port of a net:listen:tcp:* grant; port 0: any. */
status_t network_listen(const struct socket_address *local, uint32_t backlog,
                        handle_t *out_listener);
