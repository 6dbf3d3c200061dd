/* Reader of the base image: the immutable tree of files that the system boots from. The bytes are
 * laid out in docs/formats/base.md. Lookups run in memory over the image's metadata (nodes,
 * extents, names and small files), which stands right after the header page; the data of larger
 * files is reached by extents of 4 KiB blocks.
 *
 * Opening is O(1) whatever the size of the image, so nothing is believed because it was checked
 * before: each call checks what it touches, and any bytes at all are safe to read. A node is
 * named by its index in the node table; the root is BASE_ROOT. Spans point into the metadata,
 * which the caller keeps. No allocation, no locks, any context. */
#pragma once

#include <abi/types.h>

#include "lib/base/sha256.h"
#include "lib/base/span.h"

enum {
    BASE_BLOCK_BYTES = 4096,
    BASE_HEADER_BYTES = 4096,       /* The header page. */
    BASE_HEADER_SIGNED_BYTES = 512, /* Its first sector: all facts, and all the signature covers. */
    BASE_SIGNATURE_AT = 512,        /* struct of docs/formats/base.md, 128 bytes. */
    BASE_NODE_BYTES = 64,
    BASE_EXTENT_BYTES = 16,
    BASE_NAME_MAX = 255,
    BASE_LINK_MAX = 4095,  /* Bytes of a symbolic link's target. */
    BASE_INLINE_MAX = 512, /* A file of at most this many bytes is in the metadata. */
    BASE_DEPTH_MAX = 64,   /* Folders below the root; the writer keeps to it. */
    BASE_ROOT = 0,
};

/* Where the parts of an image are, from its header. Offsets are bytes from the image's start. */
struct base_layout {
    uint64_t image_bytes;
    uint64_t metadata_at;
    uint64_t metadata_bytes;
    uint64_t tree_at; /* Hash tree: see base_tree.h. */
    uint64_t tree_bytes;
    uint64_t timestamp_s; /* When the image was made, in seconds since 1970; 0 if not told. */
    uint32_t node_count;
    uint32_t extent_count;
    uint32_t nodes_at; /* These three count from the start of the metadata. */
    uint32_t extents_at;
    uint32_t heap_at;
    uint32_t heap_bytes;
    uint32_t leaf_count; /* Of the hash tree. */
    uint8_t root_hash[SHA256_BYTES];
};

/* An image's metadata in memory. */
struct base_view {
    struct const_span nodes;
    struct const_span extents;
    struct const_span heap;
    uint64_t image_bytes;
    uint64_t data_at; /* No extent may begin before it. */
    uint32_t leaf_count;
};

enum base_kind { BASE_FILE = 1, BASE_DIRECTORY = 2, BASE_LINK = 3 };

struct base_node {
    enum base_kind kind;
    uint32_t index;
    uint32_t mode;       /* Permission bits of 0555: read and execute. */
    uint32_t parent;     /* Index of its directory; the root is its own. */
    uint64_t size_bytes; /* Of a file's data or a link's target; 0 for a directory. */
    uint64_t mtime_s;
    uint32_t first;         /* A directory's first child, or a file's first extent. */
    uint32_t count;         /* A directory's children, or a file's extents. */
    uint32_t leaf_first;    /* A file's first leaf in the hash tree, if it has extents. */
    struct const_span name; /* Empty for the root. */
    struct const_span data; /* A small file's bytes or a link's target; NULL for others. */
};

/* Check a header page and find the parts. `header` has at least BASE_HEADER_SIGNED_BYTES;
 * device_bytes is the room that the image may fill.
 * @return CORRUPT (no base image, or parts that overlap, are misaligned or do not fit), NOT_SUPPORTED
 *         (a later version or another block size). */
status_t base_open(struct const_span header, uint64_t device_bytes, struct base_layout *out_layout);

/* Take the metadata (layout->metadata_bytes from metadata_at on) as a view.
 * @return CORRUPT if the bytes are fewer. */
status_t base_view_open(const struct base_layout *layout, struct const_span metadata,
                        struct base_view *out_view);

/* The node of an index.
 * @return INVALID (no such index), CORRUPT (what it refers to is not inside the metadata). */
status_t base_node(const struct base_view *view, uint32_t index, struct base_node *out_node);

/* The entry of a directory with this name, any bytes ("." and ".." are the caller's matter).
 * @return NOT_FOUND, NOT_DIRECTORY, NAME_TOO_LONG, CORRUPT. Cost: O(log n) in the entries. */
status_t base_lookup(const struct base_view *view, const struct base_node *directory,
                     struct const_span name, struct base_node *out_node);

/* The index-th entry of a directory; entries are sorted by the bytes of their names.
 * @return NOT_FOUND past the last, NOT_DIRECTORY, CORRUPT. */
status_t base_directory_entry(const struct base_view *view, const struct base_node *directory,
                              uint32_t index, struct base_node *out_node);

/* Follow a path of names below the root; "/" alone is the root. Symbolic links are not followed,
 * empty components are skipped, "." and ".." are names like others.
 * @return as base_lookup. */
status_t base_walk(const struct base_view *view, struct const_span path,
                   struct base_node *out_node);

/* Where the block of a file that holds offset_bytes is in the image, and how many bytes are
 * contiguous there from that offset on, to the end of the file's last block (zeros pad it).
 * @return NOT_FOUND at or past the end, BAD_STATE (the data is in node->data: no block), IS_DIRECTORY
 *         or INVALID for what is no file, CORRUPT. Cost: O(log n) in the file's extents. */
status_t base_extent(const struct base_view *view, const struct base_node *file,
                     uint64_t offset_bytes, uint64_t *out_image_offset, uint64_t *out_len);
