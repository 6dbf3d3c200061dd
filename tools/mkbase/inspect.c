/* Looks into an image with the reader that the kernel uses. */
#include <stdio.h>
#include <string.h>

#include "lib/format/base_tree.h"
#include "tools/mkbase/image.h"

/* An image in memory with its parts found. */
struct opened {
    struct const_span image;
    struct base_layout layout;
    struct base_view view;
};

static bool inspect_open(struct const_span image, struct opened *out_opened)
{
    struct opened opened = { .image = image };
    status_t status = base_open(image, image.len, &opened.layout);
    if (status == STATUS_OK)
        status = base_view_open(&opened.layout,
                                const_span_of(image.data + opened.layout.metadata_at,
                                              opened.layout.metadata_bytes),
                                &opened.view);
    if (status != STATUS_OK)
        return complain("no base image (status %d)", status);
    *out_opened = opened;
    return true;
}

/* Print a name so that it stays on its line. */
static void print_name(struct const_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        if (c < 0x20 || c == 0x7f || c == '\\')
            printf("\\x%02x", c);
        else
            putchar(c);
    }
}

static void print_node(const struct base_node *node, uint32_t depth)
{
    static const char kinds[] = "?-dl";
    printf("%c %04o %10llu %*s", kinds[node->kind], node->mode,
           (unsigned long long)node->size_bytes, 2 * (int)depth, "");
    if (node->index == BASE_ROOT)
        putchar('/');
    print_name(node->name);
    if (node->kind == BASE_LINK) {
        printf(" -> ");
        print_name(node->data);
    }
    putchar('\n');
}

static bool list_below(const struct base_view *view, const struct base_node *node, uint32_t depth)
{
    if (depth > BASE_DEPTH_MAX)
        return complain("folders nest too deep");
    print_node(node, depth);
    for (uint32_t i = 0; node->kind == BASE_DIRECTORY && i < node->count; i++) {
        struct base_node child;
        status_t status = base_directory_entry(view, node, i, &child);
        if (status != STATUS_OK)
            return complain("node %u, entry %u: status %d", node->index, i, status);
        if (!list_below(view, &child, depth + 1))
            return false;
    }
    return true;
}

bool inspect_list(struct const_span image)
{
    struct opened opened;
    struct base_node root;
    if (!inspect_open(image, &opened))
        return false;
    status_t status = base_node(&opened.view, BASE_ROOT, &root);
    if (status != STATUS_OK)
        return complain("the root: status %d", status);
    return list_below(&opened.view, &root, 0);
}

/* Write out the blocks of a file that is not in the metadata. */
static bool cat_blocks(const struct opened *opened, const struct base_node *file)
{
    for (uint64_t at = 0; at < file->size_bytes;) {
        uint64_t image_offset, len;
        status_t status = base_extent(&opened->view, file, at, &image_offset, &len);
        if (status != STATUS_OK)
            return complain("offset %llu: status %d", (unsigned long long)at, status);
        if (len > file->size_bytes - at)
            len = file->size_bytes - at;
        if (fwrite(opened->image.data + image_offset, 1, len, stdout) != len)
            return complain("the output cannot be written");
        at += len;
    }
    return true;
}

bool inspect_cat(struct const_span image, const char *path)
{
    struct opened opened;
    struct base_node node;
    if (!inspect_open(image, &opened))
        return false;
    status_t status = base_walk(&opened.view, const_span_of(path, strlen(path)), &node);
    if (status != STATUS_OK)
        return complain("%s: status %d", path, status);
    if (node.kind == BASE_DIRECTORY)
        return complain("%s: a folder", path);
    if (node.data.data == NULL)
        return cat_blocks(&opened, &node);
    return fwrite(node.data.data, 1, node.data.len, stdout) == node.data.len ||
           complain("the output cannot be written");
}

