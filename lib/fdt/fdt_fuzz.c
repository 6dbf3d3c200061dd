/* Any bytes as a device tree: everything the kernel asks, of every node. */
#include <stdlib.h>

#include "lib/fdt/fdt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ask everything of one node. The answers only have to be answers. */
static void ask_all(const struct fdt *fdt, const struct fdt_walk *walk)
{
    struct fdt_region region;
    struct fdt_range range;
    uint32_t cells[FDT_INTERRUPT_CELLS_MAX];
    struct const_span value, text;
    for (uint32_t i = 0; fdt_walk_region(walk, i, &region) == STATUS_OK && i < 8; i++)
        if (region.address + region.size_bytes < region.address)
            abort();
    for (uint32_t i = 0; fdt_walk_range(walk, i, &range) == STATUS_OK && i < 8; i++)
        ;
    for (uint32_t i = 0; fdt_node_interrupt(&walk->node, 3, i, cells) == STATUS_OK && i < 8; i++)
        ;
    (void)fdt_node_is_compatible(&walk->node, "arm,pl011");
    (void)fdt_node_is_named(&walk->node, "memory");
    (void)fdt_walk_parent_name(walk);
    if (fdt_node_property(fdt, &walk->node, "bootargs", &value) == STATUS_OK &&
        fdt_value_text(value, &text) == STATUS_OK && text.len + 1 != value.len)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fdt fdt;
    if (fdt_open(data, size, &fdt) != STATUS_OK)
        return 0;
    struct fdt_region region;
    for (uint32_t i = 0; i < 8 && fdt_reservation(&fdt, i, &region) == STATUS_OK; i++)
        ;
    struct fdt_walk walk = fdt_walk_of(&fdt);
    while (fdt_walk_next(&walk) == STATUS_OK)
        ask_all(&fdt, &walk);
    if (fdt_walk_find_path(&walk, "/a/b@1") == STATUS_OK && walk.node.depth != 2)
        abort();
    (void)(fdt_walk_find_phandle(&walk, 7) == STATUS_OK);
    return 0;
}
