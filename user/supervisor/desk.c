/* The supervisor's endpoint: notices of services, telemetry, commands. Three protocols, told apart by
 * the role in the caller's badge, so that nobody can say what is not his to say. */
#include <string.h>

#include <ipc/control.h>
#include <ipc/driver_client.h>
#include <ipc/notice.h>
#include <ipc/telemetry.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "lib/base/format.h"
#include "user/rt/clock.h"
#include "user/rt/start.h"
#include "user/supervisor/supervisor.h"

/* --- notices --- */

static void tell_core(struct supervisor *supervisor, uint64_t badge, enum core_event_kind kind,
                      uint32_t code)
{
    struct core_event event = {
        .kind = kind,
        .service = badge_service(badge),
        .life = (uint32_t)badge_life(badge),
        .code = code,
    };
    ASSERT(event.service < supervisor->core.count); /* We minted the badge. */
    (void)core_step(&supervisor->core, &event, clock_now());
}

static status_t notice_ready(void *server, uint64_t badge,
                             const struct notice_ready_request *request)
{
    tell_core(server, badge, CORE_EVENT_TELLS_READY, 0);
    return STATUS_OK;
}

static status_t notice_begun(void *server, uint64_t badge,
                             const struct notice_begun_request *request)
{
    tell_core(server, badge, CORE_EVENT_TELLS_BEGUN, 0);
    return STATUS_OK;
}

static status_t notice_alive(void *server, uint64_t badge,
                             const struct notice_alive_request *request)
{
    tell_core(server, badge, CORE_EVENT_TELLS_ALIVE, 0);
    return STATUS_OK;
}

static status_t notice_degraded(void *server, uint64_t badge,
                                const struct notice_degraded_request *request)
{
    struct supervisor *supervisor = server;
    uint32_t number = badge_service(badge);
    ASSERT(number < supervisor->core.count);
    if (supervisor->core.services[number].life == badge_life(badge)) {
        char *why = supervisor->services[number].degraded_why;
        memset(why, 0, SERVICE_REASON_SIZE);
        memcpy(why, request->why, request->why_len);
    }
    tell_core(supervisor, badge, CORE_EVENT_TELLS_DEGRADED, request->yes);
    return STATUS_OK;
}

static const struct notice_ops notice_ops = {
    .ready = notice_ready,
    .alive = notice_alive,
    .degraded = notice_degraded,
    .begun = notice_begun,
};

/* --- telemetry --- */

static enum service_health health_of(const struct supervisor *supervisor, uint32_t number)
{
    switch (supervisor->core.services[number].state) {
    case CORE_STOPPED:
    case CORE_STOPPING: return HEALTH_STOPPED;
    case CORE_WAITING:
    case CORE_STARTING: return HEALTH_STARTING;
    case CORE_READY:
        return core_is_degraded(&supervisor->core, number) ? HEALTH_DEGRADED : HEALTH_READY;
    case CORE_RESTARTING: return HEALTH_RESTARTING;
    case CORE_FAILED: return HEALTH_FAILED;
    }
    return HEALTH_FAILED;
}

static const char *const reason_texts[CORE_REASONS] = {
    [CORE_NO_REASON] = "",
    [CORE_ENDED] = "ended with code %#x",
    [CORE_NOT_SPAWNED] = "cannot be started, status %u",
    [CORE_TOO_LATE] = "was not ready in time",
    [CORE_SILENT] = "fed no watchdog",
    [CORE_KILLED] = "killed by an operator",
    [CORE_COMMANDED] = "by command",
    [CORE_NEED_ENDED] = "what it needs has ended",
    [CORE_TOO_OFTEN] = "restarted too often, last code %#x",
    [CORE_SAYS_SO] = "says so",
};

static void reason_write(uint32_t reason, uint32_t code, char text[SERVICE_REASON_SIZE])
{
    switch (reason) { /* The formats are literals here, so that the compiler checks them. */
    case CORE_ENDED: format_text(text, SERVICE_REASON_SIZE, "ended with code %#x", code); break;
    case CORE_NOT_SPAWNED:
        format_text(text, SERVICE_REASON_SIZE, "cannot be started, status %u", code);
        break;
    case CORE_TOO_OFTEN:
        format_text(text, SERVICE_REASON_SIZE, "restarted too often, last code %#x", code);
        break;
    default:
        if (reason < CORE_REASONS)
            format_text(text, SERVICE_REASON_SIZE, "%s", reason_texts[reason]);
    }
}

