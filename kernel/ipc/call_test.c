/* Calls from the system call's entry down, between threads that a seed interleaves. */
#include "kernel/ipc/call.h"

#include <abi/objects.h>
#include <abi/signals.h>
#include <kernel_gen/syscall_handlers.h>
#include <stdlib.h>

#include "kernel/ipc/channel.h"
#include "kernel/ipc/event.h"
#include "kernel/ipc/ipc.h"
#include "kernel/ipc/port.h"
#include "kernel/ipc/reply.h"
#include "kernel/mm/user_copy.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/timer.h"
#include "tests/doubles/kernel_object.h"
#include "tests/doubles/kernel_sched.h"
#include "tests/doubles/kernel_slab.h"
#include "tests/unit.h"

static struct cell client_cell, server_cell;
static struct process client, server;
static handle_t endpoint, channel; /* Of the server, of the client. */
static uint64_t memory_before;

enum { BADGE = 77 };

static struct object *object_behind(struct process *process, handle_t handle)
{
    struct object *object = NULL;
    REQUIRE(handle_resolve(&process->handles, handle, OBJECT_NONE, 0, &object) == STATUS_OK);
    object_unref(object);
    return object;
}

/* A server process with an endpoint, a client process with a channel to it. */
static void fixture_begin(uint64_t seed)
{
    struct thread maker = { .process = &server };
    sim_begin(seed);
    ipc_init();
    double_object_forget = port_forget;
    sim_thread_destroy = ipc_thread_free;
    double_process_init(&client, &client_cell);
    double_process_init(&server, &server_cell);
    memory_before = double_memory_in_use();
    handle_t minted = HANDLE_NONE;
    REQUIRE(syscall_endpoint_create(&maker, &endpoint) == STATUS_OK);
    REQUIRE(syscall_channel_mint(&maker, (struct endpoint *)object_behind(&server, endpoint), BADGE,
                                 &minted) == STATUS_OK);
    struct capability capability;
    REQUIRE(handle_take(&server.handles, minted, 0, &capability) == STATUS_OK);
    REQUIRE(handle_add(&client.handles, capability, &channel) == STATUS_OK);
}

static void fixture_end(void)
{
    handle_table_clear(&client.handles);
    handle_table_clear(&server.handles);
    sim_reap();
    sim_end();
    sim_reap();
    EXPECT_EQ(double_memory_in_use(), memory_before);
    EXPECT_EQ(client_cell.used[CELL_MEMORY], 0);
    EXPECT_EQ(server_cell.used[CELL_MEMORY], 0);
    double_process_end(&client);
    double_process_end(&server);
    double_object_forget = NULL;
}

/* What a thread does at its end. */
static void thread_over(void)
{
    ipc_thread_exit(thread_current());
}

static struct trap_frame *own_frame(void)
{
    return trap_user_frame(thread_current());
}

static status_t receive(uint64_t words, uint32_t status, time_ns_t deadline)
{
    struct trap_frame *frame = own_frame();
    frame->x[0] = endpoint.raw;
    frame->x[1] = words;
    frame->x[11] = deadline;
    frame->x[12] = status;
    return syscall_endpoint_receive(thread_current(), frame);
}

static status_t call(uint64_t words, time_ns_t deadline)
{
    struct trap_frame *frame = own_frame();
    frame->x[0] = channel.raw;
    frame->x[1] = words;
    frame->x[11] = deadline;
    return syscall_channel_call(thread_current(), frame);
}

static const int word_registers[IPC_WORDS_MAX] = { 2, 3, 4, 5, 6, 7, 9, 10 };

/* ---- Words ---- */

static void echo_server(void *argument)
{
    uint64_t rounds = (uintptr_t)argument;
    status_t status = receive(IPC_NO_REPLY, 0, TIME_NEVER);
    for (uint64_t i = 0; i < rounds && status == STATUS_OK; i++) {
        struct trap_frame *frame = own_frame();
        EXPECT_EQ(frame->x[13], BADGE);
        uint64_t count = frame->x[1];
        for (uint64_t w = 0; w < count; w++)
            frame->x[word_registers[w]] += 1000;
        status = i + 1 < rounds ? receive(count, 0, TIME_NEVER) : receive(count, 0, TIME_NOW);
    }
    thread_over();
}

