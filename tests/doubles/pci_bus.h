/* A PCI bus for host tests: functions with configuration space that behaves as hardware's does (BARs
 * keep the bits of their size, bridges forward the buses they were given), and a record of what was
 * done to them. */
#pragma once

#include "kernel/device/pci.h"

enum { PCI_BUS_FUNCTIONS_MAX = 40 };

struct pci_bus_function {
    uint8_t parent; /* Index of the bridge in front of it + 1; 0: on the first bus. */
    uint8_t place;  /* Device and function number. */
    uint32_t words[64];
    uint32_t masks[64]; /* Bits that can be written. */
    uint32_t resets;
};

struct pci_bus {
    struct pci_bus_function functions[PCI_BUS_FUNCTIONS_MAX];
    uint32_t count;
    uint64_t accesses;
};

struct pci_access pci_bus_access(struct pci_bus *bus);
/* A function with an identity and no BARs. */
struct pci_bus_function *pci_bus_add(struct pci_bus *bus, uint8_t place);
struct pci_bus_function *pci_bus_add_bridge(struct pci_bus *bus, uint8_t place);
void pci_bus_bar(struct pci_bus_function *function, uint32_t index, uint64_t size_bytes,
                 bool is_64);
/* A capability of `words` words at `offset`, put in front of the list. */
void pci_bus_capability(struct pci_bus_function *function, uint32_t offset, uint32_t id,
                        const uint32_t *words, uint32_t count);
uint64_t pci_bus_bar_value(const struct pci_bus_function *function, uint32_t index);
