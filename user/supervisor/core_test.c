#include "user/supervisor/core.h"

#include "tests/doubles/supervisor_world.h"
#include "tests/unit.h"

#define MS 1000000ull
#define SECOND 1000000000ull

static bool never(void *argument, uint32_t service)
{
    return false;
}

static bool always(void *argument, uint32_t service)
{
    return true;
}

static const struct core_rules plain = {
    .at_boot = true,
    .tells = true,
    .restart = CORE_RESTART_ON_FAILURE,
    .delay_ns = 100 * MS,
    .limit = 3,
    .window_ns = 60 * SECOND,
    .ready_within_ns = 5 * SECOND,
};

static struct core_rules needing(uint32_t need)
{
    struct core_rules rules = plain;
    rules.needs[need / 64] |= 1ull << (need % 64);
    return rules;
}

static struct supervisor_world world;

static void begin(void)
{
    world.now = SECOND;
    core_begin(&world.core, world.now);
    supervisor_world_act(&world, never, NULL);
}

static void happen(enum core_event_kind kind, uint32_t service, uint32_t code)
{
    supervisor_world_event(&world, kind, service, code);
    supervisor_world_act(&world, never, NULL);
    supervisor_world_check(&world);
    if (world.wrong != NULL)
        unit_fatal(__FILE_NAME__, __LINE__, "%s", world.wrong);
}

static void pass(time_ns_t delay)
{
    world.now += delay;
    happen(CORE_EVENT_TIME, 0, 0);
}

static enum core_state state_of(uint32_t service)
{
    return world.core.services[service].state;
}

/* A service that is started before what it needs would find nobody there. */
TEST(core_starts_in_order_of_needs)
{
    supervisor_world_init(&world);
    uint32_t netd = core_add(&world.core, &plain);
    struct core_rules rules = needing(netd);
    uint32_t www = core_add(&world.core, &rules);
    uint32_t other = core_add(&world.core, &plain);
    begin();
    EXPECT(world.exists[netd] && world.exists[other] && !world.exists[www]);
    EXPECT(!core_is_settled(&world.core));
    happen(CORE_EVENT_TELLS_READY, netd, 0);
    EXPECT(world.exists[www]);
    happen(CORE_EVENT_TELLS_READY, www, 0);
    happen(CORE_EVENT_TELLS_READY, other, 0);
    EXPECT(core_is_settled(&world.core));
}

/* The network service is ready once it has an address, for which it needs its driver: that must not wait
 * for it to be ready, and everybody else must. */
TEST(core_starts_a_follower_when_its_need_has_begun)
{
    supervisor_world_init(&world);
    uint32_t netd = core_add(&world.core, &plain);
    struct core_rules rules = needing(netd);
    uint32_t www = core_add(&world.core, &rules);
    rules.follows_needs = true;
    uint32_t driver = core_add(&world.core, &rules);
    begin();
    EXPECT(!world.exists[driver] && !core_has_begun(&world.core, netd));
    happen(CORE_EVENT_TELLS_BEGUN, netd, 0);
    EXPECT(world.exists[driver] && !world.exists[www] && core_has_begun(&world.core, netd));
    happen(CORE_EVENT_TELLS_READY, driver, 0);
    EXPECT(!core_is_settled(&world.core));
    happen(CORE_EVENT_TELLS_READY, netd, 0);
    EXPECT(world.exists[www]);
}

/* What it said in an earlier life is no word of this one. */
TEST(core_forgets_that_an_earlier_life_had_begun)
{
    supervisor_world_init(&world);
    uint32_t netd = core_add(&world.core, &plain);
    struct core_rules rules = needing(netd);
    rules.follows_needs = true;
    uint32_t driver = core_add(&world.core, &rules);
    begin();
    happen(CORE_EVENT_TELLS_BEGUN, netd, 0);
    happen(CORE_EVENT_TELLS_READY, netd, 0);
    happen(CORE_EVENT_ENDED, netd, 1);
    EXPECT(world.killed[driver] && !core_has_begun(&world.core, netd));
    happen(CORE_EVENT_ENDED, driver, 1);
    EXPECT(!world.exists[driver]);
    happen(CORE_EVENT_TELLS_BEGUN, netd, 0);
    EXPECT(world.exists[driver]);
}

/* Starting one by hand starts what it needs, though that does not start at boot. */
TEST(core_start_takes_needs_along)
{
    supervisor_world_init(&world);
    struct core_rules manual = plain;
    manual.at_boot = false;
    uint32_t base = core_add(&world.core, &manual);
    struct core_rules rules = needing(base);
    rules.at_boot = false;
    uint32_t top = core_add(&world.core, &rules);
    begin();
    EXPECT(!world.exists[base]);
    happen(CORE_EVENT_START, top, 0);
    EXPECT(world.exists[base] && state_of(top) == CORE_WAITING);
    happen(CORE_EVENT_TELLS_READY, base, 0);
    EXPECT(world.exists[top]);
}