static void words_client(void *argument)
{
    for (uint64_t count = 0; count <= IPC_WORDS_MAX; count++) {
        struct trap_frame *frame = own_frame();
        for (int w = 0; w < IPC_WORDS_MAX; w++)
            frame->x[word_registers[w]] = count * 10 + (uint64_t)w;
        EXPECT_EQ(call(count, TIME_NEVER), STATUS_OK);
        EXPECT_EQ(frame->x[1], count);
        for (uint64_t w = 0; w < IPC_WORDS_MAX; w++)
            EXPECT_EQ(frame->x[word_registers[w]], count * 10 + w + (w < count ? 1000 : 0));
    }
    EXPECT_EQ(call(IPC_WORDS_MAX + 1, TIME_NEVER), STATUS_INVALID);
    thread_over();
}

TEST(call_carries_each_number_of_words_both_ways)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        fixture_begin(seed);
        sim_thread(&server, echo_server, (void *)9);
        sim_thread(&client, words_client, NULL);
        EXPECT(sim_run());
        fixture_end();
    }
}

/* A register that is no word of the message is the sender's own affair. */
static void quiet_client(void *argument)
{
    own_frame()->x[4] = 0x5ec2e7;
    EXPECT_EQ(call(1, TIME_NEVER), STATUS_OK);
    thread_over();
}

static void curious_server(void *argument)
{
    own_frame()->x[4] = 1;
    EXPECT_EQ(receive(IPC_NO_REPLY, 0, TIME_NEVER), STATUS_OK);
    EXPECT_EQ(own_frame()->x[4], 1);
    EXPECT_EQ(receive(0, 0, TIME_NOW), STATUS_TIMED_OUT);
    thread_over();
}

TEST(call_leaks_no_register_beyond_its_words)
{
    fixture_begin(0);
    sim_thread(&client, quiet_client, NULL);
    sim_thread(&server, curious_server, NULL);
    EXPECT(sim_run());
    fixture_end();
}

/* ---- Rules ---- */

static void unruly_server(void *argument)
{
    EXPECT_EQ(receive(0, 0, TIME_NOW), STATUS_BAD_STATE); /* Nothing to answer. */
    EXPECT_EQ(receive(IPC_NO_REPLY, 0, TIME_NOW), STATUS_TIMED_OUT);
    EXPECT_EQ(receive(IPC_NO_REPLY, 0, clock_now() + 100), STATUS_TIMED_OUT);
    EXPECT_EQ(receive(IPC_NO_REPLY, 0, TIME_NEVER), STATUS_OK);
    EXPECT_EQ(receive(IPC_NO_REPLY, 0, TIME_NEVER), STATUS_BAD_STATE); /* One is held. */
    EXPECT_EQ(receive(9, 0, TIME_NEVER), STATUS_INVALID);
    EXPECT_EQ(receive(0, STATUS_BUSY, TIME_NOW), STATUS_TIMED_OUT);
    thread_over();
}

static void sleep_until(time_ns_t deadline)
{
    struct spinlock guard = SPINLOCK_INIT(LOCK_CALL);
    struct wait_queue queue;
    wait_queue_init(&queue);
    spin_lock(&guard);
    EXPECT_EQ(wait_sleep(&queue, &guard, deadline), STATUS_TIMED_OUT);
}

static void busy_client(void *argument)
{
    struct trap_frame *frame = own_frame();
    sleep_until(clock_now() + 200);
    EXPECT_EQ(call(0, clock_now() + 5000), STATUS_BUSY);
    EXPECT_EQ(call(0, clock_now() + 50), STATUS_TIMED_OUT); /* Nobody receives any more. */
    frame->x[0] = channel.raw + 1;
    EXPECT_EQ(syscall_channel_call(thread_current(), frame), STATUS_BAD_HANDLE);
    thread_over();
}

