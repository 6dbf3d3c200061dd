/* The operations of io.h on the native calls: one listener, one directory, a port that waits on all
 * streams. Every handle is the process's own by its manifest; nothing else is reached. */
#pragma once

#include "user/httpd/io.h"

struct native_io {
    handle_t listener; /* ACCEPT, WAIT. */
    handle_t root;     /* DIRECTORY, READ: "/" of the paths that are asked for. */
    handle_t clock;    /* READ; HANDLE_NONE: there is no Date. */
    handle_t stop;     /* EVENT, WAIT: drain when it is set; HANDLE_NONE: never. */
    bool logs;         /* The access log goes to the system's log. */
    handle_t port;     /* Made by native_io_open. */
};

extern const struct httpd_io_ops native_io_ops;

/* Make the port and bind what there is to it. @return what the port's calls answer. */
[[nodiscard]] status_t native_io_open(struct native_io *native);
