/* What drivers in the kernel and in user space both speak of: addresses as a device sees them. */
#pragma once

#include <stdint.h>

/* An I/O address: what a device puts on its bus. It is not a physical address: behind an SMMU the
 * two differ, and only the kernel, which fills the DMA window, may turn one into the other. */
typedef struct {
    uint64_t raw;
} daddr_t;

static inline daddr_t daddr_add(daddr_t address, uint64_t offset_bytes)
{
    return (daddr_t){ address.raw + offset_bytes };
}
