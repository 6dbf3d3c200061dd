/* Memory: the C library's mmap and its kin over the kernel's mappings. There is no break: brk fails, and
 * the allocator then takes all it needs by mmap. */
#include <errno.h>
#include <sys/mman.h>

#include <abi/memory.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/descriptor.h"
#include "user/posix/posix.h"

/* A mapping that a limit forbids is ENOMEM to POSIX. */
static long memory_error(status_t status)
{
    switch (status) {
    case STATUS_LIMIT: return -ENOMEM;
    case STATUS_BUSY: return -EEXIST;
    case STATUS_NOT_FOUND: return -ENOMEM; /* mprotect over a hole. */
    default: return posix_error(status);
    }
}

static uint32_t access_flags(int access)
{
    return (access & PROT_READ ? MEMORY_READ : 0) | (access & PROT_WRITE ? MEMORY_WRITE : 0) |
           (access & PROT_EXEC ? MEMORY_EXECUTE : 0);
}

static uint32_t place_flags(int flags)
{
    if ((flags & MAP_FIXED_NOREPLACE) == MAP_FIXED_NOREPLACE)
        return MEMORY_FIXED;
    return flags & MAP_FIXED ? MEMORY_FIXED | MEMORY_REPLACE : 0;
}

static long map_anonymous(uint64_t address, size_t len, uint32_t flags)
{
    uint64_t mapped;
    status_t status = sys_memory_map_anon(len, address, flags, &mapped);
    return status == STATUS_OK ? (long)mapped : memory_error(status);
}

/* A file is shared for reading, or private; a shared mapping that is written does not exist yet. */
static long map_file(uint64_t address, size_t len, uint32_t flags, bool private, int fd,
                     int64_t offset)
{
    uint64_t mapped;
    if (!private && (flags & MEMORY_WRITE))
        return -EACCES;
    status_t status =
        sys_memory_map_file(descriptor_handle((uint32_t)fd).raw, (uint64_t)offset, len, address,
                            flags | (private ? MEMORY_PRIVATE : 0), &mapped);
    if (status == STATUS_WRONG_KIND)
        return -ENODEV;
    return status == STATUS_OK ? (long)mapped : memory_error(status);
}

long __posix_mmap(void *address, size_t len, int access, int flags, int fd, int64_t offset)
{
    uint64_t place = (uint64_t)(uintptr_t)address;
    uint32_t kernel_flags = access_flags(access) | place_flags(flags);
    if (len == 0 || offset < 0)
        return -EINVAL;
    if (flags & MAP_ANONYMOUS)
        return map_anonymous(place, len,
                             kernel_flags | ((flags & MAP_TYPE) == MAP_SHARED ? MEMORY_SHARED : 0));
    return map_file(place, len, kernel_flags, (flags & MAP_TYPE) == MAP_PRIVATE, fd, offset);
}

long __posix_munmap(void *address, size_t len)
{
    return memory_error(sys_memory_unmap((uint64_t)(uintptr_t)address, len));
}

long __posix_mprotect(void *address, size_t len, int access)
{
    uint32_t flags = access_flags(access);
    return memory_error(sys_memory_protect((uint64_t)(uintptr_t)address, len, flags));
}

long __posix_brk(void *end)
{
    return -ENOMEM;
}

/* Advice may be ignored; MADV_DONTNEED is no advice, since memory is zero after it. */
long __posix_madvise(void *address, size_t len, int advice)
{
    switch (advice) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_FREE: return 0;
    default: return -EINVAL;
    }
}
