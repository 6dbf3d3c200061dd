/* The interrupt controller: GICv2 and the v2m frame for message-signalled interrupts.
 * Source: Arm GIC Architecture Specification IHI 0048B (v2), Arm SBSA appendix (GICv2m).
 *
 * All state hangs from `gic`. Handlers are set before their interrupt is enabled, so dispatch
 * reads them without a lock. SGIs are the signals between CPUs. */
#include <arch/gic.h>

#include <arch/barrier.h>
#include <arch/cpu.h>
#include <arch/irq.h>

#include "kernel/base/log.h"
#include "kernel/base/spinlock.h"
#include "kernel/mm/mmio.h"
#include "kernel/sched/ipi.h"
#include "kernel/trace/tracepoint.h"
#include "lib/base/assert.h"
#include "lib/base/mmio.h"
#include <arch/traps.h>

enum {
    GICD_CTLR = 0x000,
    GICD_ISENABLER = 0x100,
    GICD_ICENABLER = 0x180,
    GICD_IPRIORITYR = 0x400,
    GICD_ITARGETSR = 0x800,
    GICD_ICFGR = 0xc00,
    GICD_SGIR = 0xf00,
    GICC_CTLR = 0x00,
    GICC_PMR = 0x04,
    GICC_IAR = 0x0c,
    GICC_EOIR = 0x10,
    V2M_TYPER = 0x008,
    V2M_SETSPI = 0x040,
};

enum {
    GIC_IDS = 1020,
    GIC_SPURIOUS = 1020, /* 1020..1023: nothing to take. */
    GIC_SGIS = 16,
    GIC_PRIORITY = 0xa0,
    MSI_VECTORS_MAX = 128,
};

struct irq_slot {
    void (*handler)(void *argument);
    void *argument;
};

static struct gic {
    struct spinlock lock; /* Read-modify-write of shared registers, and the MSI vectors. */
    volatile void *distributor;
    volatile void *cpu_interface;
    volatile void *msi;
    paddr_t msi_physical;
    uint32_t msi_first;
    uint32_t msi_count;
    uint64_t msi_used[MSI_VECTORS_MAX / 64];
    struct irq_slot slots[GIC_IDS];
} gic;

void gic_init(const struct gic_layout *layout)
{
    spin_init(&gic.lock, LOCK_DEVICE);
    gic.distributor = mmio_map(layout->distributor, PAGE_SIZE);
    gic.cpu_interface = mmio_map(layout->cpu_interface, PAGE_SIZE);
    gic.msi_physical = layout->msi;
    mmio_write32(gic.distributor, GICD_CTLR, 1);
    gic_init_cpu();
}

void gic_init_cpu(void)
{
    mmio_write32(gic.cpu_interface, GICC_PMR, 0xff);
    mmio_write32(gic.cpu_interface, GICC_CTLR, 1);
}

void irq_attach(uint32_t intid, void (*handler)(void *), void *argument)
{
    ASSERT(intid < GIC_IDS);
    ASSERT(gic.slots[intid].handler == NULL);
    gic.slots[intid].argument = argument;
    __atomic_store_n(&gic.slots[intid].handler, handler, __ATOMIC_RELEASE);
    if (intid < 32)
        return;
    /* Shared interrupts go to the first CPU; a byte each. */
    mmio_write8(gic.distributor, GICD_ITARGETSR + intid, 1);
    mmio_write8(gic.distributor, GICD_IPRIORITYR + intid, GIC_PRIORITY);
}

void irq_detach(uint32_t intid)
{
    irq_disable(intid);
    __atomic_store_n(&gic.slots[intid].handler, NULL, __ATOMIC_RELEASE);
}

void irq_configure(uint32_t intid, enum irq_trigger trigger)
{
    spin_lock(&gic.lock);
    uint32_t offset = GICD_ICFGR + intid / 16 * 4;
    uint32_t bit = 2u << intid % 16 * 2;
    uint32_t value = mmio_read32(gic.distributor, offset);
    mmio_write32(gic.distributor, offset, trigger == IRQ_EDGE ? value | bit : value & ~bit);
    spin_unlock(&gic.lock);
}

