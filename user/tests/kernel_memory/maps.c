/* Anonymous memory: zero on demand, holes, access, places. */
#include <string.h>

#include <abi/system.h>
#include <swos/syscalls.h>

#include "user/rt/start.h"
#include "user/tests/kernel_memory/kernel_memory.h"
#include "user/tests/support/balance.h"

enum { PAGES = 16 };

#define USER_END 0x8000000000ull
#define FAR 0x3000000000ull

static uint64_t memory_used(void)
{
    struct cell_info info = { 0 };
    (void)sys_cell_info(start_handle_need("cell", OBJECT_CELL), &info);
    return info.used[CELL_MEMORY];
}

static uint64_t map(struct test_claim *claim, size_t pages, uint32_t access)
{
    uint64_t address = 0;
    TEST_EQ(claim, sys_memory_map_anon(pages * PAGE, 0, access, &address), STATUS_OK);
    return address;
}

/* A gigabyte costs nothing until it is touched; then a page a page, and some tables. */
static void on_demand(struct test_claim *claim)
{
    uint64_t size = 1ull << 30, address = 0, before = memory_used();
    TEST_EQ(claim, sys_memory_map_anon(size, 0, ACCESS_RW, &address), STATUS_OK);
    TEST_CHECK(claim, memory_used() - before < PAGE);
    uint64_t mapped = memory_used();
    for (uint64_t i = 0; i < PAGES; i++) {
        uint64_t at = address + i * (size / PAGES);
        TEST_EQ(claim, *word_at(at), 0);
        TEST_EQ(claim, *word_at(at + PAGE - 8), 0);
        *byte_at(at) = (uint8_t)i;
    }
    uint64_t touched = memory_used() - mapped;
    TEST_CHECK(claim, touched >= PAGES * PAGE && touched < 3 * PAGES * PAGE);
    TEST_EQ(claim, sys_memory_unmap(address, size), STATUS_OK);
}

static void test_on_demand(struct test_claim *claim)
{
    balance_hold(claim, on_demand);
}

/* A small piece that may be written comes with its first page, zeroed; what may not be written with none. */
static void first_page(struct test_claim *claim)
{
    uint64_t before = memory_used();
    uint64_t written = map(claim, PAGES, ACCESS_RW), after = memory_used();
    TEST_CHECK(claim, after - before >= PAGE && after - before < 4 * PAGE); /* With its tables. */
    *byte_at(written) = 1;
    TEST_EQ(claim, memory_used(), after);
    TEST_EQ(claim, *word_at(written + PAGE), 0);
    TEST_EQ(claim, memory_used(), after + PAGE);
    uint64_t read = map(claim, PAGES, MEMORY_READ);
    TEST_CHECK(claim, memory_used() - after < 2 * PAGE);
    TEST_EQ(claim, sys_memory_unmap(read, PAGES * PAGE), STATUS_OK);
    TEST_EQ(claim, sys_memory_unmap(written, PAGES * PAGE), STATUS_OK);
    written = map(claim, PAGES, ACCESS_RW);
    TEST_EQ(claim, *byte_at(written), 0);
    TEST_EQ(claim, sys_memory_unmap(written, PAGES * PAGE), STATUS_OK);
}

static void test_first_page(struct test_claim *claim)
{
    balance_hold(claim, first_page);
}

static void holes(struct test_claim *claim)
{
    uint64_t at = map(claim, PAGES, ACCESS_RW);
    for (uint64_t i = 0; i < PAGES; i++)
        *byte_at(at + i * PAGE) = (uint8_t)(i + 1);
    TEST_EQ(claim, sys_memory_unmap(at + 4 * PAGE, 4 * PAGE), STATUS_OK);
    for (uint64_t i = 0; i < PAGES; i++) {
        bool is_there = i < 4 || i >= 8;
        TEST_EQ(claim, can_write(at + i * PAGE), is_there);
        if (is_there)
            TEST_EQ(claim, *byte_at(at + i * PAGE), i + 1);
    }
    TEST_EQ(claim, sys_memory_unmap(at, PAGES * PAGE), STATUS_OK); /* Over the hole. */
    TEST_EQ(claim, sys_memory_unmap(at, PAGES * PAGE), STATUS_OK); /* Nothing there. */
    for (uint64_t i = 0; i < PAGES; i++)
        TEST_EQ(claim, can_read(at + i * PAGE), false);
}

