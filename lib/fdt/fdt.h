/* Reader of a flattened device tree: the description of the machine that firmware hands to the
 * kernel. The bytes are foreign: nothing in them can make the reader leave the blob, loop, recurse
 * or assert. A walk visits the nodes in order, each once, in one pass over the structure block;
 * what a node's children need (cell counts, ranges, interrupt parent) is kept in a stack of fixed
 * depth, so that every question about the node at hand is answered without going back.
 *
 *     struct fdt_walk walk = fdt_walk_of(&fdt);
 *     while ((status = fdt_walk_next(&walk)) == STATUS_OK)
 *         if (fdt_node_is_compatible(&walk.node, "arm,pl011"))
 *             status_of_region = fdt_walk_region(&walk, 0, &region);
 *
 * Spans point into the blob, which must outlive them and stay unchanged. No allocation, no locks,
 * any context in which unaligned loads may be made (the MMU is on). A walk of QEMU's tree takes
 * about 33,000 instructions. Source: Devicetree Specification 0.4, chapters 2 (properties), 3
 * (nodes) and 5 (the format). */
#pragma once

#include <abi/types.h>

#include "lib/base/bytes.h"

enum {
    FDT_DEPTH_MAX = 16,          /* Nesting of nodes; deeper trees are refused. */
    FDT_INTERRUPT_CELLS_MAX = 4, /* Of one interrupt specifier. */
};

struct fdt {
    struct const_span structure;
    struct const_span strings;
    struct const_span reservations; /* From the reservation block to the end of the blob. */
    uint32_t size_bytes;            /* Of the whole blob, as its header says. */
    uint32_t boot_cpu;              /* Physical id of the CPU that booted. */
};

/* A run of addresses as the CPU sees them. */
struct fdt_region {
    uint64_t address;
    uint64_t size_bytes;
};

/* One entry of a bus's `ranges`: size_bytes from child_address on appear at parent_address. */
struct fdt_range {
    uint32_t child_flags; /* The first of three child cells (PCI: the space); otherwise 0. */
    uint64_t child_address;
    uint64_t parent_address; /* As the CPU sees it. */
    uint64_t size_bytes;
};

/* One node. A property that is absent has a span whose data is NULL; one that is present but
 * empty has length 0 and data that is not NULL. */
struct fdt_node {
    struct const_span name;       /* Without the NUL; with the unit address ("pl011@9000000"). */
    struct const_span properties; /* Of the structure block: what fdt_node_property searches. */
    struct const_span compatible;
    struct const_span reg;
    struct const_span ranges;
    struct const_span interrupts;
    struct const_span device_type;
    uint32_t depth;            /* The root is 0. */
    uint32_t phandle;          /* 0: none. */
    uint32_t interrupt_parent; /* Phandle, its own or inherited; 0: none. */
    uint8_t address_cells;     /* Of its children's addresses. */
    uint8_t size_cells;
    uint8_t interrupt_cells; /* As a controller; 0 when it says nothing. */
    bool enabled;            /* Neither it nor a node above it is disabled by `status`. */
};

struct fdt_walk {
    const struct fdt *fdt;
    struct reader structure;
    uint32_t open_count; /* Nodes entered and not left: levels[0..open_count) are valid. */
    bool root_seen;
    struct fdt_node node; /* The node at hand, after fdt_walk_next said OK. */
    struct fdt_level {
        struct const_span name;
        struct const_span ranges;
        uint32_t interrupt_parent;
        uint8_t address_cells;
        uint8_t size_cells;
        bool enabled;
    } levels[FDT_DEPTH_MAX];
};

/* Check the header of the blob of at most len bytes and find its parts. The contents are checked
 * as they are walked.
 * @return CORRUPT (bad magic, parts outside the blob or misaligned), NOT_SUPPORTED (a version
 *         before 17, which has no size of the structure block, or only readable by later ones). */
status_t fdt_open(const void *blob, size_t len, struct fdt *out_fdt);

/* The index-th entry of the memory reservation block.
 * @return NOT_FOUND past the last, CORRUPT if the block has no end or the region wraps. */
status_t fdt_reservation(const struct fdt *fdt, uint32_t index, struct fdt_region *out_region);

/* A walk that stands before the root. */
struct fdt_walk fdt_walk_of(const struct fdt *fdt);

/* Go to the next node, in the order of the blob (a node before its children).
 * @return NOT_FOUND after the last node of a well-formed tree, CORRUPT, NOT_SUPPORTED (deeper than
 *         FDT_DEPTH_MAX). After anything but OK the walk is over. Cost: linear in the node. */
status_t fdt_walk_next(struct fdt_walk *walk);

/* Go on to the next node whose `compatible` has this string.
 * @return as fdt_walk_next. */
status_t fdt_walk_find_compatible(struct fdt_walk *walk, const char *compatible);

/* Start again and go to the node of this path ("/chosen", "/reserved-memory"). A component without
 * a unit address also names the first node that has one. @return as fdt_walk_next. */
status_t fdt_walk_find_path(struct fdt_walk *walk, const char *path);

/* Start again and go to the node with this phandle (not 0). @return as fdt_walk_next. */
status_t fdt_walk_find_phandle(struct fdt_walk *walk, uint32_t phandle);

/* Name of the parent of the node at hand; empty for a child of the root and for the root. */
struct const_span fdt_walk_parent_name(const struct fdt_walk *walk);

/* The index-th entry of `reg` of the node at hand, translated by the ranges of the nodes above it
 * to what the CPU sees.
 * @return NOT_FOUND past the last entry, CORRUPT (not a whole number of entries, a region that
 *         wraps), NOT_SUPPORTED (an address of more than two cells, or a bus that the CPU
 *         does not see through). */
status_t fdt_walk_region(const struct fdt_walk *walk, uint32_t index,
                         struct fdt_region *out_region);

/* The index-th entry of `ranges` of the node at hand (a PCI host's windows).
 * @return as fdt_walk_region. */
status_t fdt_walk_range(const struct fdt_walk *walk, uint32_t index, struct fdt_range *out_range);

/* A property by name.
 * @return NOT_FOUND. Cost: linear in the node's properties. */
status_t fdt_node_property(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                           struct const_span *out_value);

/* The node's name up to its unit address is exactly this. */
bool fdt_node_is_named(const struct fdt_node *node, const char *name);

/* The list in `compatible` has exactly this string. */
bool fdt_node_is_compatible(const struct fdt_node *node, const char *compatible);

/* The index-th specifier of `interrupts`, of cell_count cells: the `#interrupt-cells` of the node's
 * interrupt parent (3 for a GIC).
 * @return NOT_FOUND past the last, CORRUPT (not a whole number of specifiers), NOT_SUPPORTED
 *         (cell_count is 0 or more than FDT_INTERRUPT_CELLS_MAX). */
status_t fdt_node_interrupt(const struct fdt_node *node, uint32_t cell_count, uint32_t index,
                            uint32_t out_cells[FDT_INTERRUPT_CELLS_MAX]);

/* A property value as one 32-bit cell, or as one or two cells (a 32-bit or 64-bit number).
 * @return CORRUPT when the length is another. */
status_t fdt_value_u32(struct const_span value, uint32_t *out_number);
status_t fdt_value_number(struct const_span value, uint64_t *out_number);

/* A property value as text without its NUL.
 * @return CORRUPT when the only NUL is not its last byte. */
status_t fdt_value_text(struct const_span value, struct const_span *out_text);

/* The list of NUL-ended strings in a value has exactly this one. */
bool fdt_value_has_string(struct const_span value, const char *string);
