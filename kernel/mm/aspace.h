/* Address spaces: the user half of a process. Mappings of VMOs in a tree by address, guarded by a
 * sleeping lock (LOCK_ASPACE); hardware tables below arch/mmu.h. Faults fill in pages on demand. */
#pragma once

#include "kernel/mm/vmo.h"
#include "lib/base/treap.h"

enum map_flags {
    MAP_READ = 1 << 0,
    MAP_WRITE = 1 << 1,
    MAP_EXECUTE = 1 << 2, /* Never together with MAP_WRITE. */
    MAP_FIXED = 1 << 3,   /* Exactly at the address; BUSY when anything is mapped there. */
    MAP_REPLACE = 1 << 4, /* With FIXED: whatever is there goes. */
    MAP_GUARD = 1 << 5,   /* No page ever: accesses fault. */
    MAP_EAGER = 1 << 6,   /* Fill in what is there already, at once. */
    MAP_PRIVATE = 1 << 7, /* The VMO is this mapping's alone: a clone of the space gets a copy. */
    MAP_BEGIN = 1 << 8,   /* The first page at once, if it may be written and memory is at hand. */
};

struct mapping {
    struct treap_node node; /* Keyed by start. */
    struct list vmo_link;
    struct aspace *aspace;
    uint64_t start; /* Page-aligned user addresses. */
    uint64_t end;
    struct vmo *vmo; /* One reference; NULL for a guard. */
    uint64_t offset_bytes;
    uint32_t flags;      /* MAP_READ | MAP_WRITE | MAP_EXECUTE. */
    bool is_private;     /* MAP_PRIVATE. */
    bool is_spare;       /* Its memory is its VMO's `spare`. */
    bool cut;            /* aspace_unmap_vmo has dealt with it. Guarded by the VMO's lock. */
    uint32_t flags_max;  /* What protect may raise it to. */
    uint32_t streak;     /* Faults of anonymous memory, each right behind the last: fault.c. */
    uint64_t next_fault; /* Where the next one is then. */
};

#define ASPACE_NO_LIMIT UINT64_MAX

/* More mappings in a space are refused, while its cell's memory is not all structures yet. */
enum { ASPACE_MAPPINGS_MAX = 65536 };

struct aspace {
    struct object object; /* OBJECT_ASPACE. */
    struct mutex lock;
    struct treap mappings;
    uint64_t hint; /* Where the search for free space begins. */
    paddr_t root;  /* Translation table, level 1. */
    uint32_t asid;
    uint32_t active_cpus;  /* Bit a CPU: TTBR0 holds (or lazily kept) this space. */
    uint32_t tlb_cpus;     /* Bit a CPU: its TLB may hold entries of the ASID. */
    uint64_t mapped_pages; /* Entries present in the tables. */
    uint64_t mapped_pages_max;
    uint64_t table_pages;
    bool closed; /* aspace_clear has begun: nothing is mapped any more. */
    uint64_t mapping_count;
    uint64_t reserved_bytes; /* Sum of all mappings. */
    uint64_t limit_bytes;    /* What that may grow to: process_limit_space. */
};

status_t aspace_create(struct cell *cell, struct aspace **out_aspace);

/* Map [offset, offset + len) of the VMO. @param address  a hint, or the place (MAP_FIXED); 0: any.
 * Takes its own reference to the VMO. @return INVALID (alignment, range, W with X), BUSY,
 * NO_MEMORY, LIMIT (the space's among others). May sleep. */
status_t aspace_map(struct aspace *aspace, struct vmo *vmo, uint64_t offset_bytes, uint64_t len,
                    uint64_t address, uint32_t flags, uint32_t flags_max, uint64_t *out_address);
/* Unmap whole pages; mappings are split as needed. Holes are fine. Private pages are given back. Nothing has
 * changed when there is no memory for a split (NO_MEMORY). May sleep. */
status_t aspace_unmap(struct aspace *aspace, uint64_t address, uint64_t len);
/* Change access. @return NO_RIGHT beyond flags_max, INVALID for W with X, NOT_FOUND on a hole. */
status_t aspace_protect(struct aspace *aspace, uint64_t address, uint64_t len, uint32_t flags);
/* Private pages of the range that have been touched are dropped: the next touch finds what was there in the
 * begin, zeroes or the file. Holes and shared memory stay as they are. May sleep. */
status_t aspace_discard(struct aspace *aspace, uint64_t address, uint64_t len);
/* Whether something is mapped in every page of the range. @return NOT_FOUND, INVALID. */
status_t aspace_check(struct aspace *aspace, uint64_t address, uint64_t len);
/* Give a range that one mapping shows another length, and another place when there is no room and
 * `may_move`, or always to `target` (not 0; what is there goes). Only memory that a file does not bound grows.
 * @return FAULT (not one mapping), NO_MEMORY (no room, or it does not grow), INVALID, LIMIT. */
status_t aspace_resize(struct aspace *aspace, uint64_t address, uint64_t len, uint64_t new_len,
                       bool may_move, uint64_t target, uint64_t *out_address);
/* Unmap everything; no thread runs in it any more. The object lives on until its references go. */
void aspace_clear(struct aspace *aspace);

/* Make an empty space that no thread uses yet like another one: private mappings become copy-on-write on
 * both sides (their pages are charged to the cell of `clone`), shared ones are shared, registers of devices
 * are left out. What is present in the tables of one is in those of the other. Other threads may run in
 * `aspace` meanwhile. On failure `clone` is part filled and only good for aspace_clear. May sleep.
 * Cost: linear in the pages that are present. @return NO_MEMORY, LIMIT, DEAD. */
status_t aspace_clone(struct aspace *aspace, struct aspace *clone);

/* Resolve a fault at a user address. @param access  MAP_READ, MAP_WRITE or MAP_EXECUTE.
 * @return OK (try again), FAULT (nothing there, or not allowed), NO_MEMORY, LIMIT, IO. May sleep. */
status_t aspace_fault(struct aspace *aspace, uint64_t address, uint32_t access);

/* What is at an address, accessible or not: what a fault that failed has to tell. */
enum aspace_there {
    ASPACE_NOTHING,
    ASPACE_MAPPED,
    ASPACE_BEYOND, /* A mapping, behind the last page of what it shows. */
};
/* May sleep. */
enum aspace_there aspace_look(struct aspace *aspace, uint64_t address);

/* The mapping at an address, or NULL. The lock is held. */
struct mapping *aspace_find(const struct aspace *aspace, uint64_t address);
/* The first page of fresh anonymous memory and its entry: whoever takes memory mostly begins with its first bytes, and
 * is spared the fault. When it cannot be had, that fault will tell. The lock is held. */
void mapping_begin(struct mapping *mapping);
/* Hardware entries for pages of [start, end) that the VMO has already. The lock is held. */
void mapping_fill(struct mapping *mapping, uint64_t start, uint64_t end);

/* Boot. */
void aspace_setup(void);

extern const struct object_ops aspace_object_ops;
