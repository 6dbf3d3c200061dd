/* Advisory locks: fcntl's on ranges, flock's on files. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <abi/descriptor.h>
#include <abi/file.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/file_lock.h"
#include "user/posix/posix.h"

_Static_assert(SEEK_SET == FILE_SEEK_SET && SEEK_CUR == FILE_SEEK_CURRENT &&
                   SEEK_END == FILE_SEEK_END,
               "whence is the same");

static const uint32_t kinds[] = {
    [F_RDLCK] = DESCRIPTOR_LOCK_SHARED,
    [F_WRLCK] = DESCRIPTOR_LOCK_EXCLUSIVE,
    [F_UNLCK] = DESCRIPTOR_UNLOCK,
};

static long lock_convert(const struct flock *from, struct descriptor_lock *out)
{
    if (from->l_type < 0 || (size_t)from->l_type >= sizeof kinds / sizeof kinds[0])
        return -EINVAL;
    *out = (struct descriptor_lock){ .start = from->l_start,
                                     .len = from->l_len,
                                     .kind = kinds[from->l_type],
                                     .whence = (uint32_t)from->l_whence };
    return 0;
}

/* No room for a lock has an errno of its own. */
static long lock_error(long answer)
{
    if (answer < 0)
        return answer;
    return answer == STATUS_LIMIT || answer == STATUS_NO_MEMORY ? -ENOLCK
                                                                : posix_error((status_t)answer);
}

static long lock_call(int fd, const struct descriptor_lock *lock, uint32_t flags)
{
    struct blocking_call call = {
        .number = SYSCALL_descriptor_lock,
        .in = { (uint32_t)fd, (uint64_t)(uintptr_t)lock, flags },
    };
    return lock_error(blocking_call_status(&call));
}

long file_lock_set(int fd, const struct flock *wanted, bool waits)
{
    struct descriptor_lock lock;
    long error = lock_convert(wanted, &lock);
    return error < 0 ? error : lock_call(fd, &lock, waits ? DESCRIPTOR_LOCK_WAIT : 0);
}

long file_lock_test(int fd, struct flock *wanted)
{
    struct descriptor_lock lock;
    long error = lock_convert(wanted, &lock);
    if (error == 0)
        error = lock_error(sys_descriptor_lock_test((uint32_t)fd, &lock, &lock));
    if (error < 0)
        return error;
    if (lock.kind == DESCRIPTOR_UNLOCK) {
        wanted->l_type = F_UNLCK;
        return 0;
    }
    *wanted = (struct flock){
        .l_type = lock.kind == DESCRIPTOR_LOCK_SHARED ? F_RDLCK : F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = lock.start,
        .l_len = lock.len,
        .l_pid = (pid_t)lock.owner,
    };
    return 0;
}

long __posix_flock(int fd, int operation)
{
    struct descriptor_lock lock = { .kind = DESCRIPTOR_UNLOCK };
    switch (operation & ~LOCK_NB) {
    case LOCK_SH: lock.kind = DESCRIPTOR_LOCK_SHARED; break;
    case LOCK_EX: lock.kind = DESCRIPTOR_LOCK_EXCLUSIVE; break;
    case LOCK_UN: break;
    default: return -EINVAL;
    }
    return lock_call(fd, &lock,
                     DESCRIPTOR_LOCK_WHOLE | (operation & LOCK_NB ? 0 : DESCRIPTOR_LOCK_WAIT));
}
