/* Processes: fork, exec, and who belongs to whom. The kernel does the work (docs/design/posix_kernel.md,
 * "Families"); here are the names and the errors of POSIX. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/image.h"
#include "user/posix/posix.h"

long __posix_fork(void)
{
    uint64_t child;
    status_t status = sys_process_fork(&child);
    return status == STATUS_OK ? (long)child : posix_error(status);
}

/* POSIX allows it to be a fork without the handlers of pthread_atfork. */
pid_t vfork(void)
{
    return _Fork();
}

static long execute(int dirfd, const char *path, bool use_dirfd, char *const *arguments,
                    char *const *environment)
{
    struct image image;
    long error = image_open(&image, dirfd, path, use_dirfd, arguments, environment);
    if (error < 0)
        return error;
    error = image_error(sys_process_exec(image.file, &image.args));
    image_close(&image);
    if (error != -ENOEXEC || path[0] == 0)
        return error;
    error = image_open_script(&image, dirfd, path, arguments, environment);
    if (error < 0)
        return error;
    error = image_error(sys_process_exec(image.file, &image.args));
    image_close(&image);
    return error;
}

long __posix_execve(const char *path, char *const *arguments, char *const *environment)
{
    return path[0] == 0 ? -ENOENT : execute(AT_FDCWD, path, false, arguments, environment);
}

long __posix_execveat(int dirfd, const char *path, char *const *arguments, char *const *environment,
                      int flags)
{
    if ((flags & ~AT_EMPTY_PATH) != 0)
        return -EINVAL;
    if (path[0] == 0 && !(flags & AT_EMPTY_PATH))
        return -ENOENT;
    return execute(dirfd, path, flags & AT_EMPTY_PATH, arguments, environment);
}

/* --- Kin ------------------------------------------------------------------------------------- */

struct kin {
    uint64_t parent, group, session;
};

static long kin_of(int id, struct kin *out_kin)
{
    if (id < 0)
        return -ESRCH;
    return posix_error(
        sys_process_kin((uint64_t)id, &out_kin->parent, &out_kin->group, &out_kin->session));
}

long __posix_getppid(void)
{
    uint64_t parent;
    status_t status = sys_process_parent(&parent);
    return status == STATUS_OK ? (long)parent : posix_error(status);
}

long __posix_getpgid(int id)
{
    struct kin kin;
    long error = kin_of(id, &kin);
    return error < 0 ? error : (long)kin.group;
}

long __posix_getsid(int id)
{
    struct kin kin;
    long error = kin_of(id, &kin);
    return error < 0 ? error : (long)kin.session;
}

long __posix_setpgid(int id, int group)
{
    if (group < 0)
        return -EINVAL;
    if (id < 0)
        return -ESRCH;
    return posix_error(sys_process_set_group((uint64_t)id, (uint64_t)group));
}

long __posix_setsid(void)
{
    uint64_t session;
    status_t status = sys_process_begin_session(&session);
    return status == STATUS_OK ? (long)session : posix_error(status);
}

/* Of the many things that it does elsewhere, the name, and what is so anyway. */
long __posix_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
    const char *name = (const char *)a;
    switch (option) {
    case PR_SET_NAME: return posix_error(sys_process_set_name(name, strnlen(name, 15)));
    case PR_GET_DUMPABLE:
    case PR_GET_KEEPCAPS:
    case PR_SET_DUMPABLE: return 0;
    case PR_SET_NO_NEW_PRIVS: return a == 1 ? 0 : -EINVAL;
    case PR_GET_NO_NEW_PRIVS: return 1;
    default: return -EINVAL;
    }
}