TEST(call_and_receive_keep_their_rules)
{
    fixture_begin(0);
    sim_thread(&server, unruly_server, NULL);
    sim_thread(&client, busy_client, NULL);
    EXPECT(sim_run());
    fixture_end();
}

/* ---- Ends ---- */

static status_t seen_status;

static void lone_client(void *argument)
{
    seen_status = call(0, TIME_NEVER);
    thread_over();
}

static void deserting_server(void *argument)
{
    EXPECT_EQ(receive(IPC_NO_REPLY, 0, TIME_NEVER), STATUS_OK);
    thread_over(); /* Holding the call. */
}

TEST(call_is_answered_when_the_holding_thread_ends)
{
    fixture_begin(0);
    sim_thread(&server, deserting_server, NULL);
    sim_thread(&client, lone_client, NULL);
    EXPECT(sim_run());
    EXPECT_EQ(seen_status, STATUS_PEER_CLOSED);
    fixture_end();
}

static void closing_server(void *argument)
{
    EXPECT_EQ(handle_close(&server.handles, endpoint), STATUS_OK);
}

TEST(call_is_refused_when_the_endpoint_closes)
{
    for (int queued = 0; queued < 2; queued++) {
        fixture_begin(0);
        struct channel *end = (struct channel *)object_behind(&client, channel);
        if (queued)
            sim_thread(&client, lone_client, NULL);
        sim_thread(&server, closing_server, NULL);
        if (!queued)
            sim_thread(&client, lone_client, NULL);
        EXPECT(sim_run());
        EXPECT_EQ(seen_status, STATUS_PEER_CLOSED);
        EXPECT_EQ(signal_read(&end->source), SIGNAL_PEER_CLOSED);
        fixture_end();
    }
}

static void informed_server(void *argument)
{
    EXPECT_EQ(receive(IPC_NO_REPLY, 0, TIME_NEVER), STATUS_OK);
    EXPECT_EQ(own_frame()->x[1], IPC_FLAG_CLOSED);
    EXPECT_EQ(own_frame()->x[13], BADGE);
    EXPECT_EQ(receive(IPC_NO_REPLY, 0, TIME_NOW), STATUS_TIMED_OUT);
    thread_over();
}

static void leaving_client(void *argument)
{
    EXPECT_EQ(handle_close(&client.handles, channel), STATUS_OK);
}

TEST(server_hears_that_a_badge_has_gone)
{
    for (uint64_t seed = 0; seed < 10; seed++) {
        fixture_begin(seed);
        sim_thread(&client, leaving_client, NULL);
        sim_thread(&server, informed_server, NULL);
        EXPECT(sim_run());
        fixture_end();
    }
}

/* ---- Priority ---- */

static void urgent_client(void *argument)
{
    thread_current()->priority = 20;
    EXPECT_EQ(call(0, TIME_NEVER), STATUS_OK);
    thread_over();
}

static void lent_server(void *argument)
{
    thread_current()->priority = 5;
    EXPECT_EQ(receive(IPC_NO_REPLY, 0, TIME_NEVER), STATUS_OK);
    EXPECT_EQ(thread_current()->priority, 20);
    EXPECT_EQ(receive(0, 0, TIME_NOW), STATUS_TIMED_OUT);
    EXPECT_EQ(thread_current()->priority, 5);
    thread_over();
}

TEST(server_works_at_its_callers_priority_and_no_longer)
{
    fixture_begin(0);
    sim_thread(&server, lent_server, NULL);
    sim_thread(&client, urgent_client, NULL);
    EXPECT(sim_run());
    fixture_end();
}

/* ---- Long messages ---- */

