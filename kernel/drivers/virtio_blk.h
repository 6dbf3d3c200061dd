/* virtio-blk on virtio-mmio, in the kernel because the base image comes from it. */
#pragma once

#include <abi/types.h>

#include "kernel/mm/address.h"

struct block_device;

/* Take a transport window whose device is a disk into use: negotiate, start the queue, attach the
 * interrupt. The disk lives until the machine is turned off. Thread context, once for each window.
 * @param interrupt_id  as the interrupt controller numbers it; level-triggered.
 * @return NOT_FOUND (no disk there), NOT_SUPPORTED, CORRUPT, IO, NO_MEMORY; the window is then
 *         left reset. */
status_t virtio_blk_probe(paddr_t base, uint64_t size_bytes, uint32_t interrupt_id,
                          struct block_device **out_disk);
