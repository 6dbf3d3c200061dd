/* Shape of a base image's hash tree (docs/formats/base.md, "Hash tree"): which bytes a leaf
 * covers, where a hash stands, and which page of hashes answers for which. Arithmetic alone; who
 * reads the pages and hashes them is the caller. Every page of the tree is 128 SHA-256 hashes; the
 * hash of the top level's one page is the root hash in the header. */
#pragma once

#include "lib/format/base.h"

enum {
    BASE_TREE_PAGE_HASHES = BASE_BLOCK_BYTES / SHA256_BYTES,
    BASE_TREE_LEVELS_MAX = 5,      /* 128^5 is more leaves than 32 bits count. */
    BASE_LEAF_SMALL_BYTES = 4096,  /* Of leaves below BASE_LEAF_SMALL_END of a file. */
    BASE_LEAF_LARGE_BYTES = 65536, /* Of leaves from there on. */
    BASE_LEAF_SMALL_END = 2 * 1024 * 1024,
};

/* The leaf that covers an offset of a file, and which bytes of the file it covers: `len` counts
 * whole blocks, the zeros after the end of the file included. */
struct base_leaf {
    uint32_t index; /* From the file's first leaf on. */
    uint64_t offset_bytes;
    uint32_t len;
};

/* Bytes of the tree region over so many leaves: all levels, whole pages. */
uint64_t base_tree_bytes(uint32_t leaf_count);

/* How many leaves a file of this size has. */
uint32_t base_leaf_count(uint64_t size_bytes);

/* The leaf of an offset below size_bytes. */
struct base_leaf base_leaf_at(uint64_t size_bytes, uint64_t offset_bytes);

/* Levels of the tree over so many leaves; level 0 holds the leaves' hashes. */
uint32_t base_tree_levels(uint32_t leaf_count);

/* Where, from the start of the tree region, the pages of a level begin, and how many there are. */
void base_tree_level(uint32_t leaf_count, uint32_t level, uint64_t *out_at,
                     uint32_t *out_page_count);
