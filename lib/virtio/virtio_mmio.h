/* virtio over MMIO (virtio 1.2, 4.2, version 2 of the layout): one register window a device. For
 * drivers in the kernel, since several such windows share a page. Interrupts are by line:
 * virtio_interrupt_acknowledge from the handler. */
#pragma once

#include "lib/virtio/transport.h"

enum {
    VIRTIO_MMIO_CONFIG = 0x100, /* Where the device's own configuration starts. */
};

extern const struct virtio_transport_ops virtio_mmio_ops;

struct virtio_mmio {
    struct virtio_transport transport; /* First: the table's functions get a pointer to it. */
    volatile void *registers;
};

/* Look at a register window, without changing anything.
 * @param size_bytes  of the window, mapped as device memory, the driver's for the time of use.
 * @return NOT_FOUND for an empty slot (device 0) or what is no virtio window, NOT_SUPPORTED for
 *         the layout before 1.0, INVALID for a window that is too small. */
__attribute__((warn_unused_result)) status_t virtio_mmio_probe(struct virtio_mmio *mmio,
                                                               volatile void *registers,
                                                               size_t size_bytes,
                                                               uint32_t *out_device_type);
