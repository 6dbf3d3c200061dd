/* What there is: the devices that the kernel drives itself, from the device tree, and the functions
 * behind the PCI host bridge, through its memory-mapped configuration space (PCI Express 7.2.2). A
 * megabyte of it is mapped when its bus is first looked at. */
#include "kernel/device/machine.h"
#include "kernel/device/pci_scan.h"
#include "kernel/device/registry_internal.h"
#include "kernel/mm/mmio.h"
#include "lib/base/assert.h"
#include "lib/base/format.h"
#include "lib/base/mmio.h"

enum {
    ECAM_BUS_SHIFT = 20,
    ECAM_FUNCTION_SHIFT = 12,
    BUSES_MAX = 256,
    VECTORS_MAX = 32, /* Of one function: more than any driver of ours asks for. */
};

static struct ecam {
    volatile void *buses[BUSES_MAX];
} ecam;

static volatile void *ecam_bus(uint32_t bus)
{
    const struct pci_host *host = &machine.pci;
    ASSERT(bus >= host->bus_first && bus <= host->bus_last);
    if (ecam.buses[bus] == NULL) {
        uint64_t offset = (uint64_t)(bus - host->bus_first) << ECAM_BUS_SHIFT;
        ecam.buses[bus] = mmio_map((paddr_t){ host->ecam.raw + offset }, 1ull << ECAM_BUS_SHIFT);
    }
    return ecam.buses[bus];
}

static size_t ecam_offset(pci_address_t address, uint32_t offset)
{
    return (size_t)(address.raw & 0xff) << ECAM_FUNCTION_SHIFT | offset;
}

static uint32_t ecam_read(void *context, pci_address_t address, uint32_t offset)
{
    return mmio_read32(ecam_bus(address.raw >> 8), ecam_offset(address, offset));
}

static void ecam_write(void *context, pci_address_t address, uint32_t offset, uint32_t value)
{
    mmio_write32(ecam_bus(address.raw >> 8), ecam_offset(address, offset), value);
}

/* --- Nodes ----------------------------------------------------------------------------------- */

/* A function that no memory is left for is not listed. */
static void add_function(struct pci_scan *scan, const struct pci_function *function)
{
    uint32_t address = function->address.raw;
    struct device_node *node = registry_add_node(DEVICE_BUS_PCI, address);
    if (node == NULL)
        return;
    node->function = *function;
    node->dirty = function->was_master || node_can_reset(node);
    node->vector_count =
        function->msix.vectors < VECTORS_MAX ? function->msix.vectors : VECTORS_MAX;
    format_text(node->name, sizeof node->name, "pci.%02x:%02x.%x", address >> 8,
                address >> 3 & 0x1f, address & 7);
}

static status_t add_platform(uint32_t number, const char *name)
{
    struct device_node *node = registry_add_node(DEVICE_BUS_PLATFORM, number);
    if (node == NULL)
        return STATUS_NO_MEMORY;
    node->state = DEVICE_KERNEL;
    format_text(node->name, sizeof node->name, "%s", name);
    return STATUS_OK;
}

static struct pci_window window_of(uint64_t bus_base, uint64_t size_bytes, paddr_t base,
                                   uint64_t bus_end_max)
{
    if (bus_base >= bus_end_max)
        size_bytes = 0;
    else if (size_bytes > bus_end_max - bus_base)
        size_bytes = bus_end_max - bus_base;
    return (struct pci_window){ .bus_base = bus_base, .size_bytes = size_bytes, .base = base };
}

static void scan_pci(void)
{
    const struct pci_host *host = &machine.pci;
    uint64_t buses = host->ecam_size >> ECAM_BUS_SHIFT;
    if (buses == 0 || host->bus_last < host->bus_first)
        return;
    uint64_t bus_last = host->bus_first + buses - 1;
    struct pci_scan scan = {
        .access = &registry.access,
        .low = window_of(host->mmio32_bus, host->mmio32_size, host->mmio32, 1ull << 32),
        .high = window_of(host->mmio64_bus, host->mmio64_size, host->mmio64, 1ull << 48),
        .bus_next = host->bus_first,
        .bus_last = bus_last < host->bus_last ? (uint32_t)bus_last : host->bus_last,
        .found = add_function,
    };
    pci_scan_run(&scan);
}

status_t registry_scan(void)
{
    registry.access = (struct pci_access){ .read = ecam_read, .write = ecam_write };
    status_t status = STATUS_OK;
    if (list_is_empty(&registry.nodes))
        status = add_platform(0, "uart");
    if (status == STATUS_OK && machine.rtc.raw != 0)
        status = add_platform(1, "rtc");
    if (status == STATUS_OK && machine.pci.present)
        scan_pci();
    return status;
}
