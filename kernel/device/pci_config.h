/* Registers of PCI configuration space, for the files of this folder. All offsets are those of the
 * 32-bit word; source as in pci.h. */
#pragma once

enum {
    PCI_ID = 0x00,
    PCI_COMMAND = 0x04, /* Status is the upper half: writing 0 there changes nothing. */
    PCI_CLASS = 0x08,
    PCI_HEADER = 0x0c,
    PCI_BAR = 0x10,
    PCI_BUS_NUMBERS = 0x18, /* Bridges: primary, secondary, subordinate. */
    PCI_IO_WINDOW = 0x1c,
    PCI_MEMORY_WINDOW = 0x20, /* Bridges: base and limit, in MiB, from bit 4 of each half. */
    PCI_PREFETCH_WINDOW = 0x24,
    PCI_SUBSYSTEM = 0x2c,
    PCI_CAPABILITIES = 0x34,
    PCI_HEADER_END = 0x40,
};

enum {
    PCI_COMMAND_MEMORY = 1 << 1,
    PCI_COMMAND_MASTER = 1 << 2,
    PCI_COMMAND_NO_INTX = 1 << 10,
    PCI_STATUS_HAS_LIST = 1 << 20,
    PCI_HEADER_TYPE_SHIFT = 16,
    PCI_HEADER_MULTIFUNCTION = 1 << 23,
    PCI_BAR_IO = 1 << 0,
    PCI_BAR_TYPE_MASK = 3 << 1,
    PCI_BAR_TYPE_64 = 2 << 1,
    PCI_CAPABILITY_EXPRESS = 0x10,
    PCI_CAPABILITY_MSIX = 0x11,
    PCI_EXPRESS_DEVICE_CAPABILITIES = 4,
    PCI_EXPRESS_DEVICE_CONTROL = 8,
    PCI_EXPRESS_HAS_FLR = 1 << 28,
    PCI_EXPRESS_DO_FLR = 1 << 15,
};
