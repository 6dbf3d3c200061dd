/* Double of kernel/mm/frame.h: each block is host memory of its own, with its metadata in the page
 * before it, so that a frame that is used after it was freed is found by the sanitizer. */
#include "kernel/mm/frame.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/assert.h"
#include "tests/doubles/files/memory.h"

struct frame *frame_of(paddr_t frame)
{
    return (struct frame *)(uintptr_t)(frame.raw - PAGE_SIZE);
}

void *frame_data(paddr_t frame)
{
    return (void *)(uintptr_t)frame.raw;
}

paddr_t frame_from_data(const void *data)
{
    return (paddr_t){ (uintptr_t)data };
}

status_t frame_alloc(unsigned order, enum frame_state state, paddr_t *out_frame)
{
    if (!kernel_memory_take())
        return STATUS_NO_MEMORY;
    size_t size = (size_t)PAGE_SIZE << order;
    uint8_t *block = aligned_alloc(PAGE_SIZE, PAGE_SIZE + size);
    ASSERT(block != NULL);
    memset(block, 0, PAGE_SIZE);
    memset(block + PAGE_SIZE, 0xa5, size);
    *out_frame = frame_from_data(block + PAGE_SIZE);
    *frame_of(*out_frame) =
        (struct frame){ .refs = 1, .order = (uint8_t)order, .state = (uint8_t)state };
    kernel_memory.frames_out += 1 << order;
    return STATUS_OK;
}

status_t frame_alloc_zeroed(enum frame_state state, paddr_t *out_frame)
{
    status_t status = frame_alloc(0, state, out_frame);
    if (status == STATUS_OK)
        memset(frame_data(*out_frame), 0, PAGE_SIZE);
    return status;
}

uint32_t frame_alloc_ahead(enum frame_state state, uint32_t count, paddr_t *out_frames)
{
    uint32_t done = 0;
    while (done < count && frame_alloc_zeroed(state, &out_frames[done]) == STATUS_OK)
        done++;
    return done;
}

void frame_free(paddr_t frame, unsigned order)
{
    ASSERT(frame_of(frame)->order == order);
    kernel_memory.frames_out -= 1 << order;
    free(frame_of(frame));
}

void frame_ref(paddr_t frame)
{
    frame_of(frame)->refs++;
}

void frame_unref(paddr_t frame)
{
    ASSERT(frame_of(frame)->refs > 0);
    if (--frame_of(frame)->refs == 0)
        frame_free(frame, 0);
}

struct frame_counts frame_counts(void)
{
    uint64_t total = kernel_memory.frames_total == 0 ? 1 << 20 : kernel_memory.frames_total;
    uint64_t out = (uint64_t)kernel_memory.frames_out;
    return (struct frame_counts){ .total = total, .free = out < total ? total - out : 0 };
}
