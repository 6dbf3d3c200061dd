/* One PCI function: header, BARs, capabilities. See pci.h. */
#include "kernel/device/pci.h"

#include "kernel/device/pci_config.h"

enum {
    BAR_ATTRIBUTES = 0xf,
    CAPABILITIES_MAX = (256 - PCI_HEADER_END) / 4,
    LOW_BAR_MAX = 1 << 20, /* Larger ones go high, if they can. */
};
#define BAR_SIZE_MAX (1ull << 40)

static uint32_t config_read(const struct pci_access *access, const struct pci_function *function,
                            uint32_t offset)
{
    return access->read(access->context, function->address, offset);
}

static void config_write(const struct pci_access *access, const struct pci_function *function,
                         uint32_t offset, uint32_t value)
{
    access->write(access->context, function->address, offset, value);
}

void pci_function_command(const struct pci_access *access, const struct pci_function *function,
                          bool memory, bool master)
{
    uint32_t command = PCI_COMMAND_NO_INTX;
    if (memory)
        command |= PCI_COMMAND_MEMORY;
    if (master)
        command |= PCI_COMMAND_MASTER;
    config_write(access, function, PCI_COMMAND, command);
}

/* --- BARs: size ------------------------------------------------------------------------------ */

/* What a register keeps of all ones; its content is as before afterwards. */
static uint32_t bar_probe(const struct pci_access *access, const struct pci_function *function,
                          uint32_t index, uint32_t *out_value)
{
    uint32_t offset = PCI_BAR + index * 4;
    *out_value = config_read(access, function, offset);
    config_write(access, function, offset, UINT32_MAX);
    uint32_t kept = config_read(access, function, offset);
    config_write(access, function, offset, *out_value);
    return kept;
}

/* The size that a mask of writable bits stands for; 0 for one that stands for none. */
static uint64_t size_of_mask(uint64_t mask)
{
    uint64_t size = ~mask + 1;
    bool is_power = size != 0 && (size & (size - 1)) == 0;
    return is_power && size <= BAR_SIZE_MAX ? size : 0;
}

/* @return how many registers the BAR takes. */
static uint32_t bar_read(const struct pci_access *access, struct pci_function *function,
                         uint32_t index, uint32_t bar_count)
{
    uint32_t value, high;
    struct pci_bar *bar = &function->bars[index];
    uint32_t kept = bar_probe(access, function, index, &value);
    if (value & PCI_BAR_IO)
        return 1;
    bar->is_64 = (value & PCI_BAR_TYPE_MASK) == PCI_BAR_TYPE_64;
    uint64_t mask = kept & ~(uint32_t)BAR_ATTRIBUTES;
    if (!bar->is_64) {
        bar->size_bytes = mask == 0 ? 0 : size_of_mask(mask | 0xffffffff00000000ull);
        return 1;
    }
    if (index + 1 == bar_count) { /* An upper half that does not exist. */
        bar->is_64 = false;
        return 1;
    }
    mask |= (uint64_t)bar_probe(access, function, index + 1, &high) << 32;
    bar->size_bytes = mask == 0 ? 0 : size_of_mask(mask);
    return 2;
}

static void bars_read(const struct pci_access *access, struct pci_function *function)
{
    uint32_t bar_count = function->is_bridge ? 2 : DEVICE_BARS;
    for (uint32_t i = 0; i < bar_count;)
        i += bar_read(access, function, i, bar_count);
}

/* --- BARs: place ----------------------------------------------------------------------------- */

static bool window_take(struct pci_window *window, uint64_t size_bytes, struct pci_bar *bar)
{
    uint64_t align = size_bytes < PAGE_SIZE ? PAGE_SIZE : size_bytes;
    uint64_t bus = (window->bus_base + window->used + align - 1) & ~(align - 1);
    uint64_t offset = bus - window->bus_base;
    if (window->size_bytes == 0 || offset > window->size_bytes ||
        align > window->size_bytes - offset)
        return false;
    window->used = offset + align;
    bar->bus_address = bus;
    bar->address = (paddr_t){ window->base.raw + offset };
    return true;
}

static void bar_write(const struct pci_access *access, const struct pci_function *function,
                      uint32_t index)
{
    const struct pci_bar *bar = &function->bars[index];
    if (bar->address.raw == 0)
        return;
    config_write(access, function, PCI_BAR + index * 4, (uint32_t)bar->bus_address);
    if (bar->is_64)
        config_write(access, function, PCI_BAR + index * 4 + 4, (uint32_t)(bar->bus_address >> 32));
}

