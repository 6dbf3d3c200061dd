// Entry. The boot loader enters at the first byte with the MMU off, x0 = physical address of the
// device tree (Linux arm64 boot protocol, Documentation/arch/arm64/booting). Everything up to
// `high` runs at physical addresses: only PC-relative references.
#include "kernel/arch/aarch64/asm.h"

    .section .head, "ax"
    .global _start
_start:
    b       boot                        // code0
    .long   0                           // code1
    .quad   0                           // text_offset
    .quad   image_size
    .quad   0xa                         // little endian, 4 KiB pages, placed anywhere
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

boot:
    mov     x20, x0
    bl      enter_el1
    load_address x0, bss_start
    load_address x1, bss_end
1:  stp     xzr, xzr, [x0], #16
    stp     xzr, xzr, [x0], #16
    stp     xzr, xzr, [x0], #16
    stp     xzr, xzr, [x0], #16
    cmp     x0, x1
    b.lo    1b
    load_address x0, boot_stack_top
    mov     sp, x0
    load_address x0, image_start
    mov     x1, x20
    bl      boot_map
    load_address x19, image_start       // physical
    bl      mmu_on
    ldr     x9, =high
    br      x9

// Drop from EL2 to EL1 if need be; returns to the caller at EL1 with interrupts masked.
enter_el1:
    mrs     x9, CurrentEL
    cmp     x9, #(2 << 2)
    b.ne    1f
    mov     x9, #(1 << 31)              // HCR_EL2.RW: EL1 is AArch64
    msr     hcr_el2, x9
    mrs     x9, cnthctl_el2
    orr     x9, x9, #3                  // the counter and timer belong to EL1
    msr     cnthctl_el2, x9
    msr     cntvoff_el2, xzr
    mov     x9, #0x33ff                 // CPTR_EL2: trap nothing
    msr     cptr_el2, x9
    mrs     x9, midr_el1
    msr     vpidr_el2, x9
    mrs     x9, mpidr_el1
    msr     vmpidr_el2, x9
    mov     x9, #0x3c5                  // EL1h, all masked
    msr     spsr_el2, x9
    msr     elr_el2, x30
    mov     x9, #0x0800
    movk    x9, #0x30d0, lsl #16        // SCTLR_EL1: its RES1 bits
    msr     sctlr_el1, x9
    eret
1:  msr     daifset, #0xf
    ret

// Turn translation on with boot_map's tables. Runs in the identity mapping.
mmu_on:
    load_address x0, boot_identity_table
    load_address x1, kernel_table
    msr     ttbr0_el1, x0
    msr     ttbr1_el1, x1
    load_address x2, boot_registers     // MAIR, TCR, SCTLR as boot_map chose them
    ldp     x3, x4, [x2]
    ldr     x5, [x2, #16]
    msr     mair_el1, x3
    msr     tcr_el1, x4
    mov     x6, #(1 << 20)              // FPEN = 01: user FP traps, the kernel may save and load
    msr     cpacr_el1, x6
    mov     x6, #2                      // EL0VCTEN: user space reads the virtual counter
    msr     cntkctl_el1, x6
    isb
    tlbi    vmalle1
    dsb     nsh
    ic      iallu
    dsb     nsh
    isb
    tbz     x5, #31, 2f                 // EnIA: the kernel signs its return addresses
    load_address x7, boot_registers
    ldp     x8, x9, [x7, #24]
    msr     S3_0_C2_C1_0, x8            // APIAKeyLo_EL1
    msr     S3_0_C2_C1_1, x9            // APIAKeyHi_EL1
2:  msr     sctlr_el1, x5
    isb
    ret

high:
    hint    #36                         // BTI j
    ldr     x9, =boot_stack_top
    mov     sp, x9
    ldr     x9, =vectors
    msr     vbar_el1, x9
    ldr     x9, =cpus
    msr     tpidr_el1, x9
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, x20                     // device tree, physical
    mov     x1, x19                     // image, physical
    b       kernel_main

// PSCI CPU_ON enters here with x0 = virtual address of the struct cpu; its idle thread's stack is
// in the second word.
    .global secondary_start
secondary_start:
    mov     x20, x0
    bl      enter_el1
    bl      mmu_on
    ldr     x9, =1f
    br      x9
1:  hint    #36
    ldr     x9, [x20, #8]
    mov     sp, x9
    ldr     x9, =vectors
    msr     vbar_el1, x9
    msr     tpidr_el1, x20
    mov     x29, xzr
    mov     x30, xzr
    b       secondary_main
    .ltorg
