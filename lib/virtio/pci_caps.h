/* Where a virtio PCI device keeps its register blocks (virtio 1.2, 4.1.4): read out of a copy of
 * its configuration space, which is the device's word and checked as such. Pure; any context. */
#pragma once

#include <abi/types.h>

enum {
    PCI_CONFIG_BYTES = 256,
    PCI_BARS = 6,
    VIRTIO_PCI_COMMON_BYTES_MIN = 56, /* Up to and with queue_device (4.1.4.3). */
};

/* A register block: within one BAR, checked to lie inside it. bar == PCI_BARS: not there. */
struct virtio_pci_block {
    uint8_t bar;
    uint32_t offset;
    uint32_t length;
};

struct virtio_pci_layout {
    struct virtio_pci_block common;
    struct virtio_pci_block notify;
    struct virtio_pci_block isr;
    struct virtio_pci_block device; /* May be absent: a type without a configuration. */
    uint32_t notify_multiplier;     /* 0 or a power of two from 2 on. */
};

/* Walk the capability list. Of several blocks of a kind the first usable one counts (4.1.4.1).
 * @param config     the first `config_len` bytes of configuration space, at most 256 are looked at.
 * @param bar_sizes  in bytes, 0 for a BAR that is absent, in I/O space, or the upper half of a
 *                   64-bit one.
 * @return NOT_FOUND when a needed block (common, notify, isr) is missing or lies outside its BAR;
 *         CORRUPT for a list that loops or leaves the space. Cost: at most 48 entries. */
__attribute__((warn_unused_result)) status_t
virtio_pci_layout_read(const uint8_t *config, size_t config_len, const uint64_t bar_sizes[PCI_BARS],
                       struct virtio_pci_layout *out_layout);
