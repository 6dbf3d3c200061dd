/* Drivers that end in every way while their device is at work. After each, the device is free and
 * reset, and all memory is back. */
#include <abi/memory.h>
#include <abi/signals.h>
#include <abi/system.h>
#include <string.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/exit_codes.h"
#include "user/rt/spawn.h"
#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/device_test/device_test.h"

enum { DEATHS = 20, PAGE = 4096 };

static struct test_claim claim;

/* --- The driver's side ----------------------------------------------------------------------- */

static struct entropy_driver driver;

static int fail(status_t status)
{
    return EXIT_FAILED + 16 + status;
}

/* Keep the device busy and end at once, or on request touch what is no longer there. */
int driver_process(const char *how)
{
    handle_t device = start_handle_need("device", OBJECT_DEVICE);
    status_t status = entropy_start(&driver, device);
    for (uint32_t page = 1; status == STATUS_OK && page < ENTROPY_DEPTH; page++)
        status = entropy_request(&driver, page, PAGE);
    if (status != STATUS_OK)
        return fail(status);
    if (strcmp(how, "exit") == 0)
        return EXIT_OK;
    if (strcmp(how, "fault") == 0)
        *(volatile uint32_t *)8 = 1;
    if (strcmp(how, "late") == 0) { /* The claim goes first: the registers are to go with it. */
        uint32_t seen = 0;
        status = sys_handle_close(device.raw);
        if (status == STATUS_OK)
            status = sys_object_wait(driver.irq, SIGNAL_ERROR, TIME_NEVER, &seen);
        if (status == STATUS_OK)
            status = sys_thread_sleep(clock_after(50000000));
        if (status == STATUS_OK)
            driver.pci.transport.ops->status_write(&driver.pci.transport, 0);
    }
    return fail(STATUS_OK);
}

/* --- The test's side ------------------------------------------------------------------------- */

static struct spawn_plan plan;

static handle_t driver_start(handle_t root, handle_t cell, handle_t device, const char *how)
{
    static const char path[] = "bin/device_test";
    handle_t image = HANDLE_NONE, process = HANDLE_NONE;
    uint32_t kind = 0;
    TEST_EQ(&claim,
            sys_file_open(root, path, sizeof path - 1, 0, RIGHT_READ | RIGHT_EXECUTE, &image,
                          &kind),
            STATUS_OK);
    spawn_begin(&plan, "driver");
    spawn_argument(&plan, "device_test", 11);
    spawn_argument(&plan, how, strlen(how));
    spawn_give(&plan, "device", 6, device, RIGHT_CONTROL | RIGHT_INSPECT);
    TEST_EQ(&claim, spawn_run(&plan, cell, image, &process), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(image.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(device.raw), STATUS_OK); /* The driver's alone now. */
    return process;
}

static void run_one(handle_t devices, handle_t root, handle_t cell, const char *how,
                    uint32_t exit_code)
{
    struct device_info info = { 0 };
    struct process_info ended = { 0 };
    handle_t device = HANDLE_NONE;
    uint32_t seen = 0;
    TEST_CHECK(&claim, entropy_find(devices, &info));
    TEST_EQ(&claim, sys_device_open(devices, info.id, &device), STATUS_OK);
    handle_t process = driver_start(root, cell, device, how);
    TEST_EQ(&claim, sys_object_wait(process, SIGNAL_TERMINATED, TIME_NEVER, &seen), STATUS_OK);
    TEST_EQ(&claim, sys_process_info(process, &ended), STATUS_OK);
    TEST_EQ(&claim, ended.exit_code & ~0x3fu, exit_code & ~0x3fu);
    TEST_EQ(&claim, sys_handle_close(process.raw), STATUS_OK);
}

static void device_comes_back(handle_t devices)
{
    struct device_info info = { 0 };
    handle_t device = HANDLE_NONE;
    TEST_CHECK(&claim, entropy_find(devices, &info));
    TEST_EQ(&claim, sys_device_open(devices, info.id, &device), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(device.raw), STATUS_OK);
}

struct balance {
    uint64_t free_frames;
    uint64_t memory;
    uint64_t handles;
};

/* What is left when everything that is on its way out has gone. */
static struct balance take_balance(handle_t system, handle_t cell)
{
    struct memory_info memory = { 0 };
    struct cell_info info = { 0 };
    uint64_t dropped = 0;
    TEST_EQ(&claim, sys_system_drop_cache(system, &dropped), STATUS_OK);
    TEST_EQ(&claim, sys_system_memory(system, &memory), STATUS_OK);
    TEST_EQ(&claim, sys_cell_info(cell, &info), STATUS_OK);
    return (struct balance){ memory.free_frames, info.used[CELL_MEMORY], info.used[CELL_HANDLES] };
}

static void check_balance(struct balance before, struct balance after)
{
    TEST_EQ(&claim, after.memory, before.memory);
    TEST_EQ(&claim, after.handles, before.handles);
    TEST_EQ(&claim, after.free_frames, before.free_frames);
}

void test_deaths(handle_t devices, handle_t root, handle_t cell)
{
    static const struct death {
        const char *name;
        const char *how;
        uint32_t exit_code;
    } deaths[] = {
        { "a_driver_may_exit_at_any_time", "exit", EXIT_OK },
        { "a_driver_may_fault", "fault", EXIT_CRASHED + 0x24 },
        { "registers_go_with_the_claim", "late", EXIT_CRASHED + 0x24 },
    };
    handle_t system = start_handle_need("system", OBJECT_SYSTEM);
    for (size_t i = 0; i < sizeof deaths / sizeof deaths[0]; i++) {
        struct balance before = { 0 };
        test_begin(&claim, deaths[i].name);
        for (int round = 0; round <= DEATHS; round++) {
            run_one(devices, root, cell, deaths[i].how, deaths[i].exit_code);
            if (round == 0) { /* What is kept for good has been made. */
                device_comes_back(devices);
                before = take_balance(system, cell);
            }
        }
        device_comes_back(devices);
        check_balance(before, take_balance(system, cell));
        test_end(&claim);
    }
}
