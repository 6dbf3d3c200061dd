/* Finding what is behind a PCI host bridge, once: every function is read, its BARs placed; bridges get
 * bus numbers and windows. Bounded whatever configuration space answers: a bus number is used once,
 * and bridges nest PCI_BRIDGES_DEEP at most. Context as in pci.h. */
#pragma once

#include "kernel/device/pci.h"

enum { PCI_BRIDGES_DEEP = 4 };

struct pci_scan {
    const struct pci_access *access;
    struct pci_window low;  /* 32-bit bus addresses. */
    struct pci_window high; /* Any. For functions on the first bus only. */
    uint32_t bus_next;      /* The first bus, at the start. */
    uint32_t bus_last;
    /* Called for each function that is no bridge, placed. */
    void (*found)(struct pci_scan *scan, const struct pci_function *function);
};

/* Cost: some 8 accesses for each of 32 places on each bus, some dozen more for each function. */
void pci_scan_run(struct pci_scan *scan);
