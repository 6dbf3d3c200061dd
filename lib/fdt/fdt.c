/* The blob and the walk. The structure block is a string of 32-bit tokens: a node is BEGIN_NODE,
 * its name, its properties, its children, END_NODE; NOP may stand anywhere; END closes the block
 * (specification 5.4). The walk reads tokens through one reader, whose overrun turns every later
 * token into 0, which is no token: a truncated block ends the walk as CORRUPT by itself. */
#include "lib/fdt/fdt.h"

#include "lib/fdt/fdt_internal.h"

enum {
    FDT_MAGIC = 0xd00dfeed,
    FDT_HEADER_BYTES = 40,
    FDT_VERSION = 17,
    FDT_CELLS_MAX = 4,             /* Of one address or size; more is nonsense. */
    FDT_ADDRESS_CELLS_DEFAULT = 2, /* 2.3.5 */
    FDT_SIZE_CELLS_DEFAULT = 1,

    FDT_BEGIN_NODE = 1,
    FDT_END_NODE = 2,
    FDT_PROPERTY = 3,
    FDT_NOP = 4,
    FDT_END = 9,
};

/* A part of the blob, or a NULL span when it is not inside. */
static struct const_span fdt_part(struct const_span blob, uint32_t offset, size_t len)
{
    if (offset > blob.len || len > blob.len - offset)
        return (struct const_span){ NULL, 0 };
    return const_span_of(blob.data + offset, len);
}

status_t fdt_open(const void *blob, size_t len, struct fdt *out_fdt)
{
    struct reader header = reader_of(blob, len);
    uint32_t magic = reader_be32(&header);
    uint32_t size_bytes = reader_be32(&header);
    uint32_t structure_at = reader_be32(&header);
    uint32_t strings_at = reader_be32(&header);
    uint32_t reservations_at = reader_be32(&header);
    uint32_t version = reader_be32(&header);
    uint32_t version_compatible = reader_be32(&header);
    uint32_t boot_cpu = reader_be32(&header);
    uint32_t strings_len = reader_be32(&header);
    uint32_t structure_len = reader_be32(&header);
    if (header.overrun || magic != FDT_MAGIC || size_bytes > len || size_bytes < FDT_HEADER_BYTES)
        return STATUS_CORRUPT;
    if (version < FDT_VERSION || version_compatible > FDT_VERSION)
        return STATUS_NOT_SUPPORTED;
    if (structure_at % 4 != 0 || reservations_at % 8 != 0 || reservations_at > size_bytes)
        return STATUS_CORRUPT;

    struct const_span whole = const_span_of(blob, size_bytes);
    struct fdt fdt = {
        .structure = fdt_part(whole, structure_at, structure_len),
        .strings = fdt_part(whole, strings_at, strings_len),
        .reservations = fdt_part(whole, reservations_at, size_bytes - reservations_at),
        .size_bytes = size_bytes,
        .boot_cpu = boot_cpu,
    };
    if (fdt.structure.data == NULL || fdt.strings.data == NULL)
        return STATUS_CORRUPT;
    *out_fdt = fdt;
    return STATUS_OK;
}

status_t fdt_reservation(const struct fdt *fdt, uint32_t index, struct fdt_region *out_region)
{
    struct reader reader = reader_of(fdt->reservations.data, fdt->reservations.len);
    for (uint32_t i = 0;; i++) {
        struct fdt_region region;
        region.address = fdt_read_cells(&reader, 2);
        region.size_bytes = fdt_read_cells(&reader, 2);
        if (reader.overrun)
            return STATUS_CORRUPT;
        if (region.address == 0 && region.size_bytes == 0)
            return STATUS_NOT_FOUND;
        if (i < index)
            continue;
        if (region.address + region.size_bytes < region.address)
            return STATUS_CORRUPT;
        *out_region = region;
        return STATUS_OK;
    }
}

/* The string at this offset of the strings block is exactly `literal`. Inlined, so that the length is
 * known and the comparison is of words: this runs for every property of every node at boot. */
static inline __attribute__((always_inline)) bool fdt_string_is(const struct fdt *fdt,
                                                                uint32_t offset,
                                                                const char *literal)
{
    size_t bytes = __builtin_strlen(literal) + 1;
    return offset <= fdt->strings.len && bytes <= fdt->strings.len - offset &&
           __builtin_memcmp(fdt->strings.data + offset, literal, bytes) == 0;
}

/* One property at the reader, after its token. */
struct fdt_property {
    uint32_t name_at; /* In the strings block; checked where it is compared. */
    struct const_span value;
};

static struct fdt_property fdt_property_read(struct reader *reader)
{
    uint32_t len = reader_be32(reader);
    uint32_t name_at = reader_be32(reader);
    const uint8_t *value = reader_take(reader, len);
    reader_skip(reader, (4 - len % 4) % 4);
    if (reader->overrun)
        return (struct fdt_property){ 0 };
    return (struct fdt_property){ name_at, const_span_of(value, len) };
}

static status_t fdt_value_cell_count(struct const_span value, uint8_t *out_count)
{
    uint32_t count = 0;
    status_t status = fdt_value_u32(value, &count);
    if (status != STATUS_OK)
        return status;
    if (count > FDT_CELLS_MAX)
        return STATUS_CORRUPT;
    *out_count = (uint8_t)count;
    return STATUS_OK;
}

static bool fdt_status_is_enabled(struct const_span value)
{
    return fdt_value_has_string(value, "okay") || fdt_value_has_string(value, "ok");
}

/* Keep the property if it is one that struct fdt_node has a place for. The first letter decides
 * which names are compared. */
