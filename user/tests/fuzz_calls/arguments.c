/* Arguments by the grammar of the calls: mostly such as the entries let pass, so that the handlers are
 * reached, and now and then anything at all. Structures are random bytes over a few plausible
 * shapes, since what a call reads of them is its own affair. */
#include <string.h>

#include <abi/file.h>
#include <abi/ipc.h>
#include <abi/memory.h>
#include <abi/process.h>
#include <abi/signals.h>
#include <abi/stream.h>
#include <abi/syscall_grammar.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/tests/fuzz_calls/fuzz_calls.h"

enum { BUFFER_SIZE = 65536, PAGE = 4096 };

/* Addresses that maps and unmaps play with, far from the program. */
#define PLAY_BASE 0x2000000000ull
#define PLAY_PAGES 512ull

#define EVENT_BITS (SIGNAL_EVENT | SIGNAL_USER_0 * 0xff)

static struct {
    uint8_t buffer[BUFFER_SIZE] __attribute__((aligned(PAGE)));
    uint8_t beyond[PAGE]; /* Lengths may lead over the end. */
    uint16_t numbers[SYSCALL_COUNT];
    uint32_t number_count;
} fuzz;

void arguments_init(struct random *random)
{
    for (uint16_t number = 0; number < SYSCALL_COUNT; number++)
        if (syscall_grammar[number].name != NULL && !syscall_grammar[number].is_noreturn)
            fuzz.numbers[fuzz.number_count++] = number;
    for (size_t i = 0; i < BUFFER_SIZE; i++)
        fuzz.buffer[i] = (uint8_t)random_next(random);
}

static uint64_t edge_number(struct random *random)
{
    static const uint64_t edges[] = {
        0,
        1,
        2,
        3,
        7,
        8,
        15,
        16,
        63,
        64,
        255,
        256,
        2047,
        2048,
        4095,
        4096,
        4097,
        65535,
        65536,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        0x100000000,
        0x7fffffffff,
        0x8000000000,
        INT64_MAX,
        1ull << 63,
        UINT64_MAX - 4095,
        UINT64_MAX - 1,
        UINT64_MAX,
    };
    uint64_t edge = edges[random_below(random, sizeof edges / sizeof edges[0])];
    return random_once_in(random, 4) ? edge + random_below(random, 9) - 4 : edge;
}

static uint64_t any_number(struct random *random)
{
    switch (random_below(random, 4)) {
    case 0: return edge_number(random);
    case 1: return random_next(random) >> random_below(random, 64);
    default: return random_below(random, 64);
    }
}

static uint64_t any_handle(struct random *random, const struct fuzz_pool *pool)
{
    if (pool->count == 0 || random_once_in(random, 40))
        return any_number(random);
    return pool->handles[random_below(random, pool->count)];
}

/* Mostly one that the call can take. */
static uint64_t handle_of_kind(struct random *random, const struct fuzz_pool *pool, uint64_t kinds)
{
    if (random_once_in(random, 12))
        return any_handle(random, pool);
    uint32_t start = (uint32_t)random_below(random, FUZZ_HANDLES);
    for (uint32_t i = 0; i < pool->count; i++) {
        uint32_t at = (start + i) % pool->count;
        if (kinds & OBJECT_BIT(pool->kinds[at]))
            return pool->handles[at];
    }
    return any_handle(random, pool);
}

static uint64_t play_address(struct random *random)
{
    return PLAY_BASE + random_below(random, PLAY_PAGES) * PAGE;
}

static uint64_t any_address(struct random *random)
{
    switch (random_below(random, 24)) {
    case 0: return any_number(random);
    case 1: return play_address(random) + random_below(random, PAGE);
    case 2: return 0xffffff8000000000ull + random_below(random, 1 << 30);
    default: return (uintptr_t)fuzz.buffer + random_below(random, BUFFER_SIZE) / 8 * 8;
    }
}

static uint64_t any_deadline(struct random *random)
{
    if (random_once_in(random, 400))
        return TIME_NEVER; /* The parent ends who sleeps for good. */
    return random_once_in(random, 2) ? TIME_NOW : clock_after(random_below(random, 200000));
}

