/* File descriptors: the kernel's numbers (abi/descriptor.h). A number names an open description, which dup
 * and fork share; the kernel keeps what is shared, four words of it for this layer alone. Here is what the
 * calls that are not reads and writes need to know of a number. A close in another thread makes a number
 * invalid, not a call that runs. Any thread. */
#pragma once

#include <abi/descriptor.h>
#include <abi/objects.h>
#include <abi/types.h>

#include <fcntl.h>

/* What a description stands for beside a kind of object. */
enum {
    KIND_KERNEL_LOG = 256, /* Standard output without a console: lines of the kernel log. */
    KIND_SOCKET,           /* A socket that is bound at most; a LISTENER once it listens. */
};

struct description {
    handle_t handle;        /* To install: what it names. Of a number: that number as a handle. */
    uint32_t kind;          /* enum object_kind, or above. */
    rights_t rights;        /* Of the handle. */
    uint32_t flags;         /* O_ACCMODE, O_NONBLOCK, O_APPEND. */
    uint32_t port;          /* Of a bound SOCKET; and its */
    uint32_t address;       /* IPv4 address, as a number; 0: any. */
    uint32_t domain;        /* Of SOCKET, LISTENER, STREAM: AF_INET, AF_INET6 or AF_UNIX; else 0. */
    uint32_t type;          /* The same: SOCK_*. */
    bool close_on_exec;     /* Of the number. */
    time_ns_t read_max_ns;  /* Of waits; 0: for ever (SO_RCVTIMEO). */
    time_ns_t write_max_ns; /* SO_SNDTIMEO. */
};

/* Give a description the lowest free number. It owns the handle from then on. @return the number, or a
 * negative errno: then the handle is closed. */
int descriptor_open(const struct description *description, bool close_on_exec);

/* What a number names. @return 0 or -EBADF. */
int descriptor_get(int fd, struct description *out_description);

/* Put a handle behind the number of a KIND_SOCKET; it is owned from then on. @return 0 or a negative errno:
 * then the handle is closed. */
long descriptor_attach(int fd, handle_t handle);

/* Change one item of the number or its description, as descriptor_set of the kernel does. @return 0 or a
 * negative errno. */
long descriptor_change(int fd, uint32_t item, uint64_t value);
long descriptor_set_no_wait(int fd, bool no_wait);
/* The port and address that a socket is bound to. */
long descriptor_set_bound(int fd, uint32_t port, uint32_t address);

/* Free a number. @return 0 or -EBADF. */
int descriptor_close(int fd);

/* O_ACCMODE, O_NONBLOCK, O_APPEND and O_CLOEXEC, as the kernel has them. */
static inline uint32_t descriptor_flags(int flags)
{
    static const uint32_t modes[] = {
        [O_RDONLY] = DESCRIPTION_READ,
        [O_WRONLY] = DESCRIPTION_WRITE,
        [O_RDWR] = DESCRIPTION_READ | DESCRIPTION_WRITE,
    };
    /* musl's O_PATH is in O_ACCMODE: neither reads nor writes. */
    uint32_t mode = (flags & O_ACCMODE) <= O_RDWR ? modes[flags & O_ACCMODE] : 0;
    return mode | (flags & O_NONBLOCK ? DESCRIPTION_NO_WAIT : 0) |
           (flags & O_APPEND ? DESCRIPTION_APPEND : 0) |
           (flags & O_CLOEXEC ? DESCRIPTOR_CLOSE_ON_EXEC : 0);
}

/* The kind, domain and port of a description as the words that the kernel keeps. */
struct descriptor_words descriptor_words(const struct description *description);

/* A status of a call that makes a number, as errno. */
long descriptor_error(status_t status);
