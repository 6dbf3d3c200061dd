/* Translation tables of user address spaces and their TLB entries. Entries are changed under the
 * space's sleeping lock. A space remembers which CPUs may hold TLB entries of its ASID (tlb_cpus):
 * as long as that is this CPU alone, invalidations stay local, which is what most processes need. */
#include <arch/barrier.h>
#include <arch/cpu.h>
#include <arch/irq.h>
#include <arch/mmu.h>

#include <string.h>

#include "kernel/arch/aarch64/descriptor.h"
#include "kernel/cell/cell.h"
#include "kernel/mm/aspace.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/vmo_internal.h"
#include "kernel/process/process.h"
#include "kernel/sched/preempt.h"
#include "lib/base/assert.h"
#include <arch/boot.h>

enum {
    LEVEL_BITS = 9,
    FLUSH_PAGES_MAX = 32, /* Beyond this many pages the whole ASID is flushed. */
};

static uint32_t level_index(uint64_t address, unsigned level)
{
    unsigned shift = PAGE_SHIFT + LEVEL_BITS * (3 - level);
    return (uint32_t)(address >> shift) & (MMU_ENTRIES - 1);
}

static uint64_t entry_bits(uint32_t access)
{
    uint64_t bits = PTE_ACCESSED | PTE_PXN | PTE_PAGE | PTE_NOT_GLOBAL;
    bits |= access & MMU_DEVICE ? PTE_DEVICE : PTE_NORMAL | PTE_INNER_SHAREABLE;
    if (access & MMU_USER)
        bits |= PTE_EL0;
    if (!(access & MMU_WRITE))
        bits |= PTE_READ_ONLY;
    if (!(access & MMU_EXECUTE))
        bits |= PTE_UXN;
    return bits;
}

/* How many entries of a table are in use, in the metadata of its frame. */
static uint32_t *used_of(const uint64_t *entry)
{
    return &frame_of(frame_from_data((const void *)page_down((uint64_t)entry)))->index;
}

/* The table below an entry, or NULL. */
static uint64_t *table_below(const uint64_t *entry)
{
    return *entry & PTE_VALID ? frame_data((paddr_t){ *entry & PTE_ADDRESS }) : NULL;
}

/* Put an empty table below an entry. @return LIMIT, NO_MEMORY. */
static status_t table_make(struct aspace *aspace, uint64_t *entry)
{
    paddr_t frame;
    status_t status = cell_charge(aspace->object.cell, CELL_MEMORY, PAGE_SIZE);
    if (status != STATUS_OK)
        return status;
    status = frame_alloc_zeroed(FRAME_KERNEL, &frame);
    if (status != STATUS_OK) {
        cell_uncharge(aspace->object.cell, CELL_MEMORY, PAGE_SIZE);
        return status;
    }
    aspace->table_pages++;
    __asm__ volatile("dmb ishst" ::: "memory"); /* Zeros are seen before the table is. */
    *entry = frame.raw | PTE_PAGE;
    ++*used_of(entry);
    return STATUS_OK;
}

/* The table with the entries of the 2 MiB around an address, or NULL. */
static uint64_t *leaf_table(const struct aspace *aspace, uint64_t address)
{
    uint64_t *table = frame_data(aspace->root);
    for (unsigned level = 1; level < 3 && table != NULL; level++)
        table = table_below(&table[level_index(address, level)]);
    return table;
}

/* The same, made if it is not there. @return LIMIT, NO_MEMORY. */
static status_t leaf_table_need(struct aspace *aspace, uint64_t address, uint64_t **out_table)
{
    uint64_t *table = frame_data(aspace->root);
    for (unsigned level = 1; level < 3; level++) {
        uint64_t *entry = &table[level_index(address, level)];
        status_t status = *entry & PTE_VALID ? STATUS_OK : table_make(aspace, entry);
        if (status != STATUS_OK)
            return status;
        table = table_below(entry);
    }
    *out_table = table;
    return STATUS_OK;
}

