/* The reader of docs/formats/base.md. A directory's children stand side by side in the node table,
 * sorted by name and after their directory: so there is no table of entries, a lookup is a binary
 * search, and no chain of directories can come back to where it was. */
#include "lib/format/base.h"

#include "lib/base/bytes.h"
#include "lib/format/base_tree.h"

enum {
    BASE_VERSION = 1,
    BASE_FLAG_INLINE = 1,
    BASE_MODE_MASK = 0555,
};

/* 16 TiB: the block and leaf numbers of every file fit 32 bits. */
#define BASE_IMAGE_BYTES_MAX ((uint64_t)UINT32_MAX * BASE_BLOCK_BYTES)

static const char base_magic[8] = "SWOSBASE";

/* [at, at + len) lies in [low, high). */
static bool base_inside(uint64_t at, uint64_t len, uint64_t low, uint64_t high)
{
    return at >= low && at <= high && len <= high - at;
}

static bool base_aligned(uint64_t value)
{
    return value % BASE_BLOCK_BYTES == 0;
}

/* The tables fill the metadata in order, each aligned for its entries. */
static bool base_tables_fit(const struct base_layout *layout)
{
    uint64_t nodes_bytes = (uint64_t)layout->node_count * BASE_NODE_BYTES;
    uint64_t extents_bytes = (uint64_t)layout->extent_count * BASE_EXTENT_BYTES;
    return layout->node_count > 0 && layout->nodes_at == 0 && layout->extents_at == nodes_bytes &&
           layout->heap_at == layout->extents_at + extents_bytes &&
           base_inside(layout->heap_at, layout->heap_bytes, 0, layout->metadata_bytes);
}

/* Header page, metadata, hash tree and data follow each other in whole blocks. */
static bool base_regions_fit(const struct base_layout *layout)
{
    return layout->image_bytes <= BASE_IMAGE_BYTES_MAX && base_aligned(layout->image_bytes) &&
           base_aligned(layout->metadata_bytes) && layout->metadata_at == BASE_HEADER_BYTES &&
           layout->metadata_bytes > 0 &&
           base_inside(layout->metadata_at, layout->metadata_bytes, 0, layout->image_bytes) &&
           layout->tree_at == layout->metadata_at + layout->metadata_bytes &&
           base_inside(layout->tree_at, layout->tree_bytes, 0, layout->image_bytes) &&
           layout->leaf_count >= layout->metadata_bytes / BASE_BLOCK_BYTES &&
           layout->tree_bytes == base_tree_bytes(layout->leaf_count);
}

status_t base_open(struct const_span header, uint64_t device_bytes, struct base_layout *out_layout)
{
    struct reader reader = reader_of(header.data, header.len);
    const uint8_t *magic = reader_take(&reader, sizeof base_magic);
    uint32_t version = reader_le32(&reader);
    uint32_t block_bytes = reader_le32(&reader);
    struct base_layout layout = {
        .image_bytes = reader_le64(&reader),
        .metadata_at = reader_le64(&reader),
        .metadata_bytes = reader_le64(&reader),
        .tree_at = reader_le64(&reader),
        .tree_bytes = reader_le64(&reader),
        .timestamp_s = reader_le64(&reader),
        .node_count = reader_le32(&reader),
        .extent_count = reader_le32(&reader),
        .nodes_at = reader_le32(&reader),
        .extents_at = reader_le32(&reader),
        .heap_at = reader_le32(&reader),
        .heap_bytes = reader_le32(&reader),
        .leaf_count = reader_le32(&reader),
    };
    reader_skip(&reader, 4);
    const uint8_t *root_hash = reader_take(&reader, SHA256_BYTES);
    if (header.len < BASE_HEADER_SIGNED_BYTES || magic == NULL || root_hash == NULL ||
        memcmp(magic, base_magic, sizeof base_magic) != 0)
        return STATUS_CORRUPT;
    if (version != BASE_VERSION || block_bytes != BASE_BLOCK_BYTES)
        return STATUS_NOT_SUPPORTED;
    if (layout.image_bytes > device_bytes || !base_regions_fit(&layout) ||
        !base_tables_fit(&layout))
        return STATUS_CORRUPT;
    memcpy(layout.root_hash, root_hash, SHA256_BYTES);
    *out_layout = layout;
    return STATUS_OK;
}

