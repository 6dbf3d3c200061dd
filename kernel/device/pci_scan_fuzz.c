/* Configuration space that answers anything: each read takes the next bytes of the input, then all
 * ones. Whatever is found must be usable: places inside the windows that no two BARs share, MSI-X
 * inside its BARs, and ranges that keep off it. */
#include "kernel/device/pci_scan.h"

#include "lib/base/assert.h"
#include "lib/base/bytes.h"

enum { PLACES_MAX = 256 };

struct place {
    uint64_t start, end;
};

static struct hostile {
    struct reader reader;
    struct place places[PLACES_MAX];
    uint32_t count;
} hostile;

static uint32_t hostile_read(void *context, pci_address_t address, uint32_t offset)
{
    ASSERT(offset < 256 && offset % 4 == 0);
    const uint8_t *bytes = reader_take(&hostile.reader, 4);
    return bytes == NULL ? UINT32_MAX : load_le32(bytes);
}

static void hostile_write(void *context, pci_address_t address, uint32_t offset, uint32_t value)
{
    ASSERT(offset < 256 && offset % 4 == 0);
}

static void check_place(const struct pci_scan *scan, const struct pci_bar *bar)
{
    uint64_t start = bar->address.raw, end = start + page_up(bar->size_bytes);
    bool is_low = start >= scan->low.base.raw && end <= scan->low.base.raw + scan->low.size_bytes;
    bool is_high =
        start >= scan->high.base.raw && end <= scan->high.base.raw + scan->high.size_bytes;
    ASSERT(is_low || (is_high && bar->is_64));
    for (uint32_t i = 0; i < hostile.count; i++)
        ASSERT(end <= hostile.places[i].start || start >= hostile.places[i].end);
    if (hostile.count < PLACES_MAX)
        hostile.places[hostile.count++] = (struct place){ start, end };
}

static void check_function(struct pci_scan *scan, const struct pci_function *function)
{
    for (uint32_t i = 0; i < DEVICE_BARS; i++)
        if (function->bars[i].address.raw != 0)
            check_place(scan, &function->bars[i]);
    const struct pci_msix *msix = &function->msix;
    if (msix->capability == 0)
        return;
    ASSERT(msix->table_bar < DEVICE_BARS && msix->vectors <= 2048);
    ASSERT(msix->table_offset + msix->vectors * 16ull <=
           function->bars[msix->table_bar].size_bytes);
    ASSERT(pci_range_check(function, msix->table_bar, page_down(msix->table_offset), PAGE_SIZE) ==
           STATUS_INVALID);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct pci_access access = { .read = hostile_read, .write = hostile_write };
    struct pci_scan scan = {
        .access = &access,
        .low = { .bus_base = 0x10000000, .size_bytes = 0x2eff0000, .base = { 0x10000000 } },
        .high = { .bus_base = 1ull << 39, .size_bytes = 1ull << 39, .base = { 1ull << 39 } },
        .bus_last = 15,
        .found = check_function,
    };
    hostile.reader = reader_of(data, len);
    hostile.count = 0;
    pci_scan_run(&scan);
    ASSERT(scan.bus_next <= scan.bus_last + 1);
    return 0;
}
