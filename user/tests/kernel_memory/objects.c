/* VMOs and files in address spaces: sharing, offsets, private copies, code. */
#include <string.h>

#include <abi/file.h>
#include <swos/syscalls.h>

#include "user/rt/start.h"
#include "user/tests/kernel_memory/kernel_memory.h"
#include "user/tests/support/balance.h"

enum { PAGES = 8 };

#define UNMAPPED ((void *)0x1000)

static void vmo_bytes(struct test_claim *claim)
{
    static uint8_t out[3 * PAGE], in[3 * PAGE];
    handle_t vmo;
    uint64_t size = 0;
    TEST_EQ(claim, sys_vmo_create(PAGES * PAGE, 0, &vmo), STATUS_OK);
    TEST_EQ(claim, sys_vmo_size(vmo, &size), STATUS_OK);
    TEST_EQ(claim, size, PAGES * PAGE);
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = (uint8_t)(i * 7);
    TEST_EQ(claim, sys_vmo_write(vmo, out, sizeof out, PAGE - 5), STATUS_OK);
    TEST_EQ(claim, sys_vmo_read(vmo, in, sizeof in, PAGE - 5), STATUS_OK);
    TEST_EQ(claim, memcmp(in, out, sizeof in), 0);
    TEST_EQ(claim, sys_vmo_read(vmo, in, PAGE - 5, 0), STATUS_OK);
    for (size_t i = 0; i < PAGE - 5; i++)
        TEST_EQ(claim, in[i], 0);
    TEST_EQ(claim, sys_vmo_read(vmo, in, 1, PAGES * PAGE - 1), STATUS_OK);
    TEST_EQ(claim, sys_vmo_read(vmo, in, 2, PAGES * PAGE - 1), STATUS_INVALID);
    TEST_EQ(claim, sys_vmo_read(vmo, in, 1, UINT64_MAX), STATUS_INVALID);
    TEST_EQ(claim, sys_vmo_write(vmo, in, 1, PAGES * PAGE), STATUS_INVALID);
    TEST_EQ(claim, sys_vmo_write(vmo, UNMAPPED, 1, 0), STATUS_BAD_ADDRESS);
    TEST_EQ(claim, sys_vmo_read(vmo, UNMAPPED, 1, 0), STATUS_BAD_ADDRESS);
    TEST_EQ(claim, sys_handle_close(vmo.raw), STATUS_OK);
    TEST_EQ(claim, sys_vmo_create(0, 0, &vmo), STATUS_INVALID);
    TEST_EQ(claim, sys_vmo_create(UINT64_MAX, 0, &vmo), STATUS_INVALID);
}

static void test_vmo_bytes(struct test_claim *claim)
{
    balance_hold(claim, vmo_bytes);
}