static bool is_local(const struct aspace *aspace)
{
    return (aspace->tlb_cpus & ~(1u << cpu_this()->index)) == 0;
}

static void flush_begin(void)
{
    __asm__ volatile("dsb ishst" ::: "memory");
}

static void flush_end(void)
{
    __asm__ volatile("dsb ish\n isb" ::: "memory");
}

static void flush_page(const struct aspace *aspace, uint64_t address)
{
    uint64_t operand = (uint64_t)aspace->asid << 48 | address >> PAGE_SHIFT;
    if (is_local(aspace))
        __asm__ volatile("tlbi vae1, %0" ::"r"(operand) : "memory");
    else
        __asm__ volatile("tlbi vae1is, %0" ::"r"(operand) : "memory");
}

static void flush_space(struct aspace *aspace)
{
    uint64_t operand = (uint64_t)aspace->asid << 48;
    if (is_local(aspace))
        __asm__ volatile("tlbi aside1, %0" ::"r"(operand) : "memory");
    else
        __asm__ volatile("tlbi aside1is, %0" ::"r"(operand) : "memory");
}

/* Every entry of a cache frame holds a reference to it (mm/vmo.c). */
static void entry_release(uint64_t entry)
{
    if (entry & PTE_NORMAL)
        vmo_release_frame((paddr_t){ entry & PTE_ADDRESS });
}

/* One entry more, which the caller sets. */
static void count_entry(struct aspace *aspace, const uint64_t *entry)
{
    ++*used_of(entry);
    aspace->mapped_pages++;
    if (aspace->mapped_pages > aspace->mapped_pages_max)
        aspace->mapped_pages_max = aspace->mapped_pages;
}

status_t mmu_map(struct aspace *aspace, uint64_t address, paddr_t frame, uint32_t access)
{
    ASSERT(address < USER_TOP);
    uint64_t new = frame.raw | entry_bits(access | MMU_USER);
    uint64_t *table;
    status_t status = leaf_table_need(aspace, address, &table);
    if (status != STATUS_OK) {
        entry_release(new);
        return status;
    }
    uint64_t *entry = &table[level_index(address, 3)];
    uint64_t old = *entry;
    if (old == new) {
        entry_release(new); /* Another thread was here first. */
        return STATUS_OK;
    }
    if (old & PTE_VALID) {
        /* Break before make (D8.16.1). */
        *entry = 0;
        flush_begin();
        flush_page(aspace, address);
        flush_end();
        entry_release(old);
    } else {
        count_entry(aspace, entry);
    }
    *entry = new;
    __asm__ volatile("dsb ishst\n isb" ::: "memory");
    return STATUS_OK;
}

/* The first entry from `index` on, before `end`, that is not 0; `end` when there is none. Most of most tables
 * is empty: a look takes in eight at a time. */
static uint32_t next_entry(const uint64_t *table, uint32_t index, uint32_t end)
{
    for (; index < end && index % 8 != 0; index++)
        if (table[index] != 0)
            return index;
    for (const uint64_t *at = &table[index]; index + 8 <= end; index += 8, at += 8)
        if ((at[0] | at[1] | at[2] | at[3] | at[4] | at[5] | at[6] | at[7]) != 0)
            break;
    for (; index < end; index++)
        if (table[index] != 0)
            return index;
    return end;
}

/* Where the 2 MiB of an address end, or the range does. */
static uint64_t table_end(uint64_t address, uint64_t end)
{
    uint64_t stop = (address | ((1ull << 21) - 1)) + 1;
    return stop < end ? stop : end;
}

/* Visit the leaf entries of a range that have one of the bits, `max` at most; skips what has no table. In line, so that
 * the visits are no calls. */