/* The outage of a service that was up is as short as it can be. */
TEST(core_restarts_at_once_what_was_ready)
{
    supervisor_world_init(&world);
    uint32_t service = core_add(&world.core, &plain);
    begin();
    happen(CORE_EVENT_TELLS_READY, service, 0);
    happen(CORE_EVENT_ENDED, service, 9);
    EXPECT(world.exists[service]);
    EXPECT_EQ(world.starts[service], 2);
}

/* One that never comes up must not burn the processor: the wait doubles, and the limit ends it. */
TEST(core_backs_off_and_gives_up)
{
    supervisor_world_init(&world);
    uint32_t service = core_add(&world.core, &plain);
    begin();
    time_ns_t delay = plain.delay_ns;
    for (uint32_t i = 0; i < plain.limit; i++, delay *= 2) {
        happen(CORE_EVENT_ENDED, service, 9);
        EXPECT_EQ(state_of(service), CORE_RESTARTING);
        pass(delay - 1);
        EXPECT_EQ(state_of(service), CORE_RESTARTING);
        pass(1);
        EXPECT_EQ(state_of(service), CORE_STARTING);
    }
    happen(CORE_EVENT_ENDED, service, 9);
    EXPECT_EQ(state_of(service), CORE_FAILED);
    EXPECT_EQ(world.core.services[service].reason, CORE_TOO_OFTEN);
    EXPECT_EQ(core_deadline(&world.core), TIME_NEVER);
    EXPECT(core_is_settled(&world.core));
    happen(CORE_EVENT_START, service, 0);
    EXPECT_EQ(state_of(service), CORE_STARTING);
}

/* N-1, N and N+1 restarts at once around a limit, and one more once its share of the window passed. */
TEST(core_limit_counts_within_the_window)
{
    supervisor_world_init(&world);
    uint32_t service = core_add(&world.core, &plain);
    begin();
    for (uint32_t i = 0; i < plain.limit; i++) {
        happen(CORE_EVENT_TELLS_READY, service, 0);
        happen(CORE_EVENT_ENDED, service, 1);
        EXPECT_EQ(state_of(service), CORE_STARTING);
    }
    happen(CORE_EVENT_TELLS_READY, service, 0);
    struct core_service before = world.core.services[service];
    happen(CORE_EVENT_ENDED, service, 1);
    EXPECT_EQ(state_of(service), CORE_FAILED);

    world.core.services[service] = before;
    world.exists[service] = true;
    pass(plain.window_ns / plain.limit);
    happen(CORE_EVENT_ENDED, service, 1);
    EXPECT_EQ(state_of(service), CORE_STARTING);
}

/* Exit code 0 is a job done: only `always` starts it again. */
TEST(core_policy_tells_success_from_failure)
{
    supervisor_world_init(&world);
    struct core_rules rules = plain;
    uint32_t on_failure = core_add(&world.core, &rules);
    rules.restart = CORE_RESTART_ALWAYS;
    uint32_t always_again = core_add(&world.core, &rules);
    rules.restart = CORE_RESTART_NEVER;
    uint32_t once = core_add(&world.core, &rules);
    begin();
    for (uint32_t i = 0; i < 3; i++) {
        happen(CORE_EVENT_TELLS_READY, i, 0);
        happen(CORE_EVENT_ENDED, i, 0);
    }
    EXPECT_EQ(state_of(on_failure), CORE_STOPPED);
    EXPECT_EQ(state_of(always_again), CORE_STARTING);
    EXPECT_EQ(state_of(once), CORE_STOPPED);
    happen(CORE_EVENT_START, once, 0);
    happen(CORE_EVENT_ENDED, once, 1);
    EXPECT_EQ(state_of(once), CORE_FAILED);
}

/* A process that hangs before it is ready is ended, and that counts as a failure. */
TEST(core_ends_what_is_not_ready_in_time)
{
    supervisor_world_init(&world);
    uint32_t service = core_add(&world.core, &plain);
    begin();
    pass(plain.ready_within_ns - 1);
    EXPECT(!world.killed[service]);
    pass(1);
    EXPECT(world.killed[service]);
    happen(CORE_EVENT_TELLS_READY, service, 0); /* Too late. */
    EXPECT(state_of(service) != CORE_READY);
    happen(CORE_EVENT_ENDED, service, 256);
    EXPECT_EQ(state_of(service), CORE_RESTARTING);
    EXPECT_EQ(world.core.services[service].reason, CORE_TOO_LATE);
}

