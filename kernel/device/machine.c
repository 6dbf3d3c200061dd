/* See machine.h. Every node is looked at once; a table says which `compatible` strings mean something
 * to the kernel. */
#include "kernel/device/machine.h"

#include <arch/mmu.h>

#include <string.h>

#include "kernel/base/entropy.h"
#include "kernel/base/log.h"
#include "kernel/drivers/pl011.h"
#include "kernel/mm/region.h"
#include <arch/boot.h>
#include <arch/psci.h>

enum {
    GIC_SPI_BASE = 32,
    GIC_PPI_BASE = 16,
    TREE_SIZE_MAX = 2 << 20,
};

struct machine machine;

/* A GIC interrupt specifier: type, number, flags (Devicetree binding arm,gic). */
static uint32_t interrupt_of(const struct fdt_node *node, uint32_t index)
{
    uint32_t cells[FDT_INTERRUPT_CELLS_MAX];
    if (fdt_node_interrupt(node, 3, index, cells) != STATUS_OK || cells[1] > 987)
        return 0;
    return cells[1] + (cells[0] == 0 ? GIC_SPI_BASE : GIC_PPI_BASE);
}

static bool region_at(const struct fdt_walk *walk, uint32_t index, struct fdt_region *out_region)
{
    return fdt_walk_region(walk, index, out_region) == STATUS_OK;
}

static void read_gic(const struct fdt_walk *walk)
{
    struct fdt_region region;
    if (region_at(walk, 0, &region))
        machine.gic.distributor = (paddr_t){ region.address };
    if (region_at(walk, 1, &region)) {
        machine.gic.cpu_interface = (paddr_t){ region.address };
        machine.gic.cpu_interface_size = region.size_bytes;
    }
}

static void read_v2m(const struct fdt_walk *walk)
{
    struct fdt_region region;
    if (region_at(walk, 0, &region))
        machine.gic.msi = (paddr_t){ region.address };
}

static void read_timer(const struct fdt_walk *walk)
{
    machine.timer_intid = interrupt_of(&walk->node, 2); /* The virtual timer. */
}

static void read_uart(const struct fdt_walk *walk)
{
    struct fdt_region region;
    if (machine.uart.raw != 0 || !region_at(walk, 0, &region))
        return;
    machine.uart = (paddr_t){ region.address };
    machine.uart_intid = interrupt_of(&walk->node, 0);
    pl011_init(machine.uart, machine.uart_intid);
}

static void read_rtc(const struct fdt_walk *walk)
{
    struct fdt_region region;
    if (region_at(walk, 0, &region))
        machine.rtc = (paddr_t){ region.address };
}

static void read_psci(const struct fdt_walk *walk)
{
    struct const_span method;
    if (fdt_node_property(walk->fdt, &walk->node, "method", &method) != STATUS_OK)
        return;
    machine.has_psci = true;
    machine.psci_smc = fdt_value_has_string(method, "smc");
    psci_init(machine.psci_smc);
}

static void read_virtio(const struct fdt_walk *walk)
{
    struct fdt_region region;
    if (machine.virtio_count == MACHINE_VIRTIO_MAX || !region_at(walk, 0, &region))
        return;
    machine.virtio[machine.virtio_count++] = (struct virtio_slot){
        .base = { region.address },
        .size_bytes = region.size_bytes,
        .intid = interrupt_of(&walk->node, 0),
    };
}

enum { PCI_SPACE_SHIFT = 24, PCI_SPACE_MASK = 3, PCI_SPACE_32 = 2, PCI_SPACE_64 = 3 };

static void read_pci(const struct fdt_walk *walk)
{
    struct fdt_region region;
    struct const_span buses;
    struct pci_host *pci = &machine.pci;
    if (!region_at(walk, 0, &region))
        return;
    pci->ecam = (paddr_t){ region.address };
    pci->ecam_size = region.size_bytes;
    pci->bus_last = (uint8_t)((region.size_bytes >> 20) - 1);
    if (fdt_node_property(walk->fdt, &walk->node, "bus-range", &buses) == STATUS_OK &&
        buses.len == 8) {
        pci->bus_first = (uint8_t)load_be32(buses.data);
        pci->bus_last = (uint8_t)load_be32(buses.data + 4);
    }
    struct fdt_range range;
    for (uint32_t i = 0; fdt_walk_range(walk, i, &range) == STATUS_OK; i++) {
        uint32_t space = range.child_flags >> PCI_SPACE_SHIFT & PCI_SPACE_MASK;
        if (space == PCI_SPACE_32) {
            pci->mmio32 = (paddr_t){ range.parent_address };
            pci->mmio32_bus = range.child_address;
            pci->mmio32_size = range.size_bytes;
        } else if (space == PCI_SPACE_64) {
            pci->mmio64 = (paddr_t){ range.parent_address };
            pci->mmio64_bus = range.child_address;
            pci->mmio64_size = range.size_bytes;
        }
    }
    pci->present = true;
}

