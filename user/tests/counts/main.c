/* What the primitives cost in instructions: marks (hint #0x70 and up) around a thousand of each, which
 * tools/qemucount counts from outside, and around one of each for the pages that it touches. Runs as the first
 * process; mark 0 is the first user instruction of all (user/rt/start_entry.S). Each figure is warmed up
 * before it is marked. How often another thread got the CPU is from the kernel's own counter. */
#include <abi/memory.h>
#include <abi/objects.h>
#include <abi/signals.h>
#include <abi/system.h>
#include <string.h>
#include <swos/syscalls.h>

#include "user/ipc/channel.h"
#include "user/rt/clock.h"
#include "user/rt/exit_codes.h"
#include "user/rt/log.h"
#include "user/rt/spawn.h"
#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/support/counters.h"
#include "user/tests/support/threads.h"

enum { ROUNDS = 1000, SPAWNS = 20, PAGE = 4096, SETTLE_MS = 200 };

#define MARK(number) __asm__ volatile("hint #0x70 + " #number ::: "memory")

static struct test_claim claim;
static struct spawn_plan plan;
static handle_t root, cell;

static uint64_t switches_now(void)
{
    return counter_now("context_switches_total");
}

static void switches_tell(const char *figure, uint64_t before, uint64_t rounds)
{
    test_count(figure, (switches_now() - before) * 1000 / rounds);
}

static int serve(void)
{
    handle_t endpoint = start_handle_need("endpoint", OBJECT_ENDPOINT);
    struct channel_words words = { .count = ENDPOINT_NO_REPLY };
    uint64_t badge;
    do {
        if (sys_endpoint_receive(endpoint, TIME_NEVER, STATUS_OK, &words, &badge) != STATUS_OK)
            return EXIT_FAILED;
        MARK(10);
    } while (!(words.count & IPC_FLAG_CLOSED));
    return EXIT_OK;
}

/* This program once more, with one argument. */
static handle_t start_again(const char *argument, handle_t endpoint)
{
    static const char path[] = "bin/counts";
    handle_t image = HANDLE_NONE, process = HANDLE_NONE;
    uint32_t kind;
    TEST_EQ(&claim,
            sys_file_open(root, path, sizeof path - 1, 0, RIGHT_READ | RIGHT_EXECUTE, &image,
                          &kind),
            STATUS_OK);
    spawn_begin(&plan, argument);
    spawn_argument(&plan, "counts", 6);
    spawn_argument(&plan, argument, strlen(argument));
    if (endpoint.raw != 0)
        spawn_give(&plan, "endpoint", 8, endpoint, RIGHT_ENDPOINT_RECEIVE);
    TEST_EQ(&claim, spawn_run(&plan, cell, image, &process), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(image.raw), STATUS_OK);
    return process;
}

static void wait_end(handle_t process)
{
    uint32_t seen;
    TEST_EQ(&claim, sys_object_wait(process, SIGNAL_TERMINATED, TIME_NEVER, &seen), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(process.raw), STATUS_OK);
}

static void nulls(void)
{
    for (int i = 0; i < ROUNDS; i++)
        (void)!sys_null();
}

static void count_null(void)
{
    test_begin(&claim, "counts_null_call");
    uint64_t before = switches_now();
    nulls();
    switches_tell("null_call.switches_permille", before, ROUNDS);
    MARK(1);
    nulls();
    MARK(2);
    MARK(14);
    (void)!sys_null();
    MARK(15);
    test_end(&claim);
}

static void calls(handle_t channel)
{
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct channel_words words = { .word = { i }, .count = 1 };
        TEST_EQ(&claim, sys_channel_call(channel, TIME_NEVER, &words), STATUS_OK);
    }
}

static void count_ipc(void)
{
    handle_t endpoint = HANDLE_NONE, channel = HANDLE_NONE;
    test_begin(&claim, "counts_ipc_round_trip");
    TEST_EQ(&claim, sys_endpoint_create(&endpoint), STATUS_OK);
    TEST_EQ(&claim, sys_channel_mint(endpoint, 5, &channel), STATUS_OK);
    handle_t process = start_again("serve", endpoint);
    TEST_EQ(&claim, sys_handle_close(endpoint.raw), STATUS_OK);
    uint64_t before = switches_now();
    calls(channel);
    switches_tell("ipc_round_trip.switches_permille", before, ROUNDS);
    MARK(3);
    calls(channel);
    MARK(4);
    struct channel_words words = { .count = 1 };
    MARK(9); /* One leg to the server, which passes mark 10, and one back. */
    status_t status = sys_channel_call(channel, TIME_NEVER, &words);
    MARK(11);
    TEST_EQ(&claim, status, STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(channel.raw), STATUS_OK);
    wait_end(process);
    test_end(&claim);
}

