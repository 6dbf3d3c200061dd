/* The console's UART: PL011 (Arm DDI 0183). Output is polled while the kernel speaks (panic, tests),
 * input comes by interrupt into the tty. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernel/mm/address.h"

/* Boot: where it is and which interrupt it has. Nothing is printed. */
void pl011_init(paddr_t base, uint32_t intid);
/* Write now, spinning while the FIFO is full. Any context, also in a panic. */
void pl011_write_polled(const char *text, size_t len);
/* Let input interrupts come, each byte through `receive` in interrupt context. */
void pl011_listen(void (*receive)(uint8_t byte));
