/* Files without a name: one in a scratch tree of its own, which goes with the last number of it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include <abi/file.h>

#include <swos/syscalls.h>

#include "user/posix/descriptor.h"
#include "user/posix/posix.h"

enum { NAME_MAX_BYTES = 249, OWNER_ONLY = 0600 };

/* Sealing is not there: what is asked to allow it can be written for ever. */
long __posix_memfd_create(const char *name, unsigned flags)
{
    static const char only[] = "memory";
    handle_t tree;
    uint32_t number;
    if ((flags & ~(unsigned)(MFD_CLOEXEC | MFD_ALLOW_SEALING)) != 0 ||
        strnlen(name, NAME_MAX_BYTES + 1) > NAME_MAX_BYTES)
        return -EINVAL;
    if (sys_tmpfs_create(0, &tree) != STATUS_OK)
        return -ENOMEM;
    uint32_t how = OPEN_CREATE | OPEN_EXCLUSIVE |
                   descriptor_flags(O_RDWR | (flags & MFD_CLOEXEC ? O_CLOEXEC : 0));
    status_t status = sys_descriptor_open(tree, only, sizeof only - 1, how, OWNER_ONLY, &number);
    if (status == STATUS_OK)
        (void)sys_path_remove(tree, only, sizeof only - 1, 0);
    (void)sys_handle_close(tree.raw);
    return status == STATUS_OK ? (long)number : descriptor_error(status);
}
