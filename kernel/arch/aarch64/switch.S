// Switching between kernel contexts: offsets of struct arch_context.
#include "kernel/arch/aarch64/asm.h"

    .section .text.hot.switch, "ax"
// struct arch_context *context_switch(struct arch_context *from, struct arch_context *to)
FUNCTION(context_switch)
    mov     x9, sp
    mrs     x10, tpidr_el0
    stp     x19, x20, [x0, #0]
    stp     x21, x22, [x0, #16]
    stp     x23, x24, [x0, #32]
    stp     x25, x26, [x0, #48]
    stp     x27, x28, [x0, #64]
    stp     x29, x30, [x0, #80]
    stp     x9, x10, [x0, #96]
    ldp     x19, x20, [x1, #0]
    ldp     x21, x22, [x1, #16]
    ldp     x23, x24, [x1, #32]
    ldp     x25, x26, [x1, #48]
    ldp     x27, x28, [x1, #64]
    ldp     x29, x30, [x1, #80]
    ldp     x9, x10, [x1, #96]
    mov     sp, x9
    msr     tpidr_el0, x10
    ret                             // x0 is still what was left
FUNCTION_END(context_switch)

// First switch to a kernel thread: x19 entry, x20 argument.
FUNCTION(context_first_kernel)
    bl      schedule_tail
    mov     x0, x20
    blr     x19
    b       thread_exit
FUNCTION_END(context_first_kernel)

// First switch to a user thread: its frame lies on top of the stack.
FUNCTION(context_first_user)
    bl      schedule_tail
    bl      trap_first_return
    b       user_return
FUNCTION_END(context_first_user)

// void fp_save(struct arch_fp_state *)
FUNCTION(fp_save)
    .arch armv8-a+fp+simd
    stp     q0, q1, [x0, #0]
    stp     q2, q3, [x0, #32]
    stp     q4, q5, [x0, #64]
    stp     q6, q7, [x0, #96]
    stp     q8, q9, [x0, #128]
    stp     q10, q11, [x0, #160]
    stp     q12, q13, [x0, #192]
    stp     q14, q15, [x0, #224]
    stp     q16, q17, [x0, #256]
    stp     q18, q19, [x0, #288]
    stp     q20, q21, [x0, #320]
    stp     q22, q23, [x0, #352]
    stp     q24, q25, [x0, #384]
    stp     q26, q27, [x0, #416]
    stp     q28, q29, [x0, #448]
    stp     q30, q31, [x0, #480]
    mrs     x1, fpcr
    mrs     x2, fpsr
    add     x0, x0, #512
    stp     w1, w2, [x0]
    ret
FUNCTION_END(fp_save)

// void fp_load(const struct arch_fp_state *)
FUNCTION(fp_load)
    ldp     q0, q1, [x0, #0]
    ldp     q2, q3, [x0, #32]
    ldp     q4, q5, [x0, #64]
    ldp     q6, q7, [x0, #96]
    ldp     q8, q9, [x0, #128]
    ldp     q10, q11, [x0, #160]
    ldp     q12, q13, [x0, #192]
    ldp     q14, q15, [x0, #224]
    ldp     q16, q17, [x0, #256]
    ldp     q18, q19, [x0, #288]
    ldp     q20, q21, [x0, #320]
    ldp     q22, q23, [x0, #352]
    ldp     q24, q25, [x0, #384]
    ldp     q26, q27, [x0, #416]
    ldp     q28, q29, [x0, #448]
    ldp     q30, q31, [x0, #480]
    add     x0, x0, #512
    ldp     w1, w2, [x0]
    msr     fpcr, x1
    msr     fpsr, x2
    ret
FUNCTION_END(fp_load)
