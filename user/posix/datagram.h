/* Sockets of records: datagrams of UDP, and pairs of AF_UNIX that keep messages apart. Behind the number is
 * a stream of records (stream_send, stream_receive). One of UDP is opened when it is first needed: then
 * it is known which grant it is for. See call.h for what the functions answer. */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "user/posix/io.h"

struct socket_address;

static inline bool datagram_is(const struct description *socket)
{
    return socket->type == SOCK_DGRAM || socket->type == SOCK_SEQPACKET;
}

/* One record. @param to, out_from  may be NULL. @param out_len  how long it was; may be NULL. */
long datagram_put(const struct description *socket, const void *buffer, size_t size,
                  const struct socket_address *to, struct io_manner manner);
long datagram_take(const struct description *socket, void *buffer, size_t size,
                   struct socket_address *out_from, size_t *out_len, struct io_manner manner);

long datagram_bind(int fd, struct description *socket, const struct socket_address *local);
long datagram_connect(int fd, struct description *socket, const struct sockaddr *address,
                      uint32_t len);

long datagram_sendto(int fd, struct description *socket, const void *buffer, size_t size, int flags,
                     const struct sockaddr *address, uint32_t len);
/* @param out_flags  MSG_TRUNC; may be NULL. */
long datagram_recvfrom(const struct description *socket, void *buffer, size_t size, int flags,
                       struct sockaddr *out_address, uint32_t *len, int *out_flags);
long datagram_sendmsg(int fd, struct description *socket, const struct msghdr *message, int flags);
long datagram_recvmsg(const struct description *socket, struct msghdr *message, int flags);
