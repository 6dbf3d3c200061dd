// memcpy, in the place of musl's, which copies 64 bytes by ten instructions whatever the size. A copy of a page or more goes
// through the 128-bit registers, 128 bytes by ten instructions; a smaller one keeps away from them, since the kernel gives
// them to a thread by a trap and then has them to save (kernel/arch/aarch64/context.c).
//
// Ends are copied by loads that may overlap what the loop copies: the areas do not overlap, so the same bytes are
// written twice. Unaligned accesses are fine on normal memory.

    .equ    LARGE_SIZE, 4096

    .text
    .global memcpy
    .type memcpy, %function
    .balign 16
memcpy:
    add     x4, x1, x2                  // Ends.
    add     x5, x0, x2
    cmp     x2, #16
    b.ls    memcpy_to_16
    ldp     x6, x7, [x1]
    ldp     x8, x9, [x4, #-16]
    cmp     x2, #32
    b.hi    1f
    stp     x6, x7, [x0]
    stp     x8, x9, [x5, #-16]
    ret
1:  cmp     x2, #64
    b.hi    2f
    ldp     x10, x11, [x1, #16]
    ldp     x12, x13, [x4, #-32]
    stp     x6, x7, [x0]
    stp     x10, x11, [x0, #16]
    stp     x12, x13, [x5, #-32]
    stp     x8, x9, [x5, #-16]
    ret

    // Turns of 64 bytes while more than 64 are left, then the last 64.
2:  cmp     x2, #LARGE_SIZE
    b.hs    memcpy_large
    mov     x3, x0
    sub     x2, x2, #64
3:  ldp     x6, x7, [x1], #64
    ldp     x8, x9, [x1, #-48]
    ldp     x10, x11, [x1, #-32]
    ldp     x12, x13, [x1, #-16]
    stp     x6, x7, [x3], #64
    stp     x8, x9, [x3, #-48]
    stp     x10, x11, [x3, #-32]
    stp     x12, x13, [x3, #-16]
    subs    x2, x2, #64
    b.hi    3b
    ldp     x6, x7, [x4, #-64]
    ldp     x8, x9, [x4, #-48]
    ldp     x10, x11, [x4, #-32]
    ldp     x12, x13, [x4, #-16]
    stp     x6, x7, [x5, #-64]
    stp     x8, x9, [x5, #-48]
    stp     x10, x11, [x5, #-32]
    stp     x12, x13, [x5, #-16]
    ret

    .balign 16
memcpy_to_16:
    tbz     x2, #4, 1f
    ldp     x6, x7, [x1]
    stp     x6, x7, [x0]
    ret
1:  tbz     x2, #3, 2f
    ldr     x6, [x1]
    ldr     x7, [x4, #-8]
    str     x6, [x0]
    str     x7, [x5, #-8]
    ret
2:  tbz     x2, #2, 3f
    ldr     w6, [x1]
    ldr     w7, [x4, #-4]
    str     w6, [x0]
    str     w7, [x5, #-4]
    ret
3:  cbz     x2, 4f
    ldrb    w6, [x1]
    ldrb    w7, [x4, #-1]
    tbz     x2, #1, 5f
    ldrh    w6, [x1]
    strh    w6, [x0]
    strb    w7, [x5, #-1]
4:  ret
5:  strb    w6, [x0]
    ret

    // The first 16 bytes, so that stores are aligned from then on; turns of 128 while more than 128 are left; the last 128.
    .balign 16
memcpy_large:
    stp     x6, x7, [x0]
    add     x3, x0, #16
    and     x3, x3, #~15
    sub     x6, x3, x0
    add     x1, x1, x6
    sub     x2, x2, x6
    sub     x2, x2, #128
1:  ldp     q0, q1, [x1], #128
    ldp     q2, q3, [x1, #-96]
    ldp     q4, q5, [x1, #-64]
    ldp     q6, q7, [x1, #-32]
    stp     q0, q1, [x3], #128
    stp     q2, q3, [x3, #-96]
    stp     q4, q5, [x3, #-64]
    stp     q6, q7, [x3, #-32]
    subs    x2, x2, #128
    b.hi    1b
    ldp     q0, q1, [x4, #-128]
    ldp     q2, q3, [x4, #-96]
    ldp     q4, q5, [x4, #-64]
    ldp     q6, q7, [x4, #-32]
    stp     q0, q1, [x5, #-128]
    stp     q2, q3, [x5, #-96]
    stp     q4, q5, [x5, #-64]
    stp     q6, q7, [x5, #-32]
    ret
    .size memcpy, . - memcpy
