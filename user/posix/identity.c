/* Who and where a program is. Whom its cell works for the kernel tells each program at its start, and nothing changes
 * it: there is nobody to become, and no number is exempt from anything. What a program may do is in its
 * handles. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>

#include <swos/syscalls.h>

#include "user/posix/posix.h"

long __posix_getuid(void)
{
    return (long)getauxval(AT_UID);
}

long __posix_geteuid(void)
{
    return __posix_getuid();
}

long __posix_getgid(void)
{
    return (long)getauxval(AT_GID);
}

long __posix_getegid(void)
{
    return __posix_getgid();
}

/* --- Changes: to what is so anyway ------------------------------------------------------------ */

enum { UNCHANGED = -1 };

/* As anywhere for who is not privileged: each of one's numbers may become one of them, all of which are
 * the same. */
static long identity_set(long own, int a, int b, int c)
{
    const int wanted[] = { a, b, c };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (wanted[i] != own && wanted[i] != UNCHANGED)
            return -EPERM;
    return 0;
}

/* One number has to be named here. */
static long identity_become(long own, int wanted)
{
    return wanted == UNCHANGED ? -EINVAL : identity_set(own, wanted, wanted, wanted);
}

long __posix_setuid(int user)
{
    return identity_become(__posix_getuid(), user);
}

long __posix_setgid(int group)
{
    return identity_become(__posix_getgid(), group);
}

long __posix_setreuid(int real, int effective)
{
    return identity_set(__posix_getuid(), real, effective, UNCHANGED);
}

long __posix_setregid(int real, int effective)
{
    return identity_set(__posix_getgid(), real, effective, UNCHANGED);
}

long __posix_setresuid(int real, int effective, int saved)
{
    return identity_set(__posix_getuid(), real, effective, saved);
}

long __posix_setresgid(int real, int effective, int saved)
{
    return identity_set(__posix_getgid(), real, effective, saved);
}

/* @return the one that was and stays. */
long __posix_setfsuid(int user)
{
    return __posix_getuid();
}

long __posix_setfsgid(int group)
{
    return __posix_getgid();
}

long __posix_getresuid(unsigned *out_real, unsigned *out_effective, unsigned *out_saved)
{
    *out_real = *out_effective = *out_saved = (unsigned)__posix_getuid();
    return 0;
}

long __posix_getresgid(unsigned *out_real, unsigned *out_effective, unsigned *out_saved)
{
    *out_real = *out_effective = *out_saved = (unsigned)__posix_getgid();
    return 0;
}

/* There are no further groups. */
long __posix_getgroups(int room, unsigned *out_groups)
{
    return room < 0 ? -EINVAL : 0;
}

long __posix_setgroups(size_t count, const unsigned *groups)
{
    return -EPERM;
}

long __posix_uname(struct utsname *out_name)
{
    *out_name = (struct utsname){
        .sysname = "swos", .nodename = "swos", .release = "0", .version = "0", .machine = "aarch64"
    };
    return 0;
}

long __posix_umask(unsigned mask)
{
    uint32_t old;
    return sys_descriptor_mask(mask & 0777, &old) == STATUS_OK ? (long)old : 0;
}
