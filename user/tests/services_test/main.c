/* The supervisor from outside: services of mock_service are started, ended and asked, over the
 * protocols that an operator has, and each must come into the health that its manifest leads to. */
#include <string.h>

#include <abi/service.h>
#include <abi/system.h>
#include <ipc/control_client.h>
#include <ipc/telemetry_client.h>
#include <swos/syscalls.h>

#include "user/ipc/channel.h"
#include "user/rt/clock.h"
#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/mock_service/mock.h"

#define SECOND_NS 1000000000ull
#define PATIENCE_NS (20 * SECOND_NS) /* For what must happen; emulated machines may be slow. */
#define LOOK_AGAIN_NS 2000000ull

static struct test {
    handle_t telemetry, control, system, system_control;
    uint8_t answer[IPC_PARCEL_BYTES_MAX / 2] __attribute__((aligned(8)));
} test;

/* --- asking --- */

static bool look(const char *name, struct service_info *out_info)
{
    struct telemetry_services_request request = { 0 };
    struct telemetry_services_reply reply;
    const uint8_t *infos;
    struct ipc_parcel parcel = { .bytes = test.answer, .capacity = sizeof test.answer };
    if (telemetry_services(test.telemetry, clock_after(PATIENCE_NS), &parcel, &request, &reply,
                           &infos) != STATUS_OK)
        return false;
    for (uint32_t i = 0; i < reply.count; i++) {
        memcpy(out_info, infos + i * sizeof *out_info, sizeof *out_info);
        if (strcmp(out_info->name, name) == 0)
            return true;
    }
    return false;
}

/* Look until the service has come into the health, at least `starts` times started. */
static void await(struct test_claim *claim, const char *name, enum service_health health,
                  uint32_t starts, struct service_info *out_info)
{
    time_ns_t deadline = clock_after(PATIENCE_NS);
    while (look(name, out_info) && clock_now() < deadline) {
        if (out_info->health == (uint32_t)health && out_info->starts >= starts)
            return;
        (void)sys_thread_sleep(clock_after(LOOK_AGAIN_NS));
    }
    test_fail(claim, "%s: health %u after %u starts (%s)", name, out_info->health, out_info->starts,
              out_info->reason);
}

#define COMMAND(verb)                                                            \
    static status_t verb(const char *name)                                       \
    {                                                                            \
        struct control_##verb##_request request = { 0 };                         \
        request.name_len = (uint16_t)strlen(name);                               \
        memcpy(request.name, name, request.name_len);                            \
        return control_##verb(test.control, clock_after(PATIENCE_NS), &request); \
    }
COMMAND(start)
COMMAND(stop)
COMMAND(restart)
COMMAND(kill)
#undef COMMAND

static status_t ask(const char *channel, uint64_t operation, uint64_t argument,
                    struct channel_words *out_words)
{
    *out_words = (struct channel_words){ .word = { operation, argument }, .count = 2 };
    return sys_channel_call(start_handle(channel, OBJECT_CHANNEL), clock_after(PATIENCE_NS),
                            out_words);
}

/* --- claims --- */

/* What is not granted does not exist: as many handles as the manifest leads to, and no more. */
static void exact_handles(struct test_claim *claim)
{
    struct service_info info;
    struct channel_words words;
    TEST_EQ(claim, start("mock-good"), STATUS_OK);
    await(claim, "mock-good", HEALTH_READY, 1, &info);
    TEST_EQ(claim, start("mock-good"), STATUS_BAD_STATE);
    TEST_EQ(claim, ask("ipc:call:mock-good", MOCK_HANDLES, 0, &words), STATUS_OK);
    TEST_EQ(claim, words.word[0], 4); /* Endpoint, directory, supervisor, stop. */
    TEST_EQ(claim, words.word[1], 4);
    TEST_EQ(claim, stop("mock-good"), STATUS_OK);
    await(claim, "mock-good", HEALTH_STOPPED, 1, &info);
    TEST_EQ(claim, info.exit_code, 0);
}

