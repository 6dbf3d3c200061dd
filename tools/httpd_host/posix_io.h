/* The operations of user/httpd/io.h on POSIX sockets, epoll and sendfile, so that clients of this
 * machine (curl, load generators) can be pointed at the very code that runs in the guest. For tests
 * alone: paths are opened below the root's descriptor, but symbolic links are followed. */
#pragma once

#include "user/httpd/io.h"

struct posix_io {
    int listener_fd;
    int root_fd;
    int epoll_fd;
    int stop_fd; /* A pipe's or an eventfd's reading end: readable means drain. */
    int log_fd;  /* -1: no log. */
};

extern const struct httpd_io_ops posix_io_ops;

/* Listen on 127.0.0.1 and make everything else ready.
 * @param port  0: any.
 * @return the port, or -1 with errno set; then nothing is left open. */
int posix_io_open(struct posix_io *posix, const char *root, int port, int stop_fd, int log_fd);
void posix_io_close(struct posix_io *posix);
