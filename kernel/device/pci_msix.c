/* MSI-X (PCI 3.0, 6.8.2): the capability, the table of vectors, and what a driver must not reach. The
 * table decides where a function writes and thereby which interrupts it raises, so only the kernel
 * maps it, and no page with a part of it is ever given away. */
#include "kernel/device/pci.h"

#include "kernel/device/pci_config.h"
#include "lib/base/assert.h"
#include "lib/base/mmio.h"

enum {
    MSIX_CONTROL_ENABLE = 1u << 31, /* In the first word of the capability. */
    MSIX_CONTROL_MASK_ALL = 1u << 30,
    MSIX_CONTROL_SIZE_SHIFT = 16,
    MSIX_CONTROL_SIZE_MASK = 0x7ff,
    MSIX_TABLE = 4,
    MSIX_PENDING = 8,
    MSIX_BAR_MASK = 7,
    MSIX_CAPABILITY_SIZE = 12,
    ENTRY_ADDRESS_LOW = 0,
    ENTRY_ADDRESS_HIGH = 4,
    ENTRY_DATA = 8,
    ENTRY_CONTROL = 12,
    ENTRY_MASKED = 1,
};

void pci_msix_read(const struct pci_access *access, struct pci_function *function, uint32_t offset)
{
    if (offset + MSIX_CAPABILITY_SIZE > 256)
        return;
    uint32_t control = access->read(access->context, function->address, offset);
    uint32_t table = access->read(access->context, function->address, offset + MSIX_TABLE);
    uint32_t pending = access->read(access->context, function->address, offset + MSIX_PENDING);
    function->msix = (struct pci_msix){
        .capability = (uint8_t)offset,
        .table_bar = table & MSIX_BAR_MASK,
        .pending_bar = pending & MSIX_BAR_MASK,
        .vectors = (uint16_t)((control >> MSIX_CONTROL_SIZE_SHIFT & MSIX_CONTROL_SIZE_MASK) + 1),
        .table_offset = table & ~(uint32_t)MSIX_BAR_MASK,
        .pending_offset = pending & ~(uint32_t)MSIX_BAR_MASK,
    };
}

static uint64_t table_size(const struct pci_msix *msix)
{
    return (uint64_t)msix->vectors * PCI_MSIX_ENTRY_SIZE;
}

static uint64_t pending_size(const struct pci_msix *msix)
{
    return (msix->vectors + 63ull) / 64 * 8;
}

static bool is_inside(const struct pci_function *function, uint32_t bar, uint64_t offset,
                      uint64_t size_bytes)
{
    return bar < DEVICE_BARS && offset <= function->bars[bar].size_bytes &&
           size_bytes <= function->bars[bar].size_bytes - offset;
}

void pci_msix_check(struct pci_function *function)
{
    const struct pci_msix *msix = &function->msix;
    if (msix->capability == 0)
        return;
    bool apart = msix->table_bar != msix->pending_bar ||
                 msix->table_offset + table_size(msix) <= msix->pending_offset ||
                 msix->pending_offset + pending_size(msix) <= msix->table_offset;
    if (!apart || !is_inside(function, msix->table_bar, msix->table_offset, table_size(msix)) ||
        !is_inside(function, msix->pending_bar, msix->pending_offset, pending_size(msix)))
        function->msix = (struct pci_msix){ 0 };
}

void pci_msix_enable(const struct pci_access *access, const struct pci_function *function,
                     bool enable)
{
    ASSERT(function->msix.capability != 0);
    access->write(access->context, function->address, function->msix.capability,
                  enable ? MSIX_CONTROL_ENABLE : 0);
}

void pci_msix_program(volatile void *table, uint32_t vector, uint64_t address, uint32_t data)
{
    uint32_t entry = vector * PCI_MSIX_ENTRY_SIZE;
    mmio_write32(table, entry + ENTRY_CONTROL, ENTRY_MASKED); /* Not half of the old message. */
    mmio_write32(table, entry + ENTRY_ADDRESS_LOW, (uint32_t)address);
    mmio_write32(table, entry + ENTRY_ADDRESS_HIGH, (uint32_t)(address >> 32));
    mmio_write32(table, entry + ENTRY_DATA, data);
    mmio_write32(table, entry + ENTRY_CONTROL, 0);
}

void pci_msix_mask(volatile void *table, uint32_t vector)
{
    mmio_write32(table, vector * PCI_MSIX_ENTRY_SIZE + ENTRY_CONTROL, ENTRY_MASKED);
}

/* Whether [a, a + a_len) has a page in common with [b, b + b_len). */
static bool shares_page(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
    return page_down(a) < page_up(b + b_len) && page_down(b) < page_up(a + a_len);
}

status_t pci_range_check(const struct pci_function *function, uint32_t bar, uint64_t offset,
                         uint64_t len)
{
    if (bar >= DEVICE_BARS || function->bars[bar].address.raw == 0 || len == 0 ||
        (offset & PAGE_MASK) != 0 || (len & PAGE_MASK) != 0)
        return STATUS_INVALID;
    uint64_t size = page_up(function->bars[bar].size_bytes);
    if (offset > size || len > size - offset)
        return STATUS_INVALID;
    const struct pci_msix *msix = &function->msix;
    if (msix->capability == 0)
        return STATUS_OK;
    if (msix->table_bar == bar && shares_page(offset, len, msix->table_offset, table_size(msix)))
        return STATUS_INVALID;
    if (msix->pending_bar == bar &&
        shares_page(offset, len, msix->pending_offset, pending_size(msix)))
        return STATUS_INVALID;
    return STATUS_OK;
}