/* A message with one handle (an event) from the client, answered with the same bytes doubled. */
static void long_server(void *argument)
{
    uint8_t buffer[256];
    handle_t handles[2];
    size_t byte_count = 0, handle_count = 0;
    struct user_out bytes = { { (uintptr_t)buffer }, sizeof buffer };
    struct user_out slots = { { (uintptr_t)handles }, sizeof handles };
    EXPECT_EQ(receive(IPC_NO_REPLY, 0, TIME_NEVER), STATUS_OK);
    EXPECT_EQ(own_frame()->x[1], IPC_FLAG_LONG);
    EXPECT_EQ(own_frame()->x[2], 5);
    EXPECT_EQ(own_frame()->x[3], 1);
    struct user_out small = { { (uintptr_t)buffer }, 4 };
    EXPECT_EQ(syscall_message_read(thread_current(), small, slots, &byte_count, &handle_count),
              STATUS_TOO_BIG);
    uint32_t slots_free = server.handles.chunk_count;
    server.handles.chunk_count = 0; /* No room in the table: the handle must stay inside. */
    EXPECT_EQ(syscall_message_read(thread_current(), bytes, slots, &byte_count, &handle_count),
              STATUS_NO_SLOT);
    server.handles.chunk_count = slots_free;
    EXPECT_EQ(syscall_message_read(thread_current(), bytes, slots, &byte_count, &handle_count),
              STATUS_OK);
    EXPECT_EQ(byte_count, 5);
    EXPECT_EQ(handle_count, 1);
    EXPECT_EQ(object_kind(object_behind(&server, handles[0])), OBJECT_EVENT);
    EXPECT_EQ(syscall_message_read(thread_current(), bytes, slots, &byte_count, &handle_count),
              STATUS_BAD_STATE);
    memcpy(buffer + 5, buffer, 5);
    struct ipc_message answer = {
        .bytes = (uintptr_t)buffer,
        .byte_count = 10,
        .handles = (uintptr_t)handles,
        .handle_count = 1,
    };
    struct user_in user = { { (uintptr_t)&answer }, sizeof answer };
    EXPECT_EQ(syscall_message_reply(thread_current(), user, STATUS_OK), STATUS_OK);
    EXPECT_EQ(syscall_message_reply(thread_current(), user, STATUS_OK), STATUS_BAD_STATE);
    thread_over();
}

static void long_client(void *argument)
{
    struct thread *self = thread_current();
    handle_t event = HANDLE_NONE;
    EXPECT_EQ(syscall_event_create(self, &event), STATUS_OK);
    handle_t twice[2] = { event, event };
    uint8_t room_bytes[16];
    handle_t room_handles[1] = { 0 };
    struct ipc_message request = {
        .bytes = (uintptr_t)"hello",
        .byte_count = 5,
        .handles = (uintptr_t)twice,
        .handle_count = 2,
    };
    struct ipc_message room = {
        .bytes = (uintptr_t)room_bytes,
        .byte_count = sizeof room_bytes,
        .handles = (uintptr_t)room_handles,
        .handle_count = 1,
    };
    struct user_in in = { { (uintptr_t)&request }, sizeof request };
    struct user_out out = { { (uintptr_t)&room }, sizeof room };
    struct channel *end = (struct channel *)object_behind(&client, channel);
    EXPECT_EQ(syscall_channel_call_long(self, end, in, out, TIME_NEVER), STATUS_INVALID);
    request.handle_count = 1;
    request.byte_count = IPC_BYTES_MAX + 1;
    EXPECT_EQ(syscall_channel_call_long(self, end, in, out, TIME_NEVER), STATUS_TOO_BIG);
    request.byte_count = 5;
    EXPECT_EQ(syscall_channel_call_long(self, end, in, out, TIME_NEVER), STATUS_OK);
    EXPECT_EQ(room.byte_count, 10);
    EXPECT_EQ(room.handle_count, 1);
    EXPECT_MEM(room_bytes, "hellohello", 10);
    EXPECT_EQ(object_kind(object_behind(&client, room_handles[0])), OBJECT_EVENT);
    EXPECT_EQ(handle_close(&client.handles, event), STATUS_BAD_HANDLE); /* It moved. */
    thread_over();
}

TEST(long_call_moves_bytes_and_handles_both_ways)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        fixture_begin(seed);
        sim_thread(&server, long_server, NULL);
        sim_thread(&client, long_client, NULL);
        EXPECT(sim_run());
        fixture_end();
    }
}

/* ---- One way ---- */