/* The channel that a client has goes on to the next life of the service. */
static void clients_survive(struct test_claim *claim)
{
    struct service_info info;
    struct channel_words words;
    TEST_EQ(claim, start("mock-good"), STATUS_OK);
    await(claim, "mock-good", HEALTH_READY, 1, &info);
    uint64_t old = info.process_id;
    TEST_EQ(claim, ask("ipc:call:mock-good", MOCK_CRASH, 0, &words), STATUS_PEER_CLOSED);
    TEST_EQ(claim, ask("ipc:call:mock-good", MOCK_PROCESS, 0, &words), STATUS_OK);
    TEST_CHECK(claim, words.word[0] != old);
    await(claim, "mock-good", HEALTH_READY, info.starts + 1, &info);
    TEST_EQ(claim, info.process_id, words.word[0]);
    TEST_EQ(claim, kill("mock-good"), STATUS_OK);
    await(claim, "mock-good", HEALTH_READY, info.starts + 1, &info);
    TEST_EQ(claim, restart("mock-good"), STATUS_OK);
    await(claim, "mock-good", HEALTH_READY, info.starts + 1, &info);
    TEST_EQ(claim, stop("mock-good"), STATUS_OK);
    await(claim, "mock-good", HEALTH_STOPPED, info.starts, &info);
}

static void needs_first(struct test_claim *claim)
{
    struct service_info info;
    TEST_EQ(claim, start("mock-needs"), STATUS_OK);
    await(claim, "mock-needs", HEALTH_READY, 1, &info);
    await(claim, "mock-good", HEALTH_READY, 1, &info);
    TEST_EQ(claim, stop("mock-good"), STATUS_OK);
    await(claim, "mock-good", HEALTH_STOPPED, 1, &info);
    await(claim, "mock-needs", HEALTH_DEGRADED, 1, &info);
    TEST_CHECK(claim, strcmp(info.reason, "lacks mock-good") == 0);
    TEST_EQ(claim, stop("mock-needs"), STATUS_OK);
    await(claim, "mock-needs", HEALTH_STOPPED, 1, &info);
}

static void crash_loop_ends(struct test_claim *claim)
{
    struct service_info info;
    TEST_EQ(claim, start("mock-crash"), STATUS_OK);
    await(claim, "mock-crash", HEALTH_FAILED, 4, &info);
    TEST_EQ(claim, info.starts, 4); /* And three restarts. */
    TEST_EQ(claim, info.exit_code, 7);
    TEST_CHECK(claim, strcmp(info.reason, "restarted too often, last code 0x7") == 0);
    TEST_EQ(claim, kill("mock-crash"), STATUS_BAD_STATE);
}

static void hanging_start_ends(struct test_claim *claim)
{
    struct service_info info;
    TEST_EQ(claim, start("mock-hang"), STATUS_OK);
    await(claim, "mock-hang", HEALTH_FAILED, 1, &info);
    TEST_CHECK(claim, strcmp(info.reason, "was not ready in time") == 0);
}

static void watchdog_bites(struct test_claim *claim)
{
    struct service_info info;
    TEST_EQ(claim, start("mock-quiet"), STATUS_OK);
    await(claim, "mock-quiet", HEALTH_FAILED, 1, &info);
    TEST_CHECK(claim, strcmp(info.reason, "fed no watchdog") == 0);
}

/* Asked, then ended by force; a stop is a stop all the same. */
static void stubborn_is_stopped(struct test_claim *claim)
{
    struct service_info info;
    TEST_EQ(claim, start("mock-stubborn"), STATUS_OK);
    await(claim, "mock-stubborn", HEALTH_READY, 1, &info);
    time_ns_t asked = clock_now();
    TEST_EQ(claim, stop("mock-stubborn"), STATUS_OK);
    await(claim, "mock-stubborn", HEALTH_STOPPED, 1, &info);
    while (look("mock-stubborn", &info) && info.process_id != 0 &&
           clock_now() < asked + PATIENCE_NS)
        (void)sys_thread_sleep(clock_after(LOOK_AGAIN_NS));
    TEST_EQ(claim, info.process_id, 0);
    TEST_CHECK(claim, clock_now() - asked >= 2 * SECOND_NS);
}

static void first_client_starts(struct test_claim *claim)
{
    struct service_info info = { 0 };
    struct channel_words words;
    TEST_CHECK(claim, look("mock-lazy", &info) && info.starts == 0);
    TEST_EQ(claim, ask("ipc:call:mock-lazy", MOCK_PROCESS, 0, &words), STATUS_OK);
    await(claim, "mock-lazy", HEALTH_READY, 1, &info);
    TEST_EQ(claim, info.process_id, words.word[0]);
    TEST_EQ(claim, stop("mock-lazy"), STATUS_OK);
    await(claim, "mock-lazy", HEALTH_STOPPED, 1, &info);
}

