/* Listeners through their system calls. */
#include "kernel/stream/listener.h"

#include <abi/objects.h>
#include <abi/signals.h>
#include <kernel_gen/syscall_handlers.h>
#include <stdlib.h>

#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/timer.h"
#include "kernel/stream/stream.h"
#include "kernel/stream/streams.h"
#include "tests/doubles/kernel_object.h"
#include "tests/doubles/kernel_sched.h"
#include "tests/doubles/kernel_slab.h"
#include "tests/unit.h"

enum { BACKLOG = 3 };

static struct cell server_cell, poster_cell;
static struct process server, poster;
static struct listener *accepting, *posting;
static handle_t accept_handle, post_handle;
static uint64_t memory_before;

static void fixture_begin(uint64_t seed)
{
    struct socket_address address = { .port = 80, .protocol = SOCKET_TCP };
    sim_begin(seed);
    streams_init();
    double_process_init(&server, &server_cell);
    double_process_init(&poster, &poster_cell);
    memory_before = double_memory_in_use();
    REQUIRE(listener_create(&server_cell, &address, BACKLOG, &accepting, &posting) == STATUS_OK);
    struct capability accepts = capability_of(&accepting->object, RIGHTS_LISTENER, NULL);
    struct capability posts = capability_of(&posting->object, RIGHTS_LISTENER, NULL);
    object_unref(&accepting->object);
    object_unref(&posting->object);
    REQUIRE(handle_add(&server.handles, accepts, &accept_handle) == STATUS_OK);
    REQUIRE(handle_add(&poster.handles, posts, &post_handle) == STATUS_OK);
}

static void fixture_end(void)
{
    handle_table_clear(&server.handles);
    handle_table_clear(&poster.handles);
    sim_end();
    sim_reap();
    EXPECT_EQ(double_memory_in_use(), memory_before);
    EXPECT_EQ(server_cell.used[CELL_MEMORY], 0);
    EXPECT_EQ(poster_cell.used[CELL_MEMORY], 0);
    double_process_end(&server);
    double_process_end(&poster);
}

static struct thread server_self = { .process = &server }, poster_self = { .process = &poster };

/* A new pair, one end posted; the other's handle. */
static status_t post_one(uint16_t port, handle_t *out_mine)
{
    static const struct stream_params local = { .pool = NULL };
    struct stream *ends[2];
    handle_t theirs = HANDLE_NONE;
    REQUIRE(stream_create(&poster_cell, &local, ends) == STATUS_OK);
    REQUIRE(handle_add(&poster.handles, capability_of(&ends[0]->object, RIGHTS_STREAM, NULL),
                       out_mine) == STATUS_OK);
    REQUIRE(handle_add(&poster.handles, capability_of(&ends[1]->object, RIGHTS_STREAM, NULL),
                       &theirs) == STATUS_OK);
    object_unref(&ends[0]->object);
    object_unref(&ends[1]->object);
    struct socket_address peer = { .port = port };
    struct user_in user = { { (uintptr_t)&peer }, sizeof peer };
    status_t status = syscall_listener_post(&poster_self, posting, theirs.raw, user);
    /* With OK the handle is gone; else it is still the poster's. */
    EXPECT_EQ(handle_close(&poster.handles, theirs),
              status == STATUS_OK ? STATUS_BAD_HANDLE : STATUS_OK);
    return status;
}

static status_t accept_one(uint32_t flags, time_ns_t deadline, uint16_t *out_port,
                           handle_t *out_stream)
{
    struct socket_address peer = { .port = 0 };
    struct user_out user = { { (uintptr_t)&peer }, sizeof peer };
    status_t status =
        syscall_listener_accept(&server_self, accepting, user, flags, deadline, out_stream);
    *out_port = peer.port;
    return status;
}

