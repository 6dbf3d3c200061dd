/* Terminals: what ioctl does with one, and the names under /dev by which they are opened. The line discipline,
 * sessions and ptys are the kernel's; the attributes have the same layout on both sides. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* ioctl of a terminal. @return as ioctl; -ENOTTY when the number names no terminal or the request is none of
 * a terminal's. */
long tty_control(int fd, int request, void *argument);

/* "/dev/console" and "/dev/pts/N": names that no file system has, since what they are depends on who asks.
 * (/dev/tty and /dev/ptmx are in the kernel's tree.) */
bool tty_is_device(const char *path);
/* The same; most paths, which each open and stat asks for, are none at first sight. */
static inline bool tty_is_name(const char *path)
{
    return path[0] == '/' && path[1] == 'd' && tty_is_device(path);
}
/* Open one, with open's flags. @return a number or a negative errno. */
long tty_open(const char *path, int flags);
/* The name of the terminal behind a number, without a NUL. @return its length or a negative errno. */
long __posix_tty_name(int fd, char *buffer, size_t size);
