/* The VMAP range: kernel stacks from its low end in slots of 32 KiB, device registers behind them. Registers
 * are mapped once and stay. */
#include <arch/mmu.h>

#include "kernel/base/log.h"
#include "kernel/base/spinlock.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/mmio.h"
#include "kernel/mm/stack.h"
#include "kernel/sched/thread.h"
#include "lib/base/assert.h"

enum {
    STACK_SLOT = 2 * THREAD_STACK_SIZE, /* Guard, then stack: bit 14 of the address tells which. */
    STACK_SLOTS_MAX = 8192,
    STACK_ORDER = 2,
    STACKS_KEPT = 8,
    WORD_SLOTS = 64, /* Of vmap.used; they share one table. */
};
_Static_assert(WORD_SLOTS *STACK_SLOT == 2 << 20, "one word of slots is one table");

#define MMIO_BASE (VMAP_BASE + (uint64_t)STACK_SLOTS_MAX * STACK_SLOT)

static struct vmap {
    struct spinlock lock;
    uint64_t used[STACK_SLOTS_MAX / WORD_SLOTS];
    uint64_t mmio_next;
    void *kept[STACKS_KEPT];
    uint32_t kept_count;
} vmap = { .lock = { .class = LOCK_POOL }, .mmio_next = MMIO_BASE };

volatile void *mmio_map(paddr_t base, uint64_t size_bytes)
{
    uint64_t offset = base.raw & PAGE_MASK;
    uint64_t len = page_up(offset + size_bytes);
    spin_lock(&vmap.lock);
    uint64_t address = vmap.mmio_next;
    if (len > VMAP_BASE + VMAP_SIZE - PAGE_SIZE - address)
        panic("no room to map device registers");
    vmap.mmio_next += len + PAGE_SIZE;
    status_t status = mmu_map_kernel(address, (paddr_t){ base.raw - offset }, len,
                                     MMU_READ | MMU_WRITE | MMU_DEVICE);
    spin_unlock(&vmap.lock);
    if (status != STATUS_OK)
        panic("no memory to map device registers");
    return (volatile void *)(address + offset);
}

static bool slot_take(uint32_t *out_slot)
{
    for (uint32_t word = 0; word < STACK_SLOTS_MAX / WORD_SLOTS; word++) {
        if (vmap.used[word] == UINT64_MAX)
            continue;
        uint32_t bit = (uint32_t)__builtin_ctzll(~vmap.used[word]);
        vmap.used[word] |= 1ull << bit;
        *out_slot = word * WORD_SLOTS + bit;
        return true;
    }
    return false;
}

static void slot_give(uint32_t slot)
{
    vmap.used[slot / WORD_SLOTS] &= ~(1ull << slot % WORD_SLOTS);
}

static void *stack_map(void)
{
    paddr_t frame;
    if (frame_alloc(STACK_ORDER, FRAME_KERNEL, &frame) != STATUS_OK)
        return NULL;
    uint32_t slot = 0;
    spin_lock(&vmap.lock);
    status_t status = slot_take(&slot) ? STATUS_OK : STATUS_LIMIT;
    uint64_t address = VMAP_BASE + (uint64_t)slot * STACK_SLOT + THREAD_STACK_SIZE;
    if (status == STATUS_OK) {
        status = mmu_map_kernel(address, frame, THREAD_STACK_SIZE, MMU_READ | MMU_WRITE);
        if (status != STATUS_OK)
            slot_give(slot);
    }
    spin_unlock(&vmap.lock);
    if (status == STATUS_OK)
        return (void *)address;
    frame_free(frame, STACK_ORDER);
    return NULL;
}

void *stack_alloc(void)
{
    spin_lock(&vmap.lock);
    void *stack = vmap.kept_count > 0 ? vmap.kept[--vmap.kept_count] : NULL;
    spin_unlock(&vmap.lock);
    return stack != NULL ? stack : stack_map();
}

static void stack_unmap(void *stack)
{
    uint64_t physical;
    __asm__ volatile("at s1e1r, %1\n isb\n mrs %0, par_el1" : "=r"(physical) : "r"(stack));
    ASSERT((physical & 1) == 0);
    uint32_t slot = (uint32_t)(((uint64_t)stack - VMAP_BASE) / STACK_SLOT);
    spin_lock(&vmap.lock);
    mmu_unmap_kernel((uint64_t)stack, THREAD_STACK_SIZE);
    slot_give(slot);
    if (vmap.used[slot / WORD_SLOTS] == 0)
        mmu_free_kernel_table((uint64_t)stack);
    spin_unlock(&vmap.lock);
    frame_free((paddr_t){ physical & 0x0000fffffffff000ull }, STACK_ORDER);
}

void stack_free(void *stack)
{
    spin_lock(&vmap.lock);
    bool keep = vmap.kept_count < STACKS_KEPT;
    if (keep)
        vmap.kept[vmap.kept_count++] = stack;
    spin_unlock(&vmap.lock);
    if (!keep)
        stack_unmap(stack);
}

uint64_t stack_drop_kept(void)
{
    uint64_t frames = 0;
    for (;;) {
        spin_lock(&vmap.lock);
        void *stack = vmap.kept_count > 0 ? vmap.kept[--vmap.kept_count] : NULL;
        spin_unlock(&vmap.lock);
        if (stack == NULL)
            return frames;
        stack_unmap(stack);
        frames += THREAD_STACK_SIZE / PAGE_SIZE;
    }
}
