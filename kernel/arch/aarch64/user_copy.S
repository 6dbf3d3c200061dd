// Access to user memory, and only here: LDTR and STTR reach it with the rights of EL0, so neither a
// kernel address nor a page that user space may not touch gets through, with PAN or without
// (Arm ARM C3.2.5). A fault that cannot be resolved continues at user_copy_fault: these are leaf
// functions that keep no stack, so it just returns 1.
#include "kernel/arch/aarch64/asm.h"

    .section .text.hot.copy, "ax"
// Each copy is there twice: see the two ranges below.
.macro copy_from_user
    subs    x2, x2, #128
    b.lo    2f
1:
    ldtr    x3, [x1, #0]
    ldtr    x4, [x1, #8]
    ldtr    x5, [x1, #16]
    ldtr    x6, [x1, #24]
    ldtr    x7, [x1, #32]
    ldtr    x8, [x1, #40]
    ldtr    x9, [x1, #48]
    ldtr    x10, [x1, #56]
    stp     x3, x4, [x0, #0]
    stp     x5, x6, [x0, #16]
    stp     x7, x8, [x0, #32]
    stp     x9, x10, [x0, #48]
    ldtr    x3, [x1, #64]
    ldtr    x4, [x1, #72]
    ldtr    x5, [x1, #80]
    ldtr    x6, [x1, #88]
    ldtr    x7, [x1, #96]
    ldtr    x8, [x1, #104]
    ldtr    x9, [x1, #112]
    ldtr    x10, [x1, #120]
    stp     x3, x4, [x0, #64]
    stp     x5, x6, [x0, #80]
    stp     x7, x8, [x0, #96]
    stp     x9, x10, [x0, #112]
    add     x1, x1, #128
    add     x0, x0, #128
    subs    x2, x2, #128
    b.hs    1b
2:  tbz     x2, #6, 8f
    ldtr    x3, [x1, #0]
    ldtr    x4, [x1, #8]
    ldtr    x5, [x1, #16]
    ldtr    x6, [x1, #24]
    ldtr    x7, [x1, #32]
    ldtr    x8, [x1, #40]
    ldtr    x9, [x1, #48]
    ldtr    x10, [x1, #56]
    add     x1, x1, #64
    stp     x3, x4, [x0], #16
    stp     x5, x6, [x0], #16
    stp     x7, x8, [x0], #16
    stp     x9, x10, [x0], #16
8:  tbz     x2, #5, 3f
    ldtr    x3, [x1, #0]
    ldtr    x4, [x1, #8]
    ldtr    x5, [x1, #16]
    ldtr    x6, [x1, #24]
    add     x1, x1, #32
    stp     x3, x4, [x0], #16
    stp     x5, x6, [x0], #16
3:  tbz     x2, #4, 4f
    ldtr    x3, [x1, #0]
    ldtr    x4, [x1, #8]
    add     x1, x1, #16
    stp     x3, x4, [x0], #16
4:  tbz     x2, #3, 5f
    ldtr    x3, [x1]
    add     x1, x1, #8
    str     x3, [x0], #8
5:  and     x2, x2, #7
    cbz     x2, 7f
6:  ldtrb   w3, [x1]
    add     x1, x1, #1
    strb    w3, [x0], #1
    subs    x2, x2, #1
    b.ne    6b
7:  mov     x0, #0
    ret
.endm

.macro copy_to_user
    subs    x2, x2, #128
    b.lo    2f
1:
    ldp     x3, x4, [x1, #0]
    ldp     x5, x6, [x1, #16]
    ldp     x7, x8, [x1, #32]
    ldp     x9, x10, [x1, #48]
    sttr    x3, [x0, #0]
    sttr    x4, [x0, #8]
    sttr    x5, [x0, #16]
    sttr    x6, [x0, #24]
    sttr    x7, [x0, #32]
    sttr    x8, [x0, #40]
    sttr    x9, [x0, #48]
    sttr    x10, [x0, #56]
    ldp     x3, x4, [x1, #64]
    ldp     x5, x6, [x1, #80]
    ldp     x7, x8, [x1, #96]
    ldp     x9, x10, [x1, #112]
    sttr    x3, [x0, #64]
    sttr    x4, [x0, #72]
    sttr    x5, [x0, #80]
    sttr    x6, [x0, #88]
    sttr    x7, [x0, #96]
    sttr    x8, [x0, #104]
    sttr    x9, [x0, #112]
    sttr    x10, [x0, #120]
    add     x1, x1, #128
    add     x0, x0, #128
    subs    x2, x2, #128
    b.hs    1b
2:  tbz     x2, #6, 8f
    ldp     x3, x4, [x1, #0]
    ldp     x5, x6, [x1, #16]
    ldp     x7, x8, [x1, #32]
    ldp     x9, x10, [x1, #48]
    sttr    x3, [x0, #0]
    sttr    x4, [x0, #8]
    sttr    x5, [x0, #16]
    sttr    x6, [x0, #24]
    sttr    x7, [x0, #32]
    sttr    x8, [x0, #40]
    sttr    x9, [x0, #48]
    sttr    x10, [x0, #56]
    add     x1, x1, #64
    add     x0, x0, #64
8:  tbz     x2, #5, 3f
    ldp     x3, x4, [x1], #16
    ldp     x5, x6, [x1], #16
    sttr    x3, [x0, #0]
    sttr    x4, [x0, #8]
    sttr    x5, [x0, #16]
    sttr    x6, [x0, #24]
    add     x0, x0, #32
3:  tbz     x2, #4, 4f
    ldp     x3, x4, [x1], #16
    sttr    x3, [x0, #0]
    sttr    x4, [x0, #8]
    add     x0, x0, #16
4:  tbz     x2, #3, 5f
    ldr     x3, [x1], #8
    sttr    x3, [x0]
    add     x0, x0, #8
5:  and     x2, x2, #7
    cbz     x2, 7f
6:  ldrb    w3, [x1], #1
    sttrb   w3, [x0]
    add     x0, x0, #1
    subs    x2, x2, #1
    b.ne    6b
7:  mov     x0, #0
    ret
.endm

// A fault in this range is resolved first, which may sleep.
    .global user_copy_begin
user_copy_begin:

// uint64_t arch_user_read(void *dst, uint64_t src, size_t len): 0, or 1 after a fault
FUNCTION(arch_user_read)
    copy_from_user
FUNCTION_END(arch_user_read)

// uint64_t arch_user_write(uint64_t dst, const void *src, size_t len)
FUNCTION(arch_user_write)
    copy_to_user
FUNCTION_END(arch_user_write)

// uint64_t arch_user_zero(uint64_t dst, size_t len)
FUNCTION(arch_user_zero)
    cbz     x1, 3f
1:  cmp     x1, #8
    b.lo    2f
    sttr    xzr, [x0]
    add     x0, x0, #8
    subs    x1, x1, #8
    b.ne    1b
    b       3f
2:  sttrb   wzr, [x0]
    add     x0, x0, #1
    subs    x1, x1, #1
    b.ne    2b
3:  mov     x0, #0
    ret
FUNCTION_END(arch_user_zero)

// uint64_t arch_user_read_sum(void *dst, uint64_t src, size_t len, uint64_t *sum)
// Copies and adds 64-bit words with end-around carry; the caller folds to 16 bits.
FUNCTION(arch_user_read_sum)
    ldr     x11, [x3]
    lsr     x12, x2, #5
    cbz     x12, 2f
    adds    x11, x11, xzr           // clear carry
1:  ldtr    x4, [x1, #0]
    ldtr    x5, [x1, #8]
    ldtr    x6, [x1, #16]
    ldtr    x7, [x1, #24]
    adcs    x11, x11, x4
    adcs    x11, x11, x5
    adcs    x11, x11, x6
    adcs    x11, x11, x7
    stp     x4, x5, [x0], #16
    stp     x6, x7, [x0], #16
    add     x1, x1, #32
    sub     x12, x12, #1
    cbnz    x12, 1b
    adc     x11, x11, xzr
2:  and     x2, x2, #31
3:  cmp     x2, #8
    b.lo    4f
    ldtr    x4, [x1]
    add     x1, x1, #8
    str     x4, [x0], #8
    adds    x11, x11, x4
    adc     x11, x11, xzr
    sub     x2, x2, #8
    b       3b
4:  cbz     x2, 6f
    mov     x6, #0                  // the last bytes, as a little-endian word
    mov     x7, #0
5:  ldtrb   w4, [x1]
    add     x1, x1, #1
    strb    w4, [x0], #1
    lsl     x5, x4, x7
    orr     x6, x6, x5
    add     x7, x7, #8
    subs    x2, x2, #1
    b.ne    5b
    adds    x11, x11, x6
    adc     x11, x11, xzr
6:  str     x11, [x3]
    mov     x0, #0
    ret
FUNCTION_END(arch_user_read_sum)

// uint64_t arch_user_read_u32(uint64_t src, uint32_t *out)
FUNCTION(arch_user_read_u32)
    ldtr    w2, [x0]
    str     w2, [x1]
    mov     x0, #0
    ret
FUNCTION_END(arch_user_read_u32)

    .global user_copy_end
user_copy_end:

    .global user_copy_fault
user_copy_fault:
    mov     x0, #1
    ret

// A fault in this range ends the copy at once: for callers that hold a spinlock.
    .section .text.hot.copy_now, "ax"
    .global user_now_begin
user_now_begin:

// uint64_t arch_user_read_now(void *dst, uint64_t src, size_t len)
FUNCTION(arch_user_read_now)
    copy_from_user
FUNCTION_END(arch_user_read_now)

// uint64_t arch_user_write_now(uint64_t dst, const void *src, size_t len)
FUNCTION(arch_user_write_now)
    copy_to_user
FUNCTION_END(arch_user_write_now)

    .global user_now_end
user_now_end:
