/* What the first instructions and the later set-up of memory share. */
#pragma once

#include <stdint.h>

/* From kernel.ld. */
extern uint8_t image_start[], image_rodata[], image_data[], image_end[];

struct boot_registers {
    uint64_t mair;
    uint64_t tcr;
    uint64_t sctlr;
    uint64_t pointer_key[2]; /* Of return addresses, where the CPU signs them. */
};

extern struct boot_registers boot_registers;
extern uint64_t boot_identity_table[];
extern uint64_t empty_table[];
extern uint64_t kernel_table[];
extern uint64_t boot_linear_level2[2][512];

/* Physical addresses of the image and of the device tree. MMU off. */
void boot_map(uint64_t image, uint64_t tree);

_Noreturn void kernel_main(uint64_t tree, uint64_t image);
_Noreturn void secondary_main(void);
extern uint8_t secondary_start[];

/* Physical address that IMAGE_BASE is mapped to. */
uint64_t image_physical(void);
/* Map RAM into the linear range. Boot only. */
void mmu_map_linear(uint64_t start, uint64_t end);
/* No CPU will be started any more. */
void mmu_drop_identity(void);
/* This CPU goes on with the empty user half. */
void mmu_leave_identity(void);
