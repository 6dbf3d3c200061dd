/* Names for addresses in a panic: a table that the build writes from the linked kernel. Entries are
 * sorted by address; names follow. Any context; no locks. */
#pragma once

#include <stdint.h>

/* "?" when the address is not the kernel's or there is no table. */
const char *symbol_find(uint64_t address, uint64_t *out_offset);