static const char *const paths[] = { "a", "b", "a/b", "d/e", "../x", "bin", "bin/fuzz_calls",
                                     ".", "/a" };

static uint64_t any_path(struct random *random, uint64_t *out_len)
{
    const char *path = paths[random_below(random, sizeof paths / sizeof paths[0])];
    *out_len = strlen(path);
    return (uintptr_t)path;
}

/* --- Structures that calls read -------------------------------------------------------------- */

static void put(uint8_t *at, size_t offset, uint64_t value, size_t size)
{
    memcpy(at + offset, &value, size);
}

static uint64_t spawn_structure(struct random *random, const struct fuzz_pool *pool)
{
    static struct spawn_handle handles[4];
    static struct spawn_args args;
    for (int i = 0; i < 4; i++)
        handles[i] = (struct spawn_handle){ .handle = any_handle(random, pool),
                                            .rights = random_once_in(random, 2)
                                                          ? UINT32_MAX
                                                          : (uint32_t)any_number(random),
                                            .name = "given" };
    args = (struct spawn_args){ .arguments = (uintptr_t)"child\0idle",
                                .arguments_len = sizeof "child\0idle",
                                .handles = (uintptr_t)handles,
                                .handle_count = (uint32_t)random_below(random, 5),
                                .name = "fuzzed" };
    if (random_once_in(random, 8))
        put((uint8_t *)&args, random_below(random, sizeof args / 8) * 8, any_number(random), 8);
    return (uintptr_t)&args;
}

static uint64_t message_structure(struct random *random, const struct fuzz_pool *pool)
{
    static uint64_t handles[IPC_HANDLES_MAX];
    static struct ipc_message messages[4];
    struct ipc_message *message = &messages[random_below(random, 4)];
    for (int i = 0; i < IPC_HANDLES_MAX; i++)
        handles[i] = any_handle(random, pool);
    bool is_long = random_once_in(random, 8);
    *message = (struct ipc_message){
        .bytes = any_address(random),
        .handles = random_once_in(random, 20) ? any_address(random) : (uintptr_t)handles,
        .byte_count = (uint32_t)(is_long ? any_number(random) : random_below(random, 300)),
        .handle_count =
            (uint32_t)(random_once_in(random, 30) ? any_number(random) : random_below(random, 3)),
    };
    return (uintptr_t)message;
}

static uint64_t operations_structure(struct random *random, const struct fuzz_pool *pool)
{
    static struct stream_operation operations[8];
    for (int i = 0; i < 8; i++)
        operations[i] = (struct stream_operation){ .stream = { any_handle(random, pool) },
                                                   .cookie = (uint64_t)i,
                                                   .kind = (uint32_t)random_below(random, 10),
                                                   .flags = (uint32_t)random_below(random, 2),
                                                   .offset = (uint32_t)any_number(random),
                                                   .len = (uint32_t)random_below(random, 3000) };
    return (uintptr_t)operations;
}

/* Random bytes, small numbers or zeros: what is flags, sizes, counts finds something to like. */
static uint64_t any_structure(struct random *random, size_t size)
{
    uint8_t *at = fuzz.buffer + random_below(random, BUFFER_SIZE - size) / 8 * 8;
    uint64_t shape = random_below(random, 4);
    if (shape < 2)
        memset(at, 0, size);
    for (size_t i = 0; shape > 0 && i + 4 <= size; i += 4)
        if (random_once_in(random, 3))
            put(at, i, any_number(random), 4);
    if (size == sizeof(struct cell_params) && shape < 3) /* A name, and no limits. */
        memset(memcpy(at, "c\0", 2) + 32, 0xff, 48);
    return (uintptr_t)at;
}

static uint64_t net_structure(struct random *random)
{
    static const uint32_t manners[] = { 0, STREAM_NET_CONNECTING, STREAM_NET_LOCAL,
                                        STREAM_NET_RECORDS, STREAM_NET_UNSUMMED };
    static struct stream_net_params params;
    params = (struct stream_net_params){
        .send_limit = STREAM_LIMIT_MIN,
        .receive_limit = STREAM_LIMIT_MIN,
        .fill = 1 + (uint32_t)random_below(random, STREAM_CHUNK_SIZE),
        .flags = random_once_in(random, 20) ? (uint32_t)random_below(random, 17)
                                            : manners[random_below(random, 5)],
    };
    return (uintptr_t)&params;
}