status_t base_view_open(const struct base_layout *layout, struct const_span metadata,
                        struct base_view *out_view)
{
    if (metadata.len < layout->metadata_bytes)
        return STATUS_CORRUPT;
    *out_view = (struct base_view){
        .nodes = const_span_of(metadata.data + layout->nodes_at,
                               (size_t)layout->node_count * BASE_NODE_BYTES),
        .extents = const_span_of(metadata.data + layout->extents_at,
                                 (size_t)layout->extent_count * BASE_EXTENT_BYTES),
        .heap = const_span_of(metadata.data + layout->heap_at, layout->heap_bytes),
        .image_bytes = layout->image_bytes,
        .data_at = layout->tree_at + layout->tree_bytes,
        .leaf_count = layout->leaf_count,
    };
    return STATUS_OK;
}

/* A run of the heap. */
static status_t base_heap(const struct base_view *view, uint64_t at, uint64_t len,
                          struct const_span *out_bytes)
{
    if (!base_inside(at, len, 0, view->heap.len))
        return STATUS_CORRUPT;
    *out_bytes = const_span_of(view->heap.data + at, len);
    return STATUS_OK;
}

/* What the kind of a node demands of its references. `first` and `count` are as they were read. */
static status_t base_node_check(const struct base_view *view, struct base_node *node,
                                uint32_t flags)
{
    uint64_t end = (uint64_t)node->first + node->count;
    switch (node->kind) {
    case BASE_DIRECTORY:
        if (node->size_bytes != 0 || flags != 0 ||
            (node->count > 0 && node->first <= node->index) ||
            end > view->nodes.len / BASE_NODE_BYTES)
            return STATUS_CORRUPT;
        return STATUS_OK;
    case BASE_LINK:
        if (node->size_bytes == 0 || node->size_bytes > BASE_LINK_MAX || node->count != 0 ||
            flags != BASE_FLAG_INLINE)
            return STATUS_CORRUPT;
        return base_heap(view, node->first, node->size_bytes, &node->data);
    case BASE_FILE:
        if (flags == BASE_FLAG_INLINE)
            return node->size_bytes > BASE_INLINE_MAX || node->count != 0
                       ? STATUS_CORRUPT
                       : base_heap(view, node->first, node->size_bytes, &node->data);
        if (flags != 0 || node->size_bytes == 0 || node->size_bytes > view->image_bytes ||
            node->count == 0 || end > view->extents.len / BASE_EXTENT_BYTES ||
            !base_inside(node->leaf_first, base_leaf_count(node->size_bytes), 0, view->leaf_count))
            return STATUS_CORRUPT;
        return STATUS_OK;
    }
    return STATUS_CORRUPT;
}

status_t base_node(const struct base_view *view, uint32_t index, struct base_node *out_node)
{
    if (index >= view->nodes.len / BASE_NODE_BYTES)
        return STATUS_INVALID;
    struct reader reader =
        reader_of(view->nodes.data + (size_t)index * BASE_NODE_BYTES, BASE_NODE_BYTES);
    struct base_node node = { .index = index };
    node.kind = reader_le16(&reader);
    node.mode = reader_le16(&reader);
    uint32_t flags = reader_le32(&reader);
    node.size_bytes = reader_le64(&reader);
    node.mtime_s = reader_le64(&reader);
    node.first = reader_le32(&reader);
    node.count = reader_le32(&reader);
    node.parent = reader_le32(&reader);
    node.leaf_first = reader_le32(&reader);
    uint32_t name_at = reader_le32(&reader);
    uint32_t name_len = reader_le32(&reader);
    bool root = index == BASE_ROOT;
    if ((node.mode & ~(uint32_t)BASE_MODE_MASK) != 0 || name_len > BASE_NAME_MAX ||
        (name_len == 0) != root || (root ? node.parent != 0 : node.parent >= index) ||
        (root && node.kind != BASE_DIRECTORY))
        return STATUS_CORRUPT;
    status_t status = base_heap(view, name_at, name_len, &node.name);
    if (status == STATUS_OK)
        status = base_node_check(view, &node, flags);
    if (status == STATUS_OK)
        *out_node = node;
    return status;
}

