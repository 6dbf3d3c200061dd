/* Memory: the C library's mmap and its kin over the kernel's mappings. There is no break: brk fails, and
 * the allocator then takes all it needs by mmap. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>

#include <abi/memory.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/descriptor.h"
#include "user/posix/posix.h"

enum { PAGE_SIZE = 4096 };

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

/* A shared mapping needs the access that the number was opened with; a private one is read from the file. */
static long map_file(uint64_t address, size_t len, uint32_t flags, bool private, int fd,
                     int64_t offset)
{
    uint64_t mapped;
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

/* A range that begins at a page, as a whole number of pages; 0: it does not. */
static size_t range_len(const void *address, size_t len)
{
    if (((uintptr_t)address & (PAGE_SIZE - 1)) != 0 || len > SIZE_MAX - PAGE_SIZE)
        return 0;
    return (len + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
}

/* Whether all of it is mapped. An empty range is. */
static long range_check(const void *address, size_t len)
{
    size_t whole = range_len(address, len);
    if (len == 0)
        return ((uintptr_t)address & (PAGE_SIZE - 1)) == 0 ? 0 : -EINVAL;
    if (whole == 0)
        return -EINVAL;
    /* Where no memory can be is a hole like any other. */
    status_t status = sys_memory_check((uint64_t)(uintptr_t)address, whole);
    return status == STATUS_INVALID ? -ENOMEM : memory_error(status);
}

/* Advice may be ignored; MADV_DONTNEED is no advice, since private memory is as in the begin after it. */
long __posix_madvise(void *address, size_t len, int advice)
{
    long error = range_check(address, len);
    if (error < 0 || len == 0)
        return error;
    switch (advice) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_FREE: return 0;
    case MADV_DONTNEED:
        return memory_error(
            sys_memory_discard((uint64_t)(uintptr_t)address, range_len(address, len)));
    default: return -EINVAL;
    }
}

long __posix_mremap(void *address, size_t len, size_t new_len, int flags, void *target)
{
    uint64_t moved;
    bool is_fixed = (flags & MREMAP_FIXED) != 0;
    if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) != 0 ||
        (is_fixed && !(flags & MREMAP_MAYMOVE)) || len == 0 || new_len == 0)
        return -EINVAL;
    status_t status = sys_memory_resize((uint64_t)(uintptr_t)address, len, new_len,
                                        is_fixed ? (uint64_t)(uintptr_t)target : 0,
                                        flags & MREMAP_MAYMOVE ? 1 : 0, &moved);
    return status == STATUS_OK ? (long)moved : memory_error(status);
}

/* What is written through a shared mapping is in the file at once, and files are kept nowhere else. */
long __posix_msync(void *address, size_t len, int flags)
{
    if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0 ||
        ((flags & MS_ASYNC) && (flags & MS_SYNC)))
        return -EINVAL;
    return range_check(address, len);
}

/* Memory is never written out to make room, so all that is there is locked anyway. */
long __posix_mlock(const void *address, size_t len)
{
    uintptr_t start = (uintptr_t)address & ~(uintptr_t)(PAGE_SIZE - 1);
    return range_check((const void *)start, len + ((uintptr_t)address - start));
}

/* What is locked when it is touched is locked anyway. */
long __posix_mlock2(const void *address, size_t len, unsigned flags)
{
    return (flags & ~(unsigned)MLOCK_ONFAULT) != 0 ? -EINVAL : __posix_mlock(address, len);
}

long __posix_munlock(const void *address, size_t len)
{
    return __posix_mlock(address, len);
}

long __posix_mlockall(int flags)
{
    return flags == 0 || (flags & ~(MCL_CURRENT | MCL_FUTURE)) != 0 ? -EINVAL : 0;
}

long __posix_munlockall(void)
{
    return 0;
}
