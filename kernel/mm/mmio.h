/* Device registers in the kernel's half. Mappings are made once and stay; the same page asked for
 * twice gets two mappings. Thread or boot context. */
#pragma once

#include "kernel/mm/address.h"

/* @return where the registers are; the machine cannot go on without its boot devices, so running
 *         out of memory here is a panic. `base` need not be page aligned. */
volatile void *mmio_map(paddr_t base, uint64_t size_bytes);
