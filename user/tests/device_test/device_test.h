/* The parts of device_test. */
#pragma once

#include <abi/device.h>
#include <abi/types.h>

#include "lib/virtio/virtio_pci.h"
#include "lib/virtio/virtqueue.h"

enum {
    ENTROPY_VENDOR = 0x1af4,
    ENTROPY_DEVICE = 0x1044,       /* virtio 1.2, 4.1.2.1: 0x1040 + 4; */
    ENTROPY_TRANSITIONAL = 0x1005, /* or, on a device that knows the old interface too. */
    ENTROPY_DEPTH = 8,
    ENTROPY_POOL_PAGES = 16,
};

/* A virtio entropy device, driven from here: the smallest driver that there is. */
struct entropy_driver {
    handle_t device;
    handle_t irq;
    handle_t dma;
    handle_t pool; /* The VMO: page 0 is the queue, the others are buffers. */
    uint8_t *memory;
    const uint64_t *addresses; /* Of the pool's pages, for the device. */
    struct virtio_pci pci;
    struct virtqueue queue;
    struct virtqueue_slot slots[ENTROPY_DEPTH];
};

/* Find it in the registry. */
bool entropy_find(handle_t devices, struct device_info *out_info);
/* Take a claimed device into use. */
status_t entropy_start(struct entropy_driver *driver, handle_t device);
/* Have `len` bytes of a page of the pool filled; waits for the interrupt. */
status_t entropy_fill_page(struct entropy_driver *driver, uint32_t page, uint32_t len);
/* Give the request to the device, and wait for nothing. */
status_t entropy_request(struct entropy_driver *driver, uint32_t page, uint32_t len);
/* Close all handles but the device's. */
void entropy_close(struct entropy_driver *driver);

/* The child's side. @return its exit code. */
int driver_process(const char *how);

void test_registry(handle_t devices);
void test_driver(handle_t devices);
void test_windows(handle_t devices);
void test_deaths(handle_t devices, handle_t root, handle_t cell);
void test_services(void);
void test_counters(handle_t root);
