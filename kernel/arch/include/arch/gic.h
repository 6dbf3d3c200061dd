/* GICv2 with its v2m frame; boot only, the run-time interface is <arch/irq.h>. */
#pragma once

#include <stdint.h>

#include "kernel/mm/address.h"

/* Physical bases from the device tree. msi_base 0: no v2m frame. */
struct gic_layout {
    paddr_t distributor;
    paddr_t cpu_interface;
    uint64_t cpu_interface_size;
    paddr_t msi;
};

void gic_init(const struct gic_layout *layout);
/* The banked part: each CPU for itself. */
void gic_init_cpu(void);
