/* The order of initialisation against the device double and, for the MMIO registers, against plain
 * memory. */
#include "lib/virtio/transport.h"

#include "lib/virtio/virtio_mmio.h"
#include "tests/doubles/virtio_device.h"
#include "tests/unit.h"

#define FEATURE_A (1ull << 3)
#define FEATURE_B (1ull << 40)

TEST(virtio_begin_takes_wanted_and_always_version_1)
{
    struct virtio_double device;
    uint64_t features = 0;
    virtio_double_init(&device, VIRTIO_F_VERSION_1 | FEATURE_A | (1ull << 7), 8);
    EXPECT_EQ(virtio_begin(&device.transport, 0, FEATURE_A | FEATURE_B, &features), STATUS_OK);
    EXPECT_EQ(features, FEATURE_A);
    EXPECT_EQ(device.features_accepted, VIRTIO_F_VERSION_1 | FEATURE_A);
    EXPECT_EQ(device.status,
              VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_FEATURES_OK);
    EXPECT_EQ(virtio_finish(&device.transport), STATUS_OK);
    EXPECT(device.status & VIRTIO_STATUS_DRIVER_OK);
}

TEST(virtio_begin_refuses_what_it_cannot_use)
{
    struct virtio_double device;
    uint64_t features = 0;
    virtio_double_init(&device, FEATURE_A, 8); /* A legacy device. */
    EXPECT_EQ(virtio_begin(&device.transport, 0, 0, &features), STATUS_NOT_SUPPORTED);
    EXPECT(device.status & VIRTIO_STATUS_FAILED);
    virtio_double_init(&device, VIRTIO_F_VERSION_1, 8);
    EXPECT_EQ(virtio_begin(&device.transport, FEATURE_B, 0, &features), STATUS_NOT_SUPPORTED);
    virtio_double_init(&device, VIRTIO_F_VERSION_1, 8);
    device.refuses_features = true;
    EXPECT_EQ(virtio_begin(&device.transport, 0, 0, &features), STATUS_NOT_SUPPORTED);
    EXPECT(device.status & VIRTIO_STATUS_FAILED);
    virtio_double_init(&device, VIRTIO_F_VERSION_1, 8);
    device.never_resets = true;
    device.status = VIRTIO_STATUS_DRIVER_OK;
    EXPECT_EQ(virtio_begin(&device.transport, 0, 0, &features), STATUS_IO);
}

/* A configuration that changes while it is read must not give half of each value. */
TEST(virtio_config_read_retries_until_the_generation_holds)
{
    struct virtio_double device;
    virtio_double_init(&device, VIRTIO_F_VERSION_1, 8);
    for (uint8_t i = 0; i < DOUBLE_CONFIG_BYTES; i++)
        device.config[i] = i;
    const struct virtio_config_field fields[] = { { 0, 8 }, { 10, 2 }, { 13, 1 }, { 60, 4 } };
    uint64_t values[4];
    device.generation_changes = 5;
    EXPECT_EQ(virtio_config_read(&device.transport, fields, 4, values), STATUS_OK);
    EXPECT_EQ(device.generation_changes, 0);
    EXPECT_EQ(values[0], 0x0706050403020100);
    EXPECT_EQ(values[1], 0x0b0a);
    EXPECT_EQ(values[2], 13);
    EXPECT_EQ(values[3], 0x3f3e3d3c);
    device.generation_changes = UINT32_MAX;
    EXPECT_EQ(virtio_config_read(&device.transport, fields, 4, values), STATUS_IO);
}

TEST(virtio_config_read_stays_inside_the_configuration)
{
    struct virtio_double device;
    virtio_double_init(&device, VIRTIO_F_VERSION_1, 8);
    const struct virtio_config_field bad[] = { { 61, 4 }, { 64, 1 }, { 63, 2 }, { 60, 8 },
                                               { 1, 2 },  { 0, 3 },  { 0, 0 },  { 65535, 8 } };
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_EQ(virtio_config_read(&device.transport, &bad[i], 1, &value), STATUS_INVALID);
}

TEST(virtio_queue_depth_is_a_power_of_two_within_both_wishes)
{
    struct virtio_double device;
    virtio_double_init(&device, VIRTIO_F_VERSION_1, 100);
    EXPECT_EQ(virtio_queue_depth(&device.transport, 0, 256), 64);
    EXPECT_EQ(virtio_queue_depth(&device.transport, 0, 64), 64);
    EXPECT_EQ(virtio_queue_depth(&device.transport, 0, 63), 32);
    EXPECT_EQ(virtio_queue_depth(&device.transport, DOUBLE_QUEUES, 64), 0);
    device.queues[1].depth_max = 0;
    EXPECT_EQ(virtio_queue_depth(&device.transport, 1, 64), 0);
}

