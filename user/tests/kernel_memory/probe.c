/* Asking the kernel whether a byte can be reached: it copies to and from a VMO of one page. */
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "user/tests/kernel_memory/kernel_memory.h"

static handle_t probe_vmo(void)
{
    static handle_t vmo;
    if (vmo.raw == 0) {
        status_t status = sys_vmo_create(PAGE, 0, &vmo);
        ASSERT(status == STATUS_OK);
    }
    return vmo;
}

bool can_read(uint64_t address)
{
    status_t status = sys_vmo_write(probe_vmo(), (void *)(uintptr_t)address, 1, 0);
    ASSERT(status == STATUS_OK || status == STATUS_BAD_ADDRESS);
    return status == STATUS_OK;
}

/* The read before it left the byte in the VMO. */
bool can_write(uint64_t address)
{
    if (!can_read(address))
        return false;
    status_t status = sys_vmo_read(probe_vmo(), (void *)(uintptr_t)address, 1, 0);
    ASSERT(status == STATUS_OK || status == STATUS_BAD_ADDRESS);
    return status == STATUS_OK;
}
