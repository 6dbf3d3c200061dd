/* Lays a tree out as an image: header page, metadata (nodes, extents, heap), hash tree, data.
 * Nodes are numbered breadth first, so that the children of a folder stand side by side; the data
 * of the files that the order file names comes first, then the others' in node order. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "lib/format/base_tree.h"
#include "tools/mkbase/image.h"

/* One image being laid out. */
struct layout {
    const struct image *image;
    struct item **items; /* By node index. */
    uint32_t item_count;
    uint32_t extent_count;
    uint64_t heap_bytes;
    struct base_layout base;
    uint8_t *bytes;
};

static bool item_is_inline(const struct item *item)
{
    return item->kind == BASE_LINK || (item->kind == BASE_FILE && item->len <= BASE_INLINE_MAX);
}

static bool item_has_blocks(const struct item *item)
{
    return item->kind == BASE_FILE && !item_is_inline(item);
}

static uint64_t blocks_up(uint64_t bytes)
{
    return (bytes + BASE_BLOCK_BYTES - 1) / BASE_BLOCK_BYTES * BASE_BLOCK_BYTES;
}

static size_t item_count_all(const struct item *item)
{
    size_t count = 1;
    for (size_t i = 0; i < item->child_count; i++)
        count += item_count_all(item->children[i]);
    return count;
}

/* Number the nodes, breadth first. */
static void layout_number(struct layout *layout)
{
    size_t total = item_count_all(layout->image->root);
    layout->items = memory_take(total * sizeof(struct item *));
    layout->items[layout->item_count++] = layout->image->root;
    for (uint32_t at = 0; at < layout->item_count; at++) {
        struct item *item = layout->items[at];
        item->index = at;
        if (item->kind == BASE_DIRECTORY)
            item->first = item->child_count == 0 ? 0 : layout->item_count;
        for (size_t i = 0; i < item->child_count; i++)
            layout->items[layout->item_count++] = item->children[i];
    }
    ASSERT(layout->item_count == total);
}

/* Give each item its extent and its place in the heap. */
static void layout_tables(struct layout *layout)
{
    for (uint32_t i = 0; i < layout->item_count; i++) {
        struct item *item = layout->items[i];
        item->name_at = (uint32_t)layout->heap_bytes;
        layout->heap_bytes += strlen(item->name);
        if (item_has_blocks(item)) {
            item->first = layout->extent_count++;
            item->extent_count = 1;
        }
    }
    for (uint32_t i = 0; i < layout->item_count; i++) {
        struct item *item = layout->items[i];
        if (!item_is_inline(item))
            continue;
        item->first = (uint32_t)layout->heap_bytes;
        layout->heap_bytes += item->len;
    }
}

/* Number the leaves: the metadata's pages, then each file's. */
static void layout_leaves(struct layout *layout)
{
    uint32_t leaf = (uint32_t)(layout->base.metadata_bytes / BASE_BLOCK_BYTES);
    for (uint32_t i = 0; i < layout->item_count; i++) {
        struct item *item = layout->items[i];
        if (!item_has_blocks(item))
            continue;
        item->leaf_first = leaf;
        leaf += base_leaf_count(item->len);
    }
    layout->base.leaf_count = leaf;
}