static inline __attribute__((always_inline)) uint64_t
for_each_leaf(struct aspace *aspace, uint64_t address, uint64_t len, uint64_t max, uint64_t bits,
              void (*visit)(struct aspace *, uint64_t *, uint64_t, uint64_t), uint64_t argument)
{
    uint64_t end = address + len;
    uint64_t count = 0;
    while (address < end && count < max) {
        uint64_t *root = frame_data(aspace->root);
        uint64_t *level2 = table_below(&root[level_index(address, 1)]);
        if (level2 == NULL) {
            address = (address | ((1ull << 30) - 1)) + 1;
            continue;
        }
        uint64_t *level3 = table_below(&level2[level_index(address, 2)]);
        uint64_t stop = table_end(address, end);
        uint64_t base = address & ~((1ull << 21) - 1);
        uint32_t last = (uint32_t)((stop - base) >> PAGE_SHIFT);
        for (uint32_t i = level_index(address, 3);
             level3 != NULL && count < max && (i = next_entry(level3, i, last)) < last; i++) {
            if (level3[i] & bits) {
                visit(aspace, &level3[i], base + ((uint64_t)i << PAGE_SHIFT), argument);
                count++;
            }
        }
        address = stop;
    }
    return count;
}

/* Entries that were made invalid, and their pages; beyond FLUSH_PAGES_MAX only how many. */
struct flush_list {
    uint32_t count;
    uint64_t addresses[FLUSH_PAGES_MAX];
    uint64_t *entries[FLUSH_PAGES_MAX];
};

static void flush_list_add(struct flush_list *list, uint64_t address, uint64_t *entry)
{
    if (list->count < FLUSH_PAGES_MAX) {
        list->addresses[list->count] = address;
        list->entries[list->count] = entry;
    }
    list->count++;
}

static void flush_list_run(struct aspace *aspace, const struct flush_list *list)
{
    flush_begin();
    if (list->count > FLUSH_PAGES_MAX)
        flush_space(aspace);
    else
        for (uint32_t i = 0; i < list->count; i++)
            flush_page(aspace, list->addresses[i]);
    flush_end();
}

static void clear_leaf(struct aspace *aspace, uint64_t *entry, uint64_t address, uint64_t argument)
{
    *entry = (*entry & ~PTE_VALID) | PTE_LEAVING;
    aspace->mapped_pages--;
    flush_list_add((struct flush_list *)argument, address, entry);
}

/* No TLB has the entry any more: the frame's hold may go. */
static void forget_leaf(struct aspace *aspace, uint64_t *entry, uint64_t address, uint64_t argument)
{
    entry_release(*entry);
    *entry = 0;
    --*used_of(entry);
}

uint64_t mmu_unmap_some(struct aspace *aspace, uint64_t address, uint64_t len, uint64_t max)
{
    struct flush_list list;
    if (max == 0)
        return 0;
    list.count = 0;
    uint64_t count =
        for_each_leaf(aspace, address, len, max, PTE_VALID, clear_leaf, (uint64_t)&list);
    if (count == 0)
        return 0;
    flush_list_run(aspace, &list);
    if (count > FLUSH_PAGES_MAX)
        for_each_leaf(aspace, address, len, count, PTE_LEAVING, forget_leaf, 0);
    else
        for (uint32_t i = 0; i < list.count; i++)
            forget_leaf(aspace, list.entries[i], list.addresses[i], 0);
    return count;
}

uint64_t mmu_unmap(struct aspace *aspace, uint64_t address, uint64_t len)
{
    return mmu_unmap_some(aspace, address, len, UINT64_MAX);
}

/* Free the table below an entry if it is empty. */
static void free_if_empty(struct aspace *aspace, uint64_t *entry, uint64_t address)
{
    uint64_t *table = table_below(entry);
    if (table == NULL || *used_of(table) > 0)
        return;
    *entry = 0;
    --*used_of(entry);
    flush_begin();
    flush_page(aspace, address); /* What walks remember of tables goes as well (D8.14.5). */
    flush_end();
    frame_free(frame_from_data(table), 0);
    cell_uncharge(aspace->object.cell, CELL_MEMORY, PAGE_SIZE);
    aspace->table_pages--;
}