/* --- One call -------------------------------------------------------------------------------- */

static uint64_t any_flags(struct random *random, uint64_t mask)
{
    uint64_t flags = random_next(random) & mask;
    if (random_once_in(random, 2))
        flags &= random_next(random);
    return random_once_in(random, 50) ? flags | 1ull << random_below(random, 64) : flags;
}

static void make_one(struct random *random, const struct fuzz_pool *pool, struct fuzz_call *call,
                     const struct syscall_grammar *grammar, uint8_t i)
{
    const struct syscall_argument_grammar *argument = &grammar->arguments[i];
    switch (argument->type) {
    case SYSCALL_TYPE_HANDLE: call->x[i] = handle_of_kind(random, pool, argument->kinds); break;
    case SYSCALL_TYPE_USER_IN:
    case SYSCALL_TYPE_STRING:
        if (argument->element_size == 1 &&
            (call->number >= SYSCALL_file_open || call->number == SYSCALL_listener_name ||
             call->number == SYSCALL_listener_find)) {
            call->x[i] = any_path(random, &call->x[argument->len_index]);
            break;
        }
        call->x[i] = call->number == SYSCALL_stream_batch ? operations_structure(random, pool)
                                                          : any_address(random);
        call->x[argument->len_index] = random_below(random, 9);
        break;
    case SYSCALL_TYPE_USER_OUT:
        call->x[i] = any_address(random);
        call->x[argument->len_index] =
            random_once_in(random, 10) ? any_number(random) : random_below(random, 600);
        break;
    case SYSCALL_TYPE_USER_IN_FIXED:
    case SYSCALL_TYPE_USER_OUT_FIXED:
        if (call->number == SYSCALL_process_spawn)
            call->x[i] = spawn_structure(random, pool);
        else if (argument->element_size == sizeof(struct ipc_message))
            call->x[i] = message_structure(random, pool);
        else
            call->x[i] = random_once_in(random, 30) ? any_address(random)
                                                    : any_structure(random, argument->element_size);
        break;
    case SYSCALL_TYPE_TIME: call->x[i] = any_deadline(random); break;
    case SYSCALL_TYPE_FLAGS: call->x[i] = any_flags(random, argument->mask); break;
    case SYSCALL_TYPE_RIGHTS:
        call->x[i] = random_once_in(random, 3) ? random_next(random) & 0x301ff : 0x1ff;
        break;
    case SYSCALL_TYPE_SIZE: break; /* With its buffer. */
    default: call->x[i] = any_number(random); break;
    }
}

/* Some of the rights that the handle has. */
static uint64_t rights_within(struct random *random, uint64_t handle)
{
    uint32_t kind, rights = 0;
    uint64_t id;
    (void)sys_handle_info(handle, &kind, &rights, &id);
    return random_once_in(random, 2) ? rights : rights & random_next(random);
}

/* Calls on numbers of POSIX: mostly the few lowest ones, and what their flags and items may be. */
static void make_number(struct random *random, const struct fuzz_pool *pool, struct fuzz_call *call)
{
    call->x[0] = random_once_in(random, 20) ? any_number(random) : random_below(random, 12);
    switch (call->number) {
    case SYSCALL_descriptor_attach: call->x[1] = any_handle(random, pool); break;
    case SYSCALL_descriptor_duplicate: call->x[1] = random_below(random, 70); break;
    case SYSCALL_descriptor_set: call->x[1] = random_below(random, DESCRIPTOR_SET_END + 1); break;
    case SYSCALL_descriptor_read:
    case SYSCALL_descriptor_write:
    case SYSCALL_descriptor_read_vector:
    case SYSCALL_descriptor_write_vector:
        call->x[3] = random_once_in(random, 3) ? random_below(random, 9000) : UINT64_MAX;
        call->x[4] = random_once_in(random, 8) ? call->x[4] : random_next(random) & 1;
        break;
    case SYSCALL_descriptor_seek: call->x[2] = random_below(random, 3); break;
    default: break;
    }
}

