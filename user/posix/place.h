/* Where paths begin: the root of the process's name space and its working directory. The root is the start
 * handle "root"; a process that was given single trees instead ("fs:read:/www", "fs:write:/data") gets a
 * name space of its own in which each is at its path, made when a path is first used. Any thread. */
#pragma once

#include <abi/types.h>

#include <stddef.h>

/* The start handle of a working directory that is not the root. */
#define PLACE_WORKING "cwd"

/* The directory that a path is relative to, as openat and its kin say it. @param dirfd  AT_FDCWD or the
 * number of a directory. @return 0; -ENOENT when no tree was given, -EBADF, -ENOTDIR. */
long place_of(int dirfd, const char *path, handle_t *out_directory);
/* The working directory's text, at most FILE_PATH_MAX bytes. @return its length; 0: the root. */
size_t place_text(char *out_text);
/* Its handle, which stays the library's; HANDLE_NONE: the root. */
handle_t place_working(void);
