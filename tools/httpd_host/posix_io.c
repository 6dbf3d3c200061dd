/* POSIX under httpd; see posix_io.h. A handle is a descriptor plus one, since 0 is no handle. */
#define _GNU_SOURCE
#include "tools/httpd_host/posix_io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000ull

static int fd_of(handle_t handle)
{
    return (int)handle.raw - 1;
}

static handle_t handle_of(int fd)
{
    return (handle_t){ (uint64_t)fd + 1 };
}

static status_t status_of_errno(void)
{
    switch (errno) {
    case EAGAIN:
    case EINTR: return STATUS_WOULD_BLOCK;
    case ENOENT: return STATUS_NOT_FOUND;
    case ENOTDIR: return STATUS_NOT_DIRECTORY;
    case EACCES:
    case EPERM: return STATUS_NO_RIGHT;
    case ENAMETOOLONG: return STATUS_NAME_TOO_LONG;
    case EMFILE:
    case ENFILE: return STATUS_NO_SLOT;
    case ENOMEM:
    case ENOBUFS: return STATUS_NO_MEMORY;
    case ECONNRESET: return STATUS_RESET;
    case EPIPE: return STATUS_PEER_CLOSED;
    default: return STATUS_IO;
    }
}

static time_ns_t posix_now(void *io)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (time_ns_t)now.tv_sec * SECOND_NS + (time_ns_t)now.tv_nsec;
}

static int64_t posix_wall_seconds(void *io)
{
    return time(NULL);
}

static status_t posix_accept(void *io, struct http_peer *out_peer, handle_t *out_stream)
{
    struct posix_io *posix = io;
    struct sockaddr_in peer;
    socklen_t peer_len = sizeof peer;
    int fd = accept4(posix->listener_fd, (struct sockaddr *)&peer, &peer_len,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return status_of_errno();
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *out_peer =
        (struct http_peer){ .address = { [10] = 0xff, [11] = 0xff }, .port = ntohs(peer.sin_port) };
    memcpy(out_peer->address + 12, &peer.sin_addr, 4);
    *out_stream = handle_of(fd);
    return STATUS_OK;
}

static bool watch_fd(struct posix_io *posix, int fd, uint32_t events, uint64_t key)
{
    struct epoll_event event = { .events = events, .data.u64 = key };
    return epoll_ctl(posix->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static status_t posix_watch(void *io, handle_t stream, uint64_t key)
{
    bool watched = watch_fd(io, fd_of(stream), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, key);
    return watched ? STATUS_OK : status_of_errno();
}

/* What a call that moves bytes returned. */
static status_t moved(ssize_t len, uint64_t *out_actual)
{
    if (len < 0)
        return status_of_errno();
    *out_actual = (uint64_t)len;
    return STATUS_OK;
}

static status_t posix_read(void *io, handle_t stream, struct span dst, size_t *out_actual)
{
    return moved(recv(fd_of(stream), dst.data, dst.len, 0), out_actual);
}

static status_t posix_write(void *io, handle_t stream, struct const_span src, bool more,
                            size_t *out_actual)
{
    int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
    return moved(send(fd_of(stream), src.data, src.len, flags), out_actual);
}

static status_t posix_splice(void *io, handle_t stream, handle_t file, uint64_t offset_bytes,
                             uint64_t len_bytes, bool more, uint64_t *out_actual)
{
    off_t offset = (off_t)offset_bytes;
    return moved(sendfile(fd_of(stream), fd_of(file), &offset, len_bytes), out_actual);
}

static status_t posix_shutdown(void *io, handle_t stream)
{
    return shutdown(fd_of(stream), SHUT_WR) == 0 ? STATUS_OK : status_of_errno();
}

static enum http_file_kind kind_of(mode_t mode)
{
    if (S_ISREG(mode))
        return HTTP_FILE_REGULAR;
    return S_ISDIR(mode) ? HTTP_FILE_DIRECTORY : HTTP_FILE_OTHER;
}

static status_t posix_open(void *io, struct http_text path, struct http_file *out_file,
                           handle_t *out_handle)
{
    struct posix_io *posix = io;
    char relative[HTTP_PATH_BYTES_MAX + 2];
    memcpy(relative, ".", 1);
    memcpy(relative + 1, path.data, path.len);
    relative[1 + path.len] = 0;
    int fd = openat(posix->root_fd, relative, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat stat;
    if (fd < 0)
        return status_of_errno();
    if (fstat(fd, &stat) != 0) {
        status_t status = status_of_errno();
        close(fd);
        return status;
    }
    *out_file = (struct http_file){
        .kind = kind_of(stat.st_mode),
        .size_bytes = (uint64_t)stat.st_size,
        .modified_s = stat.st_mtim.tv_sec,
        .version = (uint64_t)stat.st_ino * 0x9e3779b97f4a7c15ull ^
                   ((uint64_t)stat.st_mtim.tv_sec * SECOND_NS + (uint64_t)stat.st_mtim.tv_nsec),
    };
    if (out_file->kind == HTTP_FILE_REGULAR)
        *out_handle = handle_of(fd);
    else
        close(fd);
    return STATUS_OK;
}

static void posix_close(void *io, handle_t handle)
{
    close(fd_of(handle));
}

/* Milliseconds from now, rounded up so that the deadline has passed afterwards. */
static int timeout_ms(time_ns_t deadline_ns)
{
    time_ns_t now_ns = posix_now(NULL);
    if (deadline_ns == TIME_NEVER)
        return -1;
    if (deadline_ns <= now_ns)
        return 0;
    time_ns_t wait_ms = (deadline_ns - now_ns + 999999) / 1000000;
    return wait_ms < 60000 ? (int)wait_ms : 60000;
}

static status_t posix_wait(void *io, time_ns_t deadline_ns, struct httpd_packet *packets,
                           size_t max, size_t *out_count)
{
    enum { EVENTS_MAX = 64 };
    struct posix_io *posix = io;
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(posix->epoll_fd, events, max < EVENTS_MAX ? (int)max : EVENTS_MAX,
                           timeout_ms(deadline_ns));
    if (count < 0 && errno != EINTR)
        return status_of_errno();
    for (int i = 0; i < count; i++)
        packets[i].key = events[i].data.u64;
    *out_count = count < 0 ? 0 : (size_t)count;
    return STATUS_OK;
}

static void posix_log(void *io, struct const_span lines)
{
    struct posix_io *posix = io;
    while (posix->log_fd >= 0 && lines.len > 0) {
        ssize_t len = write(posix->log_fd, lines.data, lines.len);
        if (len <= 0)
            return; /* A log that cannot be written does not stop a server. */
        lines = const_span_of(lines.data + len, lines.len - (size_t)len);
    }
}

/* A listening socket on the loopback, or -1. */
static int listener_open(int port, int *out_port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr = { htonl(INADDR_LOOPBACK) },
                                   .sin_port = htons((uint16_t)port) };
    socklen_t address_len = sizeof address;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 256) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &address_len) != 0) {
        close(fd);
        return -1;
    }
    *out_port = ntohs(address.sin_port);
    return fd;
}

