/* What drivers in the kernel and in user space both speak of: addresses as a device sees them, and
 * what the registry says of a device. */
#pragma once

#include <stdint.h>

/* An I/O address: what a device puts on its bus. It is not a physical address: behind an SMMU the
 * two differ, and only the kernel, which fills the DMA window, may turn one into the other. */
typedef struct {
    uint64_t raw;
} daddr_t;

static inline daddr_t daddr_add(daddr_t address, uint64_t offset_bytes)
{
    return (daddr_t){ address.raw + offset_bytes };
}

enum device_bus {
    DEVICE_BUS_PLATFORM = 1, /* Named by the device tree. */
    DEVICE_BUS_PCI = 2,
};

enum device_state {
    DEVICE_FREE = 1,
    DEVICE_CLAIMED = 2,   /* Somebody holds a handle to it. */
    DEVICE_RELEASING = 3, /* The last handle went: being reset, then free again. */
    DEVICE_KERNEL = 4,    /* The kernel drives it. */
    DEVICE_FAILED = 5,    /* It could not be reset, so nobody else may have it. */
};

enum {
    DEVICE_BARS = 6,
    DEVICE_NAME_SIZE = 24,
    DEVICE_OWNER_SIZE = 32,
    DEVICE_CONFIG_SIZE = 256,
};

struct device_info {
    uint64_t id;                     /* For device_open. Constant while the machine runs. */
    uint64_t bar_sizes[DEVICE_BARS]; /* Bytes; 0: not there, in I/O space, or an upper half. */
    uint32_t bus;                    /* enum device_bus */
    uint32_t state;                  /* enum device_state */
    uint32_t class_code;             /* PCI: class, subclass, interface in the low 24 bits. */
    uint16_t vendor;
    uint16_t device;
    uint16_t subsystem_vendor;
    uint16_t subsystem;
    uint32_t vectors;              /* Interrupts that device_irq can give. */
    char name[DEVICE_NAME_SIZE];   /* "pci.00:01.0", NUL-ended. */
    char owner[DEVICE_OWNER_SIZE]; /* The cell of whoever claimed it, NUL-ended. */
};
_Static_assert(sizeof(struct device_info) == 136, "device_info");
