/* PCI functions: what their configuration space says, checked, and where their registers are placed.
 * Configuration space is reached through struct pci_access, so that everything here runs against a
 * double on the host as well; what is read from it is the device's word and nothing is believed that
 * was not checked. All accesses are 32 bits wide and aligned. Source: PCI Local Bus Specification
 * 3.0 (section 6), PCI Express Base Specification (FLR: 6.6.2, 7.5.3).
 *
 * Callers hold the registry's lock, or are the only ones to know the function yet. */
#pragma once

#include <abi/device.h>
#include <abi/types.h>

#include "kernel/mm/address.h"

enum {
    PCI_FUNCTIONS_MAX = 8, /* Of a device. */
    PCI_DEVICES_MAX = 32,  /* Of a bus. */
    PCI_MSIX_ENTRY_SIZE = 16,
};

/* Bus, device and function number, as in an ECAM offset: bits 15..8, 7..3, 2..0. */
typedef struct {
    uint16_t raw;
} pci_address_t;

static inline pci_address_t pci_address(uint32_t bus, uint32_t device, uint32_t function)
{
    return (pci_address_t){ (uint16_t)(bus << 8 | device << 3 | function) };
}

/* How configuration space is reached. @param offset  below 256, a multiple of 4. */
struct pci_access {
    void *context;
    uint32_t (*read)(void *context, pci_address_t address, uint32_t offset);
    void (*write)(void *context, pci_address_t address, uint32_t offset, uint32_t value);
};

struct pci_bar {
    uint64_t size_bytes; /* A power of two; 0: not there, or not memory. */
    uint64_t bus_address;
    paddr_t address; /* As the CPU sees it; 0 while it has no place. */
    bool is_64;      /* The next register is its upper half. */
};

struct pci_msix {
    uint8_t capability; /* Offset of the capability; 0: none that is usable. */
    uint8_t table_bar;
    uint8_t pending_bar;
    uint16_t vectors; /* 1 to 2048. */
    uint32_t table_offset;
    uint32_t pending_offset;
};

struct pci_function {
    pci_address_t address;
    bool is_bridge;
    bool is_multifunction;
    bool was_master; /* Firmware left it at work. */
    uint16_t vendor;
    uint16_t device;
    uint16_t subsystem_vendor;
    uint16_t subsystem;
    uint32_t class_code;
    uint8_t flr_capability; /* Offset of the Express capability, if it can reset; 0: cannot. */
    struct pci_bar bars[DEVICE_BARS];
    struct pci_msix msix;
};

/* A range of bus addresses that BARs are placed in, from the low end up. */
struct pci_window {
    uint64_t bus_base;
    uint64_t size_bytes; /* 0: no such window. */
    paddr_t base;        /* The CPU's address of bus_base. */
    uint64_t used;       /* Bytes from the start on. */
};

/* Read a function: decoding and bus mastering are turned off, its BARs are sized. Interrupt lines are
 * disabled for good. @return NOT_FOUND when nothing answers, NOT_SUPPORTED for a header type that we
 * do not know. Cost: a few dozen accesses, 48 more at most for the capabilities. */
status_t pci_function_read(const struct pci_access *access, pci_address_t address,
                           struct pci_function *out_function);

/* Give each BAR a place, of whole pages that no other BAR shares, and write it to the function. Small
 * ones go into `low` (32-bit addresses), those that are 64 bits wide and large or do not fit there
 * into `high`, which may be NULL. A BAR that fits nowhere is left without a place. */
void pci_function_place(const struct pci_access *access, struct pci_function *function,
                        struct pci_window *low, struct pci_window *high);

/* Write the places again, after a reset. */
void pci_function_restore(const struct pci_access *access, const struct pci_function *function);

/* Decode memory accesses; let the function be a bus master. */
void pci_function_command(const struct pci_access *access, const struct pci_function *function,
                          bool memory, bool master);

/* Start a function-level reset; flr_capability is not 0. The caller then waits (100 ms: Express 6.6.2)
 * and restores. */
void pci_function_reset(const struct pci_access *access, const struct pci_function *function);

/* --- MSI-X (pci_msix.c) ---------------------------------------------------------------------- */

/* Read the capability at `offset` (id 0x11). What is not whole inside memory BARs is no MSI-X. */
void pci_msix_read(const struct pci_access *access, struct pci_function *function, uint32_t offset);
/* Drop MSI-X when its table or pending bits are outside the sized BARs, or overlap. */
void pci_msix_check(struct pci_function *function);
void pci_msix_enable(const struct pci_access *access, const struct pci_function *function,
                     bool enable);
/* Write a vector of the mapped table: the message, then unmasked or masked. */
void pci_msix_program(volatile void *table, uint32_t vector, uint64_t address, uint32_t data);
void pci_msix_mask(volatile void *table, uint32_t vector);

/* Whether [offset, offset + len) of a BAR may be given to a driver: page-aligned, inside, and not
 * sharing a page with the MSI-X table or the pending bits. @return INVALID otherwise. */
status_t pci_range_check(const struct pci_function *function, uint32_t bar, uint64_t offset,
                         uint64_t len);