static status_t fdt_node_keep(const struct fdt *fdt, struct fdt_node *node,
                              struct fdt_property property)
{
    uint32_t name = property.name_at;
    if (name >= fdt->strings.len)
        return STATUS_CORRUPT;
    switch (fdt->strings.data[name]) {
    case '#':
        if (fdt_string_is(fdt, name, "#address-cells"))
            return fdt_value_cell_count(property.value, &node->address_cells);
        if (fdt_string_is(fdt, name, "#size-cells"))
            return fdt_value_cell_count(property.value, &node->size_cells);
        if (fdt_string_is(fdt, name, "#interrupt-cells"))
            return fdt_value_cell_count(property.value, &node->interrupt_cells);
        break;
    case 'c':
        if (fdt_string_is(fdt, name, "compatible"))
            node->compatible = property.value;
        break;
    case 'd':
        if (fdt_string_is(fdt, name, "device_type"))
            node->device_type = property.value;
        break;
    case 'i':
        if (fdt_string_is(fdt, name, "interrupts"))
            node->interrupts = property.value;
        else if (fdt_string_is(fdt, name, "interrupt-parent"))
            return fdt_value_u32(property.value, &node->interrupt_parent);
        break;
    case 'p':
        if (fdt_string_is(fdt, name, "phandle"))
            return fdt_value_u32(property.value, &node->phandle);
        break;
    case 'r':
        if (fdt_string_is(fdt, name, "reg"))
            node->reg = property.value;
        else if (fdt_string_is(fdt, name, "ranges"))
            node->ranges = property.value;
        break;
    case 's':
        if (fdt_string_is(fdt, name, "status"))
            node->enabled = node->enabled && fdt_status_is_enabled(property.value);
        break;
    }
    return STATUS_OK;
}

/* The name that follows BEGIN_NODE; a NULL span when it does not end inside the block. */
static struct const_span fdt_name_read(struct reader *reader)
{
    size_t left = reader_left(reader), len = 0;
    const uint8_t *name = reader->data + reader->at;
    while (len < left && name[len] != '\0')
        len++;
    reader_skip(reader, (len + 4) & ~(size_t)3);
    return reader->overrun ? (struct const_span){ NULL, 0 } : const_span_of(name, len);
}

/* Read name and properties; the reader stands after BEGIN_NODE and is left at the token that is
 * not a property. */
static status_t fdt_node_read(const struct fdt *fdt, struct reader *reader, struct fdt_node *node)
{
    node->name = fdt_name_read(reader);
    size_t first = reader->at;
    for (;;) {
        size_t token_at = reader->at;
        uint32_t token = reader_be32(reader);
        if (token == FDT_NOP)
            continue;
        if (token != FDT_PROPERTY) {
            reader->at = token_at;
            node->properties = const_span_of(reader->data + first, token_at - first);
            return reader->overrun ? STATUS_CORRUPT : STATUS_OK;
        }
        struct fdt_property property = fdt_property_read(reader);
        if (reader->overrun)
            return STATUS_CORRUPT;
        status_t status = fdt_node_keep(fdt, node, property);
        if (status != STATUS_OK)
            return status;
    }
}

/* Enter the node at the reader and make it the node at hand. */
static status_t fdt_walk_enter(struct fdt_walk *walk)
{
    if (walk->open_count == 0 && walk->root_seen)
        return STATUS_CORRUPT;
    if (walk->open_count == FDT_DEPTH_MAX)
        return STATUS_NOT_SUPPORTED;
    const struct fdt_level *above =
        walk->open_count == 0 ? NULL : &walk->levels[walk->open_count - 1];
    struct fdt_node *node = &walk->node;
    *node = (struct fdt_node){
        .depth = walk->open_count,
        .interrupt_parent = above == NULL ? 0 : above->interrupt_parent,
        .address_cells = FDT_ADDRESS_CELLS_DEFAULT,
        .size_cells = FDT_SIZE_CELLS_DEFAULT,
        .enabled = above == NULL || above->enabled,
    };
    status_t status = fdt_node_read(walk->fdt, &walk->structure, node);
    if (status != STATUS_OK)
        return status;
    walk->root_seen = true;
    walk->levels[walk->open_count++] = (struct fdt_level){
        .name = node->name,
        .ranges = node->ranges,
        .interrupt_parent = node->interrupt_parent,
        .address_cells = node->address_cells,
        .size_cells = node->size_cells,
        .enabled = node->enabled,
    };
    return STATUS_OK;
}

struct fdt_walk fdt_walk_of(const struct fdt *fdt)
{
    return (struct fdt_walk){
        .fdt = fdt,
        .structure = reader_of(fdt->structure.data, fdt->structure.len),
    };
}

status_t fdt_walk_next(struct fdt_walk *walk)
{
    for (;;) {
        switch (reader_be32(&walk->structure)) {
        case FDT_NOP: break;
        case FDT_BEGIN_NODE: return fdt_walk_enter(walk);
        case FDT_END_NODE:
            if (walk->open_count == 0)
                return STATUS_CORRUPT;
            walk->open_count--;
            break;
        case FDT_END:
            return walk->open_count == 0 && walk->root_seen ? STATUS_NOT_FOUND : STATUS_CORRUPT;
        default: return STATUS_CORRUPT; /* A property after a child (5.4.2), or no token at all. */
        }
    }
}

status_t fdt_node_property(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                           struct const_span *out_value)
{
    struct reader reader = reader_of(node->properties.data, node->properties.len);
    while (reader_left(&reader) > 0) {
        if (reader_be32(&reader) != FDT_PROPERTY)
            continue; /* NOP: fdt_node_read let nothing else in. */
        struct fdt_property property = fdt_property_read(&reader);
        if (!fdt_string_is(fdt, property.name_at, name))
            continue;
        *out_value = property.value;
        return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}
