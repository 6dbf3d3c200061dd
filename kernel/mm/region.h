/* The machine's memory as a list of typed regions, and the spans of RAM that nobody has touched
 * yet. Built once from the device tree; frame.c takes blocks from the spans when its free lists are
 * empty, so that memory is touched only when it is needed. Boot context, and frame.c. */
#pragma once

#include <abi/types.h>

#include "kernel/mm/address.h"

enum region_kind {
    REGION_RAM,
    REGION_RESERVED, /* Firmware, device tree, kernel image. */
};

enum region_state {
    REGION_OFFLINE, /* Known, not in use. */
    REGION_ONLINE,
    REGION_REMOVABLE,
    REGION_HOTPLUG_PENDING,
};

struct region {
    uint64_t start;
    uint64_t end;
    uint8_t kind;
    uint8_t state;
};

enum { REGIONS_MAX = 32, SPANS_MAX = 32 };

/* RAM that was never handed out: [next, end). */
struct span_of_ram {
    uint64_t next;
    uint64_t end;
};

struct regions {
    struct region list[REGIONS_MAX];
    uint32_t count;
    struct span_of_ram spans[SPANS_MAX];
    uint32_t span_count;
    uint64_t pinned_bytes; /* DMA windows and the kernel's own. */
};

extern struct regions regions;

/* Add what firmware reports; parts of pages are trimmed. @return LIMIT when the list is full,
 * INVALID for an empty or wrapping region. */
status_t region_add(enum region_kind kind, uint64_t start, uint64_t size_bytes);
/* Regions are complete: compute the spans and map RAM into the linear range. */
void region_finish(void);
/* A frame of zeros for the kernel's own tables, before frame_alloc works. Never freed. */
paddr_t region_boot_alloc(void);
/* Take an aligned block of at most 2^order_max frames that was never used. @return its order, or
 * -1 when the spans are empty. */
int region_take_block(int order_max, paddr_t *out_frame);
uint64_t region_untouched_frames(void);
/* Take `bytes` (whole pages) of contiguous untouched RAM for good. */
bool region_take_run(uint64_t bytes, paddr_t *out_base);
/* End of the last RAM inside [start, start + size). */
uint64_t region_last_ram(uint64_t start, uint64_t size);
