/* See symbols.h. The table, in section .symbol_table: u32 count, then per function u32 offset of its
 * address from the image's start and u32 offset of its name from the table's start, then the names.
 * The first link has an empty one; the second has what tools/mksymbols made from the first. */
#include "kernel/base/symbols.h"

#include <arch/boot.h>

extern const uint32_t symbol_table_words[];

const char *symbol_find(uint64_t address, uint64_t *out_offset)
{
    uint64_t start = (uint64_t)image_start;
    *out_offset = 0;
    if (address < start || address >= (uint64_t)image_rodata)
        return "?";
    uint32_t low = 0, high = symbol_table_words[0];
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (start + symbol_table_words[1 + 2 * middle] <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return "?";
    const uint32_t *entry = &symbol_table_words[1 + 2 * (low - 1)];
    *out_offset = address - start - entry[0];
    return (const char *)symbol_table_words + entry[1];
}
