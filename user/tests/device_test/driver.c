/* The registry, what a claim refuses, and a device at work. */
#include <abi/memory.h>
#include <abi/signals.h>
#include <string.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/test.h"
#include "user/tests/device_test/device_test.h"

enum { ROUNDS = 500, PAGE = 4096 };

static struct test_claim claim;

static void registry_lists_devices(handle_t devices)
{
    struct device_info infos[2], found = { 0 };
    size_t all = 0, again = 0;
    test_begin(&claim, "registry_lists_devices");
    TEST_EQ(&claim, sys_device_list(devices, NULL, 0, &all), STATUS_OK);
    TEST_CHECK(&claim, all >= 3); /* UART, clock, the entropy device. */
    TEST_EQ(&claim, sys_device_list(devices, infos, 2, &again), STATUS_OK);
    TEST_EQ(&claim, again, all);
    TEST_CHECK(&claim, strcmp(infos[0].name, "uart") == 0);
    TEST_EQ(&claim, infos[0].state, DEVICE_KERNEL);
    TEST_CHECK(&claim, entropy_find(devices, &found));
    TEST_EQ(&claim, found.bus, DEVICE_BUS_PCI);
    TEST_EQ(&claim, found.state, DEVICE_FREE);
    TEST_CHECK(&claim, found.vectors >= 2);
    TEST_CHECK(&claim, memcmp(found.name, "pci.", 4) == 0);
    test_end(&claim);
}

static void registry_opens_what_is_free(handle_t devices)
{
    struct device_info info = { 0 }, uart;
    handle_t device = HANDLE_NONE, other = HANDLE_NONE;
    size_t count = 0;
    test_begin(&claim, "registry_opens_what_is_free");
    TEST_CHECK(&claim, entropy_find(devices, &info));
    TEST_EQ(&claim, sys_device_list(devices, &uart, 1, &count), STATUS_OK);
    TEST_EQ(&claim, sys_device_open(devices, uart.id, &other), STATUS_BUSY);
    TEST_EQ(&claim, sys_device_open(devices, UINT64_MAX, &other), STATUS_NOT_FOUND);
    TEST_EQ(&claim, sys_device_open(devices, info.id, &device), STATUS_OK);
    TEST_EQ(&claim, sys_device_open(devices, info.id, &other), STATUS_BUSY);
    TEST_EQ(&claim, sys_device_open(device, info.id, &other), STATUS_BAD_STATE);
    TEST_EQ(&claim, sys_device_list(device, &info, 1, &count), STATUS_OK);
    TEST_EQ(&claim, count, 1);
    TEST_EQ(&claim, info.state, DEVICE_CLAIMED);
    TEST_CHECK(&claim, strcmp(info.owner, "system") == 0);
    TEST_EQ(&claim, sys_device_enable(devices), STATUS_BAD_STATE);
    TEST_EQ(&claim, sys_device_reset(devices), STATUS_BAD_STATE);
    TEST_EQ(&claim, sys_handle_close(device.raw), STATUS_OK);
    /* The claim ends in its own time; the next one waits for that. */
    TEST_EQ(&claim, sys_device_open(devices, info.id, &device), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(device.raw), STATUS_OK);
    test_end(&claim);
}

