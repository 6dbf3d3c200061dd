/* Any configuration space: the walk ends, and a layout that it accepts lies inside the BARs. The
 * first 48 bytes of the input are BAR sizes, the rest is the space. */
#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "lib/virtio/pci_caps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_block(const struct virtio_pci_block *block, const uint64_t *bar_sizes,
                        uint32_t length_min)
{
    ASSERT(block->bar < PCI_BARS);
    ASSERT(block->length >= length_min);
    ASSERT(block->offset + (uint64_t)block->length <= bar_sizes[block->bar]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t bar_sizes[PCI_BARS];
    struct reader reader = reader_of(data, size);
    for (int i = 0; i < PCI_BARS; i++)
        bar_sizes[i] = reader_le64(&reader);
    struct virtio_pci_layout layout;
    if (virtio_pci_layout_read(data + reader.at, reader_left(&reader), bar_sizes, &layout) !=
        STATUS_OK)
        return 0;
    check_block(&layout.common, bar_sizes, VIRTIO_PCI_COMMON_BYTES_MIN);
    check_block(&layout.notify, bar_sizes, 2);
    check_block(&layout.isr, bar_sizes, 1);
    ASSERT(layout.notify_multiplier != 1);
    if (layout.device.bar != PCI_BARS)
        check_block(&layout.device, bar_sizes, 1);
    return 0;
}
