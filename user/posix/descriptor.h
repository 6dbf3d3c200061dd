/* File descriptors: small numbers for handles. Interim: until the kernel's handle table has its POSIX
 * segment, numbers and the flags of open descriptions live here, in the process. The position of a
 * regular file is in the kernel's FILE object already, and shared by all that name it.
 *
 * A number names an open description; dup makes a second number for it. The table has one lock, held
 * only to copy or to change an entry. A close during a call of another thread makes that call fail with
 * EBADF, or lets it end: handles carry a generation, so it cannot reach another file. Any thread. */
#pragma once

#include <abi/objects.h>
#include <abi/types.h>

enum { DESCRIPTOR_COUNT = 1024 };

/* What a description stands for beside a kind of object. */
enum {
    KIND_KERNEL_LOG = 256, /* Standard output without a console: lines of the kernel log. */
    KIND_SOCKET,           /* A socket that is bound at most; a LISTENER once it listens. */
};

struct description {
    handle_t handle;
    uint32_t kind;          /* enum object_kind, or above. */
    rights_t rights;        /* Of the handle. */
    uint32_t flags;         /* O_ACCMODE, O_NONBLOCK, O_APPEND. */
    uint32_t port;          /* Of a bound SOCKET. */
    uint32_t domain;        /* Of SOCKET, LISTENER, STREAM: AF_INET, AF_INET6 or AF_UNIX. */
    uint32_t type;          /* The same: SOCK_DGRAM, SOCK_SEQPACKET for records; else of bytes. */
    uint64_t cookie;        /* Of a DIRECTORY: where the next read goes on. */
    time_ns_t read_max_ns;  /* Of waits; 0: for ever (SO_RCVTIMEO). */
    time_ns_t write_max_ns; /* SO_SNDTIMEO. */
};

/* Give a description the lowest free number that is at least `lowest`. It owns the handle from then
 * on. @return the number, or -EMFILE: then the handle is closed. */
int descriptor_open(const struct description *description, int lowest, bool close_on_exec);

/* A copy of what a number names. @return 0 or -EBADF. */
int descriptor_get(int fd, struct description *out_description);

/* Write back what a call changed: flags, port, cookie, the handle of a socket that now listens. A
 * number that was closed meanwhile is -EBADF. */
int descriptor_set(int fd, const struct description *description);

/* The same for the one field that many threads set. */
int descriptor_set_cookie(int fd, uint64_t cookie);

/* Another number for the same description. @param fd_new  a number, which is closed first, or -1 for
 * the lowest that is at least `lowest`. @return the number or a negative errno. */
int descriptor_duplicate(int fd, int fd_new, int lowest, bool close_on_exec);

/* Free a number; the last one of a description closes its handle. */
int descriptor_close(int fd);

/* The flag FD_CLOEXEC. @return 0 or 1, or -EBADF. */
int descriptor_close_on_exec(int fd);
int descriptor_set_close_on_exec(int fd, bool close_on_exec);
