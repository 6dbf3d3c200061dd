/* A process with httpd's manifest, which tries what httpd may not do. Its results are lines of the log,
 * since it was not granted a terminal; probe_report passes them on. */
#include <string.h>

#include <abi/file.h>
#include <abi/ipc.h>
#include <abi/net.h>
#include <abi/service.h>
#include <abi/system.h>
#include <ipc/control_client.h>
#include <ipc/notice_client.h>
#include <ipc/telemetry_client.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/start.h"
#include "user/rt/test.h"

/* What the manifest leads to (docs/design/supervisor.md), no more and no less. */
static const struct expected {
    const char *name;
    enum object_kind kind;
    rights_t rights;
} expected[] = {
    { "supervisor", OBJECT_CHANNEL, RIGHT_CHANNEL_CALL | RIGHT_INSPECT },
    { "stop", OBJECT_EVENT, RIGHT_WAIT | RIGHT_INSPECT },
    { "scratch", OBJECT_DIRECTORY,
      RIGHT_READ | RIGHT_WRITE | RIGHT_MAP | RIGHT_DUPLICATE | RIGHT_INSPECT },
    { "fs:read:/www", OBJECT_DIRECTORY, RIGHT_READ | RIGHT_MAP | RIGHT_DUPLICATE | RIGHT_INSPECT },
    { "net:listen:tcp:80", OBJECT_LISTENER,
      RIGHT_LISTENER_ACCEPT | RIGHT_WAIT | RIGHT_DUPLICATE | RIGHT_INSPECT },
    { "clock:read", OBJECT_CLOCK, RIGHT_READ | RIGHT_DUPLICATE | RIGHT_INSPECT },
    { "log:write", OBJECT_LOG, RIGHT_WRITE | RIGHT_DUPLICATE | RIGHT_INSPECT },
};

enum { EXPECTED_COUNT = sizeof expected / sizeof expected[0], HANDLES_TRIED = 4096 };

static handle_t given(size_t index)
{
    return start_handle(expected[index].name, expected[index].kind);
}

static void exact_handles(struct test_claim *claim)
{
    size_t started, count = 0;
    uint64_t handles[64];
    const struct start_handle *list = start_handles(&started);
    TEST_EQ(claim, started, EXPECTED_COUNT);
    TEST_EQ(claim, sys_handle_list(handles, 64, &count), STATUS_OK);
    TEST_EQ(claim, count, EXPECTED_COUNT);
    for (size_t i = 0; i < started && i < EXPECTED_COUNT; i++) {
        uint32_t kind, rights;
        uint64_t id;
        TEST_CHECK(claim, strcmp(list[i].name, expected[i].name) == 0);
        TEST_EQ(claim, sys_handle_info(list[i].handle, &kind, &rights, &id), STATUS_OK);
        TEST_EQ(claim, kind, expected[i].kind);
        TEST_EQ(claim, rights, expected[i].rights);
    }
}

static bool is_mine(uint64_t value)
{
    for (size_t i = 0; i < EXPECTED_COUNT; i++)
        if (given(i).raw == value)
            return true;
    return false;
}

/* No value that was not given names anything: small numbers, ours with a bit changed, any. */
static void other_handle_values(struct test_claim *claim)
{
    uint32_t kind, rights;
    uint64_t id, value = clock_now() | 1;
    for (uint64_t i = 0; i < HANDLES_TRIED; i++)
        if (!is_mine(i))
            TEST_EQ(claim, sys_handle_info(i, &kind, &rights, &id), STATUS_BAD_HANDLE);
    for (size_t i = 0; i < EXPECTED_COUNT; i++)
        for (int bit = 0; bit < 64; bit++)
            if (!is_mine(given(i).raw ^ 1ull << bit))
                TEST_EQ(claim, sys_handle_info(given(i).raw ^ 1ull << bit, &kind, &rights, &id),
                        STATUS_BAD_HANDLE);
    for (int i = 0; i < HANDLES_TRIED; i++) {
        value ^= value << 13, value ^= value >> 7, value ^= value << 17; /* xorshift64 */
        if (!is_mine(value))
            TEST_EQ(claim, sys_handle_info(value, &kind, &rights, &id), STATUS_BAD_HANDLE);
    }
}

