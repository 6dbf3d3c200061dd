/* Sockets of AF_UNIX that have a name in a tree of files. See call.h for what the functions answer. */
#pragma once

#include <sys/socket.h>

#include "user/posix/descriptor.h"

/* The kernel's object for a name is a listener, which is there from bind on: who connects before listen
 * waits in its queue. Datagrams have no names: -EOPNOTSUPP. */
long local_bind(int fd, const struct description *socket, const struct sockaddr *address,
                uint32_t len);
long local_connect(int fd, const struct description *socket, const struct sockaddr *address,
                   uint32_t len);