static const char *lacking_need(const struct supervisor *supervisor, uint32_t number)
{
    const struct core_rules *rules = &supervisor->core.services[number].rules;
    for (uint32_t need = 0; need < number; need++)
        if ((rules->needs[need / 64] >> (need % 64) & 1) != 0 &&
            supervisor->core.services[need].state != CORE_READY)
            return supervisor->services[need].name;
    return NULL;
}

static void describe_reason(const struct supervisor *supervisor, uint32_t number,
                            char text[SERVICE_REASON_SIZE])
{
    const struct core_service *service = &supervisor->core.services[number];
    const char *lacking = lacking_need(supervisor, number);
    if (service->state == CORE_WAITING && lacking != NULL)
        format_text(text, SERVICE_REASON_SIZE, "waits for %s", lacking);
    else if (service->state == CORE_READY && service->degraded)
        format_text(text, SERVICE_REASON_SIZE, "%s", supervisor->services[number].degraded_why);
    else if (service->state == CORE_READY && lacking != NULL)
        format_text(text, SERVICE_REASON_SIZE, "lacks %s", lacking);
    else
        reason_write(service->reason, service->code, text);
}

static void describe(const struct supervisor *supervisor, uint32_t number,
                     struct service_info *out_info)
{
    const struct supervised *service = &supervisor->services[number];
    const struct core_service *state = &supervisor->core.services[number];
    *out_info = (struct service_info){
        .since_ns = state->since,
        .process_id = service->process_id,
        .cell_id = service->cell_id,
        .health = health_of(supervisor, number),
        .starts = state->life,
        .exit_code = service->exit_code,
    };
    memcpy(out_info->name, service->name, sizeof out_info->name);
    describe_reason(supervisor, number, out_info->reason);
}

static status_t telemetry_services(void *server, uint64_t badge,
                                   const struct telemetry_services_request *request,
                                   struct telemetry_services_reply *out_reply, uint8_t *out_infos)
{
    const struct supervisor *supervisor = server;
    uint32_t count = 0;
    out_reply->total = supervisor->core.count;
    for (uint32_t i = request->first; i < supervisor->core.count && count < SERVICE_INFO_MAX; i++) {
        struct service_info info;
        describe(supervisor, i, &info);
        memcpy(out_infos + count++ * sizeof info, &info, sizeof info);
    }
    out_reply->count = count;
    out_reply->infos_len = count * (uint32_t)sizeof(struct service_info);
    return STATUS_OK;
}

static enum service_health health_of_record(const struct core_record *record)
{
    static const uint8_t healths[] = {
        [CORE_STOPPED] = HEALTH_STOPPED,   [CORE_WAITING] = HEALTH_STARTING,
        [CORE_STARTING] = HEALTH_STARTING, [CORE_READY] = HEALTH_READY,
        [CORE_STOPPING] = HEALTH_STOPPED,  [CORE_RESTARTING] = HEALTH_RESTARTING,
        [CORE_FAILED] = HEALTH_FAILED,
    };
    return (enum service_health)healths[record->state];
}

static status_t telemetry_events(void *server, uint64_t badge,
                                 const struct telemetry_events_request *request,
                                 struct telemetry_events_reply *out_reply, uint8_t *out_events)
{
    const struct supervisor *supervisor = server;
    const struct core *core = &supervisor->core;
    uint64_t oldest = core->record_count > CORE_RECORDS ? core->record_count - CORE_RECORDS : 0;
    uint64_t at = request->from > oldest ? request->from : oldest;
    uint32_t count = 0;
    out_reply->lost = at - request->from;
    if (request->from >= at)
        out_reply->lost = 0;
    for (; at < core->record_count && count < SERVICE_EVENTS_MAX; at++) {
        const struct core_record *record = &core->records[at % CORE_RECORDS];
        struct service_event event = {
            .when_ns = record->when,
            .health = health_of_record(record),
            .code = record->code,
        };
        memcpy(event.name, supervisor->services[record->service].name, sizeof event.name);
        reason_write(record->reason, record->code, event.what);
        if (record->state == CORE_WAITING && event.what[0] == '\0')
            format_text(event.what, sizeof event.what, "waits for what it needs");
        memcpy(out_events + count++ * sizeof event, &event, sizeof event);
    }
    out_reply->next = at;
    out_reply->count = count;
    out_reply->events_len = count * (uint32_t)sizeof(struct service_event);
    return STATUS_OK;
}

