#include "lib/fdt/fdt.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/fdt_writer.h"
#include "tests/unit.h"

struct tree {
    struct fdt_writer writer;
    uint8_t blob[8192];
    size_t len;
};

static struct tree *tree_new(void)
{
    struct tree *tree = calloc(1, sizeof *tree);
    REQUIRE(tree != NULL);
    fdt_writer_begin(&tree->writer);
    return tree;
}

static void tree_finish(struct tree *tree, struct fdt *out_fdt)
{
    tree->len = fdt_writer_finish(&tree->writer, tree->blob, sizeof tree->blob);
    REQUIRE(fdt_open(tree->blob, tree->len, out_fdt) == STATUS_OK);
}

/* A machine with what the kernel asks for: memory, a UART, a bus that shifts addresses, a PCI host,
 * a disabled device, boot arguments. */
static struct tree *tree_of_machine(void)
{
    struct tree *tree = tree_new();
    struct fdt_writer *w = &tree->writer;
    fdt_writer_node(w, "");
    FDT_CELLS(w, "#address-cells", 2);
    FDT_CELLS(w, "#size-cells", 2);
    FDT_CELLS(w, "interrupt-parent", 7);
    fdt_writer_node(w, "chosen");
    fdt_writer_text(w, "bootargs", "profile=safe");
    FDT_CELLS(w, "linux,initrd-start", 0x48000000);
    fdt_writer_node_end(w);
    fdt_writer_nop(w);
    fdt_writer_node(w, "memory@40000000");
    fdt_writer_text(w, "device_type", "memory");
    FDT_CELLS(w, "reg", 0, 0x40000000, 0, 0x8000000, 1, 0, 2, 0);
    fdt_writer_node_end(w);
    fdt_writer_node(w, "intc@8000000");
    FDT_CELLS(w, "phandle", 7);
    FDT_CELLS(w, "#interrupt-cells", 3);
    fdt_writer_node_end(w);
    fdt_writer_node(w, "pl011@9000000");
    fdt_writer_bytes(w, "compatible", "arm,pl011\0arm,primecell", 24);
    FDT_CELLS(w, "reg", 0, 0x9000000, 0, 0x1000);
    FDT_CELLS(w, "interrupts", 0, 1, 4, 1, 14, 8);
    fdt_writer_node_end(w);
    fdt_writer_node(w, "bus@c000000");
    FDT_CELLS(w, "#address-cells", 1);
    FDT_CELLS(w, "#size-cells", 1);
    FDT_CELLS(w, "ranges", 0x1000, 0, 0xc000000, 0x2000, 0x8000, 4, 0, 0x1000);
    fdt_writer_text(w, "status", "okay");
    fdt_writer_node(w, "inner");
    FDT_CELLS(w, "#address-cells", 1);
    FDT_CELLS(w, "#size-cells", 1);
    fdt_writer_bytes(w, "ranges", "", 0);
    fdt_writer_node(w, "timer@1800");
    fdt_writer_text(w, "compatible", "acme,timer");
    FDT_CELLS(w, "reg", 0x1800, 0x100, 0x8ff0, 0x10, 0x8ff0, 0x11, 0x9000, 0x10);
    fdt_writer_node_end(w);
    fdt_writer_node_end(w);
    fdt_writer_node_end(w);
    fdt_writer_node(w, "pcie@10000000");
    fdt_writer_text(w, "compatible", "pci-host-ecam-generic");
    FDT_CELLS(w, "#address-cells", 3);
    FDT_CELLS(w, "#size-cells", 2);
    FDT_CELLS(w, "reg", 0x40, 0x10000000, 0, 0x10000000);
    FDT_CELLS(w, "ranges", 0x1000000, 0, 0, 0, 0x3eff0000, 0, 0x10000, 0x3000000, 0x80, 0, 0x80, 0,
              0x80, 0);
    fdt_writer_node(w, "device@0");
    FDT_CELLS(w, "reg", 0, 0, 0, 0, 0);
    fdt_writer_node_end(w);
    fdt_writer_node_end(w);
    fdt_writer_node(w, "off@1");
    fdt_writer_text(w, "status", "disabled");
    fdt_writer_node(w, "below@1");
    fdt_writer_text(w, "compatible", "arm,pl011");
    fdt_writer_node_end(w);
    fdt_writer_node_end(w);
    fdt_writer_node_end(w);
    return tree;
}