/* The bytes hash to what stands at a place of the tree region. */
static bool hash_matches(const struct opened *opened, const uint8_t *bytes, size_t len,
                         uint64_t hash_at)
{
    uint8_t hash[SHA256_BYTES];
    sha256_of(bytes, len, hash);
    return memcmp(hash, opened->image.data + opened->layout.tree_at + hash_at, SHA256_BYTES) == 0;
}

/* Each page of the tree is what the level above, or the header, says. */
static bool verify_tree(const struct opened *opened)
{
    uint32_t leaf_count = opened->layout.leaf_count;
    const uint8_t *tree = opened->image.data + opened->layout.tree_at;
    uint32_t top = base_tree_levels(leaf_count) - 1;
    uint64_t at, above_at;
    uint32_t pages, above_pages;
    uint8_t root[SHA256_BYTES];
    base_tree_level(leaf_count, top, &at, &pages);
    sha256_of(tree + at, BASE_BLOCK_BYTES, root);
    if (memcmp(root, opened->layout.root_hash, SHA256_BYTES) != 0)
        return complain("the root hash differs");
    for (uint32_t level = 0; level < top; level++) {
        base_tree_level(leaf_count, level, &at, &pages);
        base_tree_level(leaf_count, level + 1, &above_at, &above_pages);
        for (uint32_t page = 0; page < pages; page++)
            if (!hash_matches(opened, tree + at + (size_t)page * BASE_BLOCK_BYTES, BASE_BLOCK_BYTES,
                              above_at + (uint64_t)page * SHA256_BYTES))
                return complain("tree level %u page %u differs", level, page);
    }
    return true;
}

/* Hash one leaf of a file, extent by extent. */
static bool verify_leaf(const struct opened *opened, const struct base_node *file,
                        struct base_leaf leaf)
{
    struct sha256 sha;
    sha256_begin(&sha);
    for (uint32_t done = 0; done < leaf.len;) {
        uint64_t image_offset, len;
        status_t status =
            base_extent(&opened->view, file, leaf.offset_bytes + done, &image_offset, &len);
        if (status != STATUS_OK)
            return complain("node %u: status %d", file->index, status);
        if (len > leaf.len - done)
            len = leaf.len - done;
        sha256_add(&sha, opened->image.data + image_offset, len);
        done += (uint32_t)len;
    }
    uint8_t hash[SHA256_BYTES];
    sha256_end(&sha, hash);
    const uint8_t *expected = opened->image.data + opened->layout.tree_at +
                              (size_t)(file->leaf_first + leaf.index) * SHA256_BYTES;
    return memcmp(hash, expected, SHA256_BYTES) == 0 ||
           complain("node %u: the data at %llu differs", file->index,
                    (unsigned long long)leaf.offset_bytes);
}

static bool verify_file(const struct opened *opened, const struct base_node *file)
{
    struct base_leaf leaf;
    for (uint64_t at = 0; at < file->size_bytes; at = leaf.offset_bytes + leaf.len) {
        leaf = base_leaf_at(file->size_bytes, at);
        if (!verify_leaf(opened, file, leaf))
            return false;
    }
    return true;
}

bool inspect_verify(struct const_span image)
{
    struct opened opened;
    if (!inspect_open(image, &opened) || !verify_tree(&opened))
        return false;
    const struct base_layout *layout = &opened.layout;
    for (uint64_t at = 0; at < layout->metadata_bytes; at += BASE_BLOCK_BYTES)
        if (!hash_matches(&opened, image.data + layout->metadata_at + at, BASE_BLOCK_BYTES,
                          at / BASE_BLOCK_BYTES * SHA256_BYTES))
            return complain("the metadata at %llu differs", (unsigned long long)at);
    for (uint32_t i = 0; i < layout->node_count; i++) {
        struct base_node node;
        status_t status = base_node(&opened.view, i, &node);
        if (status != STATUS_OK)
            return complain("node %u: status %d", i, status);
        if (node.kind == BASE_FILE && node.data.data == NULL && !verify_file(&opened, &node))
            return false;
    }
    return true;
}
