/* Ports, events, timers, rings. */
#include <abi/port.h>
#include <abi/signals.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/test.h"
#include "user/tests/ipc_test/claims.h"
#include "user/tests/support/threads.h"

static struct test_claim claim;

static size_t wait_now(handle_t port, struct port_packet *packets, size_t count)
{
    size_t actual = 0;
    status_t status = sys_port_wait(port, packets, count, TIME_NOW, &actual);
    TEST_CHECK(&claim, status == STATUS_OK || status == STATUS_TIMED_OUT);
    return status == STATUS_OK ? actual : 0;
}

static void a_port_waits_on_many(void)
{
    handle_t port = HANDLE_NONE, events[10];
    struct port_packet packets[10];
    TEST_EQ(&claim, sys_port_create(&port), STATUS_OK);
    for (uint64_t i = 0; i < 10; i++) {
        TEST_EQ(&claim, sys_event_create(&events[i]), STATUS_OK);
        TEST_EQ(&claim, sys_port_bind(port, events[i], i, SIGNAL_EVENT, i % 2 ? PORT_EDGE : 0),
                STATUS_OK);
    }
    TEST_EQ(&claim, wait_now(port, packets, 10), 0);
    for (int i = 3; i < 7; i++)
        TEST_EQ(&claim, sys_event_signal(events[i], 0, SIGNAL_EVENT), STATUS_OK);
    TEST_EQ(&claim, wait_now(port, packets, 10), 4);
    TEST_EQ(&claim, packets[0].key, 3);
    TEST_EQ(&claim, wait_now(port, packets, 10), 2); /* 4 and 6, which are levels. */
    TEST_EQ(&claim, sys_handle_close(events[4].raw), STATUS_OK);
    TEST_EQ(&claim, wait_now(port, packets, 10), 1);
    TEST_EQ(&claim, packets[0].key, 6);
    TEST_EQ(&claim, sys_port_unbind(port, events[6]), STATUS_OK);
    TEST_EQ(&claim, wait_now(port, packets, 10), 0);
    for (int i = 0; i < 10; i++)
        TEST_EQ(&claim, sys_handle_close(events[i].raw), i == 4 ? STATUS_BAD_HANDLE : STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(port.raw), STATUS_OK);
}

static void a_timer_fires_in_time(void)
{
    handle_t port = HANDLE_NONE, timer = HANDLE_NONE;
    struct port_packet packet;
    size_t actual = 0;
    TEST_EQ(&claim, sys_port_create(&port), STATUS_OK);
    TEST_EQ(&claim, sys_timer_create(&timer), STATUS_OK);
    TEST_EQ(&claim, sys_port_bind(port, timer, 1, SIGNAL_EVENT, 0), STATUS_OK);
    time_ns_t before = clock_now();
    TEST_EQ(&claim, sys_timer_set(timer, before + 3000000), STATUS_OK);
    /* The host may have paused us past both times, but the packet is never early. */
    status_t early = sys_port_wait(port, &packet, 1, before + 1000000, &actual);
    TEST_CHECK(&claim, early == STATUS_TIMED_OUT || clock_now() - before >= 3000000);
    TEST_EQ(&claim, sys_port_wait(port, &packet, 1, TIME_NEVER, &actual), STATUS_OK);
    TEST_CHECK(&claim, clock_now() - before >= 3000000);
    TEST_EQ(&claim, sys_timer_set(timer, TIME_NEVER), STATUS_OK);
    TEST_EQ(&claim, wait_now(port, &packet, 1), 0);
    TEST_EQ(&claim, sys_handle_close(timer.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(port.raw), STATUS_OK);
}

static handle_t bells[2];
enum { BELLS = 500 };

/* Rings back each time. */
static void ringer_body(void *argument)
{
    for (int i = 0; i < BELLS; i++) {
        uint32_t seen = 0;
        TEST_EQ(&claim, sys_object_wait(bells[1], SIGNAL_EVENT, TIME_NEVER, &seen), STATUS_OK);
        TEST_EQ(&claim, sys_ring_clear(bells[1]), STATUS_OK);
        TEST_EQ(&claim, sys_ring_notify(bells[1]), STATUS_OK);
    }
}

static void a_ring_shares_memory_and_bells(void)
{
    uint64_t first = 0, second = 0, size = 0;
    uint32_t seen = 0;
    TEST_EQ(&claim, sys_ring_create(10000, &bells[0], &bells[1]), STATUS_OK);
    TEST_EQ(&claim, sys_ring_map(bells[0], &first, &size), STATUS_OK);
    TEST_EQ(&claim, size, 12288);
    TEST_EQ(&claim, sys_ring_map(bells[1], &second, &size), STATUS_OK);
    *(volatile uint64_t *)(first + 8192) = 0x1234;
    TEST_EQ(&claim, *(volatile uint64_t *)(second + 8192), 0x1234);
    struct test_thread ringer;
    TEST_EQ(&claim, thread_begin(&ringer, ringer_body, NULL), STATUS_OK);
    for (int i = 0; i < BELLS; i++) {
        TEST_EQ(&claim, sys_ring_notify(bells[0]), STATUS_OK);
        TEST_EQ(&claim, sys_object_wait(bells[0], SIGNAL_EVENT, TIME_NEVER, &seen), STATUS_OK);
        TEST_EQ(&claim, sys_ring_clear(bells[0]), STATUS_OK);
    }
    thread_join(&ringer);
    TEST_EQ(&claim, sys_handle_close(bells[1].raw), STATUS_OK);
    TEST_EQ(&claim, sys_object_wait(bells[0], SIGNAL_PEER_CLOSED, TIME_NOW, &seen), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(bells[0].raw), STATUS_OK);
    TEST_EQ(&claim, sys_memory_unmap(first, size), STATUS_OK);
    TEST_EQ(&claim, sys_memory_unmap(second, size), STATUS_OK);
}

void claims_ports(void)
{
    claim_run(&claim, "port_waits_on_many", a_port_waits_on_many);
    claim_run(&claim, "timer_fires_in_time", a_timer_fires_in_time);
    claim_run(&claim, "ring_shares_memory_and_bells", a_ring_shares_memory_and_bells);
}
