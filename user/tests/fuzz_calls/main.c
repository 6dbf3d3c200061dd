/* Random system calls from processes without privileges: whatever they do, the machine lives on, the
 * parent with it, and when their cell is gone nothing is left of them. Runs as the first process. The
 * seed of each life is in the log (log=console shows it); a word fuzz.seed=N on the command line
 * would be the first. */
#include <string.h>

#include <abi/memory.h>
#include <abi/signals.h>
#include <abi/syscall_info.h>
#include <abi/system.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "lib/base/format.h"
#include "user/rt/clock.h"
#include "user/rt/log.h"
#include "user/rt/spawn.h"
#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/fuzz_calls/fuzz_calls.h"
#include "user/tests/support/balance.h"

enum { PAGE = 4096, CALLS_OF_A_LIFE = 3000 };

#define LIFE_MAX_NS 400000000ull /* Who sleeps for good is ended after this. */
#define PROGRAM "bin/fuzz_calls"

static struct {
    struct random random;
    struct spawn_plan plan;
    handle_t cell;       /* Where the lives are. */
    handle_t playground; /* Below it: what they may fill and destroy. */
    handle_t root;
    handle_t image;
    handle_t scratch;
    handle_t endpoint;
    handle_t channel;
    handle_t report;
    struct fuzz_report *shared;
    struct life {
        handle_t process;
        time_ns_t give_up;
    } lives[FUZZ_CHILDREN];
    uint64_t started;
    uint8_t reached[SYSCALL_COUNT];
} parent;

/* What the parent does must work, whatever its children do. */
#define must(call) must_at((call), #call)

static void must_at(status_t status, const char *what)
{
    if (status == STATUS_OK)
        return;
    log_line("%s: status %d", what, status);
    ASSERT(status == STATUS_OK);
}

static void give(const char *name, handle_t handle, rights_t rights)
{
    spawn_give(&parent.plan, name, strlen(name), handle, rights);
}

/* What a service could have, and a cell of its own to play with. */
static status_t begin_life(struct life *life)
{
    char seed[32];
    uint64_t number = random_next(&parent.random);
    size_t len = format_text(seed, sizeof seed, "%llu", (unsigned long long)number);
    log_line("life %llu: seed %s", (unsigned long long)parent.started++, seed);
    spawn_begin(&parent.plan, "fuzz");
    spawn_argument(&parent.plan, "child", 5);
    spawn_argument(&parent.plan, seed, len);
    give("report", parent.report, UINT32_MAX);
    give("cell", parent.playground,
         RIGHT_CELL_SPAWN | RIGHT_INSPECT | RIGHT_CONTROL | RIGHT_DUPLICATE);
    give("root", parent.root, RIGHT_READ | RIGHT_EXECUTE | RIGHT_MAP | RIGHT_DUPLICATE);
    give("image", parent.image, UINT32_MAX);
    give("scratch", parent.scratch, UINT32_MAX);
    give("endpoint", parent.endpoint, UINT32_MAX);
    give("channel", parent.channel, UINT32_MAX);
    give("log", start_handle_need("log", OBJECT_LOG), RIGHT_READ | RIGHT_WAIT);
    give("entropy", start_handle_need("entropy", OBJECT_ENTROPY), RIGHT_READ);
    give("clock", start_handle_need("clock", OBJECT_CLOCK), RIGHT_READ);
    give("trace", start_handle_need("trace", OBJECT_TRACE), RIGHT_READ);
    give("system", start_handle_need("system", OBJECT_SYSTEM), RIGHT_INSPECT);
    life->give_up = clock_after(LIFE_MAX_NS);
    return spawn_run(&parent.plan, parent.cell, parent.image, &life->process);
}

static void end_life(struct life *life)
{
    uint32_t seen;
    if (sys_object_wait(life->process, SIGNAL_TERMINATED, TIME_NOW, &seen) != STATUS_OK)
        must(sys_process_kill(life->process, 1));
    must(sys_object_wait(life->process, SIGNAL_TERMINATED, TIME_NEVER, &seen));
    must(sys_handle_close(life->process.raw));
    life->process = HANDLE_NONE;
}

static handle_t make_cell(handle_t parent_cell)
{
    handle_t cell;
    struct cell_params params = { .name = "fuzz" };
    static const uint64_t limits[CELL_RESOURCES] = {
        [CELL_MEMORY] = 8 << 20, [CELL_PROCESSES] = 12,    [CELL_THREADS] = 40,
        [CELL_HANDLES] = 2000,   [CELL_SCRATCH] = 1 << 20, [CELL_SEGMENTS] = 256,
    };
    memcpy(params.limits, limits, sizeof limits);
    must(sys_cell_create(parent_cell, &params, &cell));
    return cell;
}

/* They may have destroyed it, or filled it with processes that do not end. */
static void renew_playground(void)
{
    uint32_t seen;
    if (!random_once_in(&parent.random, 4) &&
        sys_object_wait(parent.playground, SIGNAL_TERMINATED, TIME_NOW, &seen) != STATUS_OK)
        return;
    must(sys_cell_destroy(parent.playground));
    must(sys_handle_close(parent.playground.raw));
    parent.playground = make_cell(parent.cell);
}

static void make_cells(void)
{
    parent.cell = make_cell(start_handle_need("cell", OBJECT_CELL));
    parent.playground = make_cell(parent.cell);
}

/* What they hold has reached a limit of the cell that they live in: a new one. */
static void renew_cells(void)
{
    must(sys_cell_destroy(parent.cell));
    must(sys_handle_close(parent.playground.raw));
    must(sys_handle_close(parent.cell.raw));
    make_cells();
}