static void test_holes(struct test_claim *claim)
{
    balance_hold(claim, holes);
}

static void protect(struct test_claim *claim)
{
    uint64_t at = map(claim, PAGES, ACCESS_RW), middle = at + 5 * PAGE;
    *byte_at(middle) = 7;
    TEST_EQ(claim, sys_memory_protect(middle, PAGE, MEMORY_READ), STATUS_OK);
    TEST_CHECK(claim, can_read(middle) && !can_write(middle));
    TEST_CHECK(claim, can_write(middle - 1) && can_write(middle + PAGE));
    TEST_EQ(claim, *byte_at(middle), 7);
    TEST_EQ(claim, sys_memory_protect(middle, PAGE, 0), STATUS_OK);
    TEST_CHECK(claim, !can_read(middle));
    TEST_EQ(claim, sys_memory_protect(middle, PAGE, ACCESS_RW), STATUS_OK);
    TEST_EQ(claim, *byte_at(middle), 7);
    TEST_CHECK(claim, can_write(middle));
    TEST_EQ(claim, sys_memory_protect(at, PAGE, MEMORY_EXECUTE), STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_memory_protect(at, PAGE, ACCESS_RW | MEMORY_EXECUTE), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_protect(at + 1, PAGE, MEMORY_READ), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_protect(at, 0, MEMORY_READ), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_unmap(middle, PAGE), STATUS_OK);
    TEST_EQ(claim, sys_memory_protect(at, PAGES * PAGE, MEMORY_READ), STATUS_NOT_FOUND);
    TEST_CHECK(claim, can_write(at)); /* Nothing was changed. */
    TEST_EQ(claim, sys_memory_unmap(at, PAGES * PAGE), STATUS_OK);
}

static void test_protect(struct test_claim *claim)
{
    balance_hold(claim, protect);
}

static void test_access(struct test_claim *claim)
{
    uint64_t address;
    TEST_EQ(claim, sys_memory_map_anon(PAGE, 0, ACCESS_RW | MEMORY_EXECUTE, &address),
            STATUS_INVALID);
    TEST_EQ(claim, sys_memory_map_anon(PAGE, 0, MEMORY_READ | MEMORY_EXECUTE, &address),
            STATUS_NO_RIGHT);
    address = map(claim, 1, MEMORY_READ);
    TEST_CHECK(claim, can_read(address) && !can_write(address));
    TEST_EQ(claim, sys_memory_protect(address, PAGE, ACCESS_RW), STATUS_OK);
    TEST_CHECK(claim, can_write(address));
    TEST_EQ(claim, sys_memory_unmap(address, PAGE), STATUS_OK);
}

