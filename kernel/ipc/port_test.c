/* Ports, with events as what they wait on. */
#include "kernel/ipc/port.h"

#include <abi/signals.h>

#include "kernel/cell/cell.h"
#include "kernel/ipc/event.h"
#include "kernel/ipc/ipc.h"
#include "kernel/ipc/timer_object.h"
#include "kernel/object/handle.h"
#include "kernel/process/process.h"
#include "kernel/sched/timer.h"
#include "tests/doubles/kernel_object.h"
#include "tests/doubles/kernel_sched.h"
#include "tests/doubles/kernel_slab.h"
#include "tests/unit.h"

static struct cell cell;
static struct process process;

/* One port and some events, each with one handle's worth of capability. */
struct fixture {
    struct port *port;
    struct capability port_capability;
    struct event *events[4];
    struct capability capabilities[4];
    uint64_t memory_before;
};

static struct fixture fixture;

static void fixture_begin(uint64_t seed)
{
    sim_begin(seed);
    ipc_init();
    double_process_init(&process, &cell);
    double_object_forget = port_forget;
    fixture = (struct fixture){ .memory_before = double_memory_in_use() };
    REQUIRE(port_create(&cell, &fixture.port) == STATUS_OK);
    fixture.port_capability = capability_of(&fixture.port->object, RIGHTS_PORT, NULL);
    object_unref(&fixture.port->object);
    for (int i = 0; i < 4; i++) {
        REQUIRE(event_create(&cell, &fixture.events[i]) == STATUS_OK);
        fixture.capabilities[i] = capability_of(&fixture.events[i]->object, RIGHTS_EVENT, NULL);
        object_unref(&fixture.events[i]->object);
    }
}

static void close_event(int i)
{
    if (fixture.capabilities[i].object != NULL)
        capability_drop(&fixture.capabilities[i]);
}

static void fixture_end(void)
{
    for (int i = 0; i < 4; i++)
        close_event(i);
    if (fixture.port_capability.object != NULL)
        capability_drop(&fixture.port_capability);
    sim_end();
    sim_reap();
    double_process_end(&process);
    EXPECT_EQ(double_memory_in_use(), fixture.memory_before);
    EXPECT_EQ(cell.used[CELL_MEMORY], 0);
    double_object_forget = NULL;
}

static status_t bind(int event, uint64_t key, uint32_t flags)
{
    return port_bind(fixture.port, &fixture.events[event]->object, key, SIGNAL_EVENT, flags);
}

static void set(int event)
{
    EXPECT_EQ(event_signal(fixture.events[event], 0, SIGNAL_EVENT), STATUS_OK);
}

static void clear(int event)
{
    EXPECT_EQ(event_signal(fixture.events[event], SIGNAL_EVENT, 0), STATUS_OK);
}

/* How many packets are there now, and the key of the first. */
static size_t poll_port(size_t count, uint64_t *out_key)
{
    struct port_packet packets[PORT_BATCH_MAX];
    size_t actual = 0;
    if (port_wait(fixture.port, packets, count, TIME_NOW, &actual) != STATUS_OK)
        return 0;
    *out_key = packets[0].key;
    return actual;
}

TEST(port_delivers_a_level_as_long_as_it_lasts)
{
    uint64_t key = 0;
    fixture_begin(0);
    EXPECT_EQ(bind(0, 7, 0), STATUS_OK);
    EXPECT_EQ(poll_port(8, &key), 0);
    set(0);
    EXPECT_EQ(poll_port(8, &key), 1);
    EXPECT_EQ(key, 7);
    EXPECT_EQ(poll_port(8, &key), 1);
    clear(0);
    EXPECT_EQ(poll_port(8, &key), 0);
    set(0);
    EXPECT_EQ(poll_port(8, &key), 1);
    fixture_end();
}

TEST(port_delivers_an_edge_once)
{
    uint64_t key = 0;
    fixture_begin(0);
    EXPECT_EQ(bind(0, 7, PORT_EDGE), STATUS_OK);
    set(0);
    set(0); /* No new edge: it was set. */
    EXPECT_EQ(poll_port(8, &key), 1);
    EXPECT_EQ(poll_port(8, &key), 0);
    signal_pulse(&fixture.events[0]->source, SIGNAL_EVENT);
    EXPECT_EQ(poll_port(8, &key), 1);
    fixture_end();
}