void irq_enable(uint32_t intid)
{
    mmio_write32(gic.distributor, GICD_ISENABLER + intid / 32 * 4, 1u << intid % 32);
}

void irq_disable(uint32_t intid)
{
    mmio_write32(gic.distributor, GICD_ICENABLER + intid / 32 * 4, 1u << intid % 32);
    __asm__ volatile("dsb sy" ::: "memory");
}

void ipi_send(uint32_t cpu, enum ipi ipi)
{
    __asm__ volatile("dsb ishst" ::: "memory"); /* What the signal is about is visible first. */
    mmio_write32(gic.distributor, GICD_SGIR, 1u << (16 + cpu) | ipi);
}

void irq_dispatch(void)
{
    cpu_this()->interrupts++;
    for (;;) {
        uint32_t acknowledged = mmio_read32(gic.cpu_interface, GICC_IAR);
        uint32_t intid = acknowledged & 0x3ff;
        if (intid >= GIC_SPURIOUS)
            return;
        if (intid < GIC_SGIS) {
            mmio_write32(gic.cpu_interface, GICC_EOIR, acknowledged);
            ipi_handle((enum ipi)intid);
            continue;
        }
        trace(TRACE_IRQ, intid, 0);
        struct irq_slot *slot = &gic.slots[intid];
        void (*handler)(void *) = __atomic_load_n(&slot->handler, __ATOMIC_ACQUIRE);
        if (handler == NULL)
            irq_disable(intid); /* Nobody wants it: it must not come back at once. */
        else
            handler(slot->argument);
        mmio_write32(gic.cpu_interface, GICC_EOIR, acknowledged);
        trace(TRACE_IRQ_EXIT, intid, 0);
    }
}

/* The frame is looked at when the first vector is asked for, not at boot. */
static status_t msi_open(void)
{
    if (gic.msi != NULL)
        return STATUS_OK;
    if (gic.msi_physical.raw == 0)
        return STATUS_NOT_SUPPORTED;
    volatile void *frame = mmio_map(gic.msi_physical, PAGE_SIZE);
    uint32_t type = mmio_read32(frame, V2M_TYPER);
    gic.msi_first = type >> 16 & 0x3ff;
    gic.msi_count = type & 0x3ff;
    if (gic.msi_first < 32 || gic.msi_first + gic.msi_count > GIC_IDS)
        return STATUS_NOT_SUPPORTED;
    if (gic.msi_count > MSI_VECTORS_MAX)
        gic.msi_count = MSI_VECTORS_MAX;
    gic.msi = frame;
    return STATUS_OK;
}

status_t msi_alloc(uint32_t *out_intid, uint64_t *out_address, uint32_t *out_data)
{
    spin_lock(&gic.lock);
    status_t status = msi_open();
    uint32_t index = 0;
    while (status == STATUS_OK && index < gic.msi_count &&
           (gic.msi_used[index / 64] & 1ull << index % 64))
        index++;
    if (status == STATUS_OK && index == gic.msi_count)
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        gic.msi_used[index / 64] |= 1ull << index % 64;
    spin_unlock(&gic.lock);
    if (status != STATUS_OK)
        return status;
    *out_intid = gic.msi_first + index;
    *out_address = gic.msi_physical.raw + V2M_SETSPI;
    *out_data = gic.msi_first + index;
    irq_configure(*out_intid, IRQ_EDGE);
    return STATUS_OK;
}

void msi_free(uint32_t intid)
{
    uint32_t index = intid - gic.msi_first;
    ASSERT(index < gic.msi_count);
    spin_lock(&gic.lock);
    gic.msi_used[index / 64] &= ~(1ull << index % 64);
    spin_unlock(&gic.lock);
}
