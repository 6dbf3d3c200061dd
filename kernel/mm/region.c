/* See region.h. RAM minus everything reserved gives the spans; each is used from its low end. */
#include "kernel/mm/region.h"

#include <string.h>

#include "kernel/base/log.h"
#include "kernel/mm/frame.h"
#include "lib/base/assert.h"
#include <arch/boot.h>

enum { LINEAR_GRAIN = 1 << 21 };

struct regions regions;

status_t region_add(enum region_kind kind, uint64_t start, uint64_t size_bytes)
{
    uint64_t end = start + size_bytes;
    if (size_bytes == 0 || end < start)
        return STATUS_INVALID;
    if (regions.count == REGIONS_MAX)
        return STATUS_LIMIT;
    /* RAM shrinks to whole pages, what is reserved grows to them. */
    struct region region = { .kind = (uint8_t)kind, .state = REGION_ONLINE };
    region.start = kind == REGION_RAM ? page_up(start) : page_down(start);
    region.end = kind == REGION_RAM ? page_down(end) : page_up(end);
    if (region.start < region.end)
        regions.list[regions.count++] = region;
    return STATUS_OK;
}

static void span_add(uint64_t start, uint64_t end)
{
    if (start >= end)
        return;
    if (regions.span_count == SPANS_MAX) {
        klog("memory: too many pieces of RAM; %llu KiB unused",
             (unsigned long long)(end - start) / 1024);
        return;
    }
    regions.spans[regions.span_count++] = (struct span_of_ram){ start, end };
}

/* The lowest reserved region that meets [start, end), or NULL. */
static const struct region *first_reserved(uint64_t start, uint64_t end)
{
    const struct region *first = NULL;
    for (uint32_t i = 0; i < regions.count; i++) {
        const struct region *region = &regions.list[i];
        if (region->kind != REGION_RESERVED || region->end <= start || region->start >= end)
            continue;
        if (first == NULL || region->start < first->start)
            first = region;
    }
    return first;
}

static void spans_of(const struct region *ram)
{
    uint64_t at = ram->start;
    const struct region *reserved;
    while ((reserved = first_reserved(at, ram->end)) != NULL) {
        span_add(at, reserved->start);
        at = reserved->end;
    }
    if (at < ram->end)
        span_add(at, ram->end);
}

void region_finish(void)
{
    for (uint32_t i = 0; i < regions.count; i++)
        if (regions.list[i].kind == REGION_RAM)
            spans_of(&regions.list[i]);
    for (uint32_t i = 0; i < regions.count; i++) {
        struct region *ram = &regions.list[i];
        /* Whole 2 MiB blocks only: a ragged edge is not used. */
        uint64_t start = (ram->start + LINEAR_GRAIN - 1) & ~(uint64_t)(LINEAR_GRAIN - 1);
        uint64_t end = ram->end & ~(uint64_t)(LINEAR_GRAIN - 1);
        if (ram->kind == REGION_RAM && start < end)
            mmu_map_linear(start, end);
    }
}

paddr_t region_boot_alloc(void)
{
    for (uint32_t i = 0; i < regions.span_count; i++) {
        struct span_of_ram *span = &regions.spans[i];
        if (span->end - span->next < PAGE_SIZE)
            continue;
        paddr_t frame = { span->next };
        span->next += PAGE_SIZE;
        memset(frame_data(frame), 0, PAGE_SIZE);
        return frame;
    }
    panic("no memory for the kernel's tables");
}

int region_take_block(int order_max, paddr_t *out_frame)
{
    for (uint32_t i = 0; i < regions.span_count; i++) {
        struct span_of_ram *span = &regions.spans[i];
        uint64_t left = (span->end - span->next) >> PAGE_SHIFT;
        if (left == 0)
            continue;
        int order = order_max;
        while ((1ull << order) > left || (span->next >> PAGE_SHIFT & ((1ull << order) - 1)) != 0)
            order--;
        *out_frame = (paddr_t){ span->next };
        span->next += (uint64_t)PAGE_SIZE << order;
        return order;
    }
    return -1;
}

bool region_take_run(uint64_t bytes, paddr_t *out_base)
{
    for (uint32_t i = 0; i < regions.span_count; i++) {
        struct span_of_ram *span = &regions.spans[i];
        if (span->end - span->next < bytes)
            continue;
        *out_base = (paddr_t){ span->next };
        span->next += bytes;
        return true;
    }
    return false;
}

uint64_t region_last_ram(uint64_t start, uint64_t size)
{
    uint64_t last = start;
    for (uint32_t i = 0; i < regions.count; i++) {
        const struct region *region = &regions.list[i];
        uint64_t end = region->end < start + size ? region->end : start + size;
        if (region->kind == REGION_RAM && region->start < start + size && end > last)
            last = end;
    }
    return last;
}

uint64_t region_untouched_frames(void)
{
    uint64_t frames = 0;
    for (uint32_t i = 0; i < regions.span_count; i++)
        frames += (regions.spans[i].end - regions.spans[i].next) >> PAGE_SHIFT;
    return frames;
}
