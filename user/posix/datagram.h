/* Sockets of records: datagrams of UDP, and pairs of AF_UNIX that keep messages apart. Behind the number is
 * a stream of records (stream_send, stream_receive). One of UDP is opened when it is first needed: then
 * it is known which grant it is for. See call.h for what the functions answer. */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "user/posix/descriptor.h"

struct socket_address;

/* Whether a number is such a socket. */
bool datagram_is(int fd);

/* Put a stream behind the number. @param remote  whom it is for, if that is known; or NULL. */
long datagram_open(int fd, const struct socket_address *local, const struct socket_address *remote);
long datagram_connect(int fd, const struct description *socket, const struct sockaddr *address,
                      uint32_t len);

/* With an address; EISCONN for a stream. */
long datagram_sendto(int fd, const void *buffer, size_t size, int flags,
                     const struct sockaddr *address, uint32_t len);
long datagram_sendmsg(int fd, const struct msghdr *message, int flags);

/* @param out_flags  MSG_TRUNC; may be NULL. */
long datagram_recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *out_address,
                       uint32_t *len, int *out_flags);
long datagram_recvmsg(int fd, struct msghdr *message, int flags);
