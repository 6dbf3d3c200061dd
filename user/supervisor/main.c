/* The loop: do what the core asks for, wait for processes that end, for words at the desk, for first
 * clients and for time to pass, and tell the core. docs/design/supervisor.md. */
#include <string.h>

#include <abi/port.h>
#include <abi/signals.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/console.h"
#include "user/rt/exit_codes.h"
#include "user/rt/log.h"
#include "user/rt/start.h"
#include "user/supervisor/supervisor.h"

enum { PACKETS = 16, ARGUMENTS_MAX = 1024 };

static struct supervisor supervisor;

static void take_handles(struct supervisor_handles *handles)
{
    handles->root = start_handle_need("root", OBJECT_DIRECTORY);
    handles->cell = start_handle_need("cell", OBJECT_CELL);
    handles->devices = start_handle("devices", OBJECT_DEVICE);
    handles->tty = start_handle("tty", OBJECT_TTY);
    handles->log = start_handle("log", OBJECT_LOG);
    handles->clock = start_handle("clock", OBJECT_CLOCK);
    handles->entropy = start_handle("entropy", OBJECT_ENTROPY);
    handles->power = start_handle("power", OBJECT_POWER);
    handles->system = start_handle("system", OBJECT_SYSTEM);
    handles->trace = start_handle("trace", OBJECT_TRACE);
}

/* --- what the kernel's command line says to us --- */

/* The value of KEY=value among blank-separated words; len 0 when it is not there. */
static struct const_span boot_word(const char *text, size_t len, const char *key)
{
    size_t key_len = strlen(key);
    for (size_t at = 0; at < len;) {
        size_t end = at;
        while (end < len && text[end] != ' ')
            end++;
        if (end - at > key_len && memcmp(text + at, key, key_len) == 0 && text[at + key_len] == '=')
            return const_span_of(text + at + key_len + 1, end - at - key_len - 1);
        at = end + 1;
    }
    return const_span_of(text, 0);
}

static bool uses_terminal(uint32_t number)
{
    const struct manifest_service *service = &supervisor.services[number].manifest;
    struct grant grant;
    for (uint32_t i = 0; i < service->grant_count; i++)
        if (manifest_grant(&supervisor.manifest, service, i, &grant) == STATUS_OK &&
            grant.kind == GRANT_CONSOLE_STDIO)
            return true;
    return false;
}

/* swos.report=console tells a host that waits for it when all is up. swos.test=NAME starts one more
 * service, which then has the terminal to itself: what else would use it does not start at boot. */
static void obey_boot_arguments(void)
{
    char text[ARGUMENTS_MAX];
    size_t len = 0;
    uint32_t test;
    if (supervisor.handles.system.raw == 0 ||
        sys_boot_arguments(supervisor.handles.system, text, sizeof text, &len) != STATUS_OK)
        return;
    struct const_span report = boot_word(text, len, "swos.report");
    supervisor.reports = report.len == 7 && memcmp(report.data, "console", 7) == 0;
    if (supervisor_find(&supervisor, boot_word(text, len, "swos.test"), &test) != STATUS_OK)
        return;
    for (uint32_t i = 0; i < supervisor.core.count; i++)
        if (uses_terminal(i))
            supervisor.core.services[i].rules.at_boot = false;
    supervisor.core.services[test].rules.at_boot = true;
}

static void report_when_settled(void)
{
    static struct console console;
    if (!supervisor.reports || supervisor.has_reported || !core_is_settled(&supervisor.core))
        return;
    supervisor.has_reported = true;
    console_init(&console, supervisor.handles.tty);
    console_print(&console, "\n@@ready\n");
    console_flush(&console);
}

/* --- the loop --- */

static void demanded(uint32_t number)
{
    struct core_event event = { .kind = CORE_EVENT_START, .service = number };
    supervisor.services[number].demand_armed = false;
    (void)core_step(&supervisor.core, &event, clock_now());
}

static void take_packet(const struct port_packet *packet)
{
    uint32_t number = (uint32_t)packet->key;
    switch (packet->key & ~(uint64_t)UINT32_MAX) {
    case KEY_DESK:
        if (ipc_server_drain(&supervisor.desk) != STATUS_OK)
            log_line("the desk is closed");
        break;
    case KEY_ENDED: supervisor_ended(&supervisor, number); break;
    case KEY_DEMAND: demanded(number); break;
    default: break;
    }
}

static void turn(void)
{
    struct port_packet packets[PACKETS];
    size_t count = 0;
    supervisor_act(&supervisor);
    places_announce(&supervisor);
    places_watch(&supervisor);
    supervisor_act(&supervisor); /* Of what announcing showed. */
    report_when_settled();
    status_t status =
        sys_port_wait(supervisor.port, packets, PACKETS, core_deadline(&supervisor.core), &count);
    if (status != STATUS_OK)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        take_packet(&packets[i]);
        supervisor_act(&supervisor);
    }
    struct core_event event = { .kind = CORE_EVENT_TIME };
    (void)core_step(&supervisor.core, &event, clock_now());
}

static status_t begin(void)
{
    status_t status = sys_port_create(&supervisor.port);
    if (status == STATUS_OK)
        status = desk_open(&supervisor);
    if (status == STATUS_OK)
        status = sys_port_bind(supervisor.port, supervisor.endpoint, KEY_DESK, SIGNAL_READABLE, 0);
    if (status == STATUS_OK)
        status = supervisor_load(&supervisor);
    return status;
}

int main(int argc, char **argv)
{
    take_handles(&supervisor.handles);
    status_t status = begin();
    if (status != STATUS_OK) {
        log_line("cannot begin: status %d", status);
        return EXIT_FAILED;
    }
    obey_boot_arguments();
    places_prepare(&supervisor);
    core_begin(&supervisor.core, clock_now());
    for (;;)
        turn();
}