static bool is_on_number(uint64_t call)
{
    return call >= SYSCALL_descriptor_attach && call <= SYSCALL_descriptor_port_wait &&
           call != SYSCALL_descriptor_open && call != SYSCALL_descriptor_pipe &&
           call != SYSCALL_descriptor_poll && call != SYSCALL_descriptor_mask &&
           call != SYSCALL_descriptor_root && call != SYSCALL_descriptor_enter &&
           call != SYSCALL_directory_path && call != SYSCALL_descriptor_counter &&
           call != SYSCALL_counter_set && call != SYSCALL_counter_info &&
           call != SYSCALL_descriptor_port;
}

/* Calls whose plain numbers are handles or addresses, or that few numbers please. */
static void make_special(struct random *random, const struct fuzz_pool *pool,
                         struct fuzz_call *call)
{
    switch (call->number) {
    case SYSCALL_handle_close:
    case SYSCALL_handle_info: call->x[0] = any_handle(random, pool); break;
    case SYSCALL_handle_duplicate:
    case SYSCALL_grant_create:
        call->x[0] = any_handle(random, pool);
        call->x[1] = rights_within(random, call->x[0]);
        break;
    case SYSCALL_file_open:
        call->x[3] = random_below(random, 3) == 0 ? any_flags(random, 0x7f) : OPEN_CREATE;
        call->x[4] = random_next(random) & (RIGHT_READ | RIGHT_WRITE | RIGHT_MAP | RIGHT_DUPLICATE);
        break;
    case SYSCALL_descriptor_install:
        call->x[0] = random_once_in(random, 3) ? 0 : any_handle(random, pool);
        call->x[1] = random_below(random, 70);
        break;
    case SYSCALL_descriptor_open: call->x[3] = any_flags(random, 0x10f01); break;
    case SYSCALL_descriptor_poll:
        call->x[0] = any_address(random);
        call->x[1] = random_below(random, 40);
        call->x[3] = random_once_in(random, 4) ? any_address(random) : 0;
        break;
    case SYSCALL_path_make: call->x[3] = 1 + random_below(random, 5); break;
    case SYSCALL_stream_create_net: call->x[1] = net_structure(random); break;
    case SYSCALL_listener_post:
        call->x[1] = handle_of_kind(random, pool, OBJECT_BIT(OBJECT_STREAM));
        break;
    case SYSCALL_event_signal:
        call->x[1] = random_next(random) & EVENT_BITS;
        call->x[2] = random_next(random) & EVENT_BITS;
        break;
    case SYSCALL_port_bind: call->x[3] = random_next(random) & 0xff007f; break;
    case SYSCALL_pool_create:
        call->x[1] = 2 + random_below(random, 8);
        call->x[2] = random_below(random, 2) * 2;
        break;
    case SYSCALL_file_seek:
        call->x[1] = random_below(random, 9000);
        call->x[2] = random_below(random, 3);
        break;
    case SYSCALL_file_read:
    case SYSCALL_file_write:
    case SYSCALL_file_truncate:
        call->x[call->number == SYSCALL_file_truncate ? 1 : 3] = random_below(random, 20000);
        break;
    case SYSCALL_log_read:
        call->x[2] = 512;
        call->x[3] = 0;
        break;
    case SYSCALL_boot_arguments:
    case SYSCALL_trace_counters: call->x[2] = 16384; break;
    case SYSCALL_directory_read: call->x[3] = 0; break;
    case SYSCALL_entropy_read: call->x[2] %= 300; break;
    case SYSCALL_memory_map:
    case SYSCALL_memory_map_file:
        call->x[0] = handle_of_kind(random, pool,
                                    call->number == SYSCALL_memory_map ? OBJECT_BIT(OBJECT_VMO)
                                                                       : OBJECT_BIT(OBJECT_FILE));
        call->x[1] = random_below(random, 16) * PAGE;
        call->x[2] = (1 + random_below(random, 16)) * PAGE;
        call->x[3] = play_address(random);
        break;
    case SYSCALL_memory_map_anon:
        call->x[0] = random_below(random, 40 * PAGE);
        call->x[1] = play_address(random);
        break;
    case SYSCALL_memory_unmap:
    case SYSCALL_memory_protect:
        call->x[0] = play_address(random);
        call->x[1] = random_below(random, 40 * PAGE);
        break;
    case SYSCALL_vmo_create:
    case SYSCALL_ring_create:
    case SYSCALL_tmpfs_create: call->x[0] = random_below(random, 70000); break;
    case SYSCALL_futex_wait:
    case SYSCALL_futex_wake:
    case SYSCALL_futex_requeue:
        call->x[0] = (uintptr_t)fuzz.buffer + random_below(random, 4) * 4;
        if (random_once_in(random, 2))
            memcpy(&call->x[1], (void *)(uintptr_t)call->x[0], 4);
        call->x[3] = call->number == SYSCALL_futex_requeue ? (uintptr_t)fuzz.buffer : call->x[3];
        break;
    case SYSCALL_futex_wake_wait:
        call->x[0] = (uintptr_t)fuzz.buffer + random_below(random, 4) * 4;
        call->x[1] = (uintptr_t)fuzz.buffer + random_below(random, 4) * 4;
        if (random_once_in(random, 2))
            memcpy(&call->x[2], (void *)(uintptr_t)call->x[1], 4);
        break;
    case SYSCALL_channel_call:
    case SYSCALL_endpoint_receive:
        call->x[0] =
            handle_of_kind(random, pool,
                           call->number == SYSCALL_channel_call ? OBJECT_BIT(OBJECT_CHANNEL)
                                                                : OBJECT_BIT(OBJECT_ENDPOINT));
        call->x[1] = random_once_in(random, 4) ? any_number(random) : random_below(random, 9);
        if (call->number == SYSCALL_endpoint_receive && random_once_in(random, 2))
            call->x[1] = IPC_NO_REPLY;
        call->x[11] = any_deadline(random);
        call->x[12] = random_below(random, 50);
        break;
    default:
        if (is_on_number(call->number))
            make_number(random, pool, call);
        break;
    }
}