static struct fdt machine;
static struct fdt_walk walk_at(const char *path)
{
    struct fdt_walk walk = fdt_walk_of(&machine);
    REQUIRE(fdt_walk_find_path(&walk, path) == STATUS_OK);
    return walk;
}

TEST(fdt_walk_visits_every_node_once_in_order)
{
    static const char *const names[] = {
        "",      "chosen",     "memory@40000000", "intc@8000000", "pl011@9000000", "bus@c000000",
        "inner", "timer@1800", "pcie@10000000",   "device@0",     "off@1",         "below@1"
    };
    static const uint32_t depths[] = { 0, 1, 1, 1, 1, 1, 2, 3, 1, 2, 1, 2 };
    struct tree *tree = tree_of_machine();
    tree_finish(tree, &machine);
    EXPECT_EQ(machine.boot_cpu, 3);
    struct fdt_walk walk = fdt_walk_of(&machine);
    size_t count = 0;
    status_t status;
    while ((status = fdt_walk_next(&walk)) == STATUS_OK) {
        REQUIRE(count < 12);
        EXPECT_EQ(walk.node.name.len, strlen(names[count]));
        EXPECT_MEM(walk.node.name.data, names[count], strlen(names[count]));
        EXPECT_EQ(walk.node.depth, depths[count]);
        count++;
    }
    EXPECT_EQ(status, STATUS_NOT_FOUND);
    EXPECT_EQ(count, 12);
    free(tree);
}

TEST(fdt_reg_is_read_with_the_parents_cells_and_translated)
{
    struct tree *tree = tree_of_machine();
    tree_finish(tree, &machine);
    struct fdt_region region = { 0 };
    struct fdt_walk walk = walk_at("/memory");
    REQUIRE(fdt_walk_region(&walk, 1, &region) == STATUS_OK);
    EXPECT_EQ(region.address, 0x100000000);
    EXPECT_EQ(region.size_bytes, 0x200000000);
    EXPECT_EQ(fdt_walk_region(&walk, 2, &region), STATUS_NOT_FOUND);

    walk = walk_at("/bus@c000000/inner/timer");
    REQUIRE(fdt_walk_region(&walk, 0, &region) == STATUS_OK);
    EXPECT_EQ(region.address, 0xc000800);
    EXPECT_EQ(region.size_bytes, 0x100);
    REQUIRE(fdt_walk_region(&walk, 1, &region) == STATUS_OK); /* Ends where its range ends. */
    EXPECT_EQ(region.address, 0x400000ff0);
    EXPECT_EQ(fdt_walk_region(&walk, 2, &region), STATUS_NOT_SUPPORTED); /* One byte over. */
    EXPECT_EQ(fdt_walk_region(&walk, 3, &region), STATUS_NOT_SUPPORTED);
    EXPECT_MEM(fdt_walk_parent_name(&walk).data, "inner", 5);

    walk = walk_at("/pcie/device");
    EXPECT_EQ(fdt_walk_region(&walk, 0, &region), STATUS_NOT_SUPPORTED); /* Three cells. */
    free(tree);
}

TEST(fdt_ranges_of_a_pci_host_carry_the_space)
{
    struct tree *tree = tree_of_machine();
    tree_finish(tree, &machine);
    struct fdt_walk walk = walk_at("/pcie@10000000");
    struct fdt_range range = { 0 };
    REQUIRE(fdt_walk_range(&walk, 0, &range) == STATUS_OK);
    EXPECT_EQ(range.child_flags, 0x1000000);
    EXPECT_EQ(range.parent_address, 0x3eff0000);
    REQUIRE(fdt_walk_range(&walk, 1, &range) == STATUS_OK);
    EXPECT_EQ(range.child_address, 0x8000000000);
    EXPECT_EQ(range.size_bytes, 0x8000000000);
    EXPECT_EQ(fdt_walk_range(&walk, 2, &range), STATUS_NOT_FOUND);
    free(tree);
}

