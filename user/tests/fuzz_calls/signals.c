/* Arguments for the calls of signals and timers. A life that signals itself at random ends soon, so most of what
 * it sends is masked, ignored or caught, and it names mostly itself. */
#include <abi/interval_timer.h>
#include <abi/posix_signal.h>
#include <swos/syscalls.h>

#include "user/tests/fuzz_calls/fuzz_calls.h"

enum { STACK_SIZE = 16384 };

static struct {
    uint8_t stack[STACK_SIZE] __attribute__((aligned(16)));
    struct signal_action action;
    struct signal_information information;
    struct signal_stack other_stack;
    struct interval_event event;
} made;

static void handler(uint64_t number)
{
}

__attribute__((naked)) static void handler_return(void)
{
    __asm__ volatile("mov x8, %0\n\tsvc #0\n\tbrk #1" ::"i"(SYSCALL_signal_return));
}

/* Bits for most signals, or for few. */
static uint64_t many(struct random *random)
{
    return random_next(random) | random_next(random) | random_next(random) | 1ull << 63;
}

static uint64_t few(struct random *random)
{
    return random_next(random) & random_next(random) & random_next(random) & random_next(random);
}

static uint64_t harmless_signal(struct random *random)
{
    static const uint8_t harmless[] = { 0,
                                        POSIX_SIGCHLD,
                                        POSIX_SIGURG,
                                        POSIX_SIGWINCH,
                                        POSIX_SIGCONT,
                                        POSIX_SIGNAL_QUEUED_MIN,
                                        POSIX_SIGNALS };
    if (random_once_in(random, 40))
        return random_below(random, 66);
    return harmless[random_below(random, sizeof harmless)];
}

/* The caller's process, or its thread, or 0 for the same. */
static uint64_t own_number(struct random *random, bool of_thread)
{
    uint64_t process, thread;
    if (random_once_in(random, 8) || sys_thread_self(&process, &thread) != STATUS_OK)
        return random_below(random, 300);
    if (random_once_in(random, 2))
        return 0;
    return of_thread ? thread : process;
}

static uint64_t action_structure(struct random *random)
{
    made.action = (struct signal_action){ .handler = (uintptr_t)handler,
                                          .mask = random_next(random),
                                          .flags = (uint32_t)random_next(random) };
    if (random_once_in(random, 3))
        made.action.handler = POSIX_HANDLER_IGNORE;
    if (random_once_in(random, 50))
        made.action.handler = random_below(random, 3) * random_next(random);
    return (uintptr_t)&made.action;
}

static uint64_t information_structure(struct random *random)
{
    made.information = (struct signal_information){
        .number = (uint32_t)harmless_signal(random),
        .code = random_once_in(random, 8) ? (int32_t)random_next(random) : SIGNAL_CODE_QUEUE,
        .sender = { .value = random_next(random) },
    };
    return (uintptr_t)&made.information;
}

static uint64_t stack_structure(struct random *random)
{
    made.other_stack = (struct signal_stack){
        .base = random_once_in(random, 20) ? random_next(random) : (uintptr_t)made.stack,
        .flags = random_once_in(random, 3) ? (uint32_t)random_below(random, 4) : 0,
        .size = random_once_in(random, 8) ? random_next(random) : sizeof made.stack,
    };
    return (uintptr_t)&made.other_stack;
}

static uint64_t event_structure(struct random *random)
{
    made.event = (struct interval_event){
        .value = random_next(random),
        .thread = random_once_in(random, 3) ? own_number(random, true) : 0,
        .signal = (uint32_t)harmless_signal(random),
    };
    return (uintptr_t)&made.event;
}

bool arguments_for_signals(struct random *random, struct fuzz_call *call)
{
    switch (call->number) {
    case SYSCALL_signal_action:
        call->x[0] = random_below(random, 66);
        call->x[1] = random_once_in(random, 3) ? 0 : (uintptr_t)handler_return;
        call->x[2] = random_once_in(random, 6) ? 0 : action_structure(random);
        break;
    case SYSCALL_signal_mask:
        call->x[0] = random_below(random, 5);
        call->x[1] = call->x[0] == SIGNAL_MASK_UNBLOCK ? few(random) : many(random);
        break;
    case SYSCALL_signal_send:
        call->x[0] = own_number(random, false);
        call->x[1] = harmless_signal(random);
        break;
    case SYSCALL_signal_send_thread:
        call->x[0] = own_number(random, false);
        call->x[1] = own_number(random, true);
        call->x[2] = harmless_signal(random);
        break;
    case SYSCALL_signal_queue:
        call->x[0] = own_number(random, false);
        call->x[1] = own_number(random, true);
        call->x[2] = information_structure(random);
        break;
    case SYSCALL_signal_take: call->x[0] = many(random); break;
    case SYSCALL_signal_suspend: call->x[0] = few(random); break;
    case SYSCALL_signal_stack:
        call->x[0] = random_once_in(random, 4) ? 0 : stack_structure(random);
        break;
    case SYSCALL_interval_timer_create:
        call->x[0] = random_below(random, INTERVAL_CLOCKS + 1);
        call->x[1] = own_number(random, true);
        call->x[3] = event_structure(random);
        break;
    case SYSCALL_interval_timer_set:
        call->x[0] = random_below(random, 8);
        call->x[2] = random_below(random, 3) * random_below(random, 300000);
        call->x[3] = random_once_in(random, 2) ? 0 : random_below(random, 300000);
        break;
    case SYSCALL_interval_timer_overrun:
    case SYSCALL_interval_timer_delete: call->x[0] = random_below(random, 8); break;
    case SYSCALL_cpu_clock_read:
        call->x[0] = own_number(random, false);
        call->x[1] = own_number(random, true);
        break;
    default: return false;
    }
    return true;
}

bool call_is_deadly(struct random *random, uint64_t number)
{
    bool is_rare = number == SYSCALL_process_exec || number == SYSCALL_process_fork;
    return ((number == SYSCALL_signal_return || number == SYSCALL_signal_suspend) &&
            !random_once_in(random, 100)) ||
           (is_rare && !random_once_in(random, 10));
}

void mask_most_signals(struct random *random)
{
    uint64_t old;
    (void)sys_signal_mask(SIGNAL_MASK_SET, many(random), &old);
}