void mmu_free_empty(struct aspace *aspace, uint64_t address, uint64_t len)
{
    uint64_t *root = frame_data(aspace->root);
    uint64_t end = address + len;
    while (address < end) {
        uint64_t *entry = &root[level_index(address, 1)];
        uint64_t *level2 = table_below(entry);
        uint64_t stop = (address | ((1ull << 30) - 1)) + 1;
        for (uint64_t at = address; level2 != NULL && at < stop && at < end;
             at = (at | ((1ull << 21) - 1)) + 1)
            free_if_empty(aspace, &level2[level_index(at, 2)], at);
        free_if_empty(aspace, entry, address);
        address = stop;
    }
}

/* One entry for two spaces. A cache frame that is mapped absurdly often stays out of the second. */
static void share_entry(uint64_t *from, uint64_t *to, struct aspace *clone, bool read_only)
{
    if (read_only)
        *from |= PTE_READ_ONLY;
    if (vmo_hold_frame((paddr_t){ *from & PTE_ADDRESS })) {
        *to = *from;
        count_entry(clone, to);
    }
}

/* The entries from the address's to `last` of one table. @return LIMIT, NO_MEMORY for the other one. */
static status_t share_entries(struct aspace *aspace, struct aspace *clone, uint64_t address,
                              uint32_t last, bool read_only)
{
    uint64_t *from = leaf_table(aspace, address);
    uint32_t i = level_index(address, 3);
    if (from == NULL || (i = next_entry(from, i, last)) == last)
        return STATUS_OK;
    uint64_t *to;
    status_t status = leaf_table_need(clone, address, &to);
    if (status != STATUS_OK)
        return status;
    for (; i < last; i = next_entry(from, i + 1, last))
        share_entry(&from[i], &to[i], clone, read_only);
    return STATUS_OK;
}

status_t mmu_share(struct aspace *aspace, struct aspace *clone, uint64_t address, uint64_t len,
                   bool read_only)
{
    uint64_t end = address + len;
    status_t status = STATUS_OK;
    for (uint64_t stop; status == STATUS_OK && address < end; address = stop) {
        stop = table_end(address, end);
        uint64_t base = address & ~((1ull << 21) - 1);
        status = share_entries(aspace, clone, address, (uint32_t)((stop - base) >> PAGE_SHIFT),
                               read_only);
    }
    return status;
}

void mmu_flush(struct aspace *aspace)
{
    flush_begin();
    flush_space(aspace);
    flush_end();
}

bool mmu_lookup(struct aspace *aspace, uint64_t address, paddr_t *out_frame)
{
    const uint64_t *table = leaf_table(aspace, address);
    if (table == NULL || !(table[level_index(address, 3)] & PTE_VALID))
        return false;
    *out_frame = (paddr_t){ table[level_index(address, 3)] & PTE_ADDRESS };
    return true;
}

uint8_t *mmu_writable_page(const struct aspace *aspace, uint64_t address)
{
    const uint64_t *table = leaf_table(aspace, address);
    uint64_t entry = table == NULL ? 0 : table[level_index(address, 3)];
    bool is_memory = (entry & PTE_VALID) && (entry & PTE_NORMAL);
    return is_memory && !(entry & PTE_READ_ONLY) ? frame_data((paddr_t){ entry & PTE_ADDRESS })
                                                 : NULL;
}

static void free_table(struct aspace *aspace, uint64_t *table)
{
    frame_free(frame_from_data(table), 0);
    cell_uncharge(aspace->object.cell, CELL_MEMORY, PAGE_SIZE);
    aspace->table_pages--;
}

