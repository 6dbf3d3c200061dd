/* The console's UART: PL011 (Arm DDI 0183). Output is polled while the kernel speaks (panic, tests),
 * input comes by interrupt into the tty. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/mm/address.h"

/* Boot: where it is and which interrupt it has. Nothing is printed. */
void pl011_init(paddr_t base, uint32_t intid);
/* Write now, spinning while the FIFO is full. Any context, also in a panic. */
void pl011_write_polled(const char *text, size_t len);
/* Let input interrupts come, each byte through `receive` in interrupt context; `has_room` is called there
 * too, when there is room to send and pl011_ask_room has asked for it. */
void pl011_listen(void (*receive)(uint8_t byte), void (*has_room)(void));
/* Until it is told otherwise. Any context. */
void pl011_ask_room(bool wanted);
