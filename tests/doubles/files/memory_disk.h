/* A disk in host memory behind the block layer. Requests wait until memory_disk_run, in an order that
 * kernel_threads.random chooses, as interrupts would bring them. */
#pragma once

#include "kernel/block/block.h"

enum { MEMORY_DISK_DEPTH_MAX = 64 };

struct memory_disk {
    struct block_device device;
    uint8_t *bytes;
    struct block_request *accepted[MEMORY_DISK_DEPTH_MAX];
    uint32_t accepted_count;
    uint32_t depth;      /* Requests that it takes at once. */
    uint64_t bad_sector; /* Requests that touch it fail with IO; UINT64_MAX: none. */
    uint64_t completed;
    uint64_t published;
};

/* `bytes` stay the caller's; `len` is cut to whole sectors. */
void memory_disk_init(struct memory_disk *disk, uint8_t *bytes, size_t len);
/* Complete one request. @return false when there is none. */
bool memory_disk_run(struct memory_disk *disk);
