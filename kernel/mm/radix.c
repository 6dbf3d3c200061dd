/* See radix.h. */
#include "kernel/mm/radix.h"

#include "kernel/mm/slab.h"
#include "lib/base/assert.h"

enum {
    RADIX_BITS = 6,
    RADIX_SLOTS = 1 << RADIX_BITS,
    RADIX_HEIGHT_MAX = 10,
};

struct radix_node {
    uint64_t slots[RADIX_SLOTS]; /* Nodes, or values at the lowest level. */
    uint64_t present;            /* Bit a slot that is not 0. */
};
_Static_assert(RADIX_SLOTS == 64, "a bit a slot");

static bool covers(uint32_t height, uint64_t index)
{
    unsigned bits = height * RADIX_BITS;
    return bits >= 64 || index >> bits == 0;
}

static uint32_t slot_of(uint64_t index, uint32_t level)
{
    return (uint32_t)(index >> level * RADIX_BITS) & (RADIX_SLOTS - 1);
}

static struct radix_node *node_at(uint64_t slot)
{
    return (struct radix_node *)slot;
}

static void slot_put(struct radix_node *node, uint32_t slot, uint64_t value)
{
    node->slots[slot] = value;
    node->present |= 1ull << slot;
}

static void slot_clear(struct radix_node *node, uint32_t slot)
{
    node->slots[slot] = 0;
    node->present &= ~(1ull << slot);
}

/* The slots from `slot` on that are not 0. */
static uint64_t present_from(const struct radix_node *node, uint32_t slot)
{
    return node->present & ~0ull << slot;
}

static struct radix_node *node_create(void)
{
    return kmalloc(sizeof(struct radix_node));
}

static void node_free(struct radix_node *node)
{
    kfree(node, sizeof *node);
}

uint64_t radix_get(const struct radix *radix, uint64_t index)
{
    if (radix->height == 0)
        return index == 0 ? radix->single : 0;
    if (!covers(radix->height, index))
        return 0;
    const struct radix_node *node = radix->root;
    for (uint32_t level = radix->height - 1; level > 0; level--) {
        node = node_at(node->slots[slot_of(index, level)]);
        if (node == NULL)
            return 0;
    }
    return node->slots[slot_of(index, 0)];
}

/* One level more on top. */
static status_t radix_grow(struct radix *radix)
{
    struct radix_node *node = node_create();
    if (node == NULL)
        return STATUS_NO_MEMORY;
    uint64_t below = radix->height == 0 ? radix->single : (uint64_t)radix->root;
    if (below != 0)
        slot_put(node, 0, below);
    radix->root = node;
    radix->single = 0;
    radix->height++;
    return STATUS_OK;
}

/* Take empty nodes off the top, and the single value out of a tree of one. */
static void radix_shrink(struct radix *radix)
{
    while (radix->height > 0) {
        struct radix_node *root = radix->root;
        if (root->present > 1) /* More than slot 0. */
            return;
        uint64_t below = root->slots[0];
        node_free(root);
        radix->height--;
        radix->root = radix->height == 0 ? NULL : node_at(below);
        if (radix->height == 0)
            radix->single = below;
        else if (below == 0) {
            radix->height = 0;
            radix->root = NULL;
        }
    }
}

/* Remove an index from the tree below `node`; empty nodes on the path are freed. */
static uint64_t node_remove(struct radix_node *node, uint32_t level, uint64_t index)
{
    uint32_t slot = slot_of(index, level);
    uint64_t value = node->slots[slot];
    if (value == 0)
        return 0;
    if (level > 0) {
        struct radix_node *child = node_at(value);
        value = node_remove(child, level - 1, index);
        if (child->present != 0)
            return value;
        node_free(child);
    }
    slot_clear(node, slot);
    return value;
}