/* A watchdog is fed by words, at the last moment if need be, and bites without them. */
TEST(core_watchdog_waits_for_words)
{
    supervisor_world_init(&world);
    struct core_rules rules = plain;
    rules.watchdog_ns = SECOND;
    uint32_t service = core_add(&world.core, &rules);
    begin();
    happen(CORE_EVENT_TELLS_READY, service, 0);
    for (int i = 0; i < 5; i++) {
        pass(SECOND - 1);
        happen(CORE_EVENT_TELLS_ALIVE, service, 0);
    }
    EXPECT(!world.killed[service]);
    pass(SECOND);
    EXPECT(world.killed[service]);
    EXPECT_EQ(world.core.services[service].reason, CORE_SILENT);
}

/* A driver's rings belong to the netd that made them: it cannot outlive it. A client can. */
TEST(core_followers_are_restarted_with_what_they_need)
{
    supervisor_world_init(&world);
    uint32_t netd = core_add(&world.core, &plain);
    struct core_rules rules = needing(netd);
    uint32_t www = core_add(&world.core, &rules);
    rules.follows_needs = true;
    uint32_t driver = core_add(&world.core, &rules);
    begin();
    for (uint32_t i = 0; i < 3; i++)
        happen(CORE_EVENT_TELLS_READY, i, 0);
    happen(CORE_EVENT_ENDED, netd, 1);
    EXPECT(world.killed[driver] && !world.killed[www]);
    EXPECT(core_is_degraded(&world.core, www));
    happen(CORE_EVENT_ENDED, driver, 1);
    EXPECT_EQ(state_of(driver), CORE_WAITING);
    happen(CORE_EVENT_TELLS_READY, netd, 0);
    EXPECT_EQ(state_of(driver), CORE_STARTING);
    EXPECT(!core_is_degraded(&world.core, www));
    EXPECT_EQ(world.starts[www], 1);
}

/* Asked first, ended by force when it does not listen; and it stays down. */
TEST(core_stop_asks_then_ends)
{
    supervisor_world_init(&world);
    uint32_t service = core_add(&world.core, &plain);
    begin();
    happen(CORE_EVENT_TELLS_READY, service, 0);
    happen(CORE_EVENT_STOP, service, 0);
    EXPECT(world.asked[service] && !world.killed[service]);
    pass(CORE_STOP_GRACE_NS);
    EXPECT(world.killed[service]);
    happen(CORE_EVENT_ENDED, service, 1);
    EXPECT_EQ(state_of(service), CORE_STOPPED);
    pass(100 * SECOND);
    EXPECT_EQ(state_of(service), CORE_STOPPED);
    EXPECT_EQ(core_step(&world.core,
                        &(struct core_event){ .kind = CORE_EVENT_STOP, .service = service },
                        world.now),
              STATUS_BAD_STATE);
}

TEST(core_restart_stops_then_starts)
{
    supervisor_world_init(&world);
    uint32_t service = core_add(&world.core, &plain);
    begin();
    happen(CORE_EVENT_TELLS_READY, service, 0);
    happen(CORE_EVENT_RESTART, service, 0);
    EXPECT(world.asked[service]);
    happen(CORE_EVENT_ENDED, service, 0);
    EXPECT_EQ(state_of(service), CORE_STARTING);
    EXPECT_EQ(world.starts[service], 2);
}

/* The word of a process that is dead must not count for its successor. */
TEST(core_ignores_earlier_lives)
{
    supervisor_world_init(&world);
    uint32_t service = core_add(&world.core, &plain);
    begin();
    happen(CORE_EVENT_TELLS_READY, service, 0);
    uint32_t old = world.core.services[service].life;
    happen(CORE_EVENT_ENDED, service, 1);
    struct core_event late = { CORE_EVENT_TELLS_READY, service, old, 0 };
    EXPECT_EQ(core_step(&world.core, &late, world.now), STATUS_OK);
    EXPECT_EQ(state_of(service), CORE_STARTING);
    late.kind = CORE_EVENT_ENDED;
    EXPECT_EQ(core_step(&world.core, &late, world.now), STATUS_OK);
    EXPECT_EQ(state_of(service), CORE_STARTING);
}

/* What cannot even be started is a failure like another: it must not spin. */
TEST(core_failed_spawning_backs_off)
{
    supervisor_world_init(&world);
    uint32_t service = core_add(&world.core, &plain);
    world.now = SECOND;
    core_begin(&world.core, world.now);
    supervisor_world_act(&world, always, NULL);
    EXPECT_EQ(state_of(service), CORE_RESTARTING);
    EXPECT_EQ(world.core.services[service].reason, CORE_NOT_SPAWNED);
    EXPECT_EQ(world.starts[service], 1);
}