TEST(fdt_interrupts_come_with_the_inherited_parent)
{
    struct tree *tree = tree_of_machine();
    tree_finish(tree, &machine);
    struct fdt_walk walk = walk_at("/pl011");
    EXPECT_EQ(walk.node.interrupt_parent, 7);
    struct fdt_walk parent = fdt_walk_of(&machine);
    REQUIRE(fdt_walk_find_phandle(&parent, 7) == STATUS_OK);
    EXPECT_EQ(parent.node.interrupt_cells, 3);
    uint32_t cells[FDT_INTERRUPT_CELLS_MAX];
    REQUIRE(fdt_node_interrupt(&walk.node, 3, 1, cells) == STATUS_OK);
    EXPECT_EQ(cells[0], 1);
    EXPECT_EQ(cells[1], 14);
    EXPECT_EQ(cells[2], 8);
    EXPECT_EQ(fdt_node_interrupt(&walk.node, 3, 2, cells), STATUS_NOT_FOUND);
    EXPECT_EQ(fdt_node_interrupt(&walk.node, 4, 0, cells), STATUS_CORRUPT); /* 6 is not 4n. */
    EXPECT_EQ(fdt_node_interrupt(&walk.node, 5, 0, cells), STATUS_NOT_SUPPORTED);
    free(tree);
}

TEST(fdt_compatible_matches_whole_strings_anywhere_in_the_list)
{
    struct tree *tree = tree_of_machine();
    tree_finish(tree, &machine);
    struct fdt_walk walk = walk_at("/pl011");
    EXPECT(fdt_node_is_compatible(&walk.node, "arm,pl011"));
    EXPECT(fdt_node_is_compatible(&walk.node, "arm,primecell"));
    EXPECT(!fdt_node_is_compatible(&walk.node, "arm,pl01"));
    EXPECT(!fdt_node_is_compatible(&walk.node, "primecell"));
    EXPECT(fdt_node_is_named(&walk.node, "pl011"));
    EXPECT(!fdt_node_is_named(&walk.node, "pl01"));

    walk = fdt_walk_of(&machine);
    REQUIRE(fdt_walk_find_compatible(&walk, "arm,pl011") == STATUS_OK);
    EXPECT(walk.node.enabled);
    REQUIRE(fdt_walk_find_compatible(&walk, "arm,pl011") == STATUS_OK);
    EXPECT(!walk.node.enabled); /* By the node above it. */
    EXPECT_EQ(fdt_walk_find_compatible(&walk, "arm,pl011"), STATUS_NOT_FOUND);
    free(tree);
}

TEST(fdt_properties_are_found_by_name_and_read_by_type)
{
    struct tree *tree = tree_of_machine();
    tree_finish(tree, &machine);
    struct fdt_walk walk = walk_at("/chosen");
    struct const_span value, text;
    REQUIRE(fdt_node_property(&machine, &walk.node, "bootargs", &value) == STATUS_OK);
    REQUIRE(fdt_value_text(value, &text) == STATUS_OK);
    EXPECT_EQ(text.len, 12);
    EXPECT_MEM(text.data, "profile=safe", 12);
    uint64_t number = 0;
    EXPECT_EQ(fdt_value_number(value, &number), STATUS_CORRUPT);
    REQUIRE(fdt_node_property(&machine, &walk.node, "linux,initrd-start", &value) == STATUS_OK);
    REQUIRE(fdt_value_number(value, &number) == STATUS_OK);
    EXPECT_EQ(number, 0x48000000);
    EXPECT_EQ(fdt_node_property(&machine, &walk.node, "bootarg", &value), STATUS_NOT_FOUND);
    EXPECT_EQ(fdt_walk_find_path(&walk, "/chosen/none"), STATUS_NOT_FOUND);
    free(tree);
}

