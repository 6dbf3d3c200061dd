/* Commands on services, over the supervisor's telemetry (what is) and control (what shall be). */
#include <string.h>

#include <abi/posix_signal.h>
#include <abi/service.h>
#include <ipc/control_client.h>
#include <ipc/telemetry_client.h>

#include "lib/base/format.h"

#include "user/rt/clock.h"
#include "user/swctl/swctl.h"

#define ANSWER_NS 10000000000ull /* A supervisor that is silent longer is not well. */

static uint8_t buffer[IPC_PARCEL_BYTES_MAX / 2] __attribute__((aligned(8)));

static const char *health_name(uint32_t health)
{
    static const char *const names[] = { "?",        "stopped",    "starting", "ready",
                                         "degraded", "restarting", "failed" };
    return health < sizeof names / sizeof names[0] ? names[health] : "?";
}

static void show(struct swctl *swctl, const struct service_info *info)
{
    uint64_t seconds = (clock_now() - info->since_ns) / 1000000000ull;
    char process[24] = "-";
    if (info->process_id != 0)
        format_text(process, sizeof process, "%llu", (unsigned long long)info->process_id);
    say(swctl, "%-16s %-10s %6s %7u %7llus  %s\n", info->name, health_name(info->health), process,
        info->starts, (unsigned long long)seconds, info->reason);
}

static void services(struct swctl *swctl, int count, char **words)
{
    if (!granted(swctl, swctl->telemetry, "ipc:call:telemetry"))
        return;
    say(swctl, "%-16s %-10s %6s %7s %8s  %s\n", "service", "health", "pid", "starts", "for", "why");
    struct telemetry_services_request request = { 0 };
    struct telemetry_services_reply reply;
    const uint8_t *tail;
    do {
        struct ipc_parcel parcel = { .bytes = buffer, .capacity = sizeof buffer };
        status_t status = telemetry_services(swctl->telemetry, clock_after(ANSWER_NS), &parcel,
                                             &request, &reply, &tail);
        if (status != STATUS_OK) {
            complain(swctl, "services", status);
            return;
        }
        for (uint32_t i = 0; i < reply.count; i++) {
            struct service_info info;
            if ((i + 1) * sizeof info > reply.infos_len)
                return;
            memcpy(&info, tail + i * sizeof info, sizeof info);
            show(swctl, &info);
        }
        request.first += reply.count;
    } while (reply.count > 0 && request.first < reply.total);
}

static void events(struct swctl *swctl, int count, char **words)
{
    if (!granted(swctl, swctl->telemetry, "ipc:call:telemetry"))
        return;
    struct telemetry_events_request request = { 0 };
    struct telemetry_events_reply reply;
    const uint8_t *tail;
    do {
        struct ipc_parcel parcel = { .bytes = buffer, .capacity = sizeof buffer };
        status_t status = telemetry_events(swctl->telemetry, clock_after(ANSWER_NS), &parcel,
                                           &request, &reply, &tail);
        if (status != STATUS_OK) {
            complain(swctl, "events", status);
            return;
        }
        for (uint32_t i = 0; i < reply.count; i++) {
            struct service_event event;
            if ((i + 1) * sizeof event > reply.events_len)
                return;
            memcpy(&event, tail + i * sizeof event, sizeof event);
            say(swctl, "%6llu.%03llu %-16s %-10s %s\n",
                (unsigned long long)(event.when_ns / 1000000000),
                (unsigned long long)(event.when_ns / 1000000 % 1000), event.name,
                health_name(event.health), event.what);
        }
        request.from = reply.next;
    } while (reply.count > 0);
}

