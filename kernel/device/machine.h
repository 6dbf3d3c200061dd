/* What the device tree says of the machine: read once at boot, in one walk. */
#pragma once

#include <arch/cpu.h>

#include "kernel/mm/address.h"
#include "lib/fdt/fdt.h"
#include <arch/gic.h>

enum {
    MACHINE_VIRTIO_MAX = 32,
    MACHINE_ARGUMENTS_MAX = 512,
};

struct virtio_slot {
    paddr_t base;
    uint64_t size_bytes;
    uint32_t intid;
};

/* The PCI host bridge, kept for the scan after the first process. */
struct pci_host {
    bool present;
    paddr_t ecam;
    uint64_t ecam_size;
    uint8_t bus_first;
    uint8_t bus_last;
    paddr_t mmio32; /* Windows for BARs: CPU addresses equal bus addresses in the 32-bit one. */
    uint64_t mmio32_size;
    uint64_t mmio32_bus;
    paddr_t mmio64;
    uint64_t mmio64_size;
    uint64_t mmio64_bus;
};

struct machine {
    struct gic_layout gic;
    uint32_t timer_intid;
    paddr_t uart;
    uint32_t uart_intid;
    paddr_t rtc;
    bool psci_smc;
    bool has_psci;
    uint64_t cpu_mpidr[CPUS_MAX];
    uint32_t cpu_count;
    struct virtio_slot virtio[MACHINE_VIRTIO_MAX];
    uint32_t virtio_count;
    struct pci_host pci;
    char arguments[MACHINE_ARGUMENTS_MAX];
};

extern struct machine machine;

/* Walk the tree: fills `machine` and the memory regions. A tree that cannot be read is a panic: there
 * is no machine to run on. @param tree, image  physical addresses. */
void machine_read_tree(uint64_t tree, uint64_t image);
/* The value of `key=value` on the boot command line; length 0 when absent. */
struct const_span machine_argument(const char *key);
