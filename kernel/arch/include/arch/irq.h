/* The interrupt controller: interrupt ids, handlers, signals between CPUs. Handlers run with
 * interrupts masked, in interrupt context: they may not sleep. */
#pragma once

#include <abi/types.h>

#include <stdint.h>

enum irq_trigger {
    IRQ_LEVEL,
    IRQ_EDGE,
};

enum ipi {
    IPI_RESCHEDULE, /* Look at need_resched / the run queue. */
    IPI_DROP_SPACE, /* Leave a lazily kept address space. */
    IPI_STOP,       /* Panic elsewhere. */
    IPI_COUNT,
};

/* Handler for an interrupt id; one each. Starts disabled. */
void irq_attach(uint32_t intid, void (*handler)(void *), void *argument);
void irq_detach(uint32_t intid);
void irq_configure(uint32_t intid, enum irq_trigger trigger);
void irq_enable(uint32_t intid);
void irq_disable(uint32_t intid);
void ipi_send(uint32_t cpu, enum ipi ipi);

/* Message-signalled interrupts: a vector that a device raises by writing `data` to `address`.
 * @return NO_MEMORY when the frame has no vector left, NOT_SUPPORTED without one. */
status_t msi_alloc(uint32_t *out_intid, uint64_t *out_address, uint32_t *out_data);
void msi_free(uint32_t intid);