/* The four commands have one shape; their requests are types of their own. */
#define SERVICE_COMMAND(verb)                                                               \
    static void service_##verb(struct swctl *swctl, int count, char **words)                \
    {                                                                                       \
        struct control_##verb##_request request = { 0 };                                    \
        size_t len = strlen(words[1]);                                                      \
        if (!granted(swctl, swctl->control, "ipc:call:control"))                            \
            return;                                                                         \
        if (len > sizeof request.name) {                                                    \
            complain(swctl, words[1], STATUS_NOT_FOUND);                                    \
            return;                                                                         \
        }                                                                                   \
        request.name_len = (uint16_t)len;                                                   \
        memcpy(request.name, words[1], len);                                                \
        status_t status = control_##verb(swctl->control, clock_after(ANSWER_NS), &request); \
        if (status != STATUS_OK)                                                            \
            complain(swctl, words[1], status);                                              \
        else                                                                                \
            say(swctl, "%s: " #verb "\n", words[1]);                                        \
    }
SERVICE_COMMAND(start)
SERVICE_COMMAND(stop)
SERVICE_COMMAND(restart)
SERVICE_COMMAND(kill)
#undef SERVICE_COMMAND

static void service_fault(struct swctl *swctl, int count, char **words)
{
    struct control_fault_request request = { 0 };
    size_t len = strlen(words[1]);
    if (!granted(swctl, swctl->control, "ipc:call:control"))
        return;
    static const char *const kinds[] = { "", "read", "assert", "exit" };
    for (uint32_t kind = 1; kind < sizeof kinds / sizeof kinds[0]; kind++)
        if (strcmp(words[2], kinds[kind]) == 0)
            request.kind = kind;
    if (request.kind == 0 || len > sizeof request.name) {
        say(swctl, "usage: fault DRIVER read|assert|exit\n");
        return;
    }
    request.name_len = (uint16_t)len;
    memcpy(request.name, words[1], len);
    status_t status = control_fault(swctl->control, clock_after(ANSWER_NS), &request);
    if (status != STATUS_OK)
        complain(swctl, words[1], status);
    else
        say(swctl, "%s: fault\n", words[1]);
}

/* A signal by its number, or by the names of those that services take for orders. */
static uint32_t signal_number(const char *text)
{
    static const struct {
        char name[8];
        uint32_t number;
    } names[] = { { "HUP", POSIX_SIGHUP },   { "INT", POSIX_SIGINT },   { "QUIT", POSIX_SIGQUIT },
                  { "USR1", POSIX_SIGUSR1 }, { "USR2", POSIX_SIGUSR2 }, { "TERM", POSIX_SIGTERM } };
    uint32_t number = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i].name) == 0)
            return names[i].number;
    for (; *text >= '0' && *text <= '9' && number <= POSIX_SIGNALS; text++)
        number = number * 10 + (uint32_t)(*text - '0');
    return *text == '\0' ? number : 0;
}

static void service_signal(struct swctl *swctl, int count, char **words)
{
    struct control_signal_request request = { .number = signal_number(words[2]) };
    size_t len = strlen(words[1]);
    if (!granted(swctl, swctl->control, "ipc:call:control"))
        return;
    if (request.number == 0 || len > sizeof request.name) {
        say(swctl, "usage: signal SERVICE HUP|INT|QUIT|USR1|USR2|TERM|NUMBER\n");
        return;
    }
    request.name_len = (uint16_t)len;
    memcpy(request.name, words[1], len);
    status_t status = control_signal(swctl->control, clock_after(ANSWER_NS), &request);
    if (status != STATUS_OK)
        complain(swctl, words[1], status);
    else
        say(swctl, "%s: signal %u\n", words[1], request.number);
}

const struct command commands_services[] = {
    { "services", "", "services with their health", 0, 0, services },
    { "events", "", "what happened to services", 0, 0, events },
    { "start", "SERVICE", "start a service and what it needs", 1, 1, service_start },
    { "stop", "SERVICE", "stop a service; it stays down", 1, 1, service_stop },
    { "restart", "SERVICE", "stop it, then start it", 1, 1, service_restart },
    { "kill", "SERVICE", "end its process at once, as a fault would", 1, 1, service_kill },
    { "signal", "SERVICE SIGNAL", "send it a signal of POSIX: HUP, QUIT ...", 2, 2,
      service_signal },
    { "fault", "DRIVER KIND", "make it fail by itself: read, assert or exit", 2, 2, service_fault },
    { 0 },
};
