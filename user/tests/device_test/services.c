/* The kernel's single objects: clock, entropy, log, system, trace. */
#include <abi/system.h>
#include <abi/trace.h>
#include <string.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/device_test/device_test.h"

enum { RECORDS = 128 };

static struct test_claim claim;

static void the_wall_clock_goes_with_the_monotonic_one(void)
{
    handle_t handle = start_handle_need("clock", OBJECT_CLOCK);
    uint64_t first = 0, second = 0, set = 1800000000ull * 1000000000;
    test_begin(&claim, "the_wall_clock_goes_with_the_monotonic_one");
    TEST_EQ(&claim, sys_clock_wall(handle, &first), STATUS_OK);
    TEST_CHECK(&claim, first > 1700000000ull * 1000000000); /* After 2023: QEMU knows the time. */
    TEST_EQ(&claim, sys_thread_sleep(clock_after(2000000)), STATUS_OK);
    TEST_EQ(&claim, sys_clock_wall(handle, &second), STATUS_OK);
    TEST_CHECK(&claim, second - first >= 2000000 && second - first < 1000000000);
    TEST_EQ(&claim, sys_clock_set(handle, set), STATUS_OK);
    TEST_EQ(&claim, sys_clock_wall(handle, &second), STATUS_OK);
    TEST_CHECK(&claim, second - set < 1000000000);
    TEST_EQ(&claim, sys_clock_set(handle, first), STATUS_OK);
    test_end(&claim);
}

static void entropy_is_given(void)
{
    handle_t handle = start_handle_need("entropy", OBJECT_ENTROPY);
    uint8_t a[256], b[256], c[257];
    test_begin(&claim, "entropy_is_given");
    TEST_EQ(&claim, sys_entropy_read(handle, a, sizeof a), STATUS_OK);
    TEST_EQ(&claim, sys_entropy_read(handle, b, sizeof b), STATUS_OK);
    TEST_CHECK(&claim, memcmp(a, b, sizeof a) != 0);
    TEST_EQ(&claim, sys_entropy_read(handle, c, sizeof c), STATUS_TOO_BIG);
    test_end(&claim);
}

/* A line written is found again, whole, and a reader at the end waits. */
static void the_log_is_read_by_lines(void)
{
    static const char line[] = "device_test was here";
    handle_t handle = start_handle_need("log", OBJECT_LOG);
    char text[512];
    uint64_t cursor = 0;
    size_t len = 0, found = 0;
    status_t status;
    test_begin(&claim, "the_log_is_read_by_lines");
    TEST_EQ(&claim, sys_log_read(handle, text, 256, 0, TIME_NOW, &len, &cursor), STATUS_INVALID);
    TEST_EQ(&claim, sys_debug_write(line, sizeof line - 1), STATUS_OK);
    while ((status = sys_log_read(handle, text, sizeof text, cursor, TIME_NOW, &len, &cursor)) ==
           STATUS_OK) {
        TEST_CHECK(&claim, len > 0 && text[len - 1] == '\n');
        for (size_t at = 0; at + sizeof line <= len; at++)
            found += memcmp(text + at, line, sizeof line - 1) == 0;
    }
    TEST_EQ(&claim, status, STATUS_TIMED_OUT);
    TEST_EQ(&claim, found, 1);
    test_end(&claim);
}

static void the_system_lists_cells_and_processes(void)
{
    static struct cell_info cells[8];
    static struct process_info processes[8];
    static char counters[8192];
    handle_t handle = start_handle_need("system", OBJECT_SYSTEM);
    struct cell_params params = { .name = "inner" };
    handle_t parent = start_handle_need("cell", OBJECT_CELL), cell = HANDLE_NONE;
    size_t count = 0;
    test_begin(&claim, "the_system_lists_cells_and_processes");
    memset(params.limits, 0xff, sizeof params.limits);
    params.limits[CELL_HANDLES] = 7;
    TEST_EQ(&claim, sys_cell_create(parent, &params, &cell), STATUS_OK);
    TEST_EQ(&claim, sys_system_cells(handle, cells, 8, &count), STATUS_OK);
    TEST_EQ(&claim, count, 2);
    TEST_CHECK(&claim, strcmp(cells[1].name, "inner") == 0);
    TEST_EQ(&claim, cells[1].limits[CELL_HANDLES], 7);
    TEST_EQ(&claim, cells[1].parent_id, cells[0].id);
    TEST_EQ(&claim, sys_system_cells(handle, NULL, 0, &count), STATUS_OK);
    TEST_EQ(&claim, count, 2);
    TEST_EQ(&claim, sys_cell_destroy(parent), STATUS_INVALID); /* The root holds everything. */
    TEST_EQ(&claim, sys_cell_destroy(cell), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(cell.raw), STATUS_OK);
    TEST_EQ(&claim, sys_system_processes(handle, processes, 8, &count), STATUS_OK);
    TEST_EQ(&claim, count, 1);
    TEST_CHECK(&claim, strcmp(processes[0].name, "init") == 0);
    TEST_EQ(&claim, sys_boot_arguments(handle, counters, sizeof counters, &count), STATUS_OK);
    TEST_CHECK(&claim, count > 0);
    handle_t trace = start_handle_need("trace", OBJECT_TRACE);
    TEST_EQ(&claim, sys_trace_counters(trace, counters, sizeof counters, &count), STATUS_OK);
    TEST_CHECK(&claim, memcmp(counters, "page_faults_total ", 18) == 0);
    TEST_EQ(&claim, counters[count - 1], '\n');
    test_end(&claim);
}

/* Each null call made between on and off is in the rings, once, in order of time. */
static void traces_record_what_was_chosen(void)
{
    static struct trace_record records[RECORDS];
    handle_t handle = start_handle_need("trace", OBJECT_TRACE);
    size_t len = 0;
    uint64_t lost = 0, seen = 0, lost_all = 0;
    test_begin(&claim, "traces_record_what_was_chosen");
    TEST_EQ(&claim, sys_trace_control(handle, TRACE_BIT(TRACE_KINDS)), STATUS_INVALID);
    TEST_EQ(&claim, sys_trace_control(handle, TRACE_BIT(TRACE_SYSCALL_ENTER)), STATUS_OK);
    for (int i = 0; i < 100; i++)
        TEST_EQ(&claim, sys_null(), STATUS_OK);
    TEST_EQ(&claim, sys_trace_control(handle, 0), STATUS_OK);
    TEST_EQ(&claim, sys_trace_read(handle, 8, records, sizeof records, &len, &lost),
            STATUS_INVALID);
    for (uint32_t cpu = 0; cpu < 8; cpu++)
        while (sys_trace_read(handle, cpu, records, sizeof records, &len, &lost) == STATUS_OK &&
               len > 0) {
            lost_all += lost;
            for (size_t i = 0; i < len / sizeof records[0]; i++) {
                TEST_EQ(&claim, records[i].kind, TRACE_SYSCALL_ENTER);
                TEST_EQ(&claim, records[i].cpu, cpu);
                TEST_CHECK(&claim, i == 0 || records[i].ticks >= records[i - 1].ticks);
                seen += records[i].a == SYSCALL_null;
            }
        }
    TEST_EQ(&claim, lost_all, 0);
    TEST_EQ(&claim, seen, 100);
    test_end(&claim);
}

void test_services(void)
{
    the_wall_clock_goes_with_the_monotonic_one();
    entropy_is_given();
    the_log_is_read_by_lines();
    the_system_lists_cells_and_processes();
    traces_record_what_was_chosen();
}
