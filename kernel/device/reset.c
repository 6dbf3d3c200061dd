/* Putting a function back to where it does nothing. A virtio device by its own status register, which
 * every one has and which takes no time; another by a function-level reset, if it offers that. A
 * function with neither cannot be trusted to have stopped: bus mastering is off, and stays off. */
#include "kernel/device/registry_internal.h"

#include "kernel/mm/mmio.h"
#include "kernel/sched/preempt.h"
#include "kernel/sched/timer.h"
#include "kernel/sched/wait_state.h"
#include "lib/base/bytes.h"
#include "lib/base/mmio.h"
#include "lib/virtio/pci_caps.h"

enum {
    VENDOR_VIRTIO = 0x1af4,
    COMMON_DEVICE_STATUS = 20, /* virtio 1.2, 4.1.4.3 */
    POLL_NS = 1000000,
};
#define VIRTIO_RESET_NS_MAX 1000000000ull
#define FUNCTION_RESET_NS 100000000ull /* PCI Express 6.6.2: no access before. */

static bool is_virtio(const struct device_node *node)
{
    return node->function.vendor == VENDOR_VIRTIO;
}

bool node_can_reset(const struct device_node *node)
{
    return is_virtio(node) || node->function.flr_capability != 0;
}

static void sleep_until(time_ns_t deadline)
{
    do {
        wait_prepare();
        (void)wait_commit(NULL, deadline);
        preempt_point(); /* A thread that is to end does not sleep, and waits all the same. */
    } while (clock_now() < deadline);
}

/* Find and map the common configuration; once. */
static status_t virtio_open(struct device_node *node)
{
    uint8_t config[DEVICE_CONFIG_SIZE];
    uint64_t sizes[PCI_BARS];
    struct virtio_pci_layout layout;
    if (node->virtio_common != NULL)
        return STATUS_OK;
    for (uint32_t at = 0; at < sizeof config; at += 4)
        store_le32(config + at,
                   registry.access.read(registry.access.context, node->function.address, at));
    for (uint32_t i = 0; i < PCI_BARS; i++)
        sizes[i] = node->function.bars[i].address.raw == 0 ? 0 : node->function.bars[i].size_bytes;
    status_t status = virtio_pci_layout_read(config, sizeof config, sizes, &layout);
    if (status != STATUS_OK)
        return status;
    uint64_t base = node->function.bars[layout.common.bar].address.raw + layout.common.offset;
    node->virtio_common = mmio_map((paddr_t){ base }, VIRTIO_PCI_COMMON_BYTES_MIN);
    return STATUS_OK;
}

/* virtio 1.2, 4.1.4.3.1: a driver that wrote 0 waits until it reads 0. */
static status_t virtio_reset(struct device_node *node)
{
    status_t status = virtio_open(node);
    if (status != STATUS_OK)
        return status;
    mmio_write8(node->virtio_common, COMMON_DEVICE_STATUS, 0);
    time_ns_t deadline = clock_now() + VIRTIO_RESET_NS_MAX;
    while (mmio_read8(node->virtio_common, COMMON_DEVICE_STATUS) != 0) {
        if (clock_now() >= deadline)
            return STATUS_IO;
        sleep_until(clock_now() + POLL_NS);
    }
    return STATUS_OK;
}

static void function_reset(struct device_node *node)
{
    pci_function_reset(&registry.access, &node->function);
    sleep_until(clock_now() + FUNCTION_RESET_NS);
    pci_function_restore(&registry.access, &node->function);
}

status_t node_reset(struct device_node *node)
{
    status_t status = STATUS_NOT_SUPPORTED;
    device_command(node, true, false);
    if (is_virtio(node)) {
        status = virtio_reset(node);
    } else if (node->function.flr_capability != 0) {
        function_reset(node);
        status = STATUS_OK;
    }
    device_command(node, true, false);
    if (status == STATUS_OK)
        node->dirty = false;
    return status;
}