/* Until so many calls have been made in all. */
static void run_lives(struct test_claim *claim, uint64_t calls)
{
    while (__atomic_load_n(&parent.shared->calls, __ATOMIC_RELAXED) < calls)
        for (int i = 0; i < FUZZ_CHILDREN; i++) {
            struct life *life = &parent.lives[i];
            uint32_t seen;
            time_ns_t look = clock_after(2000000);
            if (life->process.raw != 0 &&
                sys_object_wait(life->process, SIGNAL_TERMINATED, look, &seen) != STATUS_OK &&
                clock_now() < life->give_up)
                continue;
            if (life->process.raw != 0)
                end_life(life);
            renew_playground();
            status_t status = begin_life(life);
            if (status == STATUS_OK)
                continue;
            TEST_EQ(claim, status, STATUS_LIMIT);
            renew_cells();
            must(begin_life(life));
        }
    for (int i = 0; i < FUZZ_CHILDREN; i++)
        if (parent.lives[i].process.raw != 0)
            end_life(&parent.lives[i]);
}

static void set_up(void)
{
    uint32_t kind;
    uint64_t address;
    make_cells();
    must(sys_tmpfs_create(256 * PAGE, &parent.scratch));
    must(sys_endpoint_create(&parent.endpoint));
    must(sys_channel_mint(parent.endpoint, 3, &parent.channel));
    must(sys_vmo_create(PAGE, 0, &parent.report));
    must(sys_memory_map(parent.report.raw, 0, PAGE, 0, MEMORY_READ | MEMORY_WRITE, &address));
    parent.shared = (struct fuzz_report *)(uintptr_t)address;
    must(sys_file_open(parent.root, PROGRAM, strlen(PROGRAM), 0,
                       RIGHT_READ | RIGHT_EXECUTE | RIGHT_MAP | RIGHT_DUPLICATE, &parent.image,
                       &kind));
}

static void tear_down(void)
{
    must(sys_cell_destroy(parent.cell));
    must(sys_memory_unmap((uintptr_t)parent.shared, PAGE));
    const handle_t all[] = { parent.playground, parent.cell,   parent.scratch, parent.endpoint,
                             parent.channel,    parent.report, parent.image };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        must(sys_handle_close(all[i].raw));
}

static uint64_t calls_to_make;

static void fuzz(struct test_claim *claim)
{
    set_up();
    run_lives(claim, calls_to_make);
    memcpy(parent.reached, parent.shared->succeeded, sizeof parent.reached);
    tear_down();
}

/* Calls that nothing here may make, by its rights or at all. */
static bool is_out_of_reach(uint16_t number)
{
    static const uint16_t calls[] = {
        SYSCALL_process_exit,   SYSCALL_thread_exit,   SYSCALL_system_drop_cache,
        SYSCALL_power_off,      SYSCALL_power_reset,   SYSCALL_clock_set,
        SYSCALL_trace_control,  SYSCALL_irq_ack,       SYSCALL_dma_addresses,
        SYSCALL_signal_suspend, SYSCALL_signal_return, SYSCALL_process_exec,
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (calls[i] == number)
            return true;
    return number >= SYSCALL_device_list && number <= SYSCALL_device_enable;
}

/* A fuzzer whose calls are all refused shows nothing: eight in ten must have worked at least once; and
 * none of those that need a right which was not given. */
static void test_reach(struct test_claim *claim)
{
    uint32_t within = 0, reached = 0;
    for (uint16_t number = 0; number < SYSCALL_COUNT; number++) {
        if (syscall_info[number].name == NULL)
            continue;
        if (is_out_of_reach(number)) {
            TEST_EQ(claim, parent.reached[number], 0);
            continue;
        }
        within++;
        reached += parent.reached[number];
        if (!parent.reached[number])
            log_line("never: %s", syscall_info[number].name);
    }
    TEST_CHECK(claim, within > 80 && reached * 10 >= within * 8);
}

/* A file of the base image that was locked once keeps the room for its locks, as long as it is known. */
static void lock_image_once(void)
{
    static const struct descriptor_words no_words;
    struct descriptor_lock lock = { .kind = DESCRIPTOR_LOCK_SHARED };
    handle_t image;
    uint32_t kind, number;
    must(sys_file_open(parent.root, PROGRAM, strlen(PROGRAM), 0, RIGHT_READ, &image, &kind));
    must(sys_descriptor_install(image.raw, 0, DESCRIPTION_READ, &no_words, &number));
    must(sys_descriptor_lock(number, &lock, DESCRIPTOR_LOCK_WHOLE));
    must(sys_descriptor_close(number));
}

static void test_fuzz(struct test_claim *claim)
{
    static struct balance before;
    parent.random.state = 1;
    parent.root = start_handle_need("root", OBJECT_DIRECTORY);
    calls_to_make = CALLS_OF_A_LIFE;
    lock_image_once();
    fuzz(claim);
    balance_take(&before);
    calls_to_make = test_rounds("fuzz.calls", 50000, 5000000);
    fuzz(claim);
    balance_check(claim, &before);
}

static uint64_t number_of(const char *text)
{
    uint64_t number = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        number = number * 10 + (uint64_t)(*text - '0');
    return number;
}

static const struct test_case cases[] = { { "fuzz.calls", test_fuzz },
                                          { "fuzz.reach", test_reach } };

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "idle") == 0) {
        (void)sys_thread_sleep(TIME_NEVER);
        return 0;
    }
    if (argc > 1)
        fuzz_child(number_of(argv[1]), CALLS_OF_A_LIFE);
    test_run(cases, sizeof cases / sizeof cases[0]);
    return test_done();
}
