/* Who and where a program is. There are no users in the kernel, and none is 0: what a program may do is in
 * its handles. */
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