static void sender_body(void *argument)
{
    struct channel *end = (struct channel *)object_behind(&client, channel);
    uint32_t number = 0;
    struct ipc_message message = { .bytes = (uintptr_t)&number, .byte_count = sizeof number };
    struct user_in user = { { (uintptr_t)&message }, sizeof message };
    status_t status = STATUS_OK;
    for (number = 0; status == STATUS_OK; number++)
        status = syscall_channel_send(thread_current(), end, user);
    EXPECT_EQ(status, STATUS_WOULD_BLOCK);
    EXPECT_EQ(number, IPC_QUEUE_MAX + 1);
    thread_over();
}

static void drain_body(void *argument)
{
    for (uint32_t i = 0; i < IPC_QUEUE_MAX / 2; i++) {
        uint32_t number = 0;
        size_t bytes = 0, handles = 0;
        struct user_out out = { { (uintptr_t)&number }, sizeof number };
        struct user_out none = { { 0 }, 0 };
        EXPECT_EQ(receive(IPC_NO_REPLY, 0, TIME_NOW), STATUS_OK);
        EXPECT_EQ(own_frame()->x[1], IPC_FLAG_LONG | IPC_FLAG_ONE_WAY);
        if (i % 2 == 0) /* Every other one is not read, and dropped by the next receive. */
            continue;
        EXPECT_EQ(syscall_message_read(thread_current(), out, none, &bytes, &handles), STATUS_OK);
        EXPECT_EQ(number, i);
    }
    thread_over();
}

TEST(letters_are_bounded_in_order_and_purged_with_the_endpoint)
{
    fixture_begin(0);
    sim_thread(&client, sender_body, NULL);
    EXPECT(sim_run());
    EXPECT(client_cell.used[CELL_MEMORY] > 0); /* Charged to who sent them. */
    sim_thread(&server, drain_body, NULL);
    EXPECT(sim_run());
    fixture_end();
}

/* ---- Everything at once ---- */

enum { CALLS = 30 };

static unsigned answered, timed_out, refused, cancelled;

static void count(status_t status)
{
    answered += status == STATUS_OK;
    timed_out += status == STATUS_TIMED_OUT;
    refused += status == STATUS_PEER_CLOSED;
    cancelled += status == STATUS_CANCELLED;
    EXPECT(status == STATUS_OK || status == STATUS_TIMED_OUT || status == STATUS_PEER_CLOSED ||
           status == STATUS_CANCELLED);
}

static void storm_client(void *argument)
{
    for (uint64_t i = 0; i < CALLS; i++) {
        struct trap_frame *frame = own_frame();
        uint64_t secret = sim_random(1000000);
        frame->x[2] = secret;
        status_t status = call(1, sim_random(2) ? TIME_NEVER : clock_now() + sim_random(30));
        count(status);
        if (status == STATUS_OK) {
            EXPECT_EQ(frame->x[1], 1);
            EXPECT_EQ(frame->x[2], secret ^ 0xabcdef);
        }
        if (status == STATUS_PEER_CLOSED || status == STATUS_CANCELLED)
            break;
    }
    thread_over();
}

static void storm_long_client(void *argument)
{
    struct channel *end = (struct channel *)object_behind(&client, channel);
    for (uint64_t i = 0; i < CALLS; i++) {
        uint64_t secret = sim_random(1000000), answer = 0;
        struct ipc_message request = { .bytes = (uintptr_t)&secret, .byte_count = 8 };
        struct ipc_message room = { .bytes = (uintptr_t)&answer, .byte_count = 8 };
        struct user_in in = { { (uintptr_t)&request }, sizeof request };
        struct user_out out = { { (uintptr_t)&room }, sizeof room };
        status_t status =
            syscall_channel_call_long(thread_current(), end, in, out,
                                      sim_random(3) ? TIME_NEVER : clock_now() + sim_random(30));
        count(status);
        if (status == STATUS_OK)
            EXPECT_EQ(answer, secret ^ 0xabcdef);
        if (status == STATUS_PEER_CLOSED || status == STATUS_CANCELLED)
            break;
    }
    thread_over();
}

