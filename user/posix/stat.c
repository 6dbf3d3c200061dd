/* What a file is: the kernel's file_stat as the C library's struct stat. Owners do not exist; mode bits
 * are what the image was made with, and information only. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <abi/file.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/place.h"
#include "user/posix/posix.h"
#include "user/posix/tty.h"

enum { NS_PER_S = 1000000000, BLOCK_SIZE = 512 };

static mode_t mode_of(const struct file_stat *stat)
{
    static const mode_t types[] = {
        [FILE_REGULAR] = S_IFREG, [FILE_DIRECTORY] = S_IFDIR, [FILE_LINK] = S_IFLNK,
        [FILE_PIPE] = S_IFIFO,    [FILE_SOCKET] = S_IFSOCK,   [FILE_CHARACTER] = S_IFCHR,
    };
    mode_t type = stat->kind < sizeof types / sizeof types[0] ? types[stat->kind] : S_IFREG;
    return type | (stat->mode & 07777);
}

static void stat_convert(const struct file_stat *from, struct stat *out)
{
    struct timespec modified = { .tv_sec = (time_t)(from->modified_ns / NS_PER_S),
                                 .tv_nsec = (long)(from->modified_ns % NS_PER_S) };
    *out = (struct stat){
        .st_dev = from->filesystem,
        .st_ino = from->number,
        .st_mode = mode_of(from),
        .st_nlink = from->links,
        .st_uid = (uid_t)__posix_getuid(),
        .st_gid = (gid_t)__posix_getgid(),
        .st_size = (off_t)from->size_bytes,
        .st_blksize = (blksize_t)from->block_bytes,
        .st_blocks = (blkcnt_t)((from->allocated_bytes + BLOCK_SIZE - 1) / BLOCK_SIZE),
        .st_atim = modified,
        .st_mtim = modified,
        .st_ctim = modified,
    };
}

long __posix_fstat(int fd, struct stat *out_stat)
{
    struct file_stat stat;
    status_t status = sys_descriptor_stat((uint32_t)fd, &stat);
    if (status == STATUS_OK)
        stat_convert(&stat, out_stat);
    return posix_error(status);
}

static long stat_path(int dirfd, const char *path, uint32_t flags, struct file_stat *out)
{
    handle_t from = place_of(dirfd, path);
    struct blocking_call call = {
        .number = SYSCALL_path_stat,
        .in = { from.raw, (uint64_t)(uintptr_t)path, strlen(path), flags,
                (uint64_t)(uintptr_t)out },
    };
    return place_call(&call, from);
}

/* A terminal is looked at through a number of its own. */
static long stat_tty(const char *path, struct stat *out_stat)
{
    long fd = tty_open(path, O_PATH | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return fd;
    long error = __posix_fstat((int)fd, out_stat);
    (void)__posix_close((int)fd);
    return error;
}

long __posix_newfstatat(int dirfd, const char *path, struct stat *out_stat, int flags)
{
    struct file_stat stat;
    if ((flags & AT_EMPTY_PATH) && path[0] == 0)
        return __posix_fstat(dirfd, out_stat);
    if (tty_is_name(path))
        return stat_tty(path, out_stat);
    long error = stat_path(dirfd, path, flags & AT_SYMLINK_NOFOLLOW ? PATH_NOFOLLOW : 0, &stat);
    if (error == 0)
        stat_convert(&stat, out_stat);
    return error;
}

/* Writing is decided by the handles: whoever wants to know opens the file. Here a file that exists may be
 * read, and may be written or executed when its mode says so for anybody. */
long __posix_faccessat2(int dirfd, const char *path, int mode, int flags)
{
    struct file_stat stat;
    struct stat terminal;
    if (tty_is_name(path))
        return mode & X_OK ? -EACCES : stat_tty(path, &terminal);
    long error = stat_path(dirfd, path, flags & AT_SYMLINK_NOFOLLOW ? PATH_NOFOLLOW : 0, &stat);
    if (error < 0)
        return error;
    bool allowed = (!(mode & W_OK) || (stat.mode & 0222)) && (!(mode & X_OK) || (stat.mode & 0111));
    return allowed ? 0 : -EACCES;
}

long __posix_faccessat(int dirfd, const char *path, int mode)
{
    return __posix_faccessat2(dirfd, path, mode, 0);
}
