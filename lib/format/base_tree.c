/* See base_tree.h. */
#include "lib/format/base_tree.h"

#include "lib/base/assert.h"

/* Pages that hold so many hashes; the tree over nothing is one page of zeros. */
static uint32_t base_tree_pages(uint32_t hash_count)
{
    if (hash_count == 0)
        return 1;
    return (hash_count - 1) / BASE_TREE_PAGE_HASHES + 1;
}

uint32_t base_tree_levels(uint32_t leaf_count)
{
    uint32_t levels = 1;
    for (uint32_t pages = base_tree_pages(leaf_count); pages > 1; levels++)
        pages = base_tree_pages(pages);
    ASSERT(levels <= BASE_TREE_LEVELS_MAX);
    return levels;
}

void base_tree_level(uint32_t leaf_count, uint32_t level, uint64_t *out_at,
                     uint32_t *out_page_count)
{
    ASSERT(level < base_tree_levels(leaf_count));
    uint64_t at = 0;
    uint32_t pages = base_tree_pages(leaf_count);
    for (uint32_t below = 0; below < level; below++) {
        at += (uint64_t)pages * BASE_BLOCK_BYTES;
        pages = base_tree_pages(pages);
    }
    *out_at = at;
    *out_page_count = pages;
}

uint64_t base_tree_bytes(uint32_t leaf_count)
{
    uint64_t at;
    uint32_t pages;
    base_tree_level(leaf_count, base_tree_levels(leaf_count) - 1, &at, &pages);
    return at + BASE_BLOCK_BYTES;
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

uint32_t base_leaf_count(uint64_t size_bytes)
{
    if (size_bytes <= BASE_LEAF_SMALL_END)
        return (uint32_t)(round_up(size_bytes, BASE_LEAF_SMALL_BYTES) / BASE_LEAF_SMALL_BYTES);
    uint64_t above = round_up(size_bytes - BASE_LEAF_SMALL_END, BASE_LEAF_LARGE_BYTES);
    return (uint32_t)(BASE_LEAF_SMALL_END / BASE_LEAF_SMALL_BYTES + above / BASE_LEAF_LARGE_BYTES);
}

struct base_leaf base_leaf_at(uint64_t size_bytes, uint64_t offset_bytes)
{
    ASSERT(offset_bytes < size_bytes);
    struct base_leaf leaf;
    if (offset_bytes < BASE_LEAF_SMALL_END) {
        leaf.index = (uint32_t)(offset_bytes / BASE_LEAF_SMALL_BYTES);
        leaf.offset_bytes = (uint64_t)leaf.index * BASE_LEAF_SMALL_BYTES;
        leaf.len = BASE_LEAF_SMALL_BYTES;
        return leaf;
    }
    uint64_t large = (offset_bytes - BASE_LEAF_SMALL_END) / BASE_LEAF_LARGE_BYTES;
    leaf.index = (uint32_t)(BASE_LEAF_SMALL_END / BASE_LEAF_SMALL_BYTES + large);
    leaf.offset_bytes = BASE_LEAF_SMALL_END + large * BASE_LEAF_LARGE_BYTES;
    uint64_t left = round_up(size_bytes - leaf.offset_bytes, BASE_BLOCK_BYTES);
    leaf.len = left < BASE_LEAF_LARGE_BYTES ? (uint32_t)left : BASE_LEAF_LARGE_BYTES;
    return leaf;
}
