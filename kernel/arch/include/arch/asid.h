/* Address space identifiers: the tag by which TLB entries of different spaces are told apart. A
 * freed one was flushed from every TLB before (mmu_free_tables), so it can be used again at once.
 * Takes LOCK_FRAME-level lock of its own; any context. */
#pragma once

#include <abi/types.h>

/* @return LIMIT when all are in use (4,095, or 255 on CPUs with 8 bits). */
status_t asid_alloc(uint32_t *out_asid);
void asid_free(uint32_t asid);
