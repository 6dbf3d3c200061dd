/* See pci_bus.h. */
#include "tests/doubles/pci_bus.h"

#include <stddef.h>

#include "kernel/device/pci_config.h"
#include "lib/base/assert.h"

/* The bus number that a function answers on: 0, or what its bridge was told. -1: a bridge on the way
 * does not forward it. */
static int bus_of(const struct pci_bus *bus, const struct pci_bus_function *function)
{
    if (function->parent == 0)
        return 0;
    const struct pci_bus_function *bridge = &bus->functions[function->parent - 1];
    uint32_t numbers = bridge->words[PCI_BUS_NUMBERS / 4];
    int secondary = numbers >> 8 & 0xff, subordinate = numbers >> 16 & 0xff;
    int above = bus_of(bus, bridge);
    bool forwards = secondary != 0 && above >= 0 && (int)(numbers & 0xff) == above &&
                    secondary > above && subordinate >= secondary;
    return forwards ? secondary : -1;
}

static struct pci_bus_function *find(struct pci_bus *bus, pci_address_t address)
{
    for (uint32_t i = 0; i < bus->count; i++)
        if (bus->functions[i].place == (address.raw & 0xff) &&
            bus_of(bus, &bus->functions[i]) == address.raw >> 8)
            return &bus->functions[i];
    return NULL;
}

static uint32_t bus_read(void *context, pci_address_t address, uint32_t offset)
{
    struct pci_bus *bus = context;
    ASSERT(offset < 256 && offset % 4 == 0);
    bus->accesses++;
    struct pci_bus_function *function = find(bus, address);
    return function == NULL ? UINT32_MAX : function->words[offset / 4];
}

static void bus_write(void *context, pci_address_t address, uint32_t offset, uint32_t value)
{
    struct pci_bus *bus = context;
    ASSERT(offset < 256 && offset % 4 == 0);
    bus->accesses++;
    struct pci_bus_function *function = find(bus, address);
    if (function == NULL)
        return;
    uint32_t mask = function->masks[offset / 4];
    function->words[offset / 4] = (function->words[offset / 4] & ~mask) | (value & mask);
    if (offset >= PCI_HEADER_END && (value & PCI_EXPRESS_DO_FLR) != 0 &&
        (function->words[offset / 4 - 2] & 0xff) == PCI_CAPABILITY_EXPRESS)
        function->resets++;
}

struct pci_access pci_bus_access(struct pci_bus *bus)
{
    return (struct pci_access){ .context = bus, .read = bus_read, .write = bus_write };
}

struct pci_bus_function *pci_bus_add(struct pci_bus *bus, uint8_t place)
{
    ASSERT(bus->count < PCI_BUS_FUNCTIONS_MAX);
    struct pci_bus_function *function = &bus->functions[bus->count++];
    *function = (struct pci_bus_function){ .place = place };
    function->words[PCI_ID / 4] = 0x1041 << 16 | 0x1af4;
    function->words[PCI_CLASS / 4] = 0x02000001;
    function->masks[PCI_COMMAND / 4] = 0xffff;
    function->words[PCI_COMMAND / 4] = PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY;
    return function;
}

struct pci_bus_function *pci_bus_add_bridge(struct pci_bus *bus, uint8_t place)
{
    struct pci_bus_function *function = pci_bus_add(bus, place);
    function->words[PCI_HEADER / 4] = 1 << PCI_HEADER_TYPE_SHIFT;
    function->words[PCI_CLASS / 4] = 0x06040000;
    function->masks[PCI_BUS_NUMBERS / 4] = 0xffffff;
    function->masks[PCI_IO_WINDOW / 4] = 0xf0f0;
    function->masks[PCI_MEMORY_WINDOW / 4] = 0xfff0fff0;
    function->masks[PCI_PREFETCH_WINDOW / 4] = 0xfff0fff0;
    return function;
}

void pci_bus_bar(struct pci_bus_function *function, uint32_t index, uint64_t size_bytes, bool is_64)
{
    uint64_t mask = ~(size_bytes - 1);
    function->words[PCI_BAR / 4 + index] = is_64 ? PCI_BAR_TYPE_64 : 0;
    function->masks[PCI_BAR / 4 + index] = (uint32_t)mask & ~0xfu;
    if (is_64)
        function->masks[PCI_BAR / 4 + index + 1] = (uint32_t)(mask >> 32);
}

void pci_bus_capability(struct pci_bus_function *function, uint32_t offset, uint32_t id,
                        const uint32_t *words, uint32_t count)
{
    uint32_t head = function->words[PCI_CAPABILITIES / 4] & 0xff;
    for (uint32_t i = 0; i < count; i++)
        function->words[offset / 4 + i] = words[i];
    function->words[offset / 4] = (words[0] & 0xffff0000) | head << 8 | id;
    function->words[PCI_CAPABILITIES / 4] = offset;
    function->words[PCI_COMMAND / 4] |= PCI_STATUS_HAS_LIST;
}

uint64_t pci_bus_bar_value(const struct pci_bus_function *function, uint32_t index)
{
    uint64_t low = function->words[PCI_BAR / 4 + index];
    uint64_t high = (low & PCI_BAR_TYPE_64) ? function->words[PCI_BAR / 4 + index + 1] : 0;
    return high << 32 | (low & ~0xfu);
}
