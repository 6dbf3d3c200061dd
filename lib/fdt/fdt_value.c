/* What property values mean: numbers, strings, addresses, interrupts. An address in `reg` counts
 * in the bus of the node's parent; each bus above, up to the root, says in `ranges` where its
 * addresses appear in the bus that holds it (specification 2.3.6, 2.3.8). Absent ranges mean that
 * nothing above can see through; empty ones that the addresses are the same. */
#include "lib/base/assert.h"
#include "lib/fdt/fdt.h"
#include "lib/fdt/fdt_internal.h"

status_t fdt_value_u32(struct const_span value, uint32_t *out_number)
{
    if (value.len != 4)
        return STATUS_CORRUPT;
    *out_number = load_be32(value.data);
    return STATUS_OK;
}

status_t fdt_value_number(struct const_span value, uint64_t *out_number)
{
    if (value.len != 4 && value.len != 8)
        return STATUS_CORRUPT;
    struct reader reader = reader_of(value.data, value.len);
    *out_number = fdt_read_cells(&reader, (uint32_t)value.len / 4);
    return STATUS_OK;
}

status_t fdt_value_text(struct const_span value, struct const_span *out_text)
{
    size_t len = 0;
    while (len < value.len && value.data[len] != '\0')
        len++;
    if (value.len == 0 || len != value.len - 1)
        return STATUS_CORRUPT;
    *out_text = const_span_of(value.data, len);
    return STATUS_OK;
}

bool fdt_value_has_string(struct const_span value, const char *string)
{
    size_t string_bytes = strlen(string) + 1;
    size_t at = 0;
    while (value.len - at >= string_bytes) {
        if (memcmp(value.data + at, string, string_bytes) == 0)
            return true;
        while (at < value.len && value.data[at] != '\0')
            at++;
        if (at == value.len)
            return false; /* The last string has no end: it is none. */
        at++;
    }
    return false;
}

/* `name` without its unit address, or all of it when `wanted` has one, is `wanted`. */
static bool fdt_name_matches(struct const_span name, const char *wanted, size_t wanted_len)
{
    if (name.len < wanted_len || memcmp(name.data, wanted, wanted_len) != 0)
        return false;
    return name.len == wanted_len || name.data[wanted_len] == '@';
}

bool fdt_node_is_named(const struct fdt_node *node, const char *name)
{
    return fdt_name_matches(node->name, name, strlen(name));
}

bool fdt_node_is_compatible(const struct fdt_node *node, const char *compatible)
{
    return node->compatible.data != NULL && fdt_value_has_string(node->compatible, compatible);
}

status_t fdt_walk_find_compatible(struct fdt_walk *walk, const char *compatible)
{
    status_t status;
    do
        status = fdt_walk_next(walk);
    while (status == STATUS_OK && !fdt_node_is_compatible(&walk->node, compatible));
    return status;
}

status_t fdt_walk_find_phandle(struct fdt_walk *walk, uint32_t phandle)
{
    *walk = fdt_walk_of(walk->fdt);
    status_t status;
    do
        status = fdt_walk_next(walk);
    while (status == STATUS_OK && walk->node.phandle != phandle);
    return status;
}

/* The component after the slashes at *path, which moves past it. */
static size_t fdt_path_component(const char **path, const char **out_component)
{
    const char *at = *path;
    while (*at == '/')
        at++;
    *out_component = at;
    while (*at != '\0' && *at != '/')
        at++;
    *path = at;
    return (size_t)(at - *out_component);
}

status_t fdt_walk_find_path(struct fdt_walk *walk, const char *path)
{
    *walk = fdt_walk_of(walk->fdt);
    status_t status = fdt_walk_next(walk);
    const char *component;
    size_t component_len = fdt_path_component(&path, &component);
    uint32_t depth = 1; /* Where a node of that name is looked for: all above matched. */
    while (status == STATUS_OK && component_len > 0) {
        status = fdt_walk_next(walk);
        if (status != STATUS_OK)
            break;
        if (walk->node.depth < depth)
            return STATUS_NOT_FOUND; /* The walk left the parent. */
        if (walk->node.depth > depth ||
            !fdt_name_matches(walk->node.name, component, component_len))
            continue;
        component_len = fdt_path_component(&path, &component);
        depth++;
    }
    return status;
}

struct const_span fdt_walk_parent_name(const struct fdt_walk *walk)
{
    if (walk->open_count < 2)
        return const_span_of("", 0);
    return walk->levels[walk->open_count - 2].name;
}

/* Read one entry of a ranges property. Of three child cells the first is flags (PCI Bus Binding to
 * Open Firmware 2.1, 2.2.1.1). */
static void fdt_range_read(struct reader *reader, uint32_t child_cells, uint32_t parent_cells,
                           uint32_t size_cells, struct fdt_range *out_range)
{
    out_range->child_flags = child_cells == 3 ? reader_be32(reader) : 0;
    out_range->child_address = fdt_read_cells(reader, child_cells == 3 ? 2 : child_cells);
    out_range->parent_address = fdt_read_cells(reader, parent_cells);
    out_range->size_bytes = fdt_read_cells(reader, size_cells);
}

