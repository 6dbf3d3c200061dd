/* For lib/fdt alone. */
#pragma once

#include "lib/base/bytes.h"

/* A number of 0, 1 or 2 big-endian cells, the most significant first. Each cell is a 32-bit load:
 * a 64-bit number in the blob is aligned to 4 bytes only. */
static inline uint64_t fdt_read_cells(struct reader *reader, uint32_t cell_count)
{
    uint64_t number = 0;
    for (uint32_t i = 0; i < cell_count; i++)
        number = number << 32 | reader_be32(reader);
    return number;
}
