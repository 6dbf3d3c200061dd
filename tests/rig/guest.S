/* A guest without a system, for the test of the rig: it prints TEXT on the PL011 of QEMU's virt machine and
 * goes to END, one of the labels below. Position-independent; QEMU starts it with the MMU off. */
#define UART 0x09000000
#define UART_DATA 0x00
#define UART_FLAGS 0x18
#define UART_FLAGS_RX_EMPTY (1 << 4)
#define PSCI_SYSTEM_OFF 0x84000008 /* PSCI 1.1, 5.10; the virt machine's conduit is hvc. */

    .global _start
_start:
    mov x9, #UART
    adr x10, text
    bl print
    b END

/* Print the string at x10. */
print:
    ldrb w11, [x10], #1
    cbz w11, 1f
    str w11, [x9, #UART_DATA]
    b print
1:  ret

/* A thousand rounds of two instructions, and EXTRA, between marks 1 and 2 (tools/qemucount). */
count:
    hint #0x70
    mov x10, #1000
    hint #0x71
1:  EXTRA
    subs x10, x10, #1
    b.ne 1b
    hint #0x72
    b power_off

/* Send back a line that is typed, then power off. */
echo:
    ldr w11, [x9, #UART_FLAGS]
    tst w11, #UART_FLAGS_RX_EMPTY
    b.ne echo
    ldr w11, [x9, #UART_DATA]
    str w11, [x9, #UART_DATA]
    cmp w11, #'\n'
    b.ne echo

power_off:
    movz w0, #(PSCI_SYSTEM_OFF >> 16), lsl #16
    movk w0, #(PSCI_SYSTEM_OFF & 0xffff)
    hvc #0

hang:
    wfi
    b hang

text:
    .asciz TEXT
