/* Starts the probe in the place of the site, waits for its end, and tells the results that it left in
 * the log. */
#include <string.h>

#include <abi/service.h>
#include <ipc/control_client.h>
#include <ipc/telemetry_client.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/start.h"
#include "user/rt/test.h"

#define PATIENCE_NS 60000000000ull
#define LOOK_AGAIN_NS 5000000ull

enum { NAME_MAX = 64, LOG_MAX = 65536 };

static uint8_t answer[32768] __attribute__((aligned(8)));
static char text[LOG_MAX];

static bool look(const char *name, struct service_info *out_info)
{
    struct telemetry_services_request request = { 0 };
    struct telemetry_services_reply reply;
    const uint8_t *infos;
    struct ipc_parcel parcel = { .bytes = answer, .capacity = sizeof answer };
    handle_t telemetry = start_handle("ipc:call:telemetry", OBJECT_CHANNEL);
    if (telemetry_services(telemetry, clock_after(PATIENCE_NS), &parcel, &request, &reply,
                           &infos) != STATUS_OK)
        return false;
    for (uint32_t i = 0; i < reply.count; i++) {
        memcpy(out_info, infos + i * sizeof *out_info, sizeof *out_info);
        if (strcmp(out_info->name, name) == 0)
            return true;
    }
    return false;
}

static void await_end(struct test_claim *claim, const char *name)
{
    struct service_info info = { 0 };
    time_ns_t deadline = clock_after(PATIENCE_NS);
    while (look(name, &info) && clock_now() < deadline) {
        bool is_down = info.health == HEALTH_STOPPED || info.health == HEALTH_FAILED;
        if (is_down && info.process_id == 0)
            return;
        (void)sys_thread_sleep(clock_after(LOOK_AGAIN_NS));
    }
    test_fail(claim, "%s does not end: health %u, %s", name, info.health, info.reason);
}

static void run_probe(struct test_claim *claim)
{
    handle_t control = start_handle("ipc:call:control", OBJECT_CHANNEL);
    struct control_stop_request site = { .name_len = 3, .name = "www" };
    struct control_start_request probe = { .name_len = 5, .name = "probe" };
    (void)control_stop(control, clock_after(PATIENCE_NS), &site); /* If it runs at all. */
    await_end(claim, "www");
    TEST_EQ(claim, control_start(control, clock_after(PATIENCE_NS), &probe), STATUS_OK);
    await_end(claim, "probe");
}

/* "[ 1.23] probe: @@test pass NAME": a claim of the probe's becomes one of ours. */
static uint64_t retell(const char *line)
{
    static const char pass[] = "probe: @@test pass ", fail[] = "probe: @@test fail ";
    struct test_claim claim;
    char name[NAME_MAX] = "";
    const char *at = line;
    while (*at != '\0' && strncmp(at, "probe: @@test ", 14) != 0)
        at++;
    bool passed = strncmp(at, pass, sizeof pass - 1) == 0;
    if (!passed && strncmp(at, fail, sizeof fail - 1) != 0)
        return 0;
    at += sizeof pass - 1;
    size_t len = 0;
    while (len < NAME_MAX - 1 && at[len] != '\0' && at[len] != ' ')
        len++;
    memcpy(name, at, len);
    test_begin(&claim, name);
    if (!passed)
        test_fail(&claim, "%s", at + len);
    test_end(&claim);
    return 1;
}

static uint64_t retell_log(void)
{
    uint64_t cursor = 0, next, claims = 0;
    size_t len = 0;
    handle_t log = start_handle("log:read", OBJECT_LOG);
    while (sys_log_read(log, text, sizeof text - 1, cursor, TIME_NOW, &len, &next) == STATUS_OK &&
           len > 0) {
        text[len] = '\0';
        for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';
            claims += retell(line);
        }
        cursor = next;
    }
    return claims;
}

int main(int argc, char **argv)
{
    struct test_claim claim;
    test_begin(&claim, "probe.runs");
    run_probe(&claim);
    uint64_t claims = retell_log();
    TEST_CHECK(&claim, claims > 0);
    test_end(&claim);
    return test_done();
}
