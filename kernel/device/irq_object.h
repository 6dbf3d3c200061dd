/* Interrupts of a device as objects (OBJECT_IRQ): SIGNAL_EVENT while one is pending, however many came.
 * The holder acknowledges, then looks at the device; what comes after the acknowledgement is a new
 * event. An interrupt that comes again before it is acknowledged is masked until then, so that a
 * device cannot keep a CPU busy. When the claim is over, SIGNAL_ERROR. */
#pragma once

#include <abi/types.h>

struct cell;
struct device;
struct irq;
struct object;

/* MSI-X vector `index`. The caller gets the one reference. Thread context; may sleep.
 * @return NOT_SUPPORTED without MSI-X: interrupt lines are shared by whatever sits on them, and one
 *         driver could stop another's. INVALID (no such vector), BUSY (somebody has it), BAD_STATE,
 *         NO_MEMORY, LIMIT. */
status_t irq_create(struct device *device, uint32_t index, struct cell *cell, struct irq **out_irq);
struct object *irq_object(struct irq *irq);
/* Clear the event and let the next one come. Never sleeps. */
void irq_acknowledge(struct irq *irq);
