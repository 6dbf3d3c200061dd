/* Bits of translation table descriptors and of the registers that control translation.
 * Source: Arm ARM DDI 0487, D8.3 (VMSAv8-64 descriptors), D19.2 (system registers). */
#pragma once

#include <stdint.h>

enum { MMU_ENTRIES = 512 };

#define PTE_VALID (1ull << 0)
#define PTE_TABLE (1ull << 1) /* Levels 1 and 2: a table; level 3: a page. */
#define PTE_PAGE (PTE_VALID | PTE_TABLE)
#define PTE_BLOCK PTE_VALID
#define PTE_DEVICE (0ull << 2) /* MAIR index 0. */
#define PTE_NORMAL (1ull << 2) /* MAIR index 1. */
#define PTE_EL0 (1ull << 6)
#define PTE_READ_ONLY (1ull << 7)
#define PTE_INNER_SHAREABLE (3ull << 8)
#define PTE_ACCESSED (1ull << 10)
#define PTE_NOT_GLOBAL (1ull << 11)
#define PTE_GUARDED (1ull << 50) /* BTI. */
#define PTE_PXN (1ull << 53)
#define PTE_UXN (1ull << 54)
#define PTE_LEAVING (1ull << 55) /* Software: invalid already, its TLB entries not yet gone. */
#define PTE_ADDRESS 0x0000fffffffff000ull

#define PTE_KERNEL_DATA (PTE_NORMAL | PTE_INNER_SHAREABLE | PTE_ACCESSED | PTE_PXN | PTE_UXN)
#define PTE_KERNEL_RODATA (PTE_KERNEL_DATA | PTE_READ_ONLY)
#define PTE_KERNEL_TEXT (PTE_NORMAL | PTE_INNER_SHAREABLE | PTE_ACCESSED | PTE_UXN | PTE_READ_ONLY)

#define MAIR_VALUE 0xff04ull /* 0: Device-nGnRE, 1: normal, write-back, allocate. */

#define TCR_T0SZ(bits) ((64ull - (bits)) << 0)
#define TCR_T1SZ(bits) ((64ull - (bits)) << 16)
#define TCR_WALKS_CACHED ((1ull << 8) | (1ull << 10) | (1ull << 24) | (1ull << 26))
#define TCR_WALKS_SHARED ((3ull << 12) | (3ull << 28))
#define TCR_TG1_4K (2ull << 30)
#define TCR_IPS_SHIFT 32
#define TCR_ASID16 (1ull << 36)

/* MMU and caches on, stack alignment checks, WXN (writable is never executable), user cache
 * maintenance and DC ZVA, no trap of WFI/WFE; the rest of the RES1 bits of Armv8.0. */
#define SCTLR_VALUE                                                                            \
    ((1ull << 0) | (1ull << 2) | (1ull << 3) | (1ull << 4) | (1ull << 11) | (1ull << 12) |     \
     (1ull << 14) | (1ull << 15) | (1ull << 16) | (1ull << 18) | (1ull << 19) | (1ull << 20) | \
     (1ull << 22) | (1ull << 26) | (1ull << 28) | (1ull << 29))
#define SCTLR_ENIA (1ull << 31) /* PACIA instructions sign. */
#define SCTLR_SPAN (1ull << 23) /* Set: PAN stays as it was at exceptions (no PAN support). */