static status_t open_at(handle_t directory, const char *path, uint32_t flags, rights_t rights)
{
    handle_t file;
    uint32_t kind;
    status_t status = sys_file_open(directory, path, strlen(path), flags, rights, &file, &kind);
    if (status == STATUS_OK)
        (void)sys_handle_close(file.raw);
    return status;
}

/* The root that was given is the root: what lies beside it has no name. */
static void other_paths(struct test_claim *claim)
{
    static const char *const outside[] = {
        "../bin/init", "/bin/init", "/etc/services.bin", "../../../bin/httpd",
        "./../etc",    "/../bin",   "/www/index.html",
    };
    handle_t www = start_handle("fs:read:/www", OBJECT_DIRECTORY);
    TEST_EQ(claim, open_at(www, "index.html", 0, RIGHT_READ), STATUS_OK);
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        TEST_EQ(claim, open_at(www, outside[i], 0, RIGHT_READ), STATUS_NOT_FOUND);
}

static void no_writing(struct test_claim *claim)
{
    handle_t www = start_handle("fs:read:/www", OBJECT_DIRECTORY);
    TEST_EQ(claim, open_at(www, "index.html", 0, RIGHT_WRITE), STATUS_NO_RIGHT);
    TEST_EQ(claim, open_at(www, "index.html", 0, RIGHT_EXECUTE), STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_directory_create(www, "new", 3), STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_path_remove(www, "index.html", 10, 0), STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_path_rename(www, "index.html", 10, www, "x", 1), STATUS_NO_RIGHT);
}

/* A listener of one's own is a queue that nobody posts to; the granted one cannot be posted to. */
static void other_ports(struct test_claim *claim)
{
    struct socket_address address = { .port = 8080, .protocol = SOCKET_TCP }, peer;
    handle_t listener, post, stream, other;
    TEST_EQ(claim, sys_listener_create(&address, 4, &listener, &post), STATUS_OK);
    TEST_EQ(claim, sys_listener_accept(listener, &peer, 0, clock_after(20000000), &stream),
            STATUS_TIMED_OUT);
    TEST_EQ(claim, sys_stream_create(&stream, &other), STATUS_OK);
    TEST_EQ(claim,
            sys_listener_post(start_handle("net:listen:tcp:80", OBJECT_LISTENER), stream.raw,
                              &address),
            STATUS_NO_RIGHT);
    (void)sys_handle_close(listener.raw);
    (void)sys_handle_close(post.raw);
    (void)sys_handle_close(stream.raw);
    (void)sys_handle_close(other.raw);
}

/* Each call that reaches beyond the cell, with each handle that there is in place of the right one. */
static void no_devices_cells_processes(struct test_claim *claim)
{
    struct cell_params params = { .name = "own" };
    struct memory_info memory;
    struct cell_info cell;
    handle_t made;
    size_t count;
    uint64_t dropped;
    for (size_t i = 0; i < EXPECTED_COUNT; i++) {
        handle_t handle = given(i);
        TEST_EQ(claim, sys_device_open(handle, 0, &made), STATUS_WRONG_KIND);
        TEST_EQ(claim, sys_device_list(handle, NULL, 0, &count), STATUS_WRONG_KIND);
        TEST_EQ(claim, sys_cell_create(handle, &params, &made), STATUS_WRONG_KIND);
        TEST_EQ(claim, sys_cell_info(handle, &cell), STATUS_WRONG_KIND);
        TEST_EQ(claim, sys_cell_destroy(handle), STATUS_WRONG_KIND);
        TEST_EQ(claim, sys_process_kill(handle, 0), STATUS_WRONG_KIND);
        TEST_EQ(claim, sys_system_memory(handle, &memory), STATUS_WRONG_KIND);
        TEST_EQ(claim, sys_system_cells(handle, NULL, 0, &count), STATUS_WRONG_KIND);
        TEST_EQ(claim, sys_system_processes(handle, NULL, 0, &count), STATUS_WRONG_KIND);
        TEST_EQ(claim, sys_system_drop_cache(handle, &dropped), STATUS_WRONG_KIND);
        TEST_EQ(claim, sys_power_off(handle), STATUS_WRONG_KIND);
        TEST_EQ(claim, sys_power_reset(handle), STATUS_WRONG_KIND);
    }
}

