/* See threads.h. The stack's lowest words carry body and argument over. */
#include "user/tests/ipc_test/threads.h"

#include <abi/signals.h>
#include <swos/syscalls.h>

#include "user/rt/arena.h"
#include "user/rt/exit_codes.h"
#include "user/rt/log.h"
#include "user/rt/start.h"

enum { STACK_SIZE = 32768 };

struct thread_start {
    void (*body)(void *);
    void *argument;
};

static _Noreturn void thread_main(struct thread_start *start)
{
    start->body(start->argument);
    sys_thread_exit();
}

handle_t test_thread(void (*body)(void *), void *argument)
{
    void *stack;
    handle_t thread = HANDLE_NONE;
    status_t status = pages_take(STACK_SIZE, &stack);
    if (status == STATUS_OK) {
        uint64_t number;
        *(struct thread_start *)stack = (struct thread_start){ body, argument };
        status = sys_thread_create((uintptr_t)thread_main, (uintptr_t)stack + STACK_SIZE,
                                   (uintptr_t)stack, 0, 0, &thread, &number);
    }
    if (status != STATUS_OK) {
        log_line("no thread: status %d", status);
        program_exit(EXIT_FAILED);
    }
    return thread;
}

void test_join(handle_t thread)
{
    uint32_t seen = 0;
    status_t status = sys_object_wait(thread, SIGNAL_TERMINATED, TIME_NEVER, &seen);
    if (status == STATUS_OK)
        status = sys_handle_close(thread.raw);
    if (status != STATUS_OK) {
        log_line("no join: status %d", status);
        program_exit(EXIT_FAILED);
    }
}
