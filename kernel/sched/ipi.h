/* What a CPU does when another signals it. Interrupt context. */
#pragma once

#include <arch/irq.h>

void ipi_handle(enum ipi ipi);
