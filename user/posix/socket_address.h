/* Addresses of POSIX from and to those of the kernel. */
#pragma once

#include <sys/socket.h>

#include <abi/net.h>

/* Write an address the way accept and getsockname do: cut to the room that *len tells, with the whole length
 * in *len afterwards. NULL for `out` writes nothing. @param domain  AF_INET, AF_INET6 or AF_UNIX. */
void socket_address_write(const struct socket_address *from, uint32_t domain, struct sockaddr *out,
                          uint32_t *len);

/* The IPv4 address as a number; 0 for any, or one of another family. And back. */
uint32_t socket_address_ipv4(const struct socket_address *address);
void socket_address_set_ipv4(struct socket_address *address, uint32_t number);

/* Read one of AF_INET or AF_INET6, as the domain says. @return 0, EINVAL (too short), EAFNOSUPPORT. */
long socket_address_read(const struct sockaddr *address, uint32_t len, uint32_t domain,
                         struct socket_address *out);

/* The same for one to connect to: "any" is this machine (as of old, and as programs rely on). */
long socket_address_read_peer(const struct sockaddr *address, uint32_t len, uint32_t domain,
                              struct socket_address *out);
