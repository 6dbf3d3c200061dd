// Exception vectors. Every exception saves a struct trap_frame on the kernel stack; SP_EL1 is the top
// of the current thread's stack whenever user mode runs. Kernel stacks have bit 14 of their
// addresses set and an unmapped 16 KiB below: a clear bit after making room means overflow.
#include "kernel/arch/aarch64/asm.h"

.macro save_frame
    sub     sp, sp, #FRAME_SIZE
    stp     x0, x1, [sp, #0]
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x21, sp_el0
    mrs     x22, elr_el1
    mrs     x23, spsr_el1
    stp     x30, x21, [sp, #240]
    stp     x22, x23, [sp, #256]
.endm

.macro restore_registers
    ldp     x0, x1, [sp, #0]
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    add     sp, sp, #FRAME_SIZE
.endm

.macro restore_frame
    ldp     x22, x23, [sp, #256]
    ldp     x30, x21, [sp, #240]
    msr     sp_el0, x21
    msr     elr_el1, x22
    msr     spsr_el1, x23
    restore_registers
.endm

.macro vector target
    .balign 128
    b       \target
.endm

// An entry has room for 32 instructions: a system call comes and goes within the table, and so within a page.
    .section .text.hot.vectors, "ax"
    .balign 2048
    .global vectors
vectors:
    vector  bad_exception           // EL1 with SP0: never used
    vector  bad_exception
    vector  bad_exception
    vector  bad_exception
    vector  kernel_sync
    vector  kernel_irq
    vector  bad_exception
    vector  bad_exception
    .balign 128
FUNCTION(user_sync)
    save_frame
    mrs     x1, esr_el1
    lsr     x2, x1, #26
    mov     x0, sp
    mov     x29, xzr
    cmp     x2, #0x15               // SVC from AArch64
    b.ne    user_fault
    adr     x30, user_return        // It returns there.
    b       syscall_enter
FUNCTION_END(user_sync)
    vector  user_irq
// After a call by the same thread, without an exception in the kernel, the registers of the return have their values still,
// and reading is cheaper than writing, a lot so where the machine is emulated.
FUNCTION(user_return)
    ldp     x22, x23, [sp, #256]
    ldp     x30, x21, [sp, #240]
    mrs     x24, sp_el0
    mrs     x25, elr_el1
    mrs     x26, spsr_el1
    eor     x24, x24, x21
    eor     x25, x25, x22
    eor     x26, x26, x23
    orr     x24, x24, x25
    orr     x24, x24, x26
    cbz     x24, 1f
    msr     sp_el0, x21
    msr     elr_el1, x22
    msr     spsr_el1, x23
1:  restore_registers
    eret
FUNCTION_END(user_return)
    vector  bad_exception
    vector  bad_exception
    vector  bad_exception           // AArch32: never entered
    vector  bad_exception
    vector  bad_exception
    vector  bad_exception
    .org    vectors + 15 * 128 + 4  // An error when an entry above is longer than its 32 instructions.

FUNCTION(user_fault)
    mrs     x2, far_el1
    bl      trap_user_sync
    b       user_return
FUNCTION_END(user_fault)

// _Noreturn void trap_return_to(struct trap_frame *): the frame is at the top of the stack.
FUNCTION(trap_return_to)
    mov     sp, x0
    b       user_return
FUNCTION_END(trap_return_to)

FUNCTION(user_irq)
    save_frame
    mov     x0, sp
    mov     x29, xzr
    bl      trap_user_irq
    b       user_return
FUNCTION_END(user_irq)

// What comes while the kernel runs is rarer.
    .section .text.exceptions, "ax"
FUNCTION(kernel_irq)
    save_frame
    add     x29, sp, #224
    mov     x0, sp
    bl      trap_kernel_irq
    restore_frame
    eret
FUNCTION_END(kernel_irq)

FUNCTION(kernel_sync)
    sub     sp, sp, #FRAME_SIZE
    add     sp, sp, x0              // Test a bit of sp without a spare register.
    sub     x0, sp, x0
    tbz     x0, #14, stack_overflow
    sub     x0, sp, x0
    sub     sp, sp, x0
    add     sp, sp, #FRAME_SIZE
    save_frame
    mov     x0, sp
    mrs     x1, esr_el1
    mrs     x2, far_el1
    bl      trap_kernel_sync
    restore_frame
    eret
stack_overflow:
    mrs     x0, tpidr_el1
    ldr     w1, [x0, #16]           // cpu->index
    load_address x2, emergency_stacks
    add     x1, x1, #1
    add     x2, x2, x1, lsl #12
    mov     x3, sp
    mov     sp, x2
    mov     x0, x3
    mrs     x1, elr_el1
    b       trap_stack_overflow
FUNCTION_END(kernel_sync)

FUNCTION(bad_exception)
    save_frame
    mov     x0, sp
    mrs     x1, esr_el1
    mrs     x2, far_el1
    bl      trap_bad
FUNCTION_END(bad_exception)
