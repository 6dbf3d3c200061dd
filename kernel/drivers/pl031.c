/* See pl031.h. The clock is read once, so its registers are mapped when that happens. */
#include "kernel/drivers/pl031.h"

#include "kernel/mm/mmio.h"
#include "lib/base/mmio.h"

enum { RTCDR = 0x00 };

uint64_t pl031_read(paddr_t base)
{
    return mmio_read32(mmio_map(base, PAGE_SIZE), RTCDR);
}
