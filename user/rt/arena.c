/* See arena.h. */
#include "user/rt/arena.h"

#include <abi/memory.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"

enum { PAGE_SIZE = 4096 };

status_t pages_take(size_t size, void **out_pages)
{
    uint64_t mapped = 0;
    uint64_t len = (size + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
    status_t status = sys_memory_map_anon(len, 0, MEMORY_READ | MEMORY_WRITE, &mapped);
    if (status == STATUS_OK)
        *out_pages = (void *)(uintptr_t)mapped;
    return status;
}

void pages_touch(void *memory, size_t size)
{
    volatile uint8_t *bytes = memory;
    for (size_t at = 0; at < size; at += PAGE_SIZE)
        bytes[at] = bytes[at];
    if (size > 0)
        bytes[size - 1] = bytes[size - 1];
}

__attribute__((noinline)) void stack_touch(void)
{
    volatile uint8_t room[4 * PAGE_SIZE];
    for (size_t at = sizeof room; at > 0; at -= PAGE_SIZE)
        room[at - 1] = 0;
    room[0] = 0;
}

status_t arena_init(struct arena *arena, size_t size)
{
    void *pages;
    status_t status = pages_take(size, &pages);
    if (status != STATUS_OK)
        return status;
    arena->next = pages;
    arena->end = arena->next + ((size + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1));
    return STATUS_OK;
}

void *arena_take(struct arena *arena, size_t size, size_t align)
{
    ASSERT(align > 0 && (align & (align - 1)) == 0);
    size_t skip = -(uintptr_t)arena->next & (align - 1);
    size_t left = (size_t)(arena->end - arena->next);
    if (skip > left || size > left - skip)
        return NULL;
    uint8_t *bytes = arena->next + skip;
    arena->next = bytes + size;
    return bytes;
}