/* The mapping lives on when the handle is closed, and both show the same pages. */
static void vmo_shared(struct test_claim *claim)
{
    handle_t vmo, narrow;
    uint64_t first = 0, second = 0, none;
    TEST_EQ(claim, sys_vmo_create(PAGES * PAGE, 0, &vmo), STATUS_OK);
    TEST_EQ(claim, sys_memory_map(vmo.raw, 0, PAGES * PAGE, 0, ACCESS_RW, &first), STATUS_OK);
    TEST_EQ(claim, sys_memory_map(vmo.raw, 2 * PAGE, PAGE, 0, MEMORY_READ, &second), STATUS_OK);
    *byte_at(first + 2 * PAGE + 9) = 77;
    TEST_EQ(claim, *byte_at(second + 9), 77);
    TEST_CHECK(claim, !can_write(second));
    TEST_EQ(claim, sys_memory_map(vmo.raw, PAGE / 2, PAGE, 0, MEMORY_READ, &none), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_map(vmo.raw, 0, (PAGES + 1) * PAGE, 0, MEMORY_READ, &none),
            STATUS_INVALID);
    TEST_EQ(claim, sys_memory_map(vmo.raw, UINT64_MAX - PAGE + 1, 2 * PAGE, 0, MEMORY_READ, &none),
            STATUS_INVALID);
    TEST_EQ(claim, sys_handle_duplicate(vmo.raw, RIGHT_READ | RIGHT_MAP, &narrow), STATUS_OK);
    TEST_EQ(claim, sys_memory_map(narrow.raw, 0, PAGE, 0, ACCESS_RW, &none), STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_memory_map(narrow.raw, 0, PAGE, 0, MEMORY_READ, &none), STATUS_OK);
    TEST_EQ(claim, sys_memory_protect(none, PAGE, ACCESS_RW), STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_memory_unmap(none, PAGE), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(narrow.raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(vmo.raw), STATUS_OK);
    TEST_EQ(claim, *byte_at(second + 9), 77);
    TEST_EQ(claim, sys_memory_unmap(first, PAGES * PAGE), STATUS_OK);
    TEST_EQ(claim, *byte_at(second + 9), 77);
    TEST_EQ(claim, sys_memory_unmap(second, PAGE), STATUS_OK);
}

static void test_vmo_shared(struct test_claim *claim)
{
    balance_hold(claim, vmo_shared);
}

/* Code: written through one handle, run through a mapping that cannot be written. */
static void code(struct test_claim *claim)
{
    static const uint32_t answer_42[] = { 0x52800540 /* mov w0, #42 */, 0xd65f03c0 /* ret */ };
    handle_t vmo;
    uint64_t address = 0, none;
    TEST_EQ(claim, sys_vmo_create(PAGE, 0, &vmo), STATUS_OK);
    TEST_EQ(claim, sys_vmo_write(vmo, answer_42, sizeof answer_42, 0), STATUS_OK);
    TEST_EQ(claim, sys_memory_map(vmo.raw, 0, PAGE, 0, ACCESS_RW | MEMORY_EXECUTE, &none),
            STATUS_INVALID);
    TEST_EQ(claim, sys_memory_map(vmo.raw, 0, PAGE, 0, MEMORY_READ | MEMORY_EXECUTE, &address),
            STATUS_OK);
    TEST_CHECK(claim, !can_write(address));
    int (*function)(void) = (int (*)(void))(uintptr_t)address;
    TEST_EQ(claim, function(), 42);
    TEST_EQ(claim, sys_memory_unmap(address, PAGE), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(vmo.raw), STATUS_OK);
}

static void test_code(struct test_claim *claim)
{
    balance_hold(claim, code);
}

/* --- Files ----------------------------------------------------------------------------------- */

static handle_t open_own_image(struct test_claim *claim, rights_t rights)
{
    static const char path[] = "bin/kernel_memory";
    handle_t file = HANDLE_NONE;
    uint32_t kind;
    TEST_EQ(claim,
            sys_file_open(start_handle_need("root", OBJECT_DIRECTORY), path, sizeof path - 1, 0,
                          rights, &file, &kind),
            STATUS_OK);
    return file;
}

static void file_private(struct test_claim *claim)
{
    static uint8_t bytes[4 * PAGE];
    handle_t file = open_own_image(claim, RIGHT_READ | RIGHT_MAP);
    uint64_t shared = 0, private = 0, none;
    size_t actual = 0;
    TEST_EQ(claim, sys_file_read(file, bytes, sizeof bytes, 0, &actual), STATUS_OK);
    TEST_EQ(claim, sys_memory_map_file(file.raw, 0, 4 * PAGE, 0, MEMORY_READ, &shared), STATUS_OK);
    TEST_EQ(claim,
            sys_memory_map_file(file.raw, PAGE, 3 * PAGE, 0, ACCESS_RW | MEMORY_PRIVATE, &private),
            STATUS_OK);
    TEST_EQ(claim, memcmp((void *)(uintptr_t)shared, bytes, 4 * PAGE), 0);
    TEST_EQ(claim, memcmp((void *)(uintptr_t)private, bytes + PAGE, 3 * PAGE), 0);
    *byte_at(private + PAGE) = (uint8_t)~bytes[2 * PAGE];
    TEST_EQ(claim, *byte_at(private + PAGE), (uint8_t)~bytes[2 * PAGE]);
    TEST_EQ(claim, *byte_at(private + PAGE + 1), bytes[2 * PAGE + 1]);
    TEST_EQ(claim, memcmp((void *)(uintptr_t)shared, bytes, 4 * PAGE), 0);
    TEST_CHECK(claim, !can_write(shared));
    TEST_EQ(claim, sys_memory_map_file(file.raw, 0, PAGE, 0, ACCESS_RW, &none), STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_memory_protect(shared, PAGE, ACCESS_RW), STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_memory_map_file(file.raw, 1, PAGE, 0, MEMORY_READ, &none), STATUS_INVALID);
    TEST_EQ(claim, sys_memory_map_file(file.raw, 1, PAGE, 0, MEMORY_READ | MEMORY_PRIVATE, &none),
            STATUS_INVALID);
    TEST_EQ(claim, sys_memory_map_file(file.raw, 0, PAGE, 0, MEMORY_EXECUTE, &none),
            STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_handle_close(file.raw), STATUS_OK);
    TEST_EQ(claim, *byte_at(private), bytes[PAGE]);
    TEST_EQ(claim, sys_memory_unmap(shared, 4 * PAGE), STATUS_OK);
    TEST_EQ(claim, sys_memory_unmap(private, 3 * PAGE), STATUS_OK);
}

static void test_file_private(struct test_claim *claim)
{
    balance_hold(claim, file_private);
}

/* Past the end: what the last page has beyond the file is zero, and pages further on are not there. */
static void file_end(struct test_claim *claim)
{
    handle_t file = open_own_image(claim, RIGHT_READ | RIGHT_MAP);
    struct file_stat stat = { 0 };
    uint64_t address = 0;
    TEST_EQ(claim, sys_file_stat(file, &stat), STATUS_OK);
    uint64_t last = stat.size_bytes / PAGE * PAGE;
    status_t status = sys_memory_map_file(file.raw, last, 3 * PAGE, 0, MEMORY_READ, &address);
    TEST_CHECK(claim, status == STATUS_OK || status == STATUS_INVALID);
    if (status == STATUS_OK) {
        for (uint64_t i = stat.size_bytes - last; i < PAGE; i++)
            TEST_EQ(claim, *byte_at(address + i), 0);
        TEST_CHECK(claim, !can_read(address + PAGE) && !can_read(address + 2 * PAGE));
        TEST_EQ(claim, sys_memory_unmap(address, 3 * PAGE), STATUS_OK);
    }
    TEST_EQ(claim,
            sys_memory_map_file(file.raw, UINT64_MAX - PAGE + 1, 2 * PAGE, 0,
                                MEMORY_READ | MEMORY_PRIVATE, &address),
            STATUS_INVALID);
    TEST_EQ(claim, sys_handle_close(file.raw), STATUS_OK);
}

static void test_file_end(struct test_claim *claim)
{
    balance_hold(claim, file_end);
}

static const struct test_case cases[] = {
    { "vmo.bytes", test_vmo_bytes }, { "vmo.shared", test_vmo_shared },
    { "vmo.code", test_code },       { "file.private", test_file_private },
    { "file.end", test_file_end },
};

void claims_objects(void)
{
    test_run(cases, sizeof cases / sizeof cases[0]);
}
