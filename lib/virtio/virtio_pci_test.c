/* Capability lists, honest and bent, and the registers that the PCI transport writes. */
#include "lib/virtio/virtio_pci.h"

#include "lib/base/bytes.h"
#include "tests/doubles/virtio_device.h"
#include "tests/unit.h"

struct space {
    uint8_t config[PCI_CONFIG_BYTES];
    uint64_t bars[PCI_BARS];
};

static void put(struct space *space, uint8_t at, uint8_t next, uint8_t type, uint8_t bar,
                uint32_t offset, uint32_t length)
{
    uint8_t *cap = space->config + at;
    cap[0] = 0x09;
    cap[1] = next;
    cap[2] = type == 2 ? 20 : 16;
    cap[3] = type;
    cap[4] = bar;
    store_le32(cap + 8, offset);
    store_le32(cap + 12, length);
    if (type == 2)
        store_le32(cap + 16, 4);
}

/* The layout that QEMU presents: four blocks a page apart in BAR 4. */
static struct space space_of_qemu(void)
{
    struct space space = { .bars = { [1] = 4096, [4] = 16384 } };
    space.config[0x06] = 0x10;
    space.config[0x34] = 0x40;
    put(&space, 0x40, 0x50, 1, 4, 0x0000, 0x1000);
    put(&space, 0x50, 0x60, 3, 4, 0x1000, 0x1000);
    put(&space, 0x60, 0x70, 4, 4, 0x2000, 0x1000);
    put(&space, 0x70, 0x84, 2, 4, 0x3000, 0x1000);
    put(&space, 0x84, 0x98, 5, 0, 0, 0);
    space.config[0x98] = 0x11; /* MSI-X ends the list. */
    return space;
}

static status_t read_layout(const struct space *space, struct virtio_pci_layout *out_layout)
{
    return virtio_pci_layout_read(space->config, PCI_CONFIG_BYTES, space->bars, out_layout);
}

TEST(pci_caps_finds_the_four_blocks)
{
    struct space space = space_of_qemu();
    struct virtio_pci_layout layout;
    REQUIRE(read_layout(&space, &layout) == STATUS_OK);
    EXPECT_EQ(layout.common.bar, 4);
    EXPECT_EQ(layout.common.offset, 0);
    EXPECT_EQ(layout.isr.offset, 0x1000);
    EXPECT_EQ(layout.device.offset, 0x2000);
    EXPECT_EQ(layout.notify.offset, 0x3000);
    EXPECT_EQ(layout.notify.length, 0x1000);
    EXPECT_EQ(layout.notify_multiplier, 4);
}

TEST(pci_caps_ends_on_loops_and_wild_pointers)
{
    struct virtio_pci_layout layout;
    struct space space = space_of_qemu();
    space.config[0x98 + 1] = 0x40;
    EXPECT_EQ(read_layout(&space, &layout), STATUS_CORRUPT);
    space.config[0x40 + 1] = 0x40;
    EXPECT_EQ(read_layout(&space, &layout), STATUS_CORRUPT);
    space.config[0x34] = 0x3c;
    EXPECT_EQ(read_layout(&space, &layout), STATUS_CORRUPT);
    space.config[0x34] = 0;
    EXPECT_EQ(read_layout(&space, &layout), STATUS_NOT_FOUND);
    space = space_of_qemu();
    space.config[0x06] = 0;
    EXPECT_EQ(read_layout(&space, &layout), STATUS_NOT_FOUND);
    space = space_of_qemu();
    EXPECT_EQ(virtio_pci_layout_read(space.config, 0x3f, space.bars, &layout), STATUS_CORRUPT);
    EXPECT_EQ(virtio_pci_layout_read(space.config, 0x40, space.bars, &layout), STATUS_CORRUPT);
}

/* A block that leaves its BAR by one byte, wraps 32 bits, names no BAR or is too short is skipped,
 * and a later usable one of its kind takes its place. */
TEST(pci_caps_takes_no_block_outside_its_bar)
{
    const struct virtio_pci_block bad[] = { { 4, 0x3004, 0x1000 }, { 4, 0xfffffffc, 0x1000 },
                                            { 5, 0, 0x1000 },      { 6, 0, 0x1000 },
                                            { 255, 0, 0x1000 },    { 4, 0, 55 },
                                            { 4, 2, 0x100 } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct space space = space_of_qemu();
        struct virtio_pci_layout layout;
        put(&space, 0x40, 0x50, 1, bad[i].bar, bad[i].offset, bad[i].length);
        EXPECT_EQ(read_layout(&space, &layout), STATUS_NOT_FOUND);
        put(&space, 0x98, 0, 1, 4, 0, 56);
        EXPECT_EQ(read_layout(&space, &layout), STATUS_OK);
        EXPECT_EQ(layout.common.length, 56);
    }
}

