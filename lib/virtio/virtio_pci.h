/* virtio over PCI, modern interface (virtio 1.2, 4.1). The bus owner places BARs, maps the register
 * blocks that virtio_pci_layout_read found, and hands over plain pointers: a driver process sees
 * neither configuration space nor the MSI-X table. */
#pragma once

#include "lib/virtio/pci_caps.h"
#include "lib/virtio/transport.h"

enum { VIRTIO_PCI_QUEUES_MAX = 8 };

/* The mapped blocks; lengths as in the layout. */
struct virtio_pci_regions {
    volatile void *common;
    volatile void *notify;
    volatile void *isr;
    volatile void *device; /* NULL when the device has none. */
    uint32_t common_length;
    uint32_t notify_length;
    uint32_t device_length;
    uint32_t notify_multiplier;
};

extern const struct virtio_transport_ops virtio_pci_ops;

struct virtio_pci {
    struct virtio_transport transport; /* First: the table's functions get a pointer to it. */
    struct virtio_pci_regions regions;
    uint32_t notify_offsets[VIRTIO_PCI_QUEUES_MAX]; /* Set and checked when a queue starts. */
};

/* Take the mapped blocks. Touches no register but the count of queues.
 * @return INVALID for a block that is missing or too short. */
__attribute__((warn_unused_result)) status_t
virtio_pci_init(struct virtio_pci *pci, const struct virtio_pci_regions *regions);