status_t base_directory_entry(const struct base_view *view, const struct base_node *directory,
                              uint32_t index, struct base_node *out_node)
{
    if (directory->kind != BASE_DIRECTORY)
        return STATUS_NOT_DIRECTORY;
    if (index >= directory->count)
        return STATUS_NOT_FOUND;
    struct base_node node;
    status_t status = base_node(view, directory->first + index, &node);
    if (status != STATUS_OK)
        return status;
    if (node.parent != directory->index)
        return STATUS_CORRUPT; /* Two directories share it. */
    *out_node = node;
    return STATUS_OK;
}

/* Order of names: by bytes, a prefix before what it begins. */
static int base_name_compare(struct const_span left, struct const_span right)
{
    size_t shorter = left.len < right.len ? left.len : right.len;
    int order = memcmp(left.data, right.data, shorter);
    if (order != 0)
        return order;
    return (left.len > right.len) - (left.len < right.len);
}

status_t base_lookup(const struct base_view *view, const struct base_node *directory,
                     struct const_span name, struct base_node *out_node)
{
    if (directory->kind != BASE_DIRECTORY)
        return STATUS_NOT_DIRECTORY;
    if (name.len > BASE_NAME_MAX)
        return STATUS_NAME_TOO_LONG;
    uint32_t low = 0, high = directory->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct base_node node;
        status_t status = base_directory_entry(view, directory, middle, &node);
        if (status != STATUS_OK)
            return status;
        int order = base_name_compare(name, node.name);
        if (order == 0) {
            *out_node = node;
            return STATUS_OK;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return STATUS_NOT_FOUND;
}

status_t base_walk(const struct base_view *view, struct const_span path, struct base_node *out_node)
{
    struct base_node node;
    status_t status = base_node(view, BASE_ROOT, &node);
    for (size_t at = 0; at < path.len && status == STATUS_OK;) {
        size_t end = at;
        while (end < path.len && path.data[end] != '/')
            end++;
        if (end > at)
            status = base_lookup(view, &node, const_span_of(path.data + at, end - at), &node);
        at = end + 1;
    }
    if (status == STATUS_OK)
        *out_node = node;
    return status;
}

/* A run of blocks of a file. */
struct base_run {
    uint32_t file_block;
    uint32_t block_count;
    uint64_t image_block;
};

static struct base_run base_run_read(const struct base_view *view, uint32_t index)
{
    const uint8_t *bytes = view->extents.data + (size_t)index * BASE_EXTENT_BYTES;
    return (struct base_run){ load_le32(bytes), load_le32(bytes + 4), load_le64(bytes + 8) };
}

/* The run that holds this block of the file: the last that does not begin after it. */
static struct base_run base_run_find(const struct base_view *view, const struct base_node *file,
                                     uint64_t block)
{
    uint32_t low = 0, high = file->count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (base_run_read(view, file->first + middle).file_block <= block)
            low = middle;
        else
            high = middle;
    }
    return base_run_read(view, file->first + low);
}

status_t base_extent(const struct base_view *view, const struct base_node *file,
                     uint64_t offset_bytes, uint64_t *out_image_offset, uint64_t *out_len)
{
    if (file->kind != BASE_FILE)
        return file->kind == BASE_DIRECTORY ? STATUS_IS_DIRECTORY : STATUS_INVALID;
    if (file->data.data != NULL)
        return STATUS_BAD_STATE;
    if (offset_bytes >= file->size_bytes)
        return STATUS_NOT_FOUND;
    uint64_t block = offset_bytes / BASE_BLOCK_BYTES;
    struct base_run run = base_run_find(view, file, block);
    uint64_t image_blocks = view->image_bytes / BASE_BLOCK_BYTES;
    if (block < run.file_block || block - run.file_block >= run.block_count ||
        !base_inside(run.image_block, run.block_count, view->data_at / BASE_BLOCK_BYTES,
                     image_blocks))
        return STATUS_CORRUPT;
    uint64_t end_block = (file->size_bytes - 1) / BASE_BLOCK_BYTES + 1;
    uint64_t run_end = (uint64_t)run.file_block + run.block_count;
    if (run_end < end_block)
        end_block = run_end;
    *out_image_offset = (run.image_block - run.file_block) * BASE_BLOCK_BYTES + offset_bytes;
    *out_len = end_block * BASE_BLOCK_BYTES - offset_bytes;
    return STATUS_OK;
}
