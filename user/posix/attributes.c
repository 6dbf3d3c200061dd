/* What a file carries beside its bytes: mode, owner, times. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <abi/descriptor.h>
#include <abi/file.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/place.h"
#include "user/posix/posix.h"

enum { NS_PER_S = 1000000000 };

static long set_open(int fd, const struct file_attributes *attributes)
{
    status_t status = sys_file_set(descriptor_handle((uint32_t)fd), attributes);
    return status == STATUS_NO_RIGHT ? -EPERM : posix_error(status);
}

/* @param flags  AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. */
static long set_path(int dirfd, const char *path, int flags,
                     const struct file_attributes *attributes)
{
    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
        return -EINVAL;
    if ((flags & AT_EMPTY_PATH) && path[0] == 0)
        return set_open(dirfd, attributes);
    handle_t from = place_of(dirfd, path);
    struct blocking_call call = {
        .number = SYSCALL_path_set,
        .in = { from.raw, (uint64_t)(uintptr_t)path, strlen(path),
                flags & AT_SYMLINK_NOFOLLOW ? PATH_NOFOLLOW : 0, (uint64_t)(uintptr_t)attributes },
    };
    long answer = blocking_call_status(&call);
    if (answer == STATUS_NO_RIGHT)
        return -EPERM;
    return answer < 0 ? answer : place_error((status_t)answer, from);
}

static struct file_attributes mode_of(unsigned mode)
{
    return (struct file_attributes){ .set = FILE_SET_MODE, .mode = mode & 07777 };
}

long __posix_fchmod(int fd, unsigned mode)
{
    struct file_attributes attributes = mode_of(mode);
    return set_open(fd, &attributes);
}

long __posix_fchmodat2(int dirfd, const char *path, unsigned mode, int flags)
{
    struct file_attributes attributes = mode_of(mode);
    return set_path(dirfd, path, flags, &attributes);
}

long __posix_fchmodat(int dirfd, const char *path, unsigned mode)
{
    return __posix_fchmodat2(dirfd, path, mode, 0);
}

static struct file_attributes owner_of(unsigned owner, unsigned group)
{
    return (struct file_attributes){
        .set = (owner != (unsigned)-1 ? FILE_SET_OWNER : 0) |
               (group != (unsigned)-1 ? FILE_SET_GROUP : 0),
        .owner = owner,
        .group = group,
    };
}

long __posix_fchown(int fd, unsigned owner, unsigned group)
{
    struct file_attributes attributes = owner_of(owner, group);
    return set_open(fd, &attributes);
}

long __posix_fchownat(int dirfd, const char *path, unsigned owner, unsigned group, int flags)
{
    struct file_attributes attributes = owner_of(owner, group);
    return set_path(dirfd, path, flags, &attributes);
}

/* One time: which flags to set, and what to. @return 0 or -EINVAL. */
static long time_convert(const struct timespec *time, uint32_t flag, uint32_t flag_now,
                         uint32_t *set, uint64_t *out_ns)
{
    if (time != NULL && time->tv_nsec == UTIME_OMIT)
        return 0;
    if (time == NULL || time->tv_nsec == UTIME_NOW) {
        *set |= flag_now;
        return 0;
    }
    if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= NS_PER_S)
        return -EINVAL;
    *set |= flag;
    *out_ns = (uint64_t)time->tv_sec * NS_PER_S + (uint64_t)time->tv_nsec;
    return 0;
}

/* @param path  NULL: of the number itself. @param times  NULL: now, both. */
long __posix_utimensat(int dirfd, const char *path, const struct timespec *times, int flags)
{
    struct file_attributes attributes = { .set = 0 };
    long error = time_convert(times == NULL ? NULL : &times[0], FILE_SET_ACCESSED,
                              FILE_SET_ACCESSED_NOW, &attributes.set, &attributes.accessed_ns);
    if (error == 0)
        error = time_convert(times == NULL ? NULL : &times[1], FILE_SET_MODIFIED,
                             FILE_SET_MODIFIED_NOW, &attributes.set, &attributes.modified_ns);
    if (error < 0)
        return error;
    return path == NULL ? set_open(dirfd, &attributes) : set_path(dirfd, path, flags, &attributes);
}