TEST(listener_gives_ends_in_order_and_is_bounded)
{
    handle_t mine, theirs;
    uint16_t port = 0;
    fixture_begin(0);
    EXPECT_EQ(accept_one(STREAM_NO_WAIT, TIME_NEVER, &port, &theirs), STATUS_WOULD_BLOCK);
    for (uint16_t i = 1; i <= BACKLOG; i++)
        EXPECT_EQ(post_one(i, &mine), STATUS_OK);
    EXPECT_EQ(signal_read(&posting->source), 0);
    EXPECT_EQ(signal_read(&accepting->source), SIGNAL_READABLE);
    EXPECT_EQ(post_one(9, &mine), STATUS_LIMIT);
    for (uint16_t i = 1; i <= BACKLOG; i++) {
        EXPECT_EQ(accept_one(STREAM_NO_WAIT, TIME_NEVER, &port, &theirs), STATUS_OK);
        EXPECT_EQ(port, i);
    }
    EXPECT_EQ(signal_read(&posting->source), SIGNAL_WRITABLE);
    EXPECT_EQ(signal_read(&accepting->source), 0);
    fixture_end();
}

/* An accept that cannot be completed must not lose the connection. */
TEST(listener_keeps_an_arrival_that_could_not_be_delivered)
{
    handle_t mine, theirs;
    uint16_t port = 0;
    fixture_begin(0);
    EXPECT_EQ(post_one(1, &mine), STATUS_OK);
    EXPECT_EQ(post_one(2, &mine), STATUS_OK);
    struct user_out bad = { { 16 }, sizeof(struct socket_address) };
    EXPECT_EQ(syscall_listener_accept(&server_self, accepting, bad, 0, TIME_NEVER, &theirs),
              STATUS_BAD_ADDRESS);
    uint32_t slots = server.handles.chunk_count;
    server.handles.chunk_count = 0;
    EXPECT_EQ(accept_one(STREAM_NO_WAIT, TIME_NEVER, &port, &theirs), STATUS_NO_SLOT);
    server.handles.chunk_count = slots;
    EXPECT_EQ(accept_one(STREAM_NO_WAIT, TIME_NEVER, &port, &theirs), STATUS_OK);
    EXPECT_EQ(port, 1);
    fixture_end();
}

TEST(listener_survives_its_poster)
{
    handle_t mine, theirs;
    uint16_t port = 0;
    fixture_begin(0);
    EXPECT_EQ(post_one(1, &mine), STATUS_OK);
    handle_table_clear(&poster.handles);
    EXPECT_EQ(signal_read(&accepting->source), SIGNAL_READABLE | SIGNAL_PEER_CLOSED);
    EXPECT_EQ(accept_one(STREAM_NO_WAIT, TIME_NEVER, &port, &theirs), STATUS_OK);
    EXPECT_EQ(accept_one(0, TIME_NEVER, &port, &theirs), STATUS_PEER_CLOSED);
    fixture_end();
}

TEST(listener_closes_what_is_queued_with_its_last_accepter)
{
    handle_t mine[BACKLOG];
    fixture_begin(0);
    for (uint16_t i = 0; i < BACKLOG; i++)
        EXPECT_EQ(post_one(i, &mine[i]), STATUS_OK);
    EXPECT_EQ(handle_close(&server.handles, accept_handle), STATUS_OK);
    EXPECT_EQ(signal_read(&posting->source), SIGNAL_WRITABLE | SIGNAL_PEER_CLOSED);
    struct object *end = NULL;
    EXPECT_EQ(handle_resolve(&poster.handles, mine[0], OBJECT_STREAM, 0, &end), STATUS_OK);
    EXPECT(signal_read(end->ops->signals(end)) & SIGNAL_PEER_CLOSED);
    object_unref(end);
    EXPECT_EQ(post_one(9, &mine[0]), STATUS_PEER_CLOSED);
    fixture_end();
}