/* Answer what this thread holds in one of the ways there are. @return words for receive. */
static uint64_t storm_answer(void)
{
    struct thread *self = thread_current();
    struct trap_frame *frame = own_frame();
    uint64_t word = frame->x[2];
    if (frame->x[1] & IPC_FLAG_CLOSED)
        return IPC_NO_REPLY;
    if (frame->x[1] & IPC_FLAG_LONG) {
        size_t bytes = 0, handles = 0;
        struct user_out out = { { (uintptr_t)&word }, sizeof word };
        struct user_out none = { { 0 }, 0 };
        EXPECT_EQ(syscall_message_read(self, out, none, &bytes, &handles), STATUS_OK);
    }
    word ^= 0xabcdef;
    struct ipc_message message = { .bytes = (uintptr_t)&word, .byte_count = 8 };
    struct user_in user = { { (uintptr_t)&message }, sizeof message };
    switch (sim_random(3)) {
    case 0: frame->x[2] = word; return 1;
    case 1: EXPECT_EQ(syscall_message_reply(self, user, STATUS_OK), STATUS_OK); break;
    default: {
        handle_t saved = HANDLE_NONE;
        EXPECT_EQ(syscall_reply_save(self, &saved), STATUS_OK);
        struct object *reply = object_ref(object_behind(&server, saved));
        status_t status = syscall_reply_send(self, (struct reply *)reply, user, STATUS_OK);
        EXPECT_EQ(status, STATUS_OK);
        status = syscall_reply_send(self, (struct reply *)reply, user, STATUS_OK);
        EXPECT_EQ(status, STATUS_BAD_STATE);
        object_unref(reply);
        EXPECT_EQ(handle_close(&server.handles, saved), STATUS_OK);
    }
    }
    return IPC_NO_REPLY;
}

/* Work that takes a while. False: cancelled. */
static bool linger(void)
{
    struct spinlock guard = SPINLOCK_INIT(LOCK_CALL);
    struct wait_queue queue;
    wait_queue_init(&queue);
    spin_lock(&guard);
    return wait_sleep(&queue, &guard, clock_now() + 15) == STATUS_TIMED_OUT;
}

static void storm_server(void *argument)
{
    uint64_t words = IPC_NO_REPLY;
    unsigned lifetime = (unsigned)(uintptr_t)argument;
    for (unsigned i = 0; i < lifetime; i++) {
        time_ns_t deadline = sim_random(2) ? TIME_NEVER : clock_now() + sim_random(40);
        status_t status = receive(words, STATUS_OK, deadline);
        words = IPC_NO_REPLY;
        if (status == STATUS_CANCELLED || status == STATUS_BAD_HANDLE ||
            status == STATUS_PEER_CLOSED)
            break;
        if (sim_random(3) == 0 && !linger())
            break;
        if (status == STATUS_OK)
            words = storm_answer();
    }
    thread_over(); /* Perhaps with a call in hand. */
}

static struct thread *victim;

static void killer_body(void *argument)
{
    for (int i = 0; i < 40; i++)
        sim_point();
    sim_cancel(victim);
}

/* Callers with and without deadlines, servers that answer in each way and die on the job, a thread
 * killed in its call: every call ends, with its own answer or a reason, and nothing is left. */
TEST(call_survives_every_interleaving)
{
    answered = timed_out = refused = cancelled = 0;
    uint64_t schedules = unit_count("call_schedules", 150, 7500);
    for (uint64_t seed = 1; seed <= schedules; seed++) {
        fixture_begin(seed);
        sim_thread(&server, storm_server, (void *)1000);
        sim_thread(&server, storm_server, (void *)(uintptr_t)(20 + sim_random(20)));
        sim_thread(&client, storm_client, NULL);
        sim_thread(&client, storm_long_client, NULL);
        victim = sim_thread(&client, storm_client, NULL);
        sim_thread(&client, killer_body, NULL);
        sim_run();
        sim_thread(&server, closing_server, NULL); /* Ends the servers that wait. */
        EXPECT(sim_run());
        fixture_end();
    }
    EXPECT(answered > 1000);
    EXPECT(timed_out > 20);
    EXPECT(refused > 20);
    EXPECT(cancelled > 20);
}