status_t radix_set(struct radix *radix, uint64_t index, uint64_t value)
{
    ASSERT(value != 0);
    while (radix->height == 0 ? index != 0 : !covers(radix->height, index)) {
        ASSERT(radix->height < RADIX_HEIGHT_MAX + 1);
        if (radix_grow(radix) != STATUS_OK) {
            radix_shrink(radix);
            return STATUS_NO_MEMORY;
        }
    }
    if (radix->height == 0) {
        radix->single = value;
        return STATUS_OK;
    }
    struct radix_node *path[RADIX_HEIGHT_MAX + 1];
    struct radix_node *node = radix->root;
    uint32_t level = radix->height - 1;
    uint32_t made = 0; /* Nodes of this call, all in a chain at the end of the path. */
    for (; level > 0; level--) {
        path[level] = node;
        uint32_t slot = slot_of(index, level);
        if (node->slots[slot] == 0) {
            struct radix_node *child = node_create();
            if (child == NULL)
                break;
            slot_put(node, slot, (uint64_t)child);
            made++;
        }
        node = node_at(node->slots[slot]);
    }
    if (level > 0) { /* Take the empty chain out again. */
        while (made-- > 0) {
            level++;
            uint32_t slot = slot_of(index, level);
            node_free(node_at(path[level]->slots[slot]));
            slot_clear(path[level], slot);
        }
        radix_shrink(radix);
        return STATUS_NO_MEMORY;
    }
    slot_put(node, slot_of(index, 0), value);
    return STATUS_OK;
}

void radix_replace(struct radix *radix, uint64_t index, uint64_t value)
{
    ASSERT(radix_get(radix, index) != 0);
    status_t status = radix_set(radix, index, value);
    ASSERT(status == STATUS_OK);
}

uint64_t radix_remove(struct radix *radix, uint64_t index)
{
    uint64_t value;
    if (radix->height == 0) {
        value = index == 0 ? radix->single : 0;
        if (index == 0)
            radix->single = 0;
        return value;
    }
    if (!covers(radix->height, index))
        return 0;
    value = node_remove(radix->root, radix->height - 1, index);
    radix_shrink(radix);
    return value;
}

/* The first value at or after *index below `node`, whose first index is `base`. */
static bool node_next(const struct radix_node *node, uint32_t level, uint64_t base, uint64_t *index,
                      uint64_t *out_value)
{
    uint64_t left = present_from(node, *index > base ? slot_of(*index, level) : 0);
    for (; left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(left);
        uint64_t first = base + ((uint64_t)i << level * RADIX_BITS);
        if (level == 0) {
            *index = first;
            *out_value = node->slots[i];
            return true;
        }
        if (node_next(node_at(node->slots[i]), level - 1, first, index, out_value))
            return true;
    }
    return false;
}

bool radix_next(const struct radix *radix, uint64_t *index, uint64_t *out_value)
{
    if (radix->height == 0) {
        if (*index != 0 || radix->single == 0)
            return false;
        *out_value = radix->single;
        return true;
    }
    return covers(radix->height, *index) &&
           node_next(radix->root, radix->height - 1, 0, index, out_value);
}

/* The node with the values around an index that has one. */
static struct radix_node *leaf_of(const struct radix *radix, uint64_t index)
{
    struct radix_node *node = radix->root;
    for (uint32_t level = radix->height - 1; level > 0; level--)
        node = node_at(node->slots[slot_of(index, level)]);
    return node;
}

/* One node is swept; its last value goes the long way, which frees what becomes empty. */
uint32_t radix_take(struct radix *radix, uint64_t from, uint64_t *out_values, uint32_t max)
{
    uint64_t index = from, value;
    uint32_t count = 0;
    if (!radix_next(radix, &index, &value))
        return 0;
    if (radix->height > 0) {
        struct radix_node *leaf = leaf_of(radix, index);
        uint64_t left = present_from(leaf, slot_of(index, 0));
        for (; left != 0 && count < max && (leaf->present & (leaf->present - 1)) != 0;
             left &= left - 1) {
            uint32_t slot = (uint32_t)__builtin_ctzll(left);
            out_values[count++] = leaf->slots[slot];
            slot_clear(leaf, slot);
        }
        if (left == 0 || count == max)
            return count;
        index = (index & ~(uint64_t)(RADIX_SLOTS - 1)) | (uint32_t)__builtin_ctzll(left);
    }
    out_values[count++] = radix_remove(radix, index);
    return count;
}