void posix_io_close(struct posix_io *posix)
{
    int fds[] = { posix->listener_fd, posix->root_fd, posix->epoll_fd };
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

int posix_io_open(struct posix_io *posix, const char *root, int port, int stop_fd, int log_fd)
{
    int bound_port = -1;
    *posix = (struct posix_io){
        .listener_fd = listener_open(port, &bound_port),
        .root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC),
        .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
        .stop_fd = stop_fd,
        .log_fd = log_fd,
    };
    if (posix->listener_fd < 0 || posix->root_fd < 0 || posix->epoll_fd < 0 ||
        !watch_fd(posix, posix->listener_fd, EPOLLIN | EPOLLET, HTTPD_KEY_LISTENER) ||
        !watch_fd(posix, stop_fd, EPOLLIN | EPOLLET, HTTPD_KEY_DRAIN)) {
        posix_io_close(posix);
        return -1;
    }
    return bound_port;
}

static void *posix_memory_take(void *io, size_t size)
{
    return malloc(size);
}

static void posix_memory_give(void *io, void *memory, size_t size)
{
    free(memory);
}

const struct httpd_io_ops posix_io_ops = {
    .name = "posix",
    .now = posix_now,
    .wall_seconds = posix_wall_seconds,
    .accept = posix_accept,
    .watch = posix_watch,
    .read = posix_read,
    .write = posix_write,
    .splice = posix_splice,
    .shutdown = posix_shutdown,
    .open = posix_open,
    .close = posix_close,
    .wait = posix_wait,
    .log = posix_log,
    .memory_take = posix_memory_take,
    .memory_give = posix_memory_give,
};