static void places(struct test_claim *claim)
{
    uint64_t address = 0, other = 0;
    uint32_t fixed = ACCESS_RW | MEMORY_FIXED;
    TEST_EQ(claim, sys_memory_map_anon(4 * PAGE, FAR, fixed, &address), STATUS_OK);
    TEST_EQ(claim, address, FAR);
    *byte_at(FAR + PAGE) = 1;
    TEST_EQ(claim, sys_memory_map_anon(PAGE, FAR + PAGE, fixed, &other), STATUS_BUSY);
    TEST_EQ(claim, sys_memory_map_anon(PAGE, FAR + 4 * PAGE, fixed, &other), STATUS_OK);
    TEST_EQ(claim, sys_memory_map_anon(PAGE, FAR + PAGE, fixed | MEMORY_REPLACE, &other),
            STATUS_OK);
    TEST_EQ(claim, *byte_at(FAR + PAGE), 0);
    TEST_EQ(claim, sys_memory_map_anon(PAGE, FAR, ACCESS_RW, &other), STATUS_OK); /* A wish. */
    TEST_CHECK(claim, other != FAR && (other & (PAGE - 1)) == 0);
    TEST_EQ(claim, sys_memory_unmap(other, PAGE), STATUS_OK);
    TEST_EQ(claim, sys_memory_unmap(FAR, 5 * PAGE), STATUS_OK);

    TEST_EQ(claim, sys_memory_map_anon(PAGE, FAR + 1, fixed, &other), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_map_anon(PAGE, 0, fixed, &other), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_map_anon(PAGE, PAGE, fixed, &other), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_map_anon(PAGE, USER_END, fixed, &other), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_map_anon(2 * PAGE, USER_END - PAGE, fixed, &other), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_map_anon(PAGE, UINT64_MAX - PAGE + 1, fixed, &other), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_map_anon(0, 0, ACCESS_RW, &other), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_map_anon(UINT64_MAX, 0, ACCESS_RW, &other), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_unmap(FAR + 1, PAGE), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_unmap(FAR, 0), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_unmap(FAR, UINT64_MAX), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_unmap(USER_END - PAGE, 2 * PAGE), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_map_anon(USER_END / 2, 0, ACCESS_RW, &other), STATUS_OK);
    TEST_EQ(claim, sys_memory_map_anon(USER_END / 2, 0, ACCESS_RW, &address), STATUS_NO_MEMORY);
    TEST_EQ(claim, sys_memory_unmap(other, USER_END / 2), STATUS_OK);
}

static void test_places(struct test_claim *claim)
{
    balance_hold(claim, places);
}

static void guard(struct test_claim *claim)
{
    uint64_t address = 0, other;
    TEST_EQ(claim, sys_memory_map_anon(2 * PAGE, 0, MEMORY_GUARD, &address), STATUS_OK);
    TEST_CHECK(claim, !can_read(address) && !can_read(address + PAGE));
    TEST_EQ(claim, sys_memory_map_anon(PAGE, address, ACCESS_RW | MEMORY_FIXED, &other),
            STATUS_BUSY);
    TEST_EQ(claim, sys_memory_unmap(address, 2 * PAGE), STATUS_OK);
}

static void test_guard(struct test_claim *claim)
{
    balance_hold(claim, guard);
}

/* Very many small maps, every second one taken away, then the rest. */
static void many(struct test_claim *claim)
{
    enum { MAPS = 2000 };
    static uint64_t at[MAPS];
    for (int i = 0; i < MAPS; i++) {
        TEST_EQ(claim,
                sys_memory_map_anon(PAGE, FAR + 2ull * PAGE * (uint64_t)i, ACCESS_RW | MEMORY_FIXED,
                                    &at[i]),
                STATUS_OK);
        *byte_at(at[i]) = (uint8_t)i;
    }
    for (int i = 0; i < MAPS; i += 2)
        TEST_EQ(claim, sys_memory_unmap(at[i], PAGE), STATUS_OK);
    for (int i = 1; i < MAPS; i += 2)
        TEST_EQ(claim, *byte_at(at[i]), (uint8_t)i);
    TEST_EQ(claim, sys_memory_unmap(FAR, 2ull * PAGE * MAPS), STATUS_OK);
}

static void test_many(struct test_claim *claim)
{
    balance_hold(claim, many);
}

static const struct test_case cases[] = {
    { "map.on_demand", test_on_demand }, { "map.first_page", test_first_page },
    { "map.holes", test_holes },         { "map.protect", test_protect },
    { "map.access", test_access },       { "map.places", test_places },
    { "map.guard", test_guard },         { "map.many", test_many },
};

void claims_maps(void)
{
    test_run(cases, sizeof cases / sizeof cases[0]);
}
