/* Double of kernel/mm/user_copy.h: a user address is a host address; those below a page are bad. */
#include "kernel/mm/user_copy.h"

#include <string.h>

bool user_range_ok(uaddr_t address, size_t len)
{
    return address.raw + len >= address.raw;
}

static bool is_bad(uaddr_t address)
{
    return address.raw < PAGE_SIZE;
}

status_t user_read(void *dst, uaddr_t src, size_t len)
{
    if (is_bad(src))
        return STATUS_BAD_ADDRESS;
    memcpy(dst, (const void *)(uintptr_t)src.raw, len);
    return STATUS_OK;
}

status_t user_write(uaddr_t dst, const void *src, size_t len)
{
    if (is_bad(dst))
        return STATUS_BAD_ADDRESS;
    memcpy((void *)(uintptr_t)dst.raw, src, len);
    return STATUS_OK;
}

status_t user_zero(uaddr_t dst, size_t len)
{
    if (is_bad(dst))
        return STATUS_BAD_ADDRESS;
    memset((void *)(uintptr_t)dst.raw, 0, len);
    return STATUS_OK;
}
