/* PCI functions and the scan, against the double of a bus. */
#include "kernel/device/pci_scan.h"

#include "kernel/device/pci_config.h"
#include "tests/doubles/pci_bus.h"
#include "tests/unit.h"

enum { LOW_BASE = 0x10000000, LOW_SIZE = 0x2eff0000, FOUND_MAX = 64 };
#define LOW_CPU 0x50000000ull
#define HIGH_BASE 0x8000000000ull
#define HIGH_SIZE 0x8000000000ull

static struct pci_bus bus;
static struct pci_function found[FOUND_MAX];
static uint32_t found_count;

static void remember(struct pci_scan *scan, const struct pci_function *function)
{
    REQUIRE(found_count < FOUND_MAX);
    found[found_count++] = *function;
}

static struct pci_scan run(uint32_t bus_last)
{
    static struct pci_access access;
    access = pci_bus_access(&bus);
    struct pci_scan scan = {
        .access = &access,
        .low = { .bus_base = LOW_BASE, .size_bytes = LOW_SIZE, .base = { LOW_CPU } },
        .high = { .bus_base = HIGH_BASE, .size_bytes = HIGH_SIZE, .base = { HIGH_BASE } },
        .bus_last = bus_last,
        .found = remember,
    };
    found_count = 0;
    pci_scan_run(&scan);
    return scan;
}

static struct pci_function read_one(struct pci_bus_function *function)
{
    struct pci_access access = pci_bus_access(&bus);
    struct pci_function read = { 0 };
    EXPECT_EQ(pci_function_read(&access, (pci_address_t){ function->place }, &read), STATUS_OK);
    return read;
}

static struct pci_bus_function *fresh(void)
{
    bus = (struct pci_bus){ 0 };
    return pci_bus_add(&bus, 1 << 3);
}

/* Firmware may have left a device at work: nothing may move while we look. */
TEST(pci_read_stops_the_function)
{
    struct pci_bus_function *function = fresh();
    read_one(function);
    EXPECT_EQ(function->words[PCI_COMMAND / 4] & 0xffff, PCI_COMMAND_NO_INTX);
}

TEST(pci_read_sizes_bars_of_every_kind)
{
    struct pci_bus_function *function = fresh();
    pci_bus_bar(function, 0, 16, false);
    pci_bus_bar(function, 1, 4096, false);
    pci_bus_bar(function, 2, 1ull << 33, true);
    function->words[PCI_BAR / 4 + 4] = PCI_BAR_IO;
    function->masks[PCI_BAR / 4 + 4] = 0xffffffe0;
    struct pci_function read = read_one(function);
    EXPECT_EQ(read.bars[0].size_bytes, 16);
    EXPECT_EQ(read.bars[1].size_bytes, 4096);
    EXPECT_EQ(read.bars[2].size_bytes, 1ull << 33);
    EXPECT(read.bars[2].is_64);
    EXPECT_EQ(read.bars[3].size_bytes, 0);
    EXPECT_EQ(read.bars[4].size_bytes, 0);
    EXPECT_EQ(read.bars[5].size_bytes, 0);
}

/* A mask with holes stands for no size; a 64-bit BAR in the last register has no upper half. */
TEST(pci_read_refuses_impossible_bars)
{
    struct pci_bus_function *function = fresh();
    function->masks[PCI_BAR / 4] = 0xfff0f000;
    function->masks[PCI_BAR / 4 + 1] = 0x0000f000;
    pci_bus_bar(function, 4, 4096, false);
    function->words[PCI_BAR / 4 + 5] = PCI_BAR_TYPE_64;
    function->masks[PCI_BAR / 4 + 5] = 0xfffff000;
    struct pci_function read = read_one(function);
    for (int i = 0; i < DEVICE_BARS; i++)
        EXPECT_EQ(read.bars[i].size_bytes, i == 4 ? 4096 : 0);
}

TEST(pci_place_gives_each_bar_pages_of_its_own)
{
    struct pci_bus_function *function = fresh();
    pci_bus_bar(function, 0, 16, false);
    pci_bus_bar(function, 1, 4096, false);
    pci_bus_bar(function, 2, 16384, true);
    pci_bus_bar(function, 4, 1 << 30, true);
    run(0);
    REQUIRE(found_count == 1);
    EXPECT_EQ(pci_bus_bar_value(function, 0), LOW_BASE);
    EXPECT_EQ(pci_bus_bar_value(function, 1), LOW_BASE + 0x1000);
    EXPECT_EQ(pci_bus_bar_value(function, 2), LOW_BASE + 0x4000);
    EXPECT_EQ(pci_bus_bar_value(function, 4), HIGH_BASE);
    EXPECT_EQ(found[0].bars[2].address.raw, LOW_CPU + 0x4000);
    EXPECT_EQ(found[0].bars[4].address.raw, HIGH_BASE);
}

