/* See pl011.h. Firmware or QEMU has set the line; only the interrupts are ours to program. */
#include "kernel/drivers/pl011.h"

#include <arch/irq.h>

#include "kernel/mm/mmio.h"
#include "lib/base/mmio.h"

enum {
    UARTDR = 0x00,
    UARTFR = 0x18,
    UARTLCR_H = 0x2c,
    UARTCR = 0x30,
    UARTIMSC = 0x38,
    UARTMIS = 0x40,
    UARTICR = 0x44,
};

enum {
    FR_RECEIVE_EMPTY = 1 << 4,
    FR_TRANSMIT_FULL = 1 << 5,
    LCR_FIFOS = 1 << 4,
    LCR_8_BITS = 3 << 5,
    CR_ON = 0x301, /* Enable, transmit, receive. */
    IRQ_RECEIVE = 1 << 4,
    IRQ_TRANSMIT = 1 << 5,
    IRQ_RECEIVE_TIMEOUT = 1 << 6,
};

static struct pl011 {
    paddr_t base;
    volatile void *registers; /* Mapped at the first use: a boot that says nothing needs none. */
    uint32_t intid;
    uint32_t irq_mask; /* Atomic. */
    void (*receive)(uint8_t byte);
    void (*has_room)(void);
} pl011;

void pl011_init(paddr_t base, uint32_t intid)
{
    pl011.base = base;
    pl011.intid = intid;
}

static bool pl011_open(void)
{
    if (pl011.registers == NULL && pl011.base.raw != 0) {
        pl011.registers = mmio_map(pl011.base, PAGE_SIZE);
        mmio_write32(pl011.registers, UARTLCR_H, LCR_FIFOS | LCR_8_BITS);
        mmio_write32(pl011.registers, UARTCR, CR_ON);
    }
    return pl011.registers != NULL;
}

void pl011_write_polled(const char *text, size_t len)
{
    if (!pl011_open())
        return;
    for (size_t i = 0; i < len; i++) {
        while (mmio_read32(pl011.registers, UARTFR) & FR_TRANSMIT_FULL)
            ;
        mmio_write32(pl011.registers, UARTDR, (uint8_t)text[i]);
    }
}

static void pl011_interrupt(void *argument)
{
    uint32_t asserted = mmio_read32(pl011.registers, UARTMIS);
    mmio_write32(pl011.registers, UARTICR, IRQ_RECEIVE | IRQ_RECEIVE_TIMEOUT | IRQ_TRANSMIT);
    while (!(mmio_read32(pl011.registers, UARTFR) & FR_RECEIVE_EMPTY))
        pl011.receive((uint8_t)mmio_read32(pl011.registers, UARTDR));
    if (asserted & IRQ_TRANSMIT)
        pl011.has_room();
}

void pl011_listen(void (*receive)(uint8_t byte), void (*has_room)(void))
{
    if (pl011.receive != NULL || !pl011_open())
        return;
    pl011.receive = receive;
    pl011.has_room = has_room;
    irq_attach(pl011.intid, pl011_interrupt, NULL);
    uint32_t mask =
        __atomic_or_fetch(&pl011.irq_mask, IRQ_RECEIVE | IRQ_RECEIVE_TIMEOUT, __ATOMIC_RELAXED);
    mmio_write32(pl011.registers, UARTIMSC, mask);
    irq_enable(pl011.intid);
    pl011_interrupt(NULL); /* What was typed before. */
}

void pl011_ask_room(bool wanted)
{
    uint32_t old = wanted ? __atomic_fetch_or(&pl011.irq_mask, IRQ_TRANSMIT, __ATOMIC_RELAXED)
                          : __atomic_fetch_and(&pl011.irq_mask, ~IRQ_TRANSMIT, __ATOMIC_RELAXED);
    if (((old & IRQ_TRANSMIT) != 0) != wanted && pl011.registers != NULL)
        mmio_write32(pl011.registers, UARTIMSC, pl011.irq_mask);
}
