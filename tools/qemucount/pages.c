/* Sets of pages: see the header. */
#include "tools/qemucount/pages.h"

enum {
    PAGE_SHIFT = 12,
    VISIT_SHIFT = 52, /* Above the page's number. */
};

static bool is_upper_half(uint64_t address)
{
    return address >> 63 != 0;
}

void page_visit_execute(struct page_visit *visit, uint64_t address)
{
    bool is_kernel = is_upper_half(address);
    if (visit->is_kernel && !is_kernel)
        visit->number++;
    visit->is_kernel = is_kernel;
}

void page_set_add(struct page_set *set, const struct page_visit *visit, uint64_t address)
{
    uint64_t key = address >> PAGE_SHIFT;
    if (!is_upper_half(address))
        key |= visit->number << VISIT_SHIFT;
    for (uint32_t i = 0; i < set->count; i++)
        if (set->keys[i] == key)
            return;
    if (set->count < PAGE_SET_MAX)
        set->keys[set->count++] = key;
}