/* A need that failed leaves its dependents waiting, and the boot is over nevertheless. */
TEST(core_is_settled_when_a_need_has_failed)
{
    supervisor_world_init(&world);
    struct core_rules rules = plain;
    rules.restart = CORE_RESTART_NEVER;
    uint32_t need = core_add(&world.core, &rules);
    rules = needing(need);
    uint32_t middle = core_add(&world.core, &rules);
    rules = needing(middle);
    core_add(&world.core, &rules);
    begin();
    EXPECT(!core_is_settled(&world.core));
    happen(CORE_EVENT_ENDED, need, 1);
    EXPECT(core_is_settled(&world.core));
}

/* --- seeded schedules --- */

enum { WORLD_SERVICES = 12 };

static struct core_rules random_rules(uint32_t number)
{
    struct core_rules rules = plain;
    rules.at_boot = unit_random() % 4 != 0;
    rules.tells = unit_random() % 3 != 0;
    rules.follows_needs = unit_random() % 4 == 0;
    rules.restart = (enum core_restart)(unit_random() % 3);
    rules.limit = (uint32_t)(unit_random() % 5);
    rules.watchdog_ns = unit_random() % 4 == 0 ? SECOND : 0;
    for (uint32_t need = 0; need < number; need++)
        if (unit_random() % 4 == 0)
            rules.needs[0] |= 1ull << need;
    return rules;
}

static bool sometimes(void *argument, uint32_t service)
{
    return unit_random() % 8 == 0;
}

static void random_event(void)
{
    uint32_t service = (uint32_t)(unit_random() % WORLD_SERVICES);
    uint32_t kind = (uint32_t)(unit_random() % (CORE_EVENT_KILL + 1));
    bool is_own = kind == CORE_EVENT_SPAWNED || kind == CORE_EVENT_SPAWN_FAILED;
    world.now += unit_random() % 3 == 0 ? unit_random() % (3 * SECOND) : unit_random() % MS;
    supervisor_world_event(&world, is_own ? CORE_EVENT_TELLS_READY : (enum core_event_kind)kind,
                           service, (uint32_t)(unit_random() % 2));
    supervisor_world_act(&world, sometimes, NULL);
    supervisor_world_event(&world, CORE_EVENT_TIME, 0, 0);
    supervisor_world_act(&world, sometimes, NULL);
}

/* The condemned die, everybody else says that all is well, and time passes. */
static void calm_down(void)
{
    for (int round = 0; round < 400; round++) {
        for (uint32_t i = 0; i < WORLD_SERVICES; i++) {
            if (world.killed[i] || world.asked[i])
                supervisor_world_event(&world, CORE_EVENT_ENDED, i, 1);
            supervisor_world_act(&world, never, NULL);
            supervisor_world_event(&world, CORE_EVENT_TELLS_READY, i, 0);
            supervisor_world_event(&world, CORE_EVENT_TELLS_ALIVE, i, 0);
            supervisor_world_act(&world, never, NULL);
        }
        world.now += SECOND / 2;
        supervisor_world_event(&world, CORE_EVENT_TIME, 0, 0);
        supervisor_world_act(&world, never, NULL);
    }
}

/* Whatever happens in whatever order: no second process, no end of nobody, no missed deadline, and
 * once the faults stop, every service that should run does. */
TEST(core_survives_random_schedules)
{
    uint64_t seeds = unit_count("supervisor-schedules", 300, 20000);
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        unit_seed(seed);
        supervisor_world_init(&world);
        for (uint32_t i = 0; i < WORLD_SERVICES; i++) {
            struct core_rules rules = random_rules(i);
            core_add(&world.core, &rules);
        }
        begin();
        for (int i = 0; i < 200; i++) {
            random_event();
            supervisor_world_check(&world);
        }
        calm_down();
        supervisor_world_check(&world);
        if (world.wrong != NULL)
            unit_fatal(__FILE_NAME__, __LINE__, "seed %llu: %s", (unsigned long long)seed,
                       world.wrong);
        for (uint32_t i = 0; i < WORLD_SERVICES; i++) {
            enum core_state state = state_of(i);
            if (state != CORE_READY && state != CORE_STOPPED && state != CORE_FAILED &&
                state != CORE_WAITING)
                unit_fatal(__FILE_NAME__, __LINE__, "seed %llu: service %u is stuck in %d",
                           (unsigned long long)seed, i, state);
        }
        EXPECT(core_is_settled(&world.core));
    }
}
