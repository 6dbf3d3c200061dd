/* Where paths begin: the root of the process's name space and its working directory, both kept by the
 * kernel, so that fork and exec keep them. The root is the start handle "root"; a process that was given
 * single trees instead ("fs:read:/www", "fs:write:/data") gets a name space of its own in which each is at
 * its path, made when a path is first used. Any thread. */
#pragma once

#include <abi/types.h>

/* What a path is looked up from, as openat and its kin say it: a handle to name in the call, which tells
 * whether it is a directory. @param dirfd  AT_FDCWD or the number of a directory. */
handle_t place_of(int dirfd, const char *path);

/* A status of a call whose handles came from place_of, as errno: what is no directory is ENOTDIR, and a
 * process without any tree has no path. */
long place_error(status_t status, handle_t place);

struct blocking_call;
/* Make a call that may block and whose handle is `place`; 0 or a negative errno. */
long place_call(struct blocking_call *call, handle_t place);