/* Nothing starts with less than its manifest says. */
static void missing_grant_refuses(struct test_claim *claim)
{
    struct service_info info;
    TEST_EQ(claim, start("mock-greedy"), STATUS_OK);
    await(claim, "mock-greedy", HEALTH_FAILED, 1, &info);
    TEST_EQ(claim, info.process_id, 0);
    TEST_CHECK(claim, strcmp(info.reason, "cannot be started, status 9") == 0);
}

static void unknown_names_are_refused(struct test_claim *claim)
{
    TEST_EQ(claim, start("nobody"), STATUS_NOT_FOUND);
    TEST_EQ(claim, start(""), STATUS_NOT_FOUND);
    TEST_EQ(claim, stop("mock-good"), STATUS_BAD_STATE);
    struct control_fault_request request = { .name_len = 9, .name = "mock-good", .kind = 1 };
    TEST_EQ(claim, control_fault(test.control, clock_after(PATIENCE_NS), &request),
            STATUS_NOT_SUPPORTED);
}

/* --- what lives leave behind --- */

static void take_balance(struct test_claim *claim, struct memory_info *out_memory)
{
    uint64_t dropped;
    TEST_EQ(claim, sys_system_drop_cache(test.system_control, &dropped), STATUS_OK);
    TEST_EQ(claim, sys_system_memory(test.system, out_memory), STATUS_OK);
}

static void live_and_die(struct test_claim *claim, uint64_t rounds)
{
    struct service_info info;
    struct channel_words words;
    TEST_EQ(claim, start("mock-good"), STATUS_OK);
    await(claim, "mock-good", HEALTH_READY, 1, &info);
    for (uint64_t i = 0; i < rounds && !claim->failed; i++) {
        uint32_t starts = info.starts + 1;
        TEST_EQ(claim, ask("ipc:call:mock-good", i % 2 == 0 ? MOCK_CRASH : MOCK_EXIT, 9, &words),
                STATUS_PEER_CLOSED);
        await(claim, "mock-good", HEALTH_READY, starts, &info);
    }
    TEST_EQ(claim, stop("mock-good"), STATUS_OK);
    await(claim, "mock-good", HEALTH_STOPPED, 1, &info);
    while (look("mock-good", &info) && info.process_id != 0)
        (void)sys_thread_sleep(clock_after(LOOK_AGAIN_NS));
}

/* Frames, handles and kernel objects are those of before, to the last one. */
static void lives_leave_nothing(struct test_claim *claim)
{
    struct memory_info before = { 0 }, after = { 0 };
    uint64_t rounds = test_rounds("service-lives", 50, 10000);
    live_and_die(claim, 2); /* What is kept for good. */
    take_balance(claim, &before);
    live_and_die(claim, rounds);
    take_balance(claim, &after);
    TEST_EQ(claim, after.handles, before.handles);
    TEST_EQ(claim, after.slab_objects, before.slab_objects);
    TEST_EQ(claim, after.free_frames, before.free_frames);
}

static const struct test_case cases[] = {
    { "services.exact_handles", exact_handles },
    { "services.clients_survive", clients_survive },
    { "services.needs_first", needs_first },
    { "services.crash_loop_ends", crash_loop_ends },
    { "services.hanging_start_ends", hanging_start_ends },
    { "services.watchdog_bites", watchdog_bites },
    { "services.stubborn_is_stopped", stubborn_is_stopped },
    { "services.first_client_starts", first_client_starts },
    { "services.missing_grant_refuses", missing_grant_refuses },
    { "services.unknown_names_are_refused", unknown_names_are_refused },
    { "services.lives_leave_nothing", lives_leave_nothing },
};

int main(int argc, char **argv)
{
    test.telemetry = start_handle_need("ipc:call:telemetry", OBJECT_CHANNEL);
    test.control = start_handle_need("ipc:call:control", OBJECT_CHANNEL);
    test.system = start_handle_need("system:inspect", OBJECT_SYSTEM);
    test.system_control = start_handle_need("system:control", OBJECT_SYSTEM);
    test_run(cases, sizeof cases / sizeof cases[0]);
    return test_done();
}