TEST(pci_caps_refuses_capabilities_that_are_cut_short)
{
    struct virtio_pci_layout layout;
    struct space space = space_of_qemu();
    space.config[0x70 + 2] = 16; /* A notify capability without its multiplier. */
    EXPECT_EQ(read_layout(&space, &layout), STATUS_NOT_FOUND);
    space = space_of_qemu();
    store_le32(space.config + 0x70 + 16, 3);
    EXPECT_EQ(read_layout(&space, &layout), STATUS_NOT_FOUND);
    space = space_of_qemu();
    put(&space, 0x50, 0xf4, 3, 4, 0, 4);
    space.config[0xf4] = 0x09; /* Twelve bytes before the end of the space. */
    EXPECT_EQ(read_layout(&space, &layout), STATUS_NOT_FOUND);
}

struct registers {
    _Alignas(8) uint8_t common[64];
    _Alignas(8) uint8_t notify[16];
    _Alignas(8) uint8_t device[16];
    uint8_t isr;
};

static struct virtio_pci pci_of_registers(struct registers *registers)
{
    struct virtio_pci pci;
    struct virtio_pci_regions regions = {
        .common = registers->common,
        .notify = registers->notify,
        .isr = &registers->isr,
        .device = registers->device,
        .common_length = sizeof registers->common,
        .notify_length = sizeof registers->notify,
        .device_length = sizeof registers->device,
        .notify_multiplier = 4,
    };
    store_le16(registers->common + 18, 3);
    store_le16(registers->common + 24, 8);
    REQUIRE(virtio_pci_init(&pci, &regions) == STATUS_OK);
    return pci;
}

TEST(virtio_pci_writes_the_registers_of_the_specification)
{
    struct registers registers = { 0 };
    struct virtio_pci pci = pci_of_registers(&registers);
    _Alignas(64) uint8_t ring[1024];
    struct virtqueue_slot slots[8];
    struct virtqueue queue;
    struct virtqueue_config config = { .ring = device_memory(ring, sizeof ring),
                                       .slots = slots,
                                       .depth = 8 };
    REQUIRE(virtqueue_init(&queue, &config) == STATUS_OK);
    EXPECT_EQ(pci.transport.queue_count, 3);
    store_le16(registers.common + 30, 3);
    EXPECT_EQ(virtio_queue_start(&pci.transport, 2, &queue, 1), STATUS_OK);
    EXPECT_EQ(load_le16(registers.common + 22), 2);
    EXPECT_EQ(load_le16(registers.common + 26), 1);
    EXPECT_EQ(load_le16(registers.common + 28), 1);
    EXPECT_EQ(load_le64(registers.common + 32), virtqueue_descriptors_address(&queue).raw);
    EXPECT_EQ(load_le64(registers.common + 40), virtqueue_available_address(&queue).raw);
    EXPECT_EQ(load_le64(registers.common + 48), virtqueue_used_address(&queue).raw);
    virtio_notify(&pci.transport, 2);
    EXPECT_EQ(load_le16(registers.notify + 12), 2);
    registers.isr = 0xff;
    EXPECT_EQ(virtio_interrupt_acknowledge(&pci.transport), 3);
    EXPECT_EQ(virtio_config_vector(&pci.transport, 5), STATUS_OK);
    EXPECT_EQ(load_le16(registers.common + 16), 5);
}

/* The doorbell's place is the device's word: one step beyond the block must not be written. */
TEST(virtio_pci_refuses_doorbells_outside_the_notify_block)
{
    struct registers registers = { 0 };
    struct virtio_pci pci = pci_of_registers(&registers);
    struct virtqueue queue = { .depth = 8 };
    store_le16(registers.common + 30, 4);
    EXPECT_EQ(virtio_queue_start(&pci.transport, 0, &queue, 1), STATUS_CORRUPT);
    store_le16(registers.common + 30, 65535);
    EXPECT_EQ(virtio_queue_start(&pci.transport, 0, &queue, 1), STATUS_CORRUPT);
    EXPECT_EQ(load_le16(registers.common + 28), 0);
}
