/* The capability walk. The list is a chain of 8-bit offsets that a device may have bent into a loop:
 * since every entry takes four bytes of the 192 behind the header, 48 steps see any honest list
 * whole. */
#include "lib/virtio/pci_caps.h"

#include "lib/base/bytes.h"

/* PCI Local Bus 3.0, 6.1 and 6.7; virtio 1.2, 4.1.4. */
enum {
    PCI_STATUS = 0x06,
    PCI_STATUS_HAS_LIST = 1 << 4,
    PCI_LIST_HEAD = 0x34,
    PCI_HEADER_BYTES = 0x40,
    PCI_CAPABILITIES_MAX = (PCI_CONFIG_BYTES - PCI_HEADER_BYTES) / 4,
    PCI_CAPABILITY_VENDOR = 0x09,

    CAPABILITY_COMMON = 1,
    CAPABILITY_NOTIFY = 2,
    CAPABILITY_ISR = 3,
    CAPABILITY_DEVICE = 4,
    CAPABILITY_BYTES = 16,
    CAPABILITY_NOTIFY_BYTES = 20,
};

/* The fields of struct virtio_pci_cap. */
struct capability {
    uint8_t bytes; /* Of the capability, as it states. */
    uint8_t type;
    struct virtio_pci_block block;
    uint32_t multiplier; /* Of a notify block. */
};

static bool capability_read(struct reader reader, struct capability *out_capability)
{
    out_capability->bytes = reader_u8(&reader);
    out_capability->type = reader_u8(&reader);
    out_capability->block.bar = reader_u8(&reader);
    reader_skip(&reader, 3); /* id, padding */
    out_capability->block.offset = reader_le32(&reader);
    out_capability->block.length = reader_le32(&reader);
    if (reader.overrun || out_capability->bytes < CAPABILITY_BYTES)
        return false;
    out_capability->multiplier = 0;
    if (out_capability->type != CAPABILITY_NOTIFY)
        return true;
    out_capability->multiplier = reader_le32(&reader);
    return !reader.overrun && out_capability->bytes >= CAPABILITY_NOTIFY_BYTES;
}

/* Reserved BAR values are to be ignored (4.1.4.1), as is a block that its BAR does not hold. */
static bool block_is_usable(const struct virtio_pci_block *block,
                            const uint64_t bar_sizes[PCI_BARS], uint32_t align, uint32_t length_min)
{
    return block->bar < PCI_BARS && block->offset % align == 0 && block->length >= length_min &&
           (uint64_t)block->offset + block->length <= bar_sizes[block->bar];
}

static bool multiplier_is_valid(uint32_t multiplier)
{
    return multiplier != 1 && (multiplier & (multiplier - 1)) == 0;
}

static void block_take(struct virtio_pci_block *place, const struct capability *capability,
                       const uint64_t bar_sizes[PCI_BARS], uint32_t align, uint32_t length_min)
{
    if (place->bar == PCI_BARS && block_is_usable(&capability->block, bar_sizes, align, length_min))
        *place = capability->block;
}

/* Alignments of 4.1.4.3.1, 4.1.4.4.1, 4.1.4.6.1; the ISR byte needs none. */
static void capability_take(struct virtio_pci_layout *layout, const struct capability *capability,
                            const uint64_t bar_sizes[PCI_BARS])
{
    switch (capability->type) {
    case CAPABILITY_COMMON:
        block_take(&layout->common, capability, bar_sizes, 4, VIRTIO_PCI_COMMON_BYTES_MIN);
        break;
    case CAPABILITY_NOTIFY:
        if (layout->notify.bar != PCI_BARS || !multiplier_is_valid(capability->multiplier))
            break;
        block_take(&layout->notify, capability, bar_sizes, 2, 2);
        layout->notify_multiplier = capability->multiplier;
        break;
    case CAPABILITY_ISR: block_take(&layout->isr, capability, bar_sizes, 1, 1); break;
    case CAPABILITY_DEVICE: block_take(&layout->device, capability, bar_sizes, 4, 1); break;
    default: break; /* Other kinds are none of ours. */
    }
}

static status_t layout_status(const struct virtio_pci_layout *layout)
{
    bool whole = layout->common.bar != PCI_BARS && layout->notify.bar != PCI_BARS &&
                 layout->isr.bar != PCI_BARS;
    return whole ? STATUS_OK : STATUS_NOT_FOUND;
}

status_t virtio_pci_layout_read(const uint8_t *config, size_t config_len,
                                const uint64_t bar_sizes[PCI_BARS],
                                struct virtio_pci_layout *out_layout)
{
    const struct virtio_pci_block absent = { .bar = PCI_BARS };
    struct virtio_pci_layout layout = { absent, absent, absent, absent, 0 };
    config_len = config_len < PCI_CONFIG_BYTES ? config_len : PCI_CONFIG_BYTES;
    if (config_len < PCI_HEADER_BYTES)
        return STATUS_CORRUPT;
    if ((load_le16(config + PCI_STATUS) & PCI_STATUS_HAS_LIST) == 0)
        return STATUS_NOT_FOUND;

    uint8_t at = config[PCI_LIST_HEAD] & 0xfc;
    for (uint32_t steps = 0; at != 0; steps++) {
        if (steps == PCI_CAPABILITIES_MAX || at < PCI_HEADER_BYTES || at + 2u > config_len)
            return STATUS_CORRUPT;
        struct reader reader = reader_of(config + at, config_len - at);
        uint8_t id = reader_u8(&reader);
        at = reader_u8(&reader) & 0xfc;
        struct capability capability;
        if (id == PCI_CAPABILITY_VENDOR && capability_read(reader, &capability))
            capability_take(&layout, &capability, bar_sizes);
    }
    if (layout_status(&layout) == STATUS_OK)
        *out_layout = layout;
    return layout_status(&layout);
}