/* Stand before the index-th entry of a property that is an array of entries of cells. */
static status_t fdt_entry_at(struct const_span value, uint32_t entry_cells, uint32_t index,
                             struct reader *out_reader)
{
    size_t entry_bytes = (size_t)entry_cells * 4;
    if (value.data == NULL)
        return STATUS_NOT_FOUND;
    if (entry_bytes == 0 || value.len % entry_bytes != 0)
        return STATUS_CORRUPT;
    if (index >= value.len / entry_bytes)
        return STATUS_NOT_FOUND;
    *out_reader = reader_of(value.data, value.len);
    reader_skip(out_reader, index * entry_bytes);
    return STATUS_OK;
}

/* Move a region from the bus below levels[level] to the bus that holds it. */
static status_t fdt_region_up(const struct fdt_walk *walk, uint32_t level,
                              struct fdt_region *region)
{
    const struct fdt_level *bus = &walk->levels[level];
    uint32_t parent_cells = walk->levels[level - 1].address_cells;
    if (bus->ranges.data == NULL || bus->address_cells > 2 || bus->size_cells > 2 ||
        parent_cells > 2)
        return STATUS_NOT_SUPPORTED;
    if (bus->ranges.len == 0)
        return STATUS_OK;
    uint32_t entry_cells = bus->address_cells + parent_cells + bus->size_cells;
    struct reader reader;
    status_t status = fdt_entry_at(bus->ranges, entry_cells, 0, &reader);
    if (status != STATUS_OK)
        return status;
    while (reader_left(&reader) > 0) {
        struct fdt_range range;
        fdt_range_read(&reader, bus->address_cells, parent_cells, bus->size_cells, &range);
        uint64_t offset = region->address - range.child_address;
        if (region->address < range.child_address || offset > range.size_bytes ||
            region->size_bytes > range.size_bytes - offset)
            continue;
        region->address = range.parent_address + offset;
        return region->address < offset ? STATUS_CORRUPT : STATUS_OK;
    }
    return STATUS_NOT_SUPPORTED;
}

/* Move a region from the bus that holds the node at hand to the root's, the CPU's. */
static status_t fdt_region_translate(const struct fdt_walk *walk, struct fdt_region *region)
{
    for (uint32_t level = walk->node.depth; level-- > 1;) {
        status_t status = fdt_region_up(walk, level, region);
        if (status != STATUS_OK)
            return status;
    }
    if (region->address + region->size_bytes < region->address)
        return STATUS_CORRUPT;
    return STATUS_OK;
}

status_t fdt_walk_region(const struct fdt_walk *walk, uint32_t index, struct fdt_region *out_region)
{
    const struct fdt_node *node = &walk->node;
    if (walk->open_count < 2)
        return STATUS_NOT_FOUND; /* The root has no address. */
    ASSERT(walk->open_count == node->depth + 1);
    const struct fdt_level *bus = &walk->levels[node->depth - 1];
    if (bus->address_cells > 2 || bus->size_cells > 2)
        return STATUS_NOT_SUPPORTED;
    struct reader reader;
    status_t status = fdt_entry_at(node->reg, bus->address_cells + bus->size_cells, index, &reader);
    if (status != STATUS_OK)
        return status;
    struct fdt_region region;
    region.address = fdt_read_cells(&reader, bus->address_cells);
    region.size_bytes = fdt_read_cells(&reader, bus->size_cells);
    status = fdt_region_translate(walk, &region);
    if (status == STATUS_OK)
        *out_region = region;
    return status;
}

status_t fdt_walk_range(const struct fdt_walk *walk, uint32_t index, struct fdt_range *out_range)
{
    const struct fdt_node *node = &walk->node;
    if (walk->open_count < 2)
        return STATUS_NOT_FOUND;
    ASSERT(walk->open_count == node->depth + 1);
    uint32_t parent_cells = walk->levels[node->depth - 1].address_cells;
    if (node->address_cells > 3 || parent_cells > 2 || node->size_cells > 2)
        return STATUS_NOT_SUPPORTED;
    struct reader reader;
    uint32_t entry_cells = node->address_cells + parent_cells + node->size_cells;
    status_t status = fdt_entry_at(node->ranges, entry_cells, index, &reader);
    if (status != STATUS_OK)
        return status;
    struct fdt_range range;
    fdt_range_read(&reader, node->address_cells, parent_cells, node->size_cells, &range);
    struct fdt_region region = { range.parent_address, range.size_bytes };
    status = fdt_region_translate(walk, &region);
    if (status != STATUS_OK)
        return status;
    range.parent_address = region.address;
    *out_range = range;
    return STATUS_OK;
}

status_t fdt_node_interrupt(const struct fdt_node *node, uint32_t cell_count, uint32_t index,
                            uint32_t out_cells[FDT_INTERRUPT_CELLS_MAX])
{
    if (cell_count == 0 || cell_count > FDT_INTERRUPT_CELLS_MAX)
        return STATUS_NOT_SUPPORTED;
    struct reader reader;
    status_t status = fdt_entry_at(node->interrupts, cell_count, index, &reader);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < cell_count; i++)
        out_cells[i] = reader_be32(&reader);
    return STATUS_OK;
}
