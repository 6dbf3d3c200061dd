/* See pci_scan.h. Depth first, so that what lies behind a bridge is placed in one run of the low window,
 * which becomes the bridge's own (PCI-to-PCI Bridge Architecture Specification 1.2, 3.2.5). */
#include "kernel/device/pci_scan.h"

#include "kernel/device/pci_config.h"

enum {
    BRIDGE_ALIGN = 1 << 20,     /* Of a memory window. */
    WINDOW_CLOSED = 0x0000fff0, /* Base above limit. */
    IO_WINDOW_CLOSED = 0x00f0,
};

static void scan_bus(struct pci_scan *scan, uint32_t bus, uint32_t depth);

static void bridge_write(const struct pci_scan *scan, const struct pci_function *bridge,
                         uint32_t offset, uint32_t value)
{
    scan->access->write(scan->access->context, bridge->address, offset, value);
}

static uint64_t window_align(struct pci_window *window)
{
    uint64_t bus = window->bus_base + window->used + BRIDGE_ALIGN - 1;
    window->used = (bus & ~(uint64_t)(BRIDGE_ALIGN - 1)) - window->bus_base;
    return window->bus_base + window->used;
}

static void bridge_numbers(const struct pci_scan *scan, const struct pci_function *bridge,
                           uint32_t secondary, uint32_t subordinate)
{
    uint32_t primary = bridge->address.raw >> 8;
    bridge_write(scan, bridge, PCI_BUS_NUMBERS, subordinate << 16 | secondary << 8 | primary);
}

/* A bridge that finds no bus number, or lies too deep, stays closed. */
static void scan_bridge(struct pci_scan *scan, const struct pci_function *bridge, uint32_t depth)
{
    bridge_write(scan, bridge, PCI_IO_WINDOW, IO_WINDOW_CLOSED);
    bridge_write(scan, bridge, PCI_MEMORY_WINDOW, WINDOW_CLOSED);
    bridge_write(scan, bridge, PCI_PREFETCH_WINDOW, WINDOW_CLOSED);
    bridge_numbers(scan, bridge, 0, 0);
    if (depth == PCI_BRIDGES_DEEP || scan->bus_next > scan->bus_last)
        return;

    uint32_t secondary = scan->bus_next++;
    bridge_numbers(scan, bridge, secondary, scan->bus_last); /* Open, while we look. */
    uint64_t start = window_align(&scan->low);
    scan_bus(scan, secondary, depth + 1);
    uint64_t end = window_align(&scan->low);
    bridge_numbers(scan, bridge, secondary, scan->bus_next - 1);
    if (end > start && end - 1 <= UINT32_MAX)
        bridge_write(scan, bridge, PCI_MEMORY_WINDOW,
                     (uint32_t)(end - 1) >> 20 << 20 | (uint32_t)start >> 20 << 4);
    pci_function_command(scan->access, bridge, true, true);
}

static void scan_function(struct pci_scan *scan, struct pci_function *function, uint32_t depth)
{
    pci_function_place(scan->access, function, &scan->low, depth == 0 ? &scan->high : NULL);
    if (function->is_bridge)
        scan_bridge(scan, function, depth);
    else
        scan->found(scan, function);
}

static void scan_bus(struct pci_scan *scan, uint32_t bus, uint32_t depth)
{
    for (uint32_t device = 0; device < PCI_DEVICES_MAX; device++) {
        uint32_t count = 1;
        for (uint32_t number = 0; number < count; number++) {
            struct pci_function function;
            status_t status =
                pci_function_read(scan->access, pci_address(bus, device, number), &function);
            if (status == STATUS_NOT_FOUND)
                continue;
            if (number == 0 && function.is_multifunction)
                count = PCI_FUNCTIONS_MAX;
            if (status == STATUS_OK)
                scan_function(scan, &function, depth);
        }
    }
}

void pci_scan_run(struct pci_scan *scan)
{
    if (scan->bus_next <= scan->bus_last)
        scan_bus(scan, scan->bus_next++, 0);
}
