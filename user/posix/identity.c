/* Who and where a program is. There are no users in the kernel, and none is 0: what a program may do is in
 * its handles. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/utsname.h>

#include <swos/syscalls.h>

#include "user/posix/posix.h"

enum { IDENTITY = 1000 }; /* Everybody. */

long __posix_getuid(void)
{
    return IDENTITY;
}

long __posix_geteuid(void)
{
    return IDENTITY;
}

long __posix_getgid(void)
{
    return IDENTITY;
}

long __posix_getegid(void)
{
    return IDENTITY;
}

/* --- Changes: to what is so anyway ------------------------------------------------------------ */

enum { UNCHANGED = -1 };

/* As anywhere for who is not privileged: each of one's identities may become one of them, all of which are
 * the same. */
static long identity_set(int a, int b, int c)
{
    const int wanted[] = { a, b, c };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (wanted[i] != IDENTITY && wanted[i] != UNCHANGED)
            return -EPERM;
    return 0;
}

/* One identity has to be named here. */
static long identity_become(int identity)
{
    return identity == UNCHANGED ? -EINVAL : identity_set(identity, identity, identity);
}

long __posix_setuid(int user)
{
    return identity_become(user);
}

long __posix_setgid(int group)
{
    return identity_become(group);
}

long __posix_setreuid(int real, int effective)
{
    return identity_set(real, effective, UNCHANGED);
}

long __posix_setregid(int real, int effective)
{
    return identity_set(real, effective, UNCHANGED);
}

long __posix_setresuid(int real, int effective, int saved)
{
    return identity_set(real, effective, saved);
}

long __posix_setresgid(int real, int effective, int saved)
{
    return identity_set(real, effective, saved);
}

/* @return the one that was and stays. */
long __posix_setfsuid(int user)
{
    return IDENTITY;
}

long __posix_setfsgid(int group)
{
    return IDENTITY;
}

long __posix_getresuid(unsigned *out_real, unsigned *out_effective, unsigned *out_saved)
{
    *out_real = *out_effective = *out_saved = IDENTITY;
    return 0;
}

long __posix_getresgid(unsigned *out_real, unsigned *out_effective, unsigned *out_saved)
{
    return __posix_getresuid(out_real, out_effective, out_saved);
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
