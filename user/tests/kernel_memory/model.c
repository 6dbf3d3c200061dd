/* Random maps, unmaps and protects over a window of pages, beside a model of what each page must be:
 * there or not, readable, writable, and with which contents. Pages of two VMOs, of files' private copies
 * and anonymous ones mix, so that every kind of mapping is split, joined and cut. */
#include <string.h>

#include <swos/syscalls.h>

#include "user/rt/start.h"
#include "user/tests/kernel_memory/kernel_memory.h"
#include "user/tests/support/balance.h"

enum { WINDOW = 48, VMO_PAGES = 24, VMOS = 2 };

#define WINDOW_BASE 0x4000000000ull

/* Where a page's contents are. */
struct content {
    uint32_t owner; /* 0: a page of its own; 1 and 2: page `index` of that VMO. */
    uint32_t index;
    uint8_t own;
};

static struct {
    uint64_t seed;
    handle_t vmos[VMOS];
    uint8_t vmo_bytes[VMOS][VMO_PAGES];
    struct page {
        bool is_mapped;
        uint32_t access;
        struct content content;
    } pages[WINDOW];
} model;

static uint64_t random_below(uint64_t limit)
{
    uint64_t z = model.seed += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return (z ^ z >> 31) % limit;
}

static uint8_t *content_of(struct page *page)
{
    if (page->content.owner == 0)
        return &page->content.own;
    return &model.vmo_bytes[page->content.owner - 1][page->content.index];
}

static uint64_t address_of(uint64_t index)
{
    return WINDOW_BASE + index * PAGE;
}

static uint32_t random_access(void)
{
    static const uint32_t some[] = { ACCESS_RW, ACCESS_RW, MEMORY_READ, 0 };
    return some[random_below(4)];
}

static void do_map(struct test_claim *claim, uint64_t first, uint64_t count)
{
    uint32_t owner = (uint32_t)random_below(VMOS + 1), access = random_access();
    uint64_t start = random_below(VMO_PAGES - count + 1), address = 0;
    uint32_t flags = access | MEMORY_FIXED | MEMORY_REPLACE;
    if (random_below(4) == 0)
        flags |= MEMORY_EAGER;
    status_t status = owner == 0
                          ? sys_memory_map_anon(count * PAGE, address_of(first), flags, &address)
                          : sys_memory_map(model.vmos[owner - 1].raw, start * PAGE, count * PAGE,
                                           address_of(first), flags, &address);
    TEST_EQ(claim, status, STATUS_OK);
    TEST_EQ(claim, address, address_of(first));
    for (uint64_t i = 0; i < count; i++)
        model.pages[first + i] = (struct page){ true, access, { owner, (uint32_t)(start + i), 0 } };
}

static void do_unmap(struct test_claim *claim, uint64_t first, uint64_t count)
{
    TEST_EQ(claim, sys_memory_unmap(address_of(first), count * PAGE), STATUS_OK);
    memset(&model.pages[first], 0, count * sizeof model.pages[0]);
}

static void do_protect(struct test_claim *claim, uint64_t first, uint64_t count)
{
    uint32_t access = random_access();
    bool whole = true;
    for (uint64_t i = 0; i < count; i++)
        whole = whole && model.pages[first + i].is_mapped;
    TEST_EQ(claim, sys_memory_protect(address_of(first), count * PAGE, access),
            whole ? STATUS_OK : STATUS_NOT_FOUND);
    for (uint64_t i = 0; whole && i < count; i++)
        model.pages[first + i].access = access;
}

static void do_write(uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++)
        if (model.pages[i].is_mapped && (model.pages[i].access & MEMORY_WRITE)) {
            uint8_t value = (uint8_t)random_below(256);
            *byte_at(address_of(i) + 100) = value;
            *content_of(&model.pages[i]) = value;
        }
}

static void compare(struct test_claim *claim)
{
    for (uint64_t i = 0; i < WINDOW && !claim->failed; i++) {
        struct page *page = &model.pages[i];
        uint64_t address = address_of(i) + 100;
        bool readable = page->is_mapped && page->access != 0;
        TEST_EQ(claim, can_read(address), readable);
        if (readable)
            TEST_EQ(claim, *byte_at(address), *content_of(page));
        TEST_EQ(claim, can_write(address), readable && (page->access & MEMORY_WRITE) != 0);
    }
}

static void test_model(struct test_claim *claim)
{
    uint64_t rounds = test_rounds("map.model", 1500, 60000);
    model.seed = 5;
    for (int i = 0; i < VMOS; i++)
        TEST_EQ(claim, sys_vmo_create(VMO_PAGES * PAGE, 0, &model.vmos[i]), STATUS_OK);
    for (uint64_t round = 0; round < rounds && !claim->failed; round++) {
        uint64_t count = 1 + random_below(random_below(2) ? 4 : VMO_PAGES);
        uint64_t first = random_below(WINDOW - count + 1);
        switch (random_below(5)) {
        case 0: do_unmap(claim, first, count); break;
        case 1: do_protect(claim, first, count); break;
        case 2: do_write(first, count); break;
        default: do_map(claim, first, count); break;
        }
        if (round % 4 == 0)
            compare(claim);
        if (claim->failed)
            test_fail(claim, "in round %llu", (unsigned long long)round);
    }
    do_unmap(claim, 0, WINDOW);
    for (int i = 0; i < VMOS; i++)
        TEST_EQ(claim, sys_handle_close(model.vmos[i].raw), STATUS_OK);
    memset(model.vmo_bytes, 0, sizeof model.vmo_bytes);
}

static void once(struct test_claim *claim)
{
    test_model(claim);
}

static void test_model_balance(struct test_claim *claim)
{
    static struct balance before;
    once(claim);
    balance_take(&before);
    once(claim);
    balance_check(claim, &before);
}

static const struct test_case cases[] = { { "map.model", test_model_balance } };

void claims_model(void)
{
    test_run(cases, sizeof cases / sizeof cases[0]);
}
