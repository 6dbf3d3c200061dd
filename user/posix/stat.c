/* What a file is: the kernel's file_stat as the C library's struct stat. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <abi/descriptor.h>
#include <abi/file.h>
#include <abi/objects.h>

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

static struct timespec time_of(uint64_t ns)
{
    return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S) };
}

static void stat_convert(const struct file_stat *from, struct stat *out)
{
    *out = (struct stat){
        .st_dev = from->filesystem,
        .st_ino = from->number,
        .st_mode = mode_of(from),
        .st_nlink = from->links,
        .st_uid = from->owner,
        .st_gid = from->group,
        .st_rdev = from->device,
        .st_size = (off_t)from->size_bytes,
        .st_blksize = (blksize_t)from->block_bytes,
        .st_blocks = (blkcnt_t)((from->allocated_bytes + BLOCK_SIZE - 1) / BLOCK_SIZE),
        .st_atim = time_of(from->accessed_ns),
        .st_mtim = time_of(from->modified_ns),
        .st_ctim = time_of(from->changed_ns),
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
    uint64_t none;
    handle_t from = place_of(dirfd, path);
    long answer = blocking_call_registers(SYSCALL_path_stat, from.raw, (uint64_t)(uintptr_t)path,
                                          strlen(path), flags, (uint64_t)(uintptr_t)out, &none);
    return answer <= 0 ? answer : place_error((status_t)answer, from);
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

/* What the place and the mode of the file leave. */
long __posix_faccessat2(int dirfd, const char *path, int mode, int flags)
{
    struct stat terminal;
    handle_t from = place_of(dirfd, path);
    rights_t rights = (mode & R_OK ? RIGHT_READ : 0) | (mode & W_OK ? RIGHT_WRITE : 0) |
                      (mode & X_OK ? RIGHT_EXECUTE : 0);
    if ((mode & ~(R_OK | W_OK | X_OK)) != 0)
        return -EINVAL;
    if (tty_is_name(path))
        return mode & X_OK ? -EACCES : stat_tty(path, &terminal);
    struct blocking_call call = {
        .number = SYSCALL_path_access,
        .in = { from.raw, (uint64_t)(uintptr_t)path, strlen(path),
                flags & AT_SYMLINK_NOFOLLOW ? PATH_NOFOLLOW : 0, rights },
    };
    return place_call(&call, from);
}

long __posix_faccessat(int dirfd, const char *path, int mode)
{
    return __posix_faccessat2(dirfd, path, mode, 0);
}

static void filesystem_convert(const struct filesystem_info *from, struct statfs *out)
{
    *out = (struct statfs){
        .f_type = (unsigned long)from->number,
        .f_bsize = from->block_bytes,
        .f_frsize = from->block_bytes,
        .f_blocks = from->total_bytes / from->block_bytes,
        .f_bfree = from->free_bytes / from->block_bytes,
        .f_bavail = from->free_bytes / from->block_bytes,
        .f_namelen = FILE_NAME_MAX,
        .f_flags = from->flags & FILESYSTEM_READ_ONLY ? ST_RDONLY : 0,
    };
    out->f_fsid.__val[0] = (int)from->number;
}

long __posix_fstatfs(int fd, struct statfs *out)
{
    struct filesystem_info info;
    status_t status = sys_filesystem_info(descriptor_handle((uint32_t)fd), &info);
    if (status == STATUS_OK)
        filesystem_convert(&info, out);
    return posix_error(status);
}

long __posix_statfs(const char *path, struct statfs *out)
{
    long fd = __posix_openat(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
    if (fd < 0)
        return fd;
    long error = __posix_fstatfs((int)fd, out);
    (void)__posix_close((int)fd);
    return error;
}