void pci_function_place(const struct pci_access *access, struct pci_function *function,
                        struct pci_window *low, struct pci_window *high)
{
    for (uint32_t i = 0; i < DEVICE_BARS; i++) {
        struct pci_bar *bar = &function->bars[i];
        bool may_go_high = bar->is_64 && high != NULL;
        if (bar->size_bytes == 0)
            continue;
        bool placed = (!may_go_high || bar->size_bytes <= LOW_BAR_MAX) &&
                      window_take(low, bar->size_bytes, bar);
        if (!placed && may_go_high)
            placed = window_take(high, bar->size_bytes, bar);
        if (placed)
            bar_write(access, function, i);
    }
}

void pci_function_restore(const struct pci_access *access, const struct pci_function *function)
{
    for (uint32_t i = 0; i < DEVICE_BARS; i++)
        bar_write(access, function, i);
}

/* --- Capabilities ---------------------------------------------------------------------------- */

static void capability_take(const struct pci_access *access, struct pci_function *function,
                            uint32_t offset, uint32_t id)
{
    if (id == PCI_CAPABILITY_MSIX && function->msix.capability == 0)
        pci_msix_read(access, function, offset);
    if (id == PCI_CAPABILITY_EXPRESS && offset + PCI_EXPRESS_DEVICE_CONTROL < 256 &&
        (config_read(access, function, offset + PCI_EXPRESS_DEVICE_CAPABILITIES) &
         PCI_EXPRESS_HAS_FLR))
        function->flr_capability = (uint8_t)offset;
}

/* A chain of offsets, which a device may have bent into a loop: no honest one is longer than the
 * space has words. */
static void capabilities_read(const struct pci_access *access, struct pci_function *function)
{
    if (!(config_read(access, function, PCI_COMMAND) & PCI_STATUS_HAS_LIST))
        return;
    uint32_t offset = config_read(access, function, PCI_CAPABILITIES) & 0xfc;
    for (uint32_t steps = 0; steps < CAPABILITIES_MAX && offset >= PCI_HEADER_END; steps++) {
        uint32_t word = config_read(access, function, offset);
        capability_take(access, function, offset, word & 0xff);
        offset = word >> 8 & 0xfc;
    }
}

void pci_function_reset(const struct pci_access *access, const struct pci_function *function)
{
    uint32_t offset = function->flr_capability + (uint32_t)PCI_EXPRESS_DEVICE_CONTROL;
    uint32_t control = config_read(access, function, offset) & 0xffff;
    config_write(access, function, offset, control | PCI_EXPRESS_DO_FLR);
}

/* --- All of it ------------------------------------------------------------------------------- */

status_t pci_function_read(const struct pci_access *access, pci_address_t address,
                           struct pci_function *out_function)
{
    struct pci_function function = { .address = address };
    uint32_t id = config_read(access, &function, PCI_ID);
    if ((id & 0xffff) == 0xffff || (id & 0xffff) == 0)
        return STATUS_NOT_FOUND;
    uint32_t header = config_read(access, &function, PCI_HEADER);
    uint32_t type = header >> PCI_HEADER_TYPE_SHIFT & 0x7f;
    function.is_multifunction = (header & PCI_HEADER_MULTIFUNCTION) != 0;
    if (type > 1) {
        *out_function = function; /* The other functions may be of use. */
        return STATUS_NOT_SUPPORTED;
    }
    function.vendor = (uint16_t)id;
    function.device = (uint16_t)(id >> 16);
    function.is_bridge = type == 1;
    function.class_code = config_read(access, &function, PCI_CLASS) >> 8;
    if (!function.is_bridge) {
        uint32_t subsystem = config_read(access, &function, PCI_SUBSYSTEM);
        function.subsystem_vendor = (uint16_t)subsystem;
        function.subsystem = (uint16_t)(subsystem >> 16);
    }
    function.was_master = (config_read(access, &function, PCI_COMMAND) & PCI_COMMAND_MASTER) != 0;
    pci_function_command(access, &function, false, false);
    bars_read(access, &function);
    capabilities_read(access, &function);
    pci_msix_check(&function);
    *out_function = function;
    return STATUS_OK;
}
