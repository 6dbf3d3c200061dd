/* Where paths begin: the root of the process's name space and its working directory, both kept by the
 * kernel, so that fork and exec keep them. The root is the start handle "root"; a process that was given
 * single trees instead ("fs:read:/www", "fs:write:/data") gets a name space of its own in which each is at
 * its path, made when a path is first used. Any thread. */
#pragma once

#include <abi/descriptor.h>
#include <abi/types.h>

#include <fcntl.h>
#include <stdbool.h>

extern bool place_is_told; /* The kernel knows the root. Atomic. */
void place_tell(void);

/* What a path is looked up from, as openat and its kin say it: a handle to name in the call, which tells
 * whether it is a directory. @param dirfd  AT_FDCWD or the number of a directory. */
static inline handle_t place_of(int dirfd, const char *path)
{
    if (path[0] != '/' && dirfd != AT_FDCWD)
        return descriptor_handle((uint32_t)dirfd);
    if (!__atomic_load_n(&place_is_told, __ATOMIC_ACQUIRE))
        place_tell();
    return descriptor_handle(path[0] == '/' ? DESCRIPTOR_ROOT : DESCRIPTOR_WORKING);
}

/* A status of a call whose handles came from place_of, as errno: what is no directory is ENOTDIR, and a
 * process without any tree has no path. */
long place_error(status_t status, handle_t place);

struct blocking_call;
/* Make a call that may block and whose handle is `place`; 0 or a negative errno. */
long place_call(struct blocking_call *call, handle_t place);