static const struct telemetry_ops telemetry_ops = {
    .services = telemetry_services,
    .events = telemetry_events,
};

/* --- commands --- */

static status_t command(struct supervisor *supervisor, enum core_event_kind kind, const char *name,
                        size_t name_len)
{
    struct core_event event = { .kind = kind };
    status_t status = supervisor_find(supervisor, const_span_of(name, name_len), &event.service);
    return status == STATUS_OK ? core_step(&supervisor->core, &event, clock_now()) : status;
}

static status_t control_start(void *server, uint64_t badge,
                              const struct control_start_request *request)
{
    return command(server, CORE_EVENT_START, request->name, request->name_len);
}

static status_t control_stop(void *server, uint64_t badge,
                             const struct control_stop_request *request)
{
    return command(server, CORE_EVENT_STOP, request->name, request->name_len);
}

static status_t control_restart(void *server, uint64_t badge,
                                const struct control_restart_request *request)
{
    return command(server, CORE_EVENT_RESTART, request->name, request->name_len);
}

/* The supervisor's own end leaves no time for an answer: its caller goes with it. */
static status_t control_kill(void *server, uint64_t badge,
                             const struct control_kill_request *request)
{
    static const char self[] = "supervisor";
    if (request->name_len == sizeof self - 1 && memcmp(request->name, self, sizeof self - 1) == 0)
        program_exit(EXIT_KILLED);
    return command(server, CORE_EVENT_KILL, request->name, request->name_len);
}

/* A driver serves one endpoint, and speaks protocol driver there. */
static status_t control_fault(void *server, uint64_t badge,
                              const struct control_fault_request *request)
{
    struct supervisor *supervisor = server;
    uint32_t number;
    status_t status =
        supervisor_find(supervisor, const_span_of(request->name, request->name_len), &number);
    if (status != STATUS_OK)
        return status;
    if (supervisor->services[number].manifest.class_ != MANIFEST_DRIVER)
        return STATUS_NOT_SUPPORTED;
    if (supervisor->core.services[number].state != CORE_READY)
        return STATUS_BAD_STATE;
    handle_t channel;
    status = place_channel(supervisor, number, &channel);
    if (status != STATUS_OK)
        return status;
    struct driver_fault_request fault = { .kind = request->kind };
    return driver_fault(channel, &fault);
}

static status_t control_signal(void *server, uint64_t badge,
                               const struct control_signal_request *request)
{
    struct supervisor *supervisor = server;
    uint32_t number;
    status_t status =
        supervisor_find(supervisor, const_span_of(request->name, request->name_len), &number);
    if (status != STATUS_OK)
        return status;
    if (supervisor->services[number].process.raw == 0)
        return STATUS_BAD_STATE;
    return sys_process_signal(supervisor->services[number].process, request->number);
}

static const struct control_ops control_ops = {
    .start = control_start,
    .stop = control_stop,
    .restart = control_restart,
    .kill = control_kill,
    .fault = control_fault,
    .signal = control_signal,
};

/* --- the desk --- */

static status_t desk_dispatch(void *server, uint64_t badge, struct ipc_parcel *request,
                              struct ipc_parcel *reply)
{
    switch (badge_role(badge)) {
    case ROLE_SERVICE: return notice_dispatch(&notice_ops, server, badge, request, reply);
    case ROLE_TELEMETRY: return telemetry_dispatch(&telemetry_ops, server, badge, request, reply);
    case ROLE_CONTROL: return control_dispatch(&control_ops, server, badge, request, reply);
    default: return STATUS_NO_RIGHT;
    }
}

status_t desk_open(struct supervisor *supervisor)
{
    status_t status = sys_endpoint_create(&supervisor->endpoint);
    if (status != STATUS_OK)
        return status;
    supervisor->desk = (struct ipc_server){
        .endpoint = supervisor->endpoint,
        .request_bytes = supervisor->desk_request,
        .reply_bytes = supervisor->desk_reply,
        .capacity = DESK_BYTES,
        .dispatch = desk_dispatch,
        .argument = supervisor,
    };
    return STATUS_OK;
}

status_t desk_channel(struct supervisor *supervisor, enum service_role role, uint32_t service,
                      handle_t *out_channel)
{
    uint32_t life = supervisor->core.services[service].life;
    return sys_channel_mint(supervisor->endpoint, badge_of(role, life, (uint16_t)service),
                            out_channel);
}