void arguments_make(struct random *random, const struct fuzz_pool *pool, struct fuzz_call *call)
{
    do {
        call->number = fuzz.numbers[random_below(random, fuzz.number_count)];
    } while (call_is_deadly(random, call->number));
    if (random_once_in(random, 500))
        call->number = any_number(random);
    for (int i = 0; i < 14; i++)
        call->x[i] = any_number(random);
    if (call->number >= SYSCALL_COUNT)
        return;
    const struct syscall_grammar *grammar = &syscall_grammar[call->number];
    for (uint8_t i = 0; grammar->name != NULL && i < grammar->argument_count; i++)
        make_one(random, pool, call, grammar, i);
    if (!random_once_in(random, 20) && !arguments_for_signals(random, call) &&
        !arguments_for_families(random, pool, call))
        make_special(random, pool, call);
}

void pool_add(struct random *random, struct fuzz_pool *pool, uint64_t handle)
{
    uint32_t kind, rights;
    uint64_t id;
    if (sys_handle_info(handle, &kind, &rights, &id) != STATUS_OK)
        return;
    uint32_t at =
        pool->count < FUZZ_HANDLES ? pool->count++ : (uint32_t)random_below(random, FUZZ_HANDLES);
    pool->handles[at] = handle;
    pool->kinds[at] = (uint8_t)kind;
}

void arguments_take_results(struct random *random, struct fuzz_pool *pool,
                            const struct fuzz_call *call)
{
    if (call->number >= SYSCALL_COUNT || call->x[0] != STATUS_OK)
        return;
    families_take_results(random, call);
    uint8_t handles = syscall_grammar[call->number].results_are_handles;
    for (int i = 0; i < 7; i++)
        if (handles >> i & 1)
            pool_add(random, pool, call->x[1 + i]);
}