static int item_order_compare(const void *left, const void *right)
{
    const struct item *a = *(struct item *const *)left, *b = *(struct item *const *)right;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* Place the data after the hash tree; returns where the image ends. */
static uint64_t layout_data(struct layout *layout, uint64_t at)
{
    struct item **sorted = memory_take(layout->item_count * sizeof(struct item *));
    memcpy(sorted, layout->items, layout->item_count * sizeof(struct item *));
    qsort(sorted, layout->item_count, sizeof(struct item *), item_order_compare);
    for (uint32_t i = 0; i < layout->item_count; i++) {
        if (!item_has_blocks(sorted[i]))
            continue;
        sorted[i]->image_offset = at;
        at += blocks_up(sorted[i]->len);
    }
    free(sorted);
    return at;
}

static void layout_place(struct layout *layout)
{
    struct base_layout *base = &layout->base;
    base->timestamp_s = layout->image->timestamp_s;
    base->node_count = layout->item_count;
    base->extent_count = layout->extent_count;
    base->extents_at = base->node_count * BASE_NODE_BYTES;
    base->heap_at = base->extents_at + base->extent_count * BASE_EXTENT_BYTES;
    base->heap_bytes = (uint32_t)layout->heap_bytes;
    base->metadata_at = BASE_HEADER_BYTES;
    base->metadata_bytes = blocks_up((uint64_t)base->heap_at + base->heap_bytes);
    layout_leaves(layout);
    base->tree_at = base->metadata_at + base->metadata_bytes;
    base->tree_bytes = base_tree_bytes(base->leaf_count);
    base->image_bytes = layout_data(layout, base->tree_at + base->tree_bytes);
}

static void node_write(const struct layout *layout, const struct item *item)
{
    uint8_t *bytes =
        layout->bytes + layout->base.metadata_at + (size_t)item->index * BASE_NODE_BYTES;
    struct writer writer = writer_of(bytes, BASE_NODE_BYTES);
    writer_le16(&writer, (uint16_t)item->kind);
    writer_le16(&writer, (uint16_t)item->mode);
    writer_le32(&writer, item_is_inline(item));
    writer_le64(&writer, item->len);
    writer_le64(&writer, layout->base.timestamp_s);
    writer_le32(&writer, item->first);
    writer_le32(&writer,
                item->kind == BASE_DIRECTORY ? (uint32_t)item->child_count : item->extent_count);
    writer_le32(&writer, item->parent == NULL ? 0 : item->parent->index);
    writer_le32(&writer, item->leaf_first);
    writer_le32(&writer, item->name_at);
    writer_le32(&writer, (uint32_t)strlen(item->name));
    ASSERT(!writer.overrun);
}

static void extent_write(const struct layout *layout, const struct item *item)
{
    uint8_t *bytes = layout->bytes + layout->base.metadata_at + layout->base.extents_at +
                     (size_t)item->first * BASE_EXTENT_BYTES;
    struct writer writer = writer_of(bytes, BASE_EXTENT_BYTES);
    writer_le32(&writer, 0);
    writer_le32(&writer, (uint32_t)(blocks_up(item->len) / BASE_BLOCK_BYTES));
    writer_le64(&writer, item->image_offset / BASE_BLOCK_BYTES);
    ASSERT(!writer.overrun);
}

static void item_write(const struct layout *layout, const struct item *item)
{
    uint8_t *heap = layout->bytes + layout->base.metadata_at + layout->base.heap_at;
    node_write(layout, item);
    memcpy(heap + item->name_at, item->name, strlen(item->name));
    if (item_is_inline(item) && item->len > 0)
        memcpy(heap + item->first, item->data, item->len);
    if (item_has_blocks(item)) {
        extent_write(layout, item);
        memcpy(layout->bytes + item->image_offset, item->data, item->len);
    }
}

/* Hash what each leaf covers into level 0. */
static void leaves_write(const struct layout *layout)
{
    const struct base_layout *base = &layout->base;
    uint8_t *hashes = layout->bytes + base->tree_at;
    for (uint64_t at = 0; at < base->metadata_bytes; at += BASE_BLOCK_BYTES)
        sha256_of(layout->bytes + base->metadata_at + at, BASE_BLOCK_BYTES,
                  hashes + at / BASE_BLOCK_BYTES * SHA256_BYTES);
    for (uint32_t i = 0; i < layout->item_count; i++) {
        const struct item *item = layout->items[i];
        if (!item_has_blocks(item))
            continue;
        struct base_leaf leaf;
        for (uint64_t at = 0; at < item->len; at = leaf.offset_bytes + leaf.len) {
            leaf = base_leaf_at(item->len, at);
            sha256_of(layout->bytes + item->image_offset + leaf.offset_bytes, leaf.len,
                      hashes + (size_t)(item->leaf_first + leaf.index) * SHA256_BYTES);
        }
    }
}

/* Hash each level's pages into the level above, and the top page into the header. */
static void tree_write(struct layout *layout)
{
    struct base_layout *base = &layout->base;
    uint32_t levels = base_tree_levels(base->leaf_count);
    for (uint32_t level = 0; level < levels; level++) {
        uint64_t at, above_at = 0;
        uint32_t pages, above_pages;
        base_tree_level(base->leaf_count, level, &at, &pages);
        if (level + 1 < levels)
            base_tree_level(base->leaf_count, level + 1, &above_at, &above_pages);
        for (uint32_t page = 0; page < pages; page++)
            sha256_of(layout->bytes + base->tree_at + at + (size_t)page * BASE_BLOCK_BYTES,
                      BASE_BLOCK_BYTES,
                      level + 1 < levels
                          ? layout->bytes + base->tree_at + above_at + (size_t)page * SHA256_BYTES
                          : base->root_hash);
    }
}

static void header_write(const struct layout *layout)
{
    const struct base_layout *base = &layout->base;
    struct writer writer = writer_of(layout->bytes, BASE_HEADER_SIGNED_BYTES);
    writer_bytes(&writer, "SWOSBASE", 8);
    writer_le32(&writer, 1); /* Version. */
    writer_le32(&writer, BASE_BLOCK_BYTES);
    writer_le64(&writer, base->image_bytes);
    writer_le64(&writer, base->metadata_at);
    writer_le64(&writer, base->metadata_bytes);
    writer_le64(&writer, base->tree_at);
    writer_le64(&writer, base->tree_bytes);
    writer_le64(&writer, base->timestamp_s);
    writer_le32(&writer, base->node_count);
    writer_le32(&writer, base->extent_count);
    writer_le32(&writer, base->nodes_at);
    writer_le32(&writer, base->extents_at);
    writer_le32(&writer, base->heap_at);
    writer_le32(&writer, base->heap_bytes);
    writer_le32(&writer, base->leaf_count);
    writer_le32(&writer, 0);
    writer_bytes(&writer, base->root_hash, SHA256_BYTES);
    ASSERT(!writer.overrun);
}

uint8_t *image_write(struct image *image, size_t *out_len)
{
    struct layout layout = { .image = image };
    layout_number(&layout);
    layout_tables(&layout);
    ASSERT(layout.heap_bytes < UINT32_MAX / 2);
    layout_place(&layout);
    layout.bytes = memory_take(layout.base.image_bytes);
    for (uint32_t i = 0; i < layout.item_count; i++)
        item_write(&layout, layout.items[i]);
    leaves_write(&layout);
    tree_write(&layout);
    header_write(&layout);
    free(layout.items);
    *out_len = layout.base.image_bytes;
    return layout.bytes;
}