/* virtio's register blocks are in BAR 4, the vectors' table and pending bits in BAR 1. */
static void claims_refuse_what_is_not_theirs(handle_t devices)
{
    struct device_info info = { 0 };
    handle_t device = HANDLE_NONE, first = HANDLE_NONE, other = HANDLE_NONE, vmo = HANDLE_NONE;
    test_begin(&claim, "claims_refuse_what_is_not_theirs");
    TEST_CHECK(&claim, entropy_find(devices, &info));
    TEST_EQ(&claim, info.bar_sizes[4], 4 * PAGE);
    TEST_EQ(&claim, sys_device_open(devices, info.id, &device), STATUS_OK);
    TEST_EQ(&claim, sys_device_mmio(device, 1, 0, PAGE, &other), STATUS_INVALID);
    TEST_EQ(&claim, sys_device_mmio(device, 4, 0, 5 * PAGE, &other), STATUS_INVALID);
    TEST_EQ(&claim, sys_device_mmio(device, 4, 512, PAGE, &other), STATUS_INVALID);
    TEST_EQ(&claim, sys_device_mmio(device, 4, 0, 512, &other), STATUS_INVALID);
    TEST_EQ(&claim, sys_device_mmio(device, 6, 0, PAGE, &other), STATUS_INVALID);
    TEST_EQ(&claim, sys_device_mmio(device, 4, PAGE, PAGE, &first), STATUS_OK);
    TEST_EQ(&claim, sys_device_mmio(device, 4, 0, 2 * PAGE, &other), STATUS_BUSY);
    TEST_EQ(&claim, sys_handle_close(first.raw), STATUS_OK);
    TEST_EQ(&claim, sys_device_irq(device, info.vectors, &other), STATUS_INVALID);
    TEST_EQ(&claim, sys_device_irq(device, 0, &first), STATUS_OK);
    TEST_EQ(&claim, sys_device_irq(device, 0, &other), STATUS_BUSY);
    TEST_EQ(&claim, sys_vmo_create((1ull << 28) + PAGE, 0, &vmo), STATUS_OK);
    TEST_EQ(&claim, sys_device_dma(device, vmo, &other), STATUS_INVALID);
    TEST_EQ(&claim, sys_handle_close(vmo.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(device.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(first.raw), STATUS_OK);
    test_end(&claim);
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    uint8_t all = 0;
    for (size_t i = 0; i < len; i++)
        all |= bytes[i];
    return all == 0;
}

static void a_device_fills_memory_and_interrupts(handle_t devices)
{
    static struct entropy_driver driver;
    struct device_info info = { 0 };
    handle_t device = HANDLE_NONE;
    test_begin(&claim, "a_device_fills_memory_and_interrupts");
    TEST_CHECK(&claim, entropy_find(devices, &info));
    TEST_EQ(&claim, sys_device_open(devices, info.id, &device), STATUS_OK);
    status_t status = entropy_start(&driver, device);
    TEST_EQ(&claim, status, STATUS_OK);
    for (uint32_t i = 0; status == STATUS_OK && i < ROUNDS; i++) {
        uint32_t page = 1 + i % (ENTROPY_POOL_PAGES - 1);
        if (i < ENTROPY_POOL_PAGES - 1) /* Nobody has touched the page: it has no address yet. */
            TEST_EQ(&claim, driver.addresses[page], 0);
        status = entropy_fill_page(&driver, page, 64);
        TEST_EQ(&claim, status, STATUS_OK);
        TEST_CHECK(&claim, driver.addresses[page] != 0);
        TEST_CHECK(&claim, !is_zero(driver.memory + (size_t)page * PAGE, 64));
        TEST_CHECK(&claim, is_zero(driver.memory + (size_t)page * PAGE + 64, PAGE - 64));
    }
    TEST_EQ(&claim, sys_device_reset(device), STATUS_OK);
    entropy_close(&driver);
    TEST_EQ(&claim, sys_handle_close(device.raw), STATUS_OK);
    test_end(&claim);
}

/* Interrupts that come before the first is acknowledged are masked, and one is kept for afterwards. */
static void a_masked_interrupt_is_kept(handle_t devices)
{
    static struct entropy_driver driver;
    struct virtqueue_completion completion;
    struct device_info info = { 0 };
    handle_t device = HANDLE_NONE;
    uint32_t seen = 0;
    test_begin(&claim, "a_masked_interrupt_is_kept");
    TEST_CHECK(&claim, entropy_find(devices, &info));
    TEST_EQ(&claim, sys_device_open(devices, info.id, &device), STATUS_OK);
    TEST_EQ(&claim, entropy_start(&driver, device), STATUS_OK);
    for (uint32_t page = 1; page <= 4; page++) {
        time_ns_t deadline = clock_after(5000000000ull);
        status_t status = entropy_request(&driver, page, 64);
        while (status == STATUS_OK && clock_now() < deadline &&
               (status = virtqueue_pop(&driver.queue, &completion)) == STATUS_WOULD_BLOCK)
            status = sys_thread_yield();
        TEST_EQ(&claim, status, STATUS_OK);
        TEST_EQ(&claim, sys_object_wait(driver.irq, SIGNAL_EVENT, deadline, &seen), STATUS_OK);
    }
    TEST_EQ(&claim, sys_irq_ack(driver.irq), STATUS_OK);
    TEST_EQ(&claim, sys_object_wait(driver.irq, SIGNAL_EVENT, clock_after(5000000000ull), &seen),
            STATUS_OK);
    TEST_EQ(&claim, sys_irq_ack(driver.irq), STATUS_OK);
    TEST_EQ(&claim, sys_object_wait(driver.irq, SIGNAL_EVENT, clock_after(20000000), &seen),
            STATUS_TIMED_OUT);
    entropy_close(&driver);
    TEST_EQ(&claim, sys_handle_close(device.raw), STATUS_OK);
    test_end(&claim);
}

static void contiguous_memory_is_one_piece_for_the_device(handle_t devices)
{
    struct device_info info = { 0 };
    handle_t device = HANDLE_NONE, vmo = HANDLE_NONE, dma = HANDLE_NONE;
    uint64_t address = 0, pages = 0;
    test_begin(&claim, "contiguous_memory_is_one_piece_for_the_device");
    TEST_CHECK(&claim, entropy_find(devices, &info));
    TEST_EQ(&claim, sys_device_open(devices, info.id, &device), STATUS_OK);
    TEST_EQ(&claim, sys_vmo_create(5 * PAGE, VMO_CONTIGUOUS, &vmo), STATUS_OK);
    TEST_EQ(&claim, sys_device_dma(device, vmo, &dma), STATUS_OK);
    TEST_EQ(&claim, sys_dma_addresses(dma, &address, &pages), STATUS_OK);
    TEST_EQ(&claim, pages, 5);
    const uint64_t *table = (const uint64_t *)address;
    TEST_CHECK(&claim, table != NULL && table[0] != 0);
    for (uint64_t i = 1; table != NULL && i < pages; i++)
        TEST_EQ(&claim, table[i], table[0] + i * PAGE);
    TEST_EQ(&claim, sys_handle_close(dma.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(vmo.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(device.raw), STATUS_OK);
    test_end(&claim);
}

void test_registry(handle_t devices)
{
    registry_lists_devices(devices);
    registry_opens_what_is_free(devices);
    claims_refuse_what_is_not_theirs(devices);
}

void test_driver(handle_t devices)
{
    a_device_fills_memory_and_interrupts(devices);
    a_masked_interrupt_is_kept(devices);
    contiguous_memory_is_one_piece_for_the_device(devices);
}
