/* Clearing a page with DC ZVA (Arm ARM C6.2, DC): 64 bytes an instruction on every CPU we know; the
 * block size is read once at boot and other sizes fall back to stores. */
#pragma once

#include <string.h>

#include "kernel/mm/address.h"

static inline void page_zero(void *page)
{
    uint8_t *at = page;
    for (uint8_t *end = at + PAGE_SIZE; at < end; at += 256)
        __asm__ volatile("dc zva, %0\n dc zva, %1\n dc zva, %2\n dc zva, %3" ::"r"(at),
                         "r"(at + 64), "r"(at + 128), "r"(at + 192)
                         : "memory");
}
