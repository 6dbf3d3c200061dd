// The cancellation point: cancel_point_call(x0: struct blocking_call *, x1: const volatile int *asked).
//
// Between __cp_begin and __cp_end there is one svc, and the thread owns nothing. A handler that
// finds the program counter there sets it to __cp_cancel. The registers for the call are loaded
// before the word is looked at; the kernel keeps all registers but those that carry results, so that
// x9 still names the structure afterwards.
    .text
    .global cancel_point_call
    .type cancel_point_call, %function
    .global __cp_begin
    .global __cp_end
    .global __cp_cancel
    .hidden __cp_begin
    .hidden __cp_end
    .hidden __cp_cancel
cancel_point_call:
    mov     x9, x0
    mov     x10, x1
    ldp     x8, x0, [x9]
    ldp     x1, x2, [x9, #16]
    ldp     x3, x4, [x9, #32]
    ldp     x5, x6, [x9, #48]
__cp_begin:
    ldr     w10, [x10]
    cbnz    w10, __cp_cancel
    svc     #0
__cp_end:
    stp     x1, x2, [x9, #64]
    mov     w0, w0
    ret
__cp_cancel:
    b       cancel_take
    .size cancel_point_call, . - cancel_point_call

// plain_call(x0: struct blocking_call *): the same outside the marks, for what is no cancellation point.
    .global plain_call
    .type plain_call, %function
plain_call:
    mov     x9, x0
    ldp     x8, x0, [x9]
    ldp     x1, x2, [x9, #16]
    ldp     x3, x4, [x9, #32]
    ldp     x5, x6, [x9, #48]
    svc     #0
    stp     x1, x2, [x9, #64]
    mov     w0, w0
    ret
    .size plain_call, . - plain_call

    .section .note.GNU-stack, "", %progbits