/* The window's last byte can be used, and not one more. */
TEST(pci_place_fills_a_window_to_its_end)
{
    struct pci_bus_function *function = fresh();
    pci_bus_bar(function, 0, 0x4000, false);
    pci_bus_bar(function, 1, 0x4000, false);
    struct pci_access access = pci_bus_access(&bus);
    for (uint64_t short_by = 0; short_by < 2; short_by++) {
        struct pci_function read = read_one(function);
        struct pci_window low = { .bus_base = 0x1000, .size_bytes = 0xb000 - short_by };
        low.base = (paddr_t){ 0x40001000 };
        pci_function_place(&access, &read, &low, NULL);
        EXPECT_EQ(read.bars[0].bus_address, 0x4000);
        EXPECT_EQ(read.bars[1].address.raw, short_by == 0 ? 0x40008000 : 0);
    }
}

TEST(pci_scan_finds_all_functions_of_a_device)
{
    bus = (struct pci_bus){ 0 };
    pci_bus_add(&bus, 3 << 3)->words[PCI_HEADER / 4] = PCI_HEADER_MULTIFUNCTION;
    pci_bus_add(&bus, 3 << 3 | 7);
    pci_bus_add(&bus, 4 << 3);
    pci_bus_add(&bus, 4 << 3 | 1); /* Device 4 does not say that it has more. */
    pci_bus_add(&bus, 31 << 3);
    run(255);
    REQUIRE(found_count == 4);
    EXPECT_EQ(found[1].address.raw, 3 << 3 | 7);
    EXPECT_EQ(found[3].address.raw, 31 << 3);
}

