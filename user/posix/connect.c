/* connect: the network service answers at once with a stream that is connecting, and the stream tells
 * the rest. So a socket without O_NONBLOCK waits for it here, and one with it is told EINPROGRESS; poll,
 * SO_ERROR and a second connect say how it went. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <abi/signals.h>
#include <abi/stream.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/datagram.h"
#include "user/posix/descriptor.h"
#include "user/posix/local.h"
#include "user/posix/network.h"
#include "user/posix/posix.h"
#include "user/posix/socket_address.h"
#include "user/rt/clock.h"

/* How far a stream is: 0, -EINPROGRESS, or what became of it. */
static long connect_state(handle_t stream)
{
    struct stream_info info;
    status_t status = sys_stream_info(stream, &info);
    if (status != STATUS_OK)
        return posix_error(status);
    if (info.state == STREAM_RESET)
        return posix_error((status_t)info.status);
    return info.state == STREAM_CONNECTING ? -EINPROGRESS : 0;
}

/* A wait that ends early leaves the connection to go on by itself; one that SO_SNDTIMEO limits is
 * answered EINPROGRESS. */
static long connect_wait(handle_t stream, const struct description *socket)
{
    struct blocking_call call = {
        .number = SYSCALL_object_wait,
        .in = { stream.raw, SIGNAL_WRITABLE | SIGNAL_ERROR,
                socket->write_max_ns != 0 ? clock_after(socket->write_max_ns) : TIME_NEVER },
    };
    long state = connect_state(stream);
    if (state != -EINPROGRESS || (socket->flags & O_NONBLOCK))
        return state;
    long error = blocking_call_make(&call);
    if (error == -ETIMEDOUT)
        return -EINPROGRESS;
    return error < 0 ? error : connect_state(stream);
}

static long connect_begin(int fd, const struct description *socket, const struct sockaddr *address,
                          uint32_t len)
{
    struct socket_address remote;
    handle_t stream;
    long error = socket_address_read_peer(address, len, socket->domain, &remote);
    if (error < 0)
        return error;
    if (remote.port == 0)
        return -ECONNREFUSED;
    status_t status = network_connect(&remote, (uint16_t)socket->port, &stream);
    return status == STATUS_OK ? descriptor_attach(fd, stream) : posix_error(status);
}

long __posix_connect(int fd, const struct sockaddr *address, uint32_t len)
{
    struct description socket;
    if (descriptor_get(fd, &socket) != 0)
        return -EBADF;
    if (socket.type == SOCK_DGRAM && socket.domain != AF_UNIX)
        return datagram_connect(fd, &socket, address, len);
    if (socket.kind == OBJECT_STREAM && socket.domain != 0) {
        long state = connect_state(socket.handle);
        return state == -EINPROGRESS ? -EALREADY : state == 0 ? -EISCONN : state;
    }
    if (socket.kind != KIND_SOCKET)
        return socket.kind == OBJECT_LISTENER ? -EISCONN : -ENOTSOCK;
    if (socket.domain == AF_UNIX)
        return local_connect(fd, &socket, address, len);
    long error = connect_begin(fd, &socket, address, len);
    return error < 0 ? error : connect_wait(descriptor_handle((uint32_t)fd), &socket);
}