TEST(fdt_reservations_end_with_a_zero_entry)
{
    struct tree *tree = tree_of_machine();
    tree_finish(tree, &machine);
    struct fdt_region region = { 0 };
    REQUIRE(fdt_reservation(&machine, 0, &region) == STATUS_OK);
    EXPECT_EQ(region.address, 0x1000);
    EXPECT_EQ(region.size_bytes, 0x2000);
    EXPECT_EQ(fdt_reservation(&machine, 1, &region), STATUS_NOT_FOUND);
    machine.reservations.len = 31; /* The terminator is cut. */
    EXPECT_EQ(fdt_reservation(&machine, 1, &region), STATUS_CORRUPT);
    free(tree);
}

/* The result of a whole walk. */
static status_t walk_all(const struct fdt *fdt)
{
    struct fdt_walk walk = fdt_walk_of(fdt);
    status_t status;
    do
        status = fdt_walk_next(&walk);
    while (status == STATUS_OK);
    return status;
}

/* Firmware may hand over a blob cut anywhere; each cut must end as CORRUPT. */
TEST(fdt_refuses_every_truncation)
{
    struct tree *tree = tree_of_machine();
    tree_finish(tree, &machine);
    EXPECT_EQ(walk_all(&machine), STATUS_NOT_FOUND);
    struct fdt fdt;
    for (size_t len = 0; len < tree->len; len++)
        EXPECT_EQ(fdt_open(tree->blob, len, &fdt), STATUS_CORRUPT);
    for (size_t len = 0; len < machine.structure.len; len++) {
        fdt = machine;
        fdt.structure.len = len;
        EXPECT_EQ(walk_all(&fdt), STATUS_CORRUPT);
    }
    for (size_t len = 0; len < machine.strings.len; len++) {
        fdt = machine;
        fdt.strings.len = len;
        EXPECT(walk_all(&fdt) == STATUS_CORRUPT || len > machine.strings.len - sizeof "compatible");
    }
    free(tree);
}

