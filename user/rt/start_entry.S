/* Where a program begins: the stack holds what the kernel laid out (kernel/process/spawn.c), and
 * nothing else is defined. */
    .section .text._start, "ax"
    .global _start
    .type _start, %function
_start:
    hint    #0x70                       // mark 0 of tools/qemucount; does nothing
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, sp
    b       start_program
    .size _start, . - _start
