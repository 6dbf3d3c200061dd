/* Any bytes as an image: open, list to a bounded depth, look names up, find blocks. */
#include <stdlib.h>

#include "lib/format/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_file(const struct base_view *view, const struct base_node *file)
{
    uint64_t offset, len;
    for (uint64_t at = 0, step = 0; step < 8; step++, at += len)
        if (base_extent(view, file, at, &offset, &len) != STATUS_OK)
            return;
        else if (len == 0 || offset < view->data_at || offset + len > view->image_bytes)
            abort();
}

/* Look the entry up by its own name: it is found, unless the table is not sorted. */
static void look_up(const struct base_view *view, const struct base_node *directory,
                    const struct base_node *entry)
{
    struct base_node found;
    if (base_lookup(view, directory, entry->name, &found) == STATUS_OK &&
        found.parent != directory->index)
        abort();
}

static void visit(const struct base_view *view, const struct base_node *node, uint32_t *budget)
{
    read_file(view, node);
    for (uint32_t i = 0; i < node->count && node->kind == BASE_DIRECTORY; i++) {
        struct base_node child;
        if (base_directory_entry(view, node, i, &child) != STATUS_OK)
            continue;
        if (child.index <= node->index || child.name.len > BASE_NAME_MAX)
            abort();
        look_up(view, node, &child);
        if (*budget == 0)
            return;
        --*budget;
        visit(view, &child, budget);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct base_layout layout;
    struct base_view view;
    struct base_node root;
    if (base_open(const_span_of(data, size), (uint64_t)1 << 40, &layout) != STATUS_OK)
        return 0;
    /* The header page may be cut short here, so that inputs stay small: metadata follows at 512. */
    struct const_span metadata =
        const_span_of(data + BASE_HEADER_SIGNED_BYTES, size - BASE_HEADER_SIGNED_BYTES);
    layout.metadata_bytes = metadata.len;
    if ((uint64_t)layout.heap_at + layout.heap_bytes > metadata.len ||
        base_view_open(&layout, metadata, &view) != STATUS_OK)
        return 0;
    uint32_t budget = 1000;
    if (base_node(&view, BASE_ROOT, &root) == STATUS_OK)
        visit(&view, &root, &budget);
    (void)(base_walk(&view, const_span_of("/d/i", 4), &root) == STATUS_OK);
    return 0;
}