static const struct node_reader {
    const char *compatible;
    void (*read)(const struct fdt_walk *walk);
} readers[] = {
    { "virtio,mmio", read_virtio },    { "arm,cortex-a15-gic", read_gic },
    { "arm,gic-400", read_gic },       { "arm,gic-v2m-frame", read_v2m },
    { "arm,armv8-timer", read_timer }, { "arm,pl011", read_uart },
    { "arm,pl031", read_rtc },         { "arm,psci-1.0", read_psci },
    { "arm,psci-0.2", read_psci },     { "pci-host-ecam-generic", read_pci },
};

static bool is_type(const struct fdt_node *node, const char *type)
{
    return fdt_value_has_string(node->device_type, type);
}

static void read_memory(const struct fdt_walk *walk)
{
    struct fdt_region region;
    for (uint32_t i = 0; region_at(walk, i, &region); i++)
        if (region_add(REGION_RAM, region.address, region.size_bytes) != STATUS_OK)
            klog("memory: region %u of the device tree is not used", i);
}

static void read_reserved(const struct fdt_walk *walk)
{
    struct fdt_region region;
    for (uint32_t i = 0; region_at(walk, i, &region); i++)
        if (region_add(REGION_RESERVED, region.address, region.size_bytes) != STATUS_OK)
            klog("memory: a reserved region is not understood");
}

static void read_cpu(const struct fdt_walk *walk)
{
    if (machine.cpu_count < CPUS_MAX && walk->node.reg.len >= 4)
        machine.cpu_mpidr[machine.cpu_count++] = load_be32(walk->node.reg.data);
}

static void read_chosen(const struct fdt_walk *walk)
{
    struct const_span value, text;
    if (fdt_node_property(walk->fdt, &walk->node, "bootargs", &value) == STATUS_OK &&
        fdt_value_text(value, &text) == STATUS_OK && text.len < sizeof machine.arguments)
        memcpy(machine.arguments, text.data, text.len);
    if (fdt_node_property(walk->fdt, &walk->node, "rng-seed", &value) == STATUS_OK)
        entropy_add(value.data, value.len);
    if (fdt_node_property(walk->fdt, &walk->node, "kaslr-seed", &value) == STATUS_OK)
        entropy_add(value.data, value.len);
}

static void read_node(const struct fdt_walk *walk)
{
    const struct fdt_node *node = &walk->node;
    if (!node->enabled)
        return;
    if (node->compatible.len > 0) {
        for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
            if (fdt_node_is_compatible(node, readers[i].compatible)) {
                readers[i].read(walk);
                return;
            }
    }
    if (node->device_type.len > 0 && is_type(node, "memory"))
        read_memory(walk);
    else if (node->device_type.len > 0 && is_type(node, "cpu"))
        read_cpu(walk);
    else if (node->depth == 1 && fdt_node_is_named(node, "chosen"))
        read_chosen(walk);
    else if (node->depth == 2 && node->reg.len > 0 &&
             fdt_node_is_named(&(struct fdt_node){ .name = fdt_walk_parent_name(walk) },
                               "reserved-memory"))
        read_reserved(walk);
}

static void reserve_fixed(const struct fdt *fdt, uint64_t tree, uint64_t image)
{
    struct fdt_region region;
    status_t status = region_add(REGION_RESERVED, image, (uint64_t)(image_end - image_start));
    if (status == STATUS_OK)
        status = region_add(REGION_RESERVED, tree, fdt->size_bytes);
    for (uint32_t i = 0; fdt_reservation(fdt, i, &region) == STATUS_OK; i++)
        if (region.size_bytes > 0 && status == STATUS_OK)
            status = region_add(REGION_RESERVED, region.address, region.size_bytes);
    if (status != STATUS_OK)
        panic("device tree: the reserved regions do not fit");
}

void machine_read_tree(uint64_t tree, uint64_t image)
{
    struct fdt fdt;
    if (fdt_open((const void *)(LINEAR_BASE + tree), TREE_SIZE_MAX, &fdt) != STATUS_OK)
        panic("no device tree at %#llx", (unsigned long long)tree);
    struct fdt_walk walk = fdt_walk_of(&fdt);
    status_t status;
    while ((status = fdt_walk_next(&walk)) == STATUS_OK)
        read_node(&walk);
    if (status != STATUS_NOT_FOUND)
        panic("device tree: status %d", status);
    reserve_fixed(&fdt, tree, image);
    if (machine.gic.distributor.raw == 0 || machine.timer_intid == 0)
        panic("device tree: no GICv2 or no timer (GICv3 is not supported yet)");
}

struct const_span machine_argument(const char *key)
{
    size_t key_len = strlen(key);
    for (const char *at = machine.arguments; *at != 0;) {
        size_t len = 0;
        while (at[len] != 0 && at[len] != ' ')
            len++;
        if (len > key_len && memcmp(at, key, key_len) == 0 && at[key_len] == '=')
            return (struct const_span){ (const uint8_t *)at + key_len + 1, len - key_len - 1 };
        at += len;
        while (*at == ' ')
            at++;
    }
    return (struct const_span){ NULL, 0 };
}
