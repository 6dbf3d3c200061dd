/* Flags of vmo_create, memory_map and its relatives. The low ones of the latter are those of the
 * kernel's mappings. */
#pragma once

enum vmo_flags {
    VMO_CONTIGUOUS = 1 << 0, /* One physical piece, at most 2 MiB, all there from the start. */
};

enum memory_flags {
    MEMORY_READ = 1 << 0,
    MEMORY_WRITE = 1 << 1,
    MEMORY_EXECUTE = 1 << 2, /* Never together with MEMORY_WRITE. */
    MEMORY_FIXED = 1 << 3,   /* Exactly at the address; BUSY when anything is there. */
    MEMORY_REPLACE = 1 << 4, /* With FIXED: whatever is there goes. */
    MEMORY_GUARD = 1 << 5,   /* No page ever. */
    MEMORY_EAGER = 1 << 6,   /* Fill in what is there already, at once. */
    MEMORY_PRIVATE = 1 << 8, /* Of a file: copied when written. */
    MEMORY_SHARED = 1 << 9,  /* Anonymous, and one and the same after a fork. */
};