TEST(port_once_sleeps_until_bound_again)
{
    uint64_t key = 0;
    fixture_begin(0);
    EXPECT_EQ(bind(0, 1, PORT_ONCE), STATUS_OK);
    set(0);
    EXPECT_EQ(poll_port(8, &key), 1);
    clear(0);
    set(0);
    EXPECT_EQ(poll_port(8, &key), 0);
    EXPECT_EQ(bind(0, 2, PORT_ONCE), STATUS_OK);
    EXPECT_EQ(poll_port(8, &key), 1);
    EXPECT_EQ(key, 2);
    EXPECT_EQ(fixture.port->binding_count, 1);
    fixture_end();
}

/* A busy binding must not hide the others from a reader that takes one packet at a time. */
TEST(port_serves_levels_in_turn)
{
    uint64_t key = 0, seen = 0;
    fixture_begin(0);
    for (int i = 0; i < 4; i++) {
        EXPECT_EQ(bind(i, (uint64_t)i, 0), STATUS_OK);
        set(i);
    }
    for (int i = 0; i < 4; i++) {
        EXPECT_EQ(poll_port(1, &key), 1);
        seen |= 1ull << key;
    }
    EXPECT_EQ(seen, 0xf);
    EXPECT_EQ(poll_port(8, &key), 4); /* Each once, though all stay ready. */
    fixture_end();
}

TEST(port_reports_a_signal_that_was_set_before_the_binding)
{
    uint64_t key = 0;
    fixture_begin(0);
    set(0);
    EXPECT_EQ(bind(0, 9, PORT_EDGE), STATUS_OK);
    EXPECT_EQ(poll_port(8, &key), 1);
    fixture_end();
}

TEST(port_unbind_ends_delivery)
{
    uint64_t key = 0;
    fixture_begin(0);
    EXPECT_EQ(bind(0, 1, 0), STATUS_OK);
    set(0);
    EXPECT_EQ(port_unbind(fixture.port, &fixture.events[0]->object), STATUS_OK);
    EXPECT_EQ(port_unbind(fixture.port, &fixture.events[0]->object), STATUS_NOT_FOUND);
    EXPECT_EQ(poll_port(8, &key), 0);
    fixture_end();
}

/* Otherwise a bound object would live as long as the port, and a server leak a connection each. */
TEST(port_lets_go_of_an_object_whose_last_handle_closes)
{
    fixture_begin(0);
    EXPECT_EQ(bind(0, 1, 0), STATUS_OK);
    set(0);
    uint64_t before = double_memory_in_use();
    close_event(0);
    sim_reap();
    EXPECT_EQ(fixture.port->binding_count, 0);
    EXPECT_EQ(double_memory_in_use(), before - 2); /* The event and the binding. */
    fixture_end();
}

TEST(port_bind_refuses_what_has_no_signals_and_survives_lack_of_memory)
{
    fixture_begin(0);
    EXPECT_EQ(port_bind(fixture.port, &fixture.port->object, 0, 1, 0), STATUS_NOT_SUPPORTED);
    double_memory_fail_after(0);
    EXPECT_EQ(bind(0, 1, 0), STATUS_NO_MEMORY);
    cell.limit[CELL_MEMORY] = cell.used[CELL_MEMORY];
    EXPECT_EQ(bind(0, 1, 0), STATUS_LIMIT);
    EXPECT_EQ(fixture.port->binding_count, 0);
    fixture_end();
}

TEST(event_refuses_bits_that_are_not_its_own)
{
    fixture_begin(0);
    EXPECT_EQ(event_signal(fixture.events[0], 0, SIGNAL_READABLE), STATUS_INVALID);
    EXPECT_EQ(event_signal(fixture.events[0], SIGNAL_TERMINATED, 0), STATUS_INVALID);
    EXPECT_EQ(event_signal(fixture.events[0], 0, SIGNAL_USER_0 << 7), STATUS_OK);
    EXPECT_EQ(event_signal(fixture.events[0], 0, SIGNAL_USER_0 << 8), STATUS_INVALID);
    fixture_end();
}

/* ---- Interleavings ---- */

enum { ROUNDS = 40 };

static unsigned packets_seen;
static struct timer_object *timer;

