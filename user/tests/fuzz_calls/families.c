/* What fork, exec, wait and their kin need to be let in at all: programs that end at once, numbers of processes
 * that exist, waits that mostly do not last. */
#include <string.h>

#include <abi/family.h>
#include <abi/process.h>
#include <swos/syscalls.h>

#include "user/tests/fuzz_calls/fuzz_calls.h"

enum { ACTIONS = 4, HANDLES = 4 };

static struct {
    struct spawn_args args;
    struct spawn_handle handles[HANDLES];
    struct spawn_child child;
    struct spawn_action actions[ACTIONS];
    struct process_limit limit;
    uint64_t child_id; /* Of the last child, or 0. */
} made;

static uint64_t own_id(void)
{
    uint64_t process = 0, thread = 0;
    (void)sys_thread_self(&process, &thread);
    return process;
}

/* Itself, the last child, one nearby. */
static uint64_t some_id(struct random *random)
{
    switch (random_below(random, 4)) {
    case 0: return 0;
    case 1: return own_id();
    case 2: return made.child_id;
    default: return own_id() + random_below(random, 9) - 4;
    }
}

/* A program that finds nothing to do, and ends. */
static uint64_t args_structure(struct random *random, const struct fuzz_pool *pool)
{
    for (int i = 0; i < HANDLES; i++)
        made.handles[i] =
            (struct spawn_handle){ .handle = pool->handles[random_below(random, FUZZ_HANDLES)],
                                   .rights = UINT32_MAX,
                                   .name = "given" };
    made.args = (struct spawn_args){ .arguments = (uintptr_t)"child\0none",
                                     .arguments_len = sizeof "child\0none",
                                     .handles = (uintptr_t)made.handles,
                                     .handle_count = (uint32_t)random_below(random, HANDLES + 1),
                                     .name = "fuzzed" };
    if (random_once_in(random, 10)) {
        uint64_t value = random_next(random) >> random_below(random, 64);
        memcpy((uint8_t *)&made.args + random_below(random, sizeof made.args / 8) * 8, &value, 8);
    }
    return (uintptr_t)&made.args;
}

static uint64_t child_structure(struct random *random)
{
    for (int i = 0; i < ACTIONS; i++)
        made.actions[i] = (struct spawn_action){ .kind = (uint32_t)random_below(random, 3),
                                                 .number = (uint32_t)random_below(random, 9),
                                                 .target = (uint32_t)random_below(random, 70) };
    bool acts = random_once_in(random, 3);
    made.child = (struct spawn_child){
        .actions = (uintptr_t)made.actions,
        .action_count = acts ? (uint32_t)random_below(random, ACTIONS + 1) : 0,
        .flags = (uint32_t)(random_next(random) & SPAWN_CHILD_FLAGS),
        .group = random_once_in(random, 3) ? some_id(random) : 0,
        .mask = random_next(random),
        .defaults = random_next(random),
    };
    if (random_once_in(random, 20))
        made.child.action_count = (uint32_t)random_next(random);
    return (uintptr_t)&made.child;
}

static uint64_t limit_structure(struct random *random)
{
    made.limit.soft = random_next(random) >> random_below(random, 64);
    made.limit.hard = random_once_in(random, 3) ? made.limit.soft : PROCESS_NO_LIMIT;
    return (uintptr_t)&made.limit;
}

bool arguments_for_families(struct random *random, const struct fuzz_pool *pool,
                            struct fuzz_call *call)
{
    switch (call->number) {
    case SYSCALL_process_exec: call->x[1] = args_structure(random, pool); break;
    case SYSCALL_process_spawn_child:
        call->x[1] = args_structure(random, pool);
        call->x[2] = child_structure(random);
        break;
    case SYSCALL_process_wait:
        call->x[0] = random_below(random, 4);
        call->x[1] = some_id(random);
        call->x[2] = random_next(random) & 0x1f;
        if (!random_once_in(random, 50))
            call->x[2] |= PROCESS_WAIT_NO_HANG;
        break;
    case SYSCALL_process_kin: call->x[0] = some_id(random); break;
    case SYSCALL_process_set_group:
        call->x[0] = some_id(random);
        call->x[1] = some_id(random);
        break;
    case SYSCALL_process_usage: call->x[0] = random_below(random, 4); break;
    case SYSCALL_process_limit:
        call->x[0] = some_id(random);
        call->x[1] = random_below(random, PROCESS_LIMITS + 1);
        call->x[2] = random_once_in(random, 2) ? limit_structure(random) : 0;
        break;
    case SYSCALL_process_nice:
        call->x[0] = random_below(random, 4);
        call->x[1] = some_id(random);
        call->x[3] = random_below(random, 45) - 22;
        break;
    default: return false;
    }
    return true;
}

void families_take_results(struct random *random, const struct fuzz_call *call)
{
    bool made_child =
        call->number == SYSCALL_process_fork || call->number == SYSCALL_process_spawn_child;
    if (!made_child || call->x[0] != STATUS_OK)
        return;
    made.child_id = call->x[1];
    if (call->x[1] == 0) /* The child of a fork goes another way from here. */
        random->state ^= own_id() * 0x9e3779b97f4a7c15ull;
}
