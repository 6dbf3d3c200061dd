/* Addresses of POSIX from and to those of the kernel. */
#pragma once

#include <sys/socket.h>

#include <abi/net.h>

/* Write an address the way accept and getsockname do: cut to the room that *len tells, with the whole length
 * in *len afterwards. NULL for `out` writes nothing. @param domain  AF_INET, AF_INET6 or AF_UNIX. */
void socket_address_write(const struct socket_address *from, uint32_t domain, struct sockaddr *out,
                          uint32_t *len);

/* The port that an address of the domain names. @return it, or a negative errno. */
long socket_address_port(const struct sockaddr *address, uint32_t len, uint32_t domain);
