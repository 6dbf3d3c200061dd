/* The real-time clock: PL031 (Arm DDI 0224). Seconds since 1970-01-01 UTC, as QEMU and firmware keep
 * it. Thread context. */
#pragma once

#include <stdint.h>

#include "kernel/mm/address.h"

/* Seconds, read off the clock at `base`. */
uint64_t pl031_read(paddr_t base);