/* Give the holds of the entries below a table back, and the tables below it. */
static void clear_table(struct aspace *aspace, uint64_t *table, unsigned level)
{
    uint32_t i = 0;
    for (uint32_t left = *used_of(table); left > 0; left--, i++) {
        i = next_entry(table, i, MMU_ENTRIES);
        ASSERT(i < MMU_ENTRIES);
        if (level < 3) {
            uint64_t *below = frame_data((paddr_t){ table[i] & PTE_ADDRESS });
            clear_table(aspace, below, level + 1);
            free_table(aspace, below);
        } else {
            entry_release(table[i]);
        }
        table[i] = 0;
    }
    *used_of(table) = 0;
    if (level == 2)
        preempt_point();
}

void mmu_clear(struct aspace *aspace)
{
    ASSERT(aspace->active_cpus == 0);
    clear_table(aspace, frame_data(aspace->root), 1);
    aspace->mapped_pages = 0;
}

void mmu_free_tables(struct aspace *aspace)
{
    ASSERT(aspace->active_cpus == 0);
    free_table(aspace, frame_data(aspace->root));
    /* The ASID goes to another space: nothing of this one may be left in any TLB. */
    __asm__ volatile(
        "dsb ishst\n tlbi aside1is, %0\n dsb ish\n isb" ::"r"((uint64_t)aspace->asid << 48)
        : "memory");
}

status_t mmu_space_init(struct aspace *aspace)
{
    status_t status = cell_charge(aspace->object.cell, CELL_MEMORY, PAGE_SIZE);
    if (status != STATUS_OK)
        return status;
    status = frame_alloc_zeroed(FRAME_KERNEL, &aspace->root);
    if (status != STATUS_OK) {
        cell_uncharge(aspace->object.cell, CELL_MEMORY, PAGE_SIZE);
        return status;
    }
    aspace->table_pages = 1;
    return STATUS_OK;
}

static void ttbr0_write(uint64_t value)
{
    __asm__ volatile("msr ttbr0_el1, %0\n isb" ::"r"(value) : "memory");
}

inline void mmu_activate(struct aspace *aspace)
{
    struct cpu *cpu = cpu_this();
    struct aspace *old = cpu->active_aspace;
    if (old == aspace)
        return;
    uint32_t bit = 1u << cpu->index;
    if (aspace != NULL) {
        __atomic_fetch_or(&aspace->active_cpus, bit, __ATOMIC_RELAXED);
        __atomic_fetch_or(&aspace->tlb_cpus, bit, __ATOMIC_SEQ_CST);
        ttbr0_write((uint64_t)aspace->asid << 48 | aspace->root.raw);
    } else {
        ttbr0_write((uint64_t)empty_table - IMAGE_BASE + image_physical());
    }
    cpu->active_aspace = aspace;
    if (old != NULL)
        __atomic_fetch_and(&old->active_cpus, ~bit, __ATOMIC_RELEASE);
}

void mmu_retire(struct aspace *aspace)
{
    if (cpu_this()->active_aspace == aspace)
        mmu_activate(NULL);
    for (uint32_t i = 0; i < CPUS_MAX; i++)
        if (__atomic_load_n(&aspace->active_cpus, __ATOMIC_ACQUIRE) & 1u << i)
            ipi_send(i, IPI_DROP_SPACE);
    while (__atomic_load_n(&aspace->active_cpus, __ATOMIC_ACQUIRE) != 0)
        irq_window(); /* They may be retiring one of ours. */
}

void mmu_leave_lazy(void)
{
    struct process *process = process_current();
    if (process == NULL || process->aspace != cpu_this()->active_aspace)
        mmu_activate(process == NULL ? NULL : process->aspace);
}

void mmu_leave_identity(void)
{
    ttbr0_write((uint64_t)empty_table - IMAGE_BASE + image_physical());
    __asm__ volatile("tlbi vmalle1\n dsb nsh\n isb" ::: "memory");
}