enum { WINDOW_BYTES = 0x200 };

static uint32_t *window_word(uint8_t *window, uint32_t offset)
{
    return (uint32_t *)(void *)(window + offset);
}

TEST(virtio_mmio_probe_tells_empty_old_and_foreign_windows_apart)
{
    _Alignas(8) uint8_t window[WINDOW_BYTES] = { 0 };
    struct virtio_mmio mmio;
    uint32_t type = 0;
    EXPECT_EQ(virtio_mmio_probe(&mmio, window, 0xff, &type), STATUS_INVALID);
    EXPECT_EQ(virtio_mmio_probe(&mmio, window, WINDOW_BYTES, &type), STATUS_NOT_FOUND);
    *window_word(window, 0) = 0x74726976;
    *window_word(window, 4) = 1;
    EXPECT_EQ(virtio_mmio_probe(&mmio, window, WINDOW_BYTES, &type), STATUS_NOT_SUPPORTED);
    *window_word(window, 4) = 2;
    EXPECT_EQ(virtio_mmio_probe(&mmio, window, WINDOW_BYTES, &type), STATUS_NOT_FOUND);
    *window_word(window, 8) = VIRTIO_DEVICE_BLK;
    EXPECT_EQ(virtio_mmio_probe(&mmio, window, WINDOW_BYTES, &type), STATUS_OK);
    EXPECT_EQ(type, VIRTIO_DEVICE_BLK);
    EXPECT_EQ(mmio.transport.config_size_bytes, WINDOW_BYTES - 0x100);
}

/* In plain memory a selector has no effect: both feature words read the same, with bit 0 of the
 * upper one being VERSION_1. What is written and where is what is tested. */
TEST(virtio_mmio_writes_the_registers_of_the_specification)
{
    _Alignas(8) uint8_t window[WINDOW_BYTES] = { 0 };
    _Alignas(64) uint8_t ring[1024];
    struct virtqueue_slot slots[8];
    struct virtqueue queue;
    struct virtio_mmio mmio;
    uint32_t type = 0;
    uint64_t features = 0;
    *window_word(window, 0) = 0x74726976;
    *window_word(window, 4) = 2;
    *window_word(window, 8) = VIRTIO_DEVICE_NET;
    *window_word(window, 0x10) = 1;
    *window_word(window, 0x34) = 8;
    REQUIRE(virtio_mmio_probe(&mmio, window, WINDOW_BYTES, &type) == STATUS_OK);
    EXPECT_EQ(virtio_begin(&mmio.transport, 0, 1, &features), STATUS_OK);
    EXPECT_EQ(*window_word(window, 0x70), 11);
    EXPECT_EQ(*window_word(window, 0x20), 1);
    EXPECT_EQ(*window_word(window, 0x24), 1);

    struct virtqueue_config config = { .ring = device_memory(ring, sizeof ring), .slots = slots };
    config.depth = virtio_queue_depth(&mmio.transport, 1, 64);
    REQUIRE(virtqueue_init(&queue, &config) == STATUS_OK);
    EXPECT_EQ(virtio_queue_start(&mmio.transport, 1, &queue, 3), STATUS_INVALID);
    EXPECT_EQ(virtio_queue_start(&mmio.transport, 1, &queue, VIRTIO_NO_VECTOR), STATUS_OK);
    EXPECT_EQ(*window_word(window, 0x30), 1);
    EXPECT_EQ(*window_word(window, 0x38), 8);
    EXPECT_EQ(*window_word(window, 0x44), 1);
    uint64_t used = virtqueue_used_address(&queue).raw;
    EXPECT_EQ(*window_word(window, 0x80), (uint32_t)device_address(ring).raw);
    EXPECT_EQ(*window_word(window, 0x84), (uint32_t)(device_address(ring).raw >> 32));
    EXPECT_EQ(*window_word(window, 0xa0), (uint32_t)used);
    EXPECT_EQ(*window_word(window, 0xa4), (uint32_t)(used >> 32));
    EXPECT_EQ(virtio_queue_start(&mmio.transport, 1, &queue, VIRTIO_NO_VECTOR), STATUS_BUSY);
    virtio_notify(&mmio.transport, 1);
    EXPECT_EQ(*window_word(window, 0x50), 1);
    *window_word(window, 0x60) = 3;
    EXPECT_EQ(virtio_interrupt_acknowledge(&mmio.transport), 3);
    EXPECT_EQ(*window_word(window, 0x64), 3);
}
