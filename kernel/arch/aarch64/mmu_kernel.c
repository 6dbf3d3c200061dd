/* The kernel's own half: the linear map of RAM, and the VMAP range for stacks and registers. Entries
 * of the VMAP range come and go, and so do the tables of its last level that hold stacks. */
#include <arch/mmu.h>

#include "kernel/arch/aarch64/descriptor.h"
#include "kernel/base/spinlock.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/region.h"
#include "lib/base/assert.h"
#include <arch/boot.h>

enum {
    GIB_SHIFT = 30,
    BLOCK_SHIFT = 21,
};

static uint64_t *table_at(uint64_t entry)
{
    return frame_data((paddr_t){ entry & PTE_ADDRESS });
}

static uint32_t index_at(uint64_t address, unsigned shift)
{
    return (uint32_t)(address >> shift) & (MMU_ENTRIES - 1);
}

uint64_t image_physical(void)
{
    static uint64_t physical; /* Constant after the first call; the tables know it. */
    if (physical == 0)
        __asm__("at s1e1r, %1\n isb\n mrs %0, par_el1" : "=r"(physical) : "r"(IMAGE_BASE));
    return physical & PTE_ADDRESS;
}

/* The table below an entry of the kernel's tables. */
static status_t kernel_table_below(uint64_t *entry, uint64_t **out_table)
{
    if (!(*entry & PTE_VALID)) {
        paddr_t frame;
        status_t status = frame_alloc_zeroed(FRAME_KERNEL, &frame);
        if (status != STATUS_OK)
            return status;
        __asm__ volatile("dmb ishst" ::: "memory");
        *entry = frame.raw | PTE_PAGE;
    }
    *out_table = table_at(*entry);
    return STATUS_OK;
}

/* Map RAM from start to end (2 MiB aligned) into the linear range; tables from the boot allocator. */
void mmu_map_linear(uint64_t start, uint64_t end)
{
    while (start < end) {
        uint64_t *entry = &kernel_table[index_at(LINEAR_BASE + start, GIB_SHIFT)];
        if (*entry == 0 && (start & ((1ull << GIB_SHIFT) - 1)) == 0 &&
            end - start >= 1ull << GIB_SHIFT) {
            *entry = start | PTE_BLOCK | PTE_KERNEL_DATA;
            start += 1ull << GIB_SHIFT;
            continue;
        }
        if (*entry == 0)
            *entry = region_boot_alloc().raw | PTE_PAGE;
        uint64_t *level2 = table_at(*entry);
        uint64_t stop = (start | ((1ull << GIB_SHIFT) - 1)) + 1;
        for (; start < end && start < stop; start += 1ull << BLOCK_SHIFT)
            if (level2[index_at(start, BLOCK_SHIFT)] == 0)
                level2[index_at(start, BLOCK_SHIFT)] = start | PTE_BLOCK | PTE_KERNEL_DATA;
    }
    __asm__ volatile("dsb ishst\n isb" ::: "memory");
}

static uint64_t kernel_bits(uint32_t access)
{
    ASSERT(!(access & MMU_EXECUTE));
    uint64_t bits = PTE_PAGE | PTE_ACCESSED | PTE_PXN | PTE_UXN;
    bits |= access & MMU_DEVICE ? PTE_DEVICE : PTE_NORMAL | PTE_INNER_SHAREABLE;
    return access & MMU_WRITE ? bits : bits | PTE_READ_ONLY;
}

status_t mmu_map_kernel(uint64_t address, paddr_t frame, uint64_t len, uint32_t access)
{
    for (uint64_t at = 0; at < len; at += PAGE_SIZE) {
        uint64_t *level2, *level3;
        uint64_t *entry = &kernel_table[index_at(address + at, GIB_SHIFT)];
        status_t status = kernel_table_below(entry, &level2);
        if (status == STATUS_OK)
            status = kernel_table_below(&level2[index_at(address + at, BLOCK_SHIFT)], &level3);
        if (status != STATUS_OK)
            return status;
        level3[index_at(address + at, PAGE_SHIFT)] = (frame.raw + at) | kernel_bits(access);
    }
    __asm__ volatile("dsb ishst\n isb" ::: "memory");
    return STATUS_OK;
}

void mmu_unmap_kernel(uint64_t address, uint64_t len)
{
    for (uint64_t at = 0; at < len; at += PAGE_SIZE) {
        uint64_t *level2 = table_at(kernel_table[index_at(address + at, GIB_SHIFT)]);
        uint64_t *level3 = table_at(level2[index_at(address + at, BLOCK_SHIFT)]);
        level3[index_at(address + at, PAGE_SHIFT)] = 0;
        __asm__ volatile("dsb ishst\n tlbi vaae1is, %0" ::"r"((address + at) >> PAGE_SHIFT)
                         : "memory");
    }
    __asm__ volatile("dsb ish\n isb" ::: "memory");
}

void mmu_free_kernel_table(uint64_t address)
{
    uint64_t *level2 = table_at(kernel_table[index_at(address, GIB_SHIFT)]);
    uint64_t *entry = &level2[index_at(address, BLOCK_SHIFT)];
    paddr_t table = { *entry & PTE_ADDRESS };
    *entry = 0;
    /* By any address of the table, walk caches let go of it as well (Arm ARM D8.14.2). */
    __asm__ volatile("dsb ishst\n tlbi vaae1is, %0\n dsb ish\n isb" ::"r"(address >> PAGE_SHIFT)
                     : "memory");
    frame_free(table, 0);
}

/* No CPU will start any more: nothing executes at physical addresses from now on. */
void mmu_drop_identity(void)
{
    boot_identity_table[index_at(image_physical(), GIB_SHIFT)] = 0;
    __asm__ volatile("dsb ishst\n tlbi vmalle1is\n dsb ish\n isb" ::: "memory");
}