/* Two sockets at one address would take each other's connections. */
TEST(listener_claim_is_one_for_an_address)
{
    struct socket_address any = { .port = 80 }, other = { .port = 80, .address = { [15] = 1 } };
    int first, second;
    fixture_begin(0);
    EXPECT_EQ(listener_claim(accepting, &first, &any), STATUS_OK);
    EXPECT_EQ(listener_claim(accepting, &second, &any), STATUS_IN_USE);
    EXPECT_EQ(listener_claim(accepting, &second, &other), STATUS_OK);
    listener_unclaim(accepting, &first);
    listener_unclaim(accepting, &first); /* Holds nothing: nothing happens. */
    EXPECT_EQ(listener_claim(accepting, &first, &other), STATUS_IN_USE);
    EXPECT_EQ(listener_claim(accepting, &first, &any), STATUS_OK);
    fixture_end();
}

TEST(listener_claims_are_bounded_and_come_free)
{
    struct socket_address address = { .port = 80 };
    char holders[LISTENER_CLAIMS_MAX + 1];
    fixture_begin(0);
    for (uint8_t i = 0; i <= LISTENER_CLAIMS_MAX; i++) {
        address.address[15] = i;
        EXPECT_EQ(listener_claim(accepting, &holders[i], &address),
                  i < LISTENER_CLAIMS_MAX ? STATUS_OK : STATUS_LIMIT);
    }
    address.address[15] = 0; /* It is told that somebody has it, not that there is no room. */
    EXPECT_EQ(listener_claim(accepting, &holders[LISTENER_CLAIMS_MAX], &address), STATUS_IN_USE);
    for (uint8_t i = 0; i < LISTENER_CLAIMS_MAX; i++) {
        listener_unclaim(accepting, &holders[i]);
        address.address[15] = i;
        EXPECT_EQ(listener_claim(accepting, &holders[LISTENER_CLAIMS_MAX], &address), STATUS_OK);
        listener_unclaim(accepting, &holders[LISTENER_CLAIMS_MAX]);
    }
    fixture_end();
}

static unsigned accepted[64], accept_calls;

static void accepter(void *argument)
{
    for (;;) {
        handle_t theirs = HANDLE_NONE;
        uint16_t port = 0;
        status_t status = accept_one(0, TIME_NEVER, &port, &theirs);
        if (status != STATUS_OK) {
            EXPECT_EQ(status, STATUS_BAD_HANDLE);
            return;
        }
        accept_calls++;
        accepted[port]++;
        EXPECT_EQ(handle_close(&server.handles, theirs), STATUS_OK);
    }
}

static void post_body(void *argument)
{
    for (uint16_t i = 0; i < 16; i++) {
        handle_t mine = HANDLE_NONE;
        while (post_one((uint16_t)((uintptr_t)argument * 16 + i), &mine) == STATUS_LIMIT) {
            EXPECT_EQ(handle_close(&poster.handles, mine), STATUS_OK);
            sim_point();
        }
        EXPECT_EQ(handle_close(&poster.handles, mine), STATUS_OK);
    }
}

static void accept_closer(void *argument)
{
    EXPECT_EQ(handle_close(&server.handles, accept_handle), STATUS_OK);
}

TEST(listener_delivers_each_end_once_under_every_interleaving)
{
    uint64_t schedules = unit_count("listener_schedules", 60, 3000);
    for (uint64_t seed = 1; seed <= schedules; seed++) {
        fixture_begin(seed);
        object_ref(&accepting->object);
        accept_calls = 0;
        memset(accepted, 0, sizeof accepted);
        sim_thread(&server, accepter, NULL);
        sim_thread(&server, accepter, NULL);
        sim_thread(&poster, post_body, (void *)0);
        sim_thread(&poster, post_body, (void *)1);
        EXPECT(!sim_run());
        EXPECT_EQ(accept_calls, 32);
        for (int i = 0; i < 32; i++)
            EXPECT_EQ(accepted[i], 1);
        sim_thread(&server, accept_closer, NULL);
        EXPECT(sim_run());
        object_unref(&accepting->object);
        fixture_end();
    }
}