static void waiter_body(void *argument)
{
    struct port_packet packets[4];
    for (;;) {
        size_t actual = 0;
        status_t status = port_wait(fixture.port, packets, 4, TIME_NEVER, &actual);
        if (status != STATUS_OK)
            return;
        for (size_t i = 0; i < actual; i++)
            packets_seen += packets[i].key == 0;
    }
}

static void signaller_body(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        signal_pulse(&fixture.events[0]->source, SIGNAL_EVENT);
        sim_point();
    }
}

static void binder_body(void *argument)
{
    int event = (int)(intptr_t)argument;
    for (int i = 0; i < ROUNDS; i++) {
        status_t status = bind(event, (uint64_t)event, sim_random(2) ? PORT_EDGE : 0);
        EXPECT_EQ(status, STATUS_OK);
        set(event);
        if (sim_random(2)) {
            status = port_unbind(fixture.port, &fixture.events[event]->object);
            EXPECT(status == STATUS_OK || status == STATUS_NOT_FOUND);
        }
        clear(event);
    }
}

static void closer_body(void *argument)
{
    close_event(3);
}

static void late_binder_body(void *argument)
{
    struct object *object = argument; /* A reference of its own, no handle. */
    status_t status = port_bind(fixture.port, object, 3, SIGNAL_EVENT, 0);
    EXPECT_EQ(status, STATUS_OK);
    object_unref(object);
}

static void port_closer_body(void *argument)
{
    capability_drop(&fixture.port_capability);
}

/* Binders, signallers, waiters and ends of objects all at once: no packet without a binding, no lost
 * wake-up at the end, nothing leaked, for many schedules. */
TEST(port_survives_every_interleaving)
{
    uint64_t schedules = unit_count("port_schedules", 150, 7500);
    for (uint64_t seed = 1; seed <= schedules; seed++) {
        fixture_begin(seed);
        packets_seen = 0;
        EXPECT_EQ(bind(0, 0, PORT_EDGE), STATUS_OK);
        object_ref(&fixture.port->object);
        sim_thread(&process, waiter_body, NULL);
        sim_thread(&process, waiter_body, NULL);
        sim_thread(&process, signaller_body, NULL);
        sim_thread(&process, binder_body, (void *)1);
        sim_thread(&process, binder_body, (void *)1);
        sim_thread(&process, binder_body, (void *)2);
        sim_thread(&process, closer_body, NULL);
        sim_thread(&process, late_binder_body, object_ref(&fixture.events[3]->object));
        EXPECT(!sim_run()); /* The waiters remain. */
        EXPECT(packets_seen > 0 && packets_seen <= ROUNDS);
        EXPECT(list_is_empty(&fixture.port->ready));
        sim_thread(&process, port_closer_body, NULL);
        EXPECT(sim_run()); /* Closing the port ends them. */
        object_unref(&fixture.port->object);
        fixture_end();
    }
}

static status_t timed_status;

static void timed_waiter_body(void *argument)
{
    struct port_packet packet;
    size_t actual = 0;
    timed_status =
        port_wait(fixture.port, &packet, 1, clock_now() + (time_ns_t)(uintptr_t)argument, &actual);
    if (timed_status == STATUS_OK)
        packets_seen++;
}

TEST(timer_wakes_a_port_at_its_time_and_not_before)
{
    for (int late = 0; late < 2; late++) {
        fixture_begin(0);
        packets_seen = 0;
        REQUIRE(timer_object_create(&cell, &timer) == STATUS_OK);
        struct capability capability = capability_of(&timer->object, RIGHTS_TIMER, NULL);
        EXPECT_EQ(port_bind(fixture.port, &timer->object, 5, SIGNAL_EVENT, 0), STATUS_OK);
        timer_object_set(timer, clock_now() + 500);
        sim_thread(&process, timed_waiter_body, (void *)(uintptr_t)(late ? 499 : 501));
        EXPECT(sim_run());
        EXPECT_EQ(timed_status, late ? STATUS_TIMED_OUT : STATUS_OK);
        timer_object_set(timer, TIME_NEVER);
        EXPECT_EQ(signal_read(&timer->source), 0);
        timer_object_set(timer, clock_now());
        EXPECT_EQ(signal_read(&timer->source), SIGNAL_EVENT);
        timer_object_set(timer, clock_now() + 1000); /* Its end disarms it. */
        capability_drop(&capability);
        object_unref(&timer->object);
        fixture_end();
    }
}
