/* The first translation tables, built with the MMU off: the identity mapping that mmu_on runs in, the
 * image by sections (W^X from the first instruction on), and of RAM just the part around the image
 * and the device tree. memory_init maps the rest. Runs at physical addresses with memory that is
 * Device-like: PC-relative references only, aligned accesses only. */
#include "kernel/arch/aarch64/descriptor.h"
#include "kernel/mm/address.h"
#include <arch/boot.h>

#include <arch/mmu.h>

#define TABLE __attribute__((section(".page_tables"), aligned(4096)))

TABLE uint64_t boot_identity_table[MMU_ENTRIES]; /* Only while a CPU turns its MMU on. */
TABLE uint64_t empty_table[MMU_ENTRIES];         /* The user half of nobody. */
TABLE uint64_t kernel_table[MMU_ENTRIES];        /* Level 1 of TTBR1. */
TABLE static uint64_t image_level2[MMU_ENTRIES];
TABLE static uint64_t image_level3[MMU_ENTRIES];
TABLE uint64_t boot_linear_level2[2][MMU_ENTRIES]; /* The gigabytes of the image and of the tree. */
TABLE uint64_t boot_linear_level3[MMU_ENTRIES];    /* The 2 MiB of the image, text left out. */

struct boot_registers boot_registers;

enum {
    LEVEL1_SHIFT = 30,
    LEVEL2_SHIFT = 21,
    BLOCK2_SIZE = 1 << LEVEL2_SHIFT,
};

static uint64_t level1_index(uint64_t address)
{
    return address >> LEVEL1_SHIFT & (MMU_ENTRIES - 1);
}

static uint64_t level2_index(uint64_t address)
{
    return address >> LEVEL2_SHIFT & (MMU_ENTRIES - 1);
}

/* Image pages from start to end (link-time addresses relative to the image's start). */
static void map_image(uint64_t *table, uint64_t image, uint64_t start, uint64_t end, uint64_t bits)
{
    for (uint64_t offset = start; offset < end; offset += PAGE_SIZE)
        table[offset >> PAGE_SHIFT] = (image + offset) | PTE_PAGE | bits;
}

static void map_linear_block(uint64_t *level2, uint64_t physical)
{
    uint64_t block = physical & ~(uint64_t)(BLOCK2_SIZE - 1);
    level2[level2_index(block)] = block | PTE_BLOCK | PTE_KERNEL_DATA;
}

void boot_map(uint64_t image, uint64_t tree)
{
    uint64_t start = (uint64_t)image_start;
    uint64_t rodata = (uint64_t)image_rodata - start;
    uint64_t data = (uint64_t)image_data - start;
    uint64_t end = (uint64_t)image_end - start;
    map_image(image_level3, image, 0, rodata, PTE_KERNEL_TEXT | PTE_GUARDED);
    map_image(image_level3, image, rodata, data, PTE_KERNEL_RODATA);
    map_image(image_level3, image, data, end, PTE_KERNEL_DATA);
    image_level2[level2_index(IMAGE_BASE)] = (uint64_t)image_level3 | PTE_PAGE;
    kernel_table[level1_index(IMAGE_BASE)] = (uint64_t)image_level2 | PTE_PAGE;

    /* Text and read-only data have no writable alias; the rest of the image's 2 MiB is RAM. */
    map_image(boot_linear_level3, image, 0, data, PTE_KERNEL_RODATA);
    map_image(boot_linear_level3, image, data, BLOCK2_SIZE, PTE_KERNEL_DATA);
    uint64_t *level2 = boot_linear_level2[0];
    level2[level2_index(image)] = (uint64_t)boot_linear_level3 | PTE_PAGE;
    kernel_table[level1_index(LINEAR_BASE + image)] = (uint64_t)level2 | PTE_PAGE;
    if (level1_index(tree) != level1_index(image)) {
        level2 = boot_linear_level2[1];
        kernel_table[level1_index(LINEAR_BASE + tree)] = (uint64_t)level2 | PTE_PAGE;
    }
    /* The tree may be up to 2 MiB long and cross a block (and in theory the gigabyte: such a tree
     * is refused by its size when it is opened). */
    for (uint64_t at = tree; at <= tree + BLOCK2_SIZE; at += BLOCK2_SIZE)
        if (level2[level2_index(at)] == 0 && level1_index(at) == level1_index(tree))
            map_linear_block(level2, at);

    boot_identity_table[level1_index(image)] =
        (image & ~((1ull << LEVEL1_SHIFT) - 1)) | PTE_BLOCK | PTE_KERNEL_TEXT;
    uint64_t features;
    __asm__("mrs %0, id_aa64mmfr0_el1" : "=r"(features));
    uint64_t range = features & 0xf;
    boot_registers.mair = MAIR_VALUE;
    boot_registers.tcr = TCR_T0SZ(39) | TCR_T1SZ(39) | TCR_WALKS_CACHED | TCR_WALKS_SHARED |
                         TCR_TG1_4K | (range > 5 ? 5 : range) << TCR_IPS_SHIFT;
    if ((features >> 4 & 0xf) == 2)
        boot_registers.tcr |= TCR_ASID16;
    uint64_t features1;
    __asm__("mrs %0, id_aa64mmfr1_el1" : "=r"(features1));
    bool has_pan = (features1 >> 20 & 0xf) != 0;
    boot_registers.sctlr = SCTLR_VALUE | (has_pan ? 0 : SCTLR_SPAN);
    uint64_t features2;
    __asm__("mrs %0, id_aa64isar1_el1" : "=r"(features2));
    bool signs_addresses = (features2 >> 4 & 0xff) != 0; /* APA or API. */
    if (signs_addresses) {
        boot_registers.sctlr |= SCTLR_ENIA;
        /* The counter is all the randomness there is before the device tree is read. */
        __asm__ volatile("mrs %0, cntvct_el0" : "=r"(boot_registers.pointer_key[0]));
        boot_registers.pointer_key[1] = boot_registers.pointer_key[0] * 0x9e3779b97f4a7c15ull;
    }
}