static void no_more_rights(struct test_claim *claim)
{
    uint8_t bytes[64];
    size_t actual;
    uint64_t next;
    for (size_t i = 0; i < EXPECTED_COUNT; i++) {
        handle_t copy;
        TEST_EQ(claim,
                sys_handle_duplicate(given(i).raw, expected[i].rights | RIGHT_TRANSFER, &copy),
                STATUS_NO_RIGHT);
    }
    TEST_EQ(claim, sys_clock_set(start_handle("clock:read", OBJECT_CLOCK), 0), STATUS_NO_RIGHT);
    TEST_EQ(claim,
            sys_log_read(start_handle("log:write", OBJECT_LOG), bytes, sizeof bytes, 0, TIME_NOW,
                         &actual, &next),
            STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_event_signal(start_handle("stop", OBJECT_EVENT), 0, 1u << 5),
            STATUS_NO_RIGHT);
}

/* Grants are not given away: not over the one channel that there is, either. */
static void no_passing_on(struct test_claim *claim)
{
    handle_t supervisor = start_handle("supervisor", OBJECT_CHANNEL);
    for (size_t i = 0; i < EXPECTED_COUNT; i++) {
        handle_t handle = given(i);
        const struct ipc_message message = { .handles = (uintptr_t)&handle, .handle_count = 1 };
        TEST_EQ(claim, sys_channel_send(supervisor, &message), STATUS_NO_RIGHT);
    }
}

/* The channel to the supervisor takes notices about oneself, and neither commands nor questions. */
static void no_commands(struct test_claim *claim)
{
    static uint8_t answer[32768] __attribute__((aligned(8)));
    handle_t supervisor = start_handle("supervisor", OBJECT_CHANNEL);
    struct control_kill_request kill = { .name_len = 7, .name = "console" };
    struct control_stop_request stop = { .name_len = 7, .name = "console" };
    time_ns_t deadline = clock_after(10000000000);
    struct control_signal_request signal = { .name_len = 7, .name = "console", .number = 1 };
    TEST_EQ(claim, control_signal(supervisor, deadline, &signal), STATUS_NOT_SUPPORTED);
    /* Their numbers are those of notices, which look otherwise. */
    TEST_EQ(claim, control_kill(supervisor, deadline, &kill), STATUS_INVALID);
    TEST_EQ(claim, control_stop(supervisor, deadline, &stop), STATUS_INVALID);
    struct telemetry_services_request request = { 0 };
    struct telemetry_services_reply reply;
    const uint8_t *infos;
    struct ipc_parcel parcel = { .bytes = answer, .capacity = sizeof answer };
    TEST_EQ(claim, telemetry_services(supervisor, deadline, &parcel, &request, &reply, &infos),
            STATUS_INVALID);
}

static const struct test_case cases[] = {
    { "probe.exact_handles", exact_handles },
    { "probe.other_handle_values", other_handle_values },
    { "probe.other_paths", other_paths },
    { "probe.no_writing", no_writing },
    { "probe.other_ports", other_ports },
    { "probe.no_devices_cells_processes", no_devices_cells_processes },
    { "probe.no_more_rights", no_more_rights },
    { "probe.no_passing_on", no_passing_on },
    { "probe.no_commands", no_commands },
};

int main(int argc, char **argv)
{
    if (notice_ready(start_handle_need(START_SUPERVISOR, OBJECT_CHANNEL)) != STATUS_OK)
        return 1;
    test_run(cases, sizeof cases / sizeof cases[0]);
    return test_done();
}