TEST(fdt_open_refuses_bad_headers)
{
    static const struct {
        uint32_t field;
        uint32_t value;
        status_t status;
    } cases[] = {
        { 0, 0xd00dfeee, STATUS_CORRUPT }, { 1, 39, STATUS_CORRUPT },
        { 1, 1 << 20, STATUS_CORRUPT },    { 2, 74, STATUS_CORRUPT },
        { 2, 0xfffffffc, STATUS_CORRUPT }, { 3, 0xffffffff, STATUS_CORRUPT },
        { 4, 44, STATUS_CORRUPT },         { 4, 0xfffffff8, STATUS_CORRUPT },
        { 5, 16, STATUS_NOT_SUPPORTED },   { 6, 18, STATUS_NOT_SUPPORTED },
        { 8, 0xffffffff, STATUS_CORRUPT }, { 9, 0xffffffff, STATUS_CORRUPT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tree *tree = tree_of_machine();
        tree_finish(tree, &machine);
        store_be32(tree->blob + 4 * cases[i].field, cases[i].value);
        struct fdt fdt;
        EXPECT_EQ(fdt_open(tree->blob, tree->len, &fdt), cases[i].status);
        free(tree);
    }
}

/* The kernel's stack of levels is fixed: the last depth that fits must work, one more must not. */
TEST(fdt_refuses_nesting_past_the_limit)
{
    for (int depth = FDT_DEPTH_MAX; depth <= FDT_DEPTH_MAX + 1; depth++) {
        struct tree *tree = tree_new();
        for (int i = 0; i < depth; i++)
            fdt_writer_node(&tree->writer, "n");
        for (int i = 0; i < depth; i++)
            fdt_writer_node_end(&tree->writer);
        struct fdt fdt;
        tree_finish(tree, &fdt);
        EXPECT_EQ(walk_all(&fdt), depth > FDT_DEPTH_MAX ? STATUS_NOT_SUPPORTED : STATUS_NOT_FOUND);
        free(tree);
    }
}

TEST(fdt_refuses_malformed_structure)
{
    for (int shape = 0; shape < 5; shape++) {
        struct tree *tree = tree_new();
        struct fdt_writer *w = &tree->writer;
        if (shape == 0)
            fdt_writer_nop(w); /* No root at all. */
        if (shape >= 1)
            fdt_writer_node(w, "");
        if (shape == 2)
            FDT_CELLS(w, "#address-cells", 5);
        if (shape == 3) {
            fdt_writer_node(w, "child");
            fdt_writer_node_end(w);
            FDT_CELLS(w, "late", 1); /* A property after a child. */
        }
        if (shape >= 2)
            fdt_writer_node_end(w); /* Shape 1 never closes its root. */
        if (shape == 4) {
            fdt_writer_node(w, "second-root");
            fdt_writer_node_end(w);
        }
        struct fdt fdt;
        tree_finish(tree, &fdt);
        EXPECT_EQ(walk_all(&fdt), STATUS_CORRUPT);
        free(tree);
    }
}

TEST(fdt_regions_that_wrap_are_refused)
{
    struct tree *tree = tree_new();
    struct fdt_writer *w = &tree->writer;
    fdt_writer_node(w, "");
    FDT_CELLS(w, "#size-cells", 2);
    fdt_writer_node(w, "memory@0");
    FDT_CELLS(w, "reg", 0xffffffff, 0xfffff000, 0, 0x2000, 0, 0);
    fdt_writer_node_end(w);
    fdt_writer_node(w, "wrap@0");
    FDT_CELLS(w, "reg", 0xffffffff, 0xfffff000, 0, 0x2000);
    fdt_writer_node_end(w);
    fdt_writer_node_end(w);
    tree_finish(tree, &machine);
    struct fdt_region region;
    struct fdt_walk walk = walk_at("/memory");
    EXPECT_EQ(fdt_walk_region(&walk, 0, &region), STATUS_CORRUPT); /* 24 bytes are not 16n. */
    walk = walk_at("/wrap");
    EXPECT_EQ(fdt_walk_region(&walk, 0, &region), STATUS_CORRUPT);
    free(tree);
}

/* The tree that the kernel really meets: QEMU's own, written by QEMU itself. */
TEST(fdt_reads_the_tree_of_the_emulated_machine)
{
    char path[] = "/tmp/fdt_test.XXXXXX";
    int fd = mkstemp(path);
    REQUIRE(fd >= 0);
    char command[200];
    snprintf(command, sizeof command,
             "timeout -k 1 20 qemu-system-aarch64 -M virt,dumpdtb=%s -m 256 "
             "-smp 2 -cpu cortex-a72 2>/dev/null",
             path);
    close(fd);
    int result = system(command);
    static uint8_t blob[2 << 20];
    FILE *file = fopen(path, "rb"); /* QEMU replaced the file, so by name. */
    REQUIRE(file != NULL);
    size_t len = fread(blob, 1, sizeof blob, file);
    fclose(file);
    remove(path);
    REQUIRE(result == 0);
    REQUIRE(fdt_open(blob, len, &machine) == STATUS_OK);

    int nodes = 0, cpus = 0, mmio = 0;
    uint64_t uart = 0, memory_bytes = 0;
    struct fdt_region region;
    struct fdt_walk walk = fdt_walk_of(&machine);
    status_t status;
    while ((status = fdt_walk_next(&walk)) == STATUS_OK) {
        nodes++;
        mmio += fdt_node_is_compatible(&walk.node, "virtio,mmio");
        if (fdt_value_has_string(walk.node.device_type, "cpu"))
            cpus++;
        if (fdt_node_is_compatible(&walk.node, "arm,pl011") &&
            fdt_walk_region(&walk, 0, &region) == STATUS_OK)
            uart = region.address;
        if (fdt_value_has_string(walk.node.device_type, "memory") &&
            fdt_walk_region(&walk, 0, &region) == STATUS_OK)
            memory_bytes += region.size_bytes;
    }
    EXPECT_EQ(status, STATUS_NOT_FOUND);
    EXPECT(nodes > 40);
    EXPECT_EQ(cpus, 2);
    EXPECT_EQ(mmio, 32);
    EXPECT_EQ(uart, 0x9000000);
    EXPECT_EQ(memory_bytes, 256 << 20);
    struct const_span value;
    walk = walk_at("/chosen");
    REQUIRE(fdt_node_property(&machine, &walk.node, "stdout-path", &value) == STATUS_OK);
    EXPECT_MEM(value.data, "/pl011@9000000", 15);
}
