/* Translation tables. 4 KiB granule, 39-bit halves, three levels (Arm ARM D8): user in TTBR0 with an
 * ASID, kernel in TTBR1. Every mapping is either writable or executable. */
#pragma once

#include <abi/types.h>

#include "kernel/mm/address.h"

struct aspace;

#define USER_TOP 0x0000008000000000ull /* First address past the user half. */
#define USER_BOTTOM 0x10000ull         /* Lowest that can be mapped. */
/* The end of the first thread's stack, and where the search for a place begins: near each other, so that one table
 * shows the hot end of the stack and the first mappings, and in the GiB in which programs are linked. What a table more
 * costs is an entry of the TLB's walk caches, and under emulation a translation after every switch. */
#define USER_STACK_TOP 0x20100000ull
#define USER_SEARCH_BASE 0x20110000ull
#define LINEAR_BASE 0xffffff8000000000ull /* All RAM, at LINEAR_BASE + physical. */
#define LINEAR_SIZE 0x4000000000ull
#define IMAGE_BASE \
    0xffffffff80000000ull               /* The kernel; and in the same GiB, under the same table, */
#define VMAP_BASE 0xffffffff90000000ull /* stacks and device registers. */
#define VMAP_SIZE 0x60000000ull

enum mmu_access {
    MMU_READ = 1 << 0,
    MMU_WRITE = 1 << 1,
    MMU_EXECUTE = 1 << 2,
    MMU_USER = 1 << 3,
    MMU_DEVICE = 1 << 4, /* Device-nGnRE. */
};

/* Set one user page's entry, replacing what was there (and flushing it if something was). Tables
 * come from the frame allocator. The entry takes over the caller's hold on a cache frame, on
 * failure too (it is given back). @return LIMIT, NO_MEMORY. LOCK_ASPACE held. */
status_t mmu_map(struct aspace *aspace, uint64_t address, paddr_t frame, uint32_t access);
/* Remove entries of a range; the TLB is flushed before it returns. @return entries removed. */
uint64_t mmu_unmap(struct aspace *aspace, uint64_t address, uint64_t len);
/* The same where no more than `max` entries are there, so that it can stop looking. */
uint64_t mmu_unmap_some(struct aspace *aspace, uint64_t address, uint64_t len, uint64_t max);
/* Free the tables of a range that have no entry left. LOCK_ASPACE held. */
void mmu_free_empty(struct aspace *aspace, uint64_t address, uint64_t len);
/* Give `clone`, which has nothing in this range, the entries that `aspace` has. With `read_only` neither may be
 * written any more; the caller flushes `aspace` after the last range. Both locks are held.
 * @return LIMIT, NO_MEMORY: part done. */
status_t mmu_share(struct aspace *aspace, struct aspace *clone, uint64_t address, uint64_t len,
                   bool read_only);
/* No TLB has an entry of the space any more. */
void mmu_flush(struct aspace *aspace);
/* Whether the page has an entry, and which frame. */
bool mmu_lookup(struct aspace *aspace, uint64_t address, paddr_t *out_frame);
/* Where the kernel sees the page of memory that user space may write at an address now, or NULL. LOCK_ASPACE held,
 * until the last use. */
uint8_t *mmu_writable_page(const struct aspace *aspace, uint64_t address);
/* Remove all entries, and the tables but the root's, of a space that no CPU uses nor will (mmu_retire): what
 * TLBs still know of it goes by mmu_free_tables. May be preempted. */
void mmu_clear(struct aspace *aspace);
/* Free the root after mmu_clear; the ASID may be given to another space from then on. */
void mmu_free_tables(struct aspace *aspace);
status_t mmu_space_init(struct aspace *aspace);

/* Make `aspace` (NULL: the empty table) this CPU's user half. */
void mmu_activate(struct aspace *aspace);
/* No CPU keeps `aspace` in TTBR0 when this returns. May spin for other CPUs. */
void mmu_retire(struct aspace *aspace);

/* Drop a space that this CPU only keeps lazily (it runs a thread of none). Interrupt context. */
void mmu_leave_lazy(void);

/* Kernel mappings in the VMAP range, whole pages. */
status_t mmu_map_kernel(uint64_t address, paddr_t frame, uint64_t len, uint32_t access);
void mmu_unmap_kernel(uint64_t address, uint64_t len);
/* Free the table of the 2 MiB around an address, of which nothing is mapped any more. */
void mmu_free_kernel_table(uint64_t address);