TEST(pci_scan_opens_bridges_around_what_is_behind)
{
    bus = (struct pci_bus){ 0 };
    struct pci_bus_function *bridge = pci_bus_add_bridge(&bus, 1 << 3);
    struct pci_bus_function *behind = pci_bus_add(&bus, 0);
    behind->parent = 1;
    pci_bus_bar(behind, 0, 4096, false);
    pci_bus_bar(behind, 4, 1 << 24, true);
    struct pci_bus_function *empty = pci_bus_add_bridge(&bus, 2 << 3);
    run(255);
    REQUIRE(found_count == 1);
    EXPECT_EQ(found[0].address.raw, 1 << 8);
    EXPECT_EQ(bridge->words[PCI_BUS_NUMBERS / 4], 0x010100);
    EXPECT_EQ(empty->words[PCI_BUS_NUMBERS / 4], 0x020200);
    uint32_t window = bridge->words[PCI_MEMORY_WINDOW / 4];
    uint64_t first = (uint64_t)(window & 0xfff0) << 16;
    uint64_t last = (window & 0xfff00000) | 0xfffff;
    for (uint32_t i = 0; i < DEVICE_BARS; i += 4) {
        EXPECT(found[0].bars[i].bus_address >= first);
        EXPECT(found[0].bars[i].bus_address + found[0].bars[i].size_bytes - 1 <= last);
    }
    EXPECT_EQ(empty->words[PCI_MEMORY_WINDOW / 4], 0x0000fff0);
    EXPECT_EQ(bridge->words[PCI_COMMAND / 4] & 7, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/* Each bridge hides another: the scan ends where the depth or the buses do. */
TEST(pci_scan_is_bounded_in_depth_and_in_buses)
{
    for (uint32_t bus_last = 0; bus_last < 8; bus_last++) {
        bus = (struct pci_bus){ 0 };
        for (uint8_t i = 0; i < 8; i++) {
            pci_bus_add_bridge(&bus, 0)->parent = i;
            struct pci_bus_function *leaf = pci_bus_add(&bus, 1 << 3);
            (void)leaf;
        }
        /* Bridges have even indices; each leaf is beside its bridge. */
        for (uint8_t i = 0; i < 16; i++)
            bus.functions[i].parent = i < 2 ? 0 : (uint8_t)(i / 2 * 2 - 1);
        run(bus_last);
        uint32_t deepest = bus_last < PCI_BRIDGES_DEEP ? bus_last : PCI_BRIDGES_DEEP;
        EXPECT_EQ(found_count, deepest + 1);
    }
}

/* --- Capabilities ---------------------------------------------------------------------------- */

static void add_msix(struct pci_bus_function *function, uint32_t vectors, uint32_t table,
                     uint32_t pending)
{
    const uint32_t words[3] = { (vectors - 1) << 16, table, pending };
    pci_bus_capability(function, 0x98, PCI_CAPABILITY_MSIX, words, 3);
}

TEST(pci_msix_is_read_when_it_is_whole)
{
    struct pci_bus_function *function = fresh();
    pci_bus_bar(function, 1, 4096, false);
    add_msix(function, 4, 1, 0x800 | 1);
    struct pci_function read = read_one(function);
    EXPECT_EQ(read.msix.capability, 0x98);
    EXPECT_EQ(read.msix.vectors, 4);
    EXPECT_EQ(read.msix.table_bar, 1);
    EXPECT_EQ(read.msix.pending_offset, 0x800);
}

/* The table ends where the BAR does, or one entry later; the pending bits likewise; a BAR that is not
 * there; the two on top of each other. */
TEST(pci_msix_outside_its_bar_is_none)
{
    const struct {
        uint32_t vectors, table, pending;
        bool valid;
    } cases[] = {
        { 128, 0x800 | 1, 0x000 | 1, true },   { 129, 0x800 | 1, 0x000 | 1, false },
        { 1, 0x000 | 1, 0xff8 | 1, true },     { 65, 0x000 | 1, 0xff8 | 1, false },
        { 1, 0x000 | 0, 0x800 | 1, false },    { 1, 0x000 | 6, 0x800 | 1, false },
        { 4, 0x000 | 1, 0x040 | 1, true },     { 5, 0x000 | 1, 0x040 | 1, false },
        { 2048, 0x000 | 1, 0x800 | 1, false }, { 1, 0xfffffff9, 0x800 | 1, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pci_bus_function *function = fresh();
        pci_bus_bar(function, 1, 4096, false);
        add_msix(function, cases[i].vectors, cases[i].table, cases[i].pending);
        EXPECT_EQ(read_one(function).msix.capability != 0, cases[i].valid);
    }
}

/* A list that points at itself, into the header, or at the end of the space. */
TEST(pci_capabilities_may_lie)
{
    const uint32_t heads[] = { 0x40, 0x3c, 0xfc, 0x00 };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct pci_bus_function *function = fresh();
        function->words[PCI_COMMAND / 4] |= PCI_STATUS_HAS_LIST;
        function->words[PCI_CAPABILITIES / 4] = heads[i];
        function->words[0x40 / 4] = 0x4005;
        function->words[0xfc / 4] = i % 2 == 0 ? 0xfc11 : 0xfc10;
        EXPECT_EQ(read_one(function).msix.capability, 0);
        EXPECT_EQ(read_one(function).flr_capability, 0);
    }
}

TEST(pci_reset_is_started_where_it_is_offered)
{
    struct pci_bus_function *function = fresh();
    const uint32_t words[3] = { 2 << 16, PCI_EXPRESS_HAS_FLR, 0x2810 };
    pci_bus_capability(function, 0x40, PCI_CAPABILITY_EXPRESS, words, 3);
    function->masks[0x48 / 4] = 0xffff;
    struct pci_function read = read_one(function);
    EXPECT_EQ(read.flr_capability, 0x40);
    struct pci_access access = pci_bus_access(&bus);
    pci_function_reset(&access, &read);
    EXPECT_EQ(function->resets, 1);
    EXPECT_EQ(function->words[0x48 / 4] & 0x7fff, 0x2810); /* The rest of the control is kept. */
}

TEST(pci_range_keeps_drivers_off_the_vector_table)
{
    struct pci_bus_function *function = fresh();
    pci_bus_bar(function, 0, 256, false);
    pci_bus_bar(function, 1, 0x8000, false);
    add_msix(function, 300, 0x2ff0 | 1, 0x6000 | 1); /* The table takes pages 2, 3 and 4. */
    run(0);
    struct pci_function *placed = &found[0];
    REQUIRE(placed->msix.capability != 0);
    EXPECT_EQ(pci_range_check(placed, 1, 0x0000, 0x2000), STATUS_OK);
    EXPECT_EQ(pci_range_check(placed, 1, 0x0000, 0x3000), STATUS_INVALID);
    EXPECT_EQ(pci_range_check(placed, 1, 0x4000, 0x1000), STATUS_INVALID);
    EXPECT_EQ(pci_range_check(placed, 1, 0x5000, 0x1000), STATUS_OK);
    EXPECT_EQ(pci_range_check(placed, 1, 0x6000, 0x1000), STATUS_INVALID);
    EXPECT_EQ(pci_range_check(placed, 1, 0x7000, 0x1000), STATUS_OK);
    EXPECT_EQ(pci_range_check(placed, 1, 0x7000, 0x2000), STATUS_INVALID);
    EXPECT_EQ(pci_range_check(placed, 1, 0x8000, 0x1000), STATUS_INVALID);
    EXPECT_EQ(pci_range_check(placed, 1, 0x7000, UINT64_MAX - 0xfff), STATUS_INVALID);
    EXPECT_EQ(pci_range_check(placed, 1, 0x7000, 0), STATUS_INVALID);
    EXPECT_EQ(pci_range_check(placed, 1, 0x7800, 0x1000), STATUS_INVALID);
    EXPECT_EQ(pci_range_check(placed, 0, 0x0000, 0x1000), STATUS_OK); /* Its page is its own. */
    EXPECT_EQ(pci_range_check(placed, 2, 0x0000, 0x1000), STATUS_INVALID);
    EXPECT_EQ(pci_range_check(placed, 6, 0x0000, 0x1000), STATUS_INVALID);
}

/* Programming never leaves an unmasked entry with half a message. */
TEST(pci_msix_program_writes_the_message_and_unmasks)
{
    uint32_t table[8] = { 0 };
    table[7] = 1;
    pci_msix_program(table, 1, 0x1122334455667788, 42);
    EXPECT_EQ(table[4], 0x55667788);
    EXPECT_EQ(table[5], 0x11223344);
    EXPECT_EQ(table[6], 42);
    EXPECT_EQ(table[7], 0);
    pci_msix_mask(table, 1);
    EXPECT_EQ(table[7], 1);
    EXPECT_EQ(table[3], 0);
}