static void touch(volatile uint8_t *memory)
{
    for (int i = 0; i < ROUNDS; i++)
        memory[i * PAGE] = 1;
}

/* The second page of a mapping of two: its table is there, and nothing follows that could come along. */
static void count_one_fault(void)
{
    uint64_t address = 0;
    TEST_EQ(&claim, sys_memory_map_anon(2 * PAGE, 0, MEMORY_READ | MEMORY_WRITE, &address),
            STATUS_OK);
    volatile uint8_t *memory = (volatile uint8_t *)address;
    memory[0] = 1;
    MARK(14);
    memory[PAGE] = 1;
    MARK(15);
    TEST_EQ(&claim, sys_memory_unmap(address, 2 * PAGE), STATUS_OK);
}

static void count_faults(void)
{
    uint64_t address = 0;
    test_begin(&claim, "counts_page_fault");
    for (int round = 0; round < 2; round++) {
        TEST_EQ(&claim,
                sys_memory_map_anon((uint64_t)ROUNDS * PAGE, 0, MEMORY_READ | MEMORY_WRITE,
                                    &address),
                STATUS_OK);
        uint64_t before = switches_now();
        if (round == 1)
            MARK(5);
        touch((volatile uint8_t *)address);
        if (round == 1)
            MARK(6);
        if (round == 1)
            switches_tell("page_fault.switches_permille", before, ROUNDS);
        TEST_EQ(&claim, sys_memory_unmap(address, (uint64_t)ROUNDS * PAGE), STATUS_OK);
    }
    count_one_fault();
    test_end(&claim);
}

/* Two threads of one process let each other run: a call and a switch each time. */
static uint32_t switching;

static void yield_back(void *argument)
{
    (void)argument;
    while (__atomic_load_n(&switching, __ATOMIC_ACQUIRE) != 0)
        (void)sys_thread_yield();
}

static void yields(void)
{
    for (int i = 0; i < ROUNDS; i++)
        (void)sys_thread_yield();
}

static void count_switches(void)
{
    struct test_thread other;
    test_begin(&claim, "counts_context_switch");
    switching = 1;
    TEST_EQ(&claim, thread_begin(&other, yield_back, NULL), STATUS_OK);
    yields();
    uint64_t before = switches_now();
    yields();
    TEST_CHECK(&claim, switches_now() - before >= 2 * ROUNDS);
    MARK(12);
    yields();
    MARK(13);
    MARK(14);
    (void)sys_thread_yield();
    MARK(15);
    __atomic_store_n(&switching, 0, __ATOMIC_RELEASE);
    thread_join(&other);
    test_end(&claim);
}

static void spawns(int count)
{
    for (int i = 0; i < count; i++)
        wait_end(start_again("end", HANDLE_NONE));
}

static void count_spawn(void)
{
    test_begin(&claim, "counts_spawn_and_wait");
    uint64_t before = switches_now();
    spawns(SPAWNS);
    switches_tell("spawn_and_wait.switches_permille", before, SPAWNS);
    MARK(7);
    spawns(SPAWNS);
    MARK(8);
    MARK(14);
    spawns(1);
    MARK(15);
    test_end(&claim);
}

/* What was read off the disk before the first line of the first process ran, the kernel's own reads included. */
static void count_reads(void)
{
    test_begin(&claim, "counts_pages_read");
    test_count("boot.pages_read", counter_now("block_read_bytes_total") / PAGE);
    test_end(&claim);
}

/* Frames that are not free while the first process alone is there and waits. */
static void count_memory(void)
{
    struct memory_info memory;
    handle_t system = start_handle_need("system", OBJECT_SYSTEM);
    test_begin(&claim, "counts_memory_in_use");
    TEST_EQ(&claim, sys_thread_sleep(clock_after(SETTLE_MS * 1000000ull)), STATUS_OK);
    TEST_EQ(&claim, sys_system_memory(system, &memory), STATUS_OK);
    test_count("memory.frames_in_use", memory.total_frames - memory.free_frames);
    test_end(&claim);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return strcmp(argv[1], "serve") == 0 ? serve() : EXIT_OK;
    root = start_handle_need("root", OBJECT_DIRECTORY);
    cell = start_handle_need("cell", OBJECT_CELL);
    count_reads();
    count_memory();
    count_null();
    count_ipc();
    count_faults();
    count_switches();
    count_spawn();
    return test_done();
}
