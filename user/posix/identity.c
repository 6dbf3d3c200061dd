/* Who and where a program is. There are no users in the kernel, and none is 0: what a program may do is in
 * its handles. */
#include <string.h>
#include <sys/utsname.h>

#include "user/posix/note.h"
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

/* Kept and told; the mode of a file decides nothing. */
static struct identity {
    unsigned umask;
} identity = { .umask = 022 };

__attribute__((constructor(101))) static void umask_adopt(void)
{
    const struct note *note = note_find();
    if (note != NULL)
        identity.umask = note->umask & 0777;
}

long __posix_umask(unsigned mask)
{
    return (long)__atomic_exchange_n(&identity.umask, mask & 0777, __ATOMIC_RELAXED);
}
