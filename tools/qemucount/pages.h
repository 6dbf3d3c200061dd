/* The distinct 4 KiB pages that a passage of the guest touches, by fetching, reading or writing: what it
 * costs in walks of translation tables when translations were dropped before. Kernel pages are told apart
 * by their addresses. A user page also by the visit to user mode that it belongs to, because the next visit may be
 * to another address space. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { PAGE_SET_MAX = 2048 };

struct page_set {
    uint64_t keys[PAGE_SET_MAX];
    uint32_t count; /* PAGE_SET_MAX: so many or more. */
};

/* Whether the guest last executed kernel code (the upper half of addresses), and how often it went from
 * there to user code. */
struct page_visit {
    bool is_kernel;
    uint64_t number;
};

/* The guest executes code at an address. */
void page_visit_execute(struct page_visit *visit, uint64_t address);

/* The guest touches an address. Cost: linear in the pages so far. */
void page_set_add(struct page_set *set, const struct page_visit *visit, uint64_t address);
