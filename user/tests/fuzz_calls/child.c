/* One life of random calls. Handles that are no longer in the pool are closed from time to time, so
 * that the cell's limit is met sometimes and not always. */
#include <string.h>

#include <abi/memory.h>
#include <abi/syscall_numbers.h>
#include <swos/syscalls.h>

#include "user/rt/start.h"
#include "user/tests/fuzz_calls/fuzz_calls.h"

enum { LIST_MAX = 600, STACK_SIZE = 16384, THREAD_CALLS = 200, KEEP_MAX = 16 };

/* Where no random address points. */
#define REPORT_ADDRESS 0x7123456000ull

static struct {
    struct random random;
    struct fuzz_pool pool;
    struct fuzz_report *report;
    uint64_t list[LIST_MAX];
    uint64_t keep[KEEP_MAX]; /* Given at the start: never closed by the sweep. */
    size_t keep_count;
} child;

static void make(struct fuzz_call *call)
{
    register uint64_t x0 __asm__("x0") = call->x[0];
    register uint64_t x1 __asm__("x1") = call->x[1];
    register uint64_t x2 __asm__("x2") = call->x[2];
    register uint64_t x3 __asm__("x3") = call->x[3];
    register uint64_t x4 __asm__("x4") = call->x[4];
    register uint64_t x5 __asm__("x5") = call->x[5];
    register uint64_t x6 __asm__("x6") = call->x[6];
    register uint64_t x7 __asm__("x7") = call->x[7];
    register uint64_t x8 __asm__("x8") = call->number;
    register uint64_t x9 __asm__("x9") = call->x[9];
    register uint64_t x10 __asm__("x10") = call->x[10];
    register uint64_t x11 __asm__("x11") = call->x[11];
    register uint64_t x12 __asm__("x12") = call->x[12];
    register uint64_t x13 __asm__("x13") = call->x[13];
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6),
                       "+r"(x7), "+r"(x9), "+r"(x10), "+r"(x11), "+r"(x12), "+r"(x13)
                     : "r"(x8)
                     : "memory", "cc");
    const uint64_t after[] = { x0, x1, x2, x3, x4, x5, x6, x7, call->x[8], x9, x10, x11, x12, x13 };
    memcpy(call->x, after, sizeof after);
}

/* A thread's own sequence, from the seed that it was started with. */
static _Noreturn void thread_main(uint64_t seed)
{
    struct random random = { seed };
    struct fuzz_call call;
    for (int i = 0; i < THREAD_CALLS; i++) {
        arguments_make(&random, &child.pool, &call);
        if (call.number != SYSCALL_thread_create)
            make(&call);
        __atomic_fetch_add(&child.report->calls, 1, __ATOMIC_RELAXED);
    }
    sys_thread_exit();
}

/* A thread that can run, now and then; else whatever was made up, which crashes this life. */
static void fix_thread(struct fuzz_call *call)
{
    uint64_t stack;
    if (random_once_in(&child.random, 50) ||
        sys_memory_map_anon(STACK_SIZE, 0, MEMORY_READ | MEMORY_WRITE, &stack) != STATUS_OK)
        return;
    call->x[0] = (uintptr_t)thread_main;
    call->x[1] = stack + STACK_SIZE;
    call->x[2] = random_next(&child.random);
    call->x[3] = call->x[4] = 0;
}

static bool is_kept(uint64_t handle)
{
    for (size_t i = 0; i < child.keep_count; i++)
        if (child.keep[i] == handle)
            return true;
    return false;
}

static void sweep(void)
{
    size_t count = 0;
    if (sys_handle_list(child.list, LIST_MAX, &count) != STATUS_OK)
        return;
    child.pool.count = 0;
    for (size_t i = 0; i < child.keep_count; i++)
        pool_add(&child.random, &child.pool, child.keep[i]);
    for (size_t i = 0; i < count && i < LIST_MAX; i++) {
        if (is_kept(child.list[i]))
            continue;
        if (random_once_in(&child.random, 2))
            (void)sys_handle_close(child.list[i]);
        else
            pool_add(&child.random, &child.pool, child.list[i]);
    }
}

static void keep_given(void)
{
    size_t count;
    const struct start_handle *given = start_handles(&count);
    for (size_t i = 0; i < count && i < KEEP_MAX; i++)
        if (given[i].kind != OBJECT_VMO)
            child.keep[child.keep_count++] = given[i].handle;
}

_Noreturn void fuzz_child(uint64_t seed, uint64_t calls)
{
    uint64_t address;
    handle_t shared = start_handle_need("report", OBJECT_VMO);
    if (sys_memory_map(shared.raw, 0, 4096, REPORT_ADDRESS,
                       MEMORY_READ | MEMORY_WRITE | MEMORY_FIXED, &address) != STATUS_OK)
        program_exit(1);
    (void)sys_handle_close(shared.raw); /* Out of reach of the calls. */
    child.report = (struct fuzz_report *)(uintptr_t)address;
    child.random.state = seed;
    arguments_init(&child.random);
    keep_given();
    sweep();
    if (!random_once_in(&child.random, 4))
        mask_most_signals(&child.random);
    for (uint64_t i = 0; i < calls; i++) {
        struct fuzz_call call;
        arguments_make(&child.random, &child.pool, &call);
        if (call.number == SYSCALL_thread_create)
            fix_thread(&call);
        __atomic_fetch_add(&child.report->calls, 1, __ATOMIC_RELAXED);
        make(&call);
        if (call.x[0] == STATUS_OK && call.number < SYSCALL_COUNT)
            child.report->succeeded[call.number] = 1;
        arguments_take_results(&child.random, &child.pool, &call);
        if (random_once_in(&child.random, 300))
            sweep();
    }
    program_exit(0);
}
