/* See core.h. Each event changes one service, then core_settle moves those that waited for it. */
#include "user/supervisor/core.h"

#include <string.h>

#include "lib/base/assert.h"

void core_init(struct core *core)
{
    core->count = 0;
    core->record_count = 0;
}

uint32_t core_add(struct core *core, const struct core_rules *rules)
{
    ASSERT(core->count < CORE_SERVICES_MAX);
    uint32_t number = core->count++;
    for (uint32_t need = number; need < CORE_SERVICES_MAX; need++)
        ASSERT((rules->needs[need / 64] >> (need % 64) & 1) == 0);
    core->services[number] = (struct core_service){ .rules = *rules, .deadline = TIME_NEVER };
    return number;
}

static uint32_t number_of(const struct core *core, const struct core_service *service)
{
    return (uint32_t)(service - core->services);
}

static bool needs(const struct core_service *service, uint32_t number)
{
    return (service->rules.needs[number / 64] >> (number % 64) & 1) != 0;
}

/* A process exists: from the spawning on until its end is told. */
static bool state_runs(enum core_state state)
{
    return state == CORE_STARTING || state == CORE_READY || state == CORE_STOPPING;
}

static struct core_record *last_record(struct core *core)
{
    return &core->records[(core->record_count - 1) % CORE_RECORDS];
}

bool core_has_begun(const struct core *core, uint32_t number)
{
    const struct core_service *service = &core->services[number];
    return service->state == CORE_READY ||
           (service->state == CORE_STARTING && service->has_begun && !service->condemned);
}

/* A network service is ready when it has an address, which it gets through its driver: so a follower waits
 * for less than others do. */
static bool needs_are_up(const struct core *core, const struct core_service *service)
{
    for (uint32_t i = 0; i < number_of(core, service); i++) {
        if (!needs(service, i) || core->services[i].state == CORE_READY)
            continue;
        if (!service->rules.follows_needs || !core_has_begun(core, i))
            return false;
    }
    return true;
}

static void enter(struct core *core, struct core_service *service, enum core_state state,
                  enum core_reason reason, uint32_t code, time_ns_t now)
{
    service->state = state;
    service->reason = reason;
    service->code = code;
    service->since = now;
    service->deadline = TIME_NEVER;
    /* What a service only passes through is not worth a record of its own. */
    if (state == CORE_WAITING && needs_are_up(core, service))
        return;
    struct core_record *last = last_record(core);
    bool passes =
        core->record_count > 0 && last->when == now && last->service == number_of(core, service);
    if (!passes)
        core->record_count++;
    *last_record(core) = (struct core_record){
        .when = now,
        .service = (uint16_t)number_of(core, service),
        .state = (uint8_t)state,
        .reason = (uint8_t)reason,
        .code = code,
    };
}

static time_ns_t after(time_ns_t now, time_ns_t delay)
{
    return delay >= TIME_NEVER - now ? TIME_NEVER - 1 : now + delay;
}

/* --- beginning --- */

static void start_life(struct core *core, struct core_service *service, time_ns_t now)
{
    enter(core, service, CORE_STARTING, service->reason, service->code, now);
    service->deadline = after(now, service->rules.ready_within_ns);
    service->life++;
    service->has_begun = false;
    service->was_ready = false;
    service->degraded = false;
    service->condemned = false;
    service->action = CORE_DO_START;
}

/* Those that waited and have what they need begin. Lower numbers come first, and nobody needs a
 * higher one, so one pass does it. */
static void settle(struct core *core, time_ns_t now)
{
    for (uint32_t i = 0; i < core->count; i++) {
        struct core_service *service = &core->services[i];
        if (service->state == CORE_WAITING && needs_are_up(core, service))
            start_life(core, service, now);
    }
}

/* The service and all that it needs are to run. */
static void want(struct core *core, uint32_t number, enum core_reason reason, time_ns_t now)
{
    struct core_service *service = &core->services[number];
    service->wanted = true;
    for (uint32_t i = 0; i < number; i++)
        if (needs(service, i))
            want(core, i, reason, now);
    if (service->state == CORE_STOPPED || service->state == CORE_FAILED) {
        service->failures = 0;
        service->debt_ns = 0;
        enter(core, service, CORE_WAITING, reason, 0, now);
    }
}

void core_begin(struct core *core, time_ns_t now)
{
    for (uint32_t i = 0; i < core->count; i++)
        if (core->services[i].rules.at_boot)
            want(core, i, CORE_NO_REASON, now);
    settle(core, now);
}

/* --- ending --- */

/* Whether one more restart stays within the limit. Each restart is a debt of window/limit that time
 * pays off, so that `limit` restarts may come at once, and later ones as the window moves on; one
 * number instead of a list of times. */
static bool restart_allowed(struct core_service *service, time_ns_t now)
{
    if (service->rules.limit == 0)
        return false;
    time_ns_t paid = now - service->debt_at;
    service->debt_ns = service->debt_ns > paid ? service->debt_ns - paid : 0;
    service->debt_at = now;
    time_ns_t price = service->rules.window_ns / service->rules.limit;
    if (service->debt_ns > service->rules.window_ns - price)
        return false;
    service->debt_ns += price;
    return true;
}

/* One that was ready is started again at once: waiting would only prolong the outage, and the limit
 * bounds it. One that never came up waits, each time twice as long. */
static time_ns_t restart_delay(struct core_service *service)
{
    if (service->was_ready) {
        service->failures = 0;
        return 0;
    }
    uint32_t doublings = service->failures < 20 ? service->failures : 20;
    service->failures++;
    time_ns_t delay = service->rules.delay_ns << doublings;
    return delay < CORE_DELAY_MAX_NS ? delay : CORE_DELAY_MAX_NS;
}

static void condemn(struct core_service *service, enum core_reason reason)
{
    service->reason = reason;
    service->condemned = true;
    service->deadline = TIME_NEVER;
    service->action = CORE_DO_KILL;
}

static void stop(struct core *core, struct core_service *service, enum core_reason reason,
                 time_ns_t now)
{
    if (service->action == CORE_DO_START) {
        /* Nobody has fetched it yet: there is no process. */
        service->action = CORE_DO_NOTHING;
        service->life--;
        enter(core, service, CORE_STOPPED, reason, 0, now);
        return;
    }
    enter(core, service, CORE_STOPPING, reason, 0, now);
    service->action = CORE_DO_ASK_STOP;
    service->deadline = after(now, CORE_STOP_GRACE_NS);
}

static void stop_followers(struct core *core, const struct core_service *ended, time_ns_t now)
{
    uint32_t number = number_of(core, ended);
    for (uint32_t i = number + 1; i < core->count; i++) {
        struct core_service *service = &core->services[i];
        bool follows = service->rules.follows_needs && needs(service, number);
        if (!follows || (service->state != CORE_STARTING && service->state != CORE_READY))
            continue;
        stop(core, service, CORE_NEED_ENDED, now);
        if (service->state == CORE_STOPPED)
            enter(core, service, CORE_WAITING, CORE_NEED_ENDED, 0, now);
        else
            service->action = CORE_DO_KILL; /* What it would finish is gone. */
    }
}

static bool wants_restart(const struct core_service *service, bool ended_well)
{
    switch (service->rules.restart) {
    case CORE_RESTART_NEVER: return false;
    case CORE_RESTART_ON_FAILURE: return !ended_well;
    case CORE_RESTART_ALWAYS: return true;
    }
    return false;
}

/* A life is over that nobody asked to end. */
static void fail(struct core *core, struct core_service *service, enum core_reason reason,
                 uint32_t code, time_ns_t now)
{
    bool ended_well = reason == CORE_ENDED && code == 0;
    if (!wants_restart(service, ended_well)) {
        service->wanted = false;
        enter(core, service, ended_well ? CORE_STOPPED : CORE_FAILED, reason, code, now);
        return;
    }
    if (!restart_allowed(service, now)) {
        service->wanted = false;
        enter(core, service, CORE_FAILED, CORE_TOO_OFTEN, code, now);
        return;
    }
    time_ns_t delay = restart_delay(service);
    enter(core, service, delay == 0 ? CORE_WAITING : CORE_RESTARTING, reason, code, now);
    if (delay != 0)
        service->deadline = after(now, delay);
}

static void ended(struct core *core, struct core_service *service, enum core_reason reason,
                  uint32_t code, time_ns_t now)
{
    service->action = CORE_DO_NOTHING;
    if (service->state == CORE_STOPPING) {
        bool again = service->wanted;
        enter(core, service, again ? CORE_WAITING : CORE_STOPPED, service->reason, code, now);
    } else {
        fail(core, service, service->condemned ? service->reason : reason, code, now);
    }
    stop_followers(core, service, now);
}

/* --- events --- */

static void ready(struct core *core, struct core_service *service, time_ns_t now)
{
    if (service->state != CORE_STARTING || service->condemned)
        return;
    enter(core, service, CORE_READY, CORE_NO_REASON, 0, now);
    service->was_ready = true;
    if (service->rules.watchdog_ns != 0)
        service->deadline = after(now, service->rules.watchdog_ns);
}

static void pass_time(struct core *core, time_ns_t now)
{
    for (uint32_t i = 0; i < core->count; i++) {
        struct core_service *service = &core->services[i];
        /* One whose start was not fetched yet has no process whose lateness would mean anything. */
        if (service->deadline > now || service->action == CORE_DO_START)
            continue;
        switch (service->state) {
        case CORE_STARTING: condemn(service, CORE_TOO_LATE); break;
        case CORE_READY: condemn(service, CORE_SILENT); break;
        case CORE_STOPPING: condemn(service, service->reason); break;
        case CORE_RESTARTING:
            enter(core, service, CORE_WAITING, service->reason, service->code, now);
            break;
        default: ASSERT(false); /* Only these have deadlines. */
        }
    }
}

static status_t command_stop(struct core *core, struct core_service *service, bool again,
                             time_ns_t now)
{
    bool is_down = service->state == CORE_STOPPED || service->state == CORE_FAILED;
    if (is_down && !again)
        return STATUS_BAD_STATE;
    service->wanted = again;
    if (service->state == CORE_STARTING || service->state == CORE_READY)
        stop(core, service, CORE_COMMANDED, now);
    else if (service->state == CORE_WAITING || service->state == CORE_RESTARTING)
        enter(core, service, CORE_STOPPED, CORE_COMMANDED, 0, now);
    if (again)
        want(core, number_of(core, service), CORE_COMMANDED, now);
    return STATUS_OK;
}

static status_t command_start(struct core *core, struct core_service *service, time_ns_t now)
{
    bool is_down = service->state == CORE_STOPPED || service->state == CORE_FAILED ||
                   (service->state == CORE_STOPPING && !service->wanted);
    if (!is_down)
        return STATUS_BAD_STATE;
    want(core, number_of(core, service), CORE_COMMANDED, now);
    return STATUS_OK;
}

static status_t command_kill(struct core_service *service)
{
    if (!state_runs(service->state) || service->action == CORE_DO_START)
        return STATUS_BAD_STATE;
    if (service->state == CORE_STOPPING)
        service->action = CORE_DO_KILL;
    else
        condemn(service, CORE_KILLED);
    return STATUS_OK;
}

/* What its process tells: only the current one's words count. */
static void told(struct core *core, struct core_service *service, const struct core_event *event,
                 time_ns_t now)
{
    if (event->life != service->life || !state_runs(service->state) ||
        service->action == CORE_DO_START)
        return;
    switch (event->kind) {
    case CORE_EVENT_TELLS_BEGUN: service->has_begun = true; break;
    case CORE_EVENT_TELLS_READY: ready(core, service, now); break;
    case CORE_EVENT_TELLS_ALIVE:
        if (service->state == CORE_READY && !service->condemned && service->rules.watchdog_ns != 0)
            service->deadline = after(now, service->rules.watchdog_ns);
        break;
    case CORE_EVENT_TELLS_DEGRADED: service->degraded = event->code != 0; break;
    case CORE_EVENT_ENDED: ended(core, service, CORE_ENDED, event->code, now); break;
    default: break;
    }
}

static void spawned(struct core *core, struct core_service *service, time_ns_t now)
{
    if (service->state == CORE_STARTING && !service->rules.tells)
        ready(core, service, now);
}

static status_t dispatch(struct core *core, struct core_service *service,
                         const struct core_event *event, time_ns_t now)
{
    switch (event->kind) {
    case CORE_EVENT_TIME: break;
    case CORE_EVENT_SPAWNED: spawned(core, service, now); break;
    case CORE_EVENT_SPAWN_FAILED: ended(core, service, CORE_NOT_SPAWNED, event->code, now); break;
    case CORE_EVENT_TELLS_BEGUN:
    case CORE_EVENT_TELLS_READY:
    case CORE_EVENT_TELLS_ALIVE:
    case CORE_EVENT_TELLS_DEGRADED:
    case CORE_EVENT_ENDED: told(core, service, event, now); break;
    case CORE_EVENT_START: return command_start(core, service, now);
    case CORE_EVENT_STOP: return command_stop(core, service, false, now);
    case CORE_EVENT_RESTART: return command_stop(core, service, true, now);
    case CORE_EVENT_KILL: return command_kill(service);
    }
    return STATUS_OK;
}

status_t core_step(struct core *core, const struct core_event *event, time_ns_t now)
{
    ASSERT(event->kind == CORE_EVENT_TIME || event->service < core->count);
    status_t status = dispatch(core, &core->services[event->service], event, now);
    pass_time(core, now);
    settle(core, now);
    return status;
}

/* --- what the owner asks --- */

enum core_action core_next_action(struct core *core, uint32_t *out_service)
{
    for (uint32_t i = 0; i < core->count; i++) {
        enum core_action action = core->services[i].action;
        if (action == CORE_DO_NOTHING)
            continue;
        core->services[i].action = CORE_DO_NOTHING;
        *out_service = i;
        return action;
    }
    return CORE_DO_NOTHING;
}

time_ns_t core_deadline(const struct core *core)
{
    time_ns_t deadline = TIME_NEVER;
    for (uint32_t i = 0; i < core->count; i++)
        if (core->services[i].deadline < deadline)
            deadline = core->services[i].deadline;
    return deadline;
}

bool core_is_running(const struct core *core, uint32_t service)
{
    return state_runs(core->services[service].state);
}

bool core_is_degraded(const struct core *core, uint32_t service)
{
    const struct core_service *this = &core->services[service];
    return this->state == CORE_READY && (this->degraded || !needs_are_up(core, this));
}

/* It waits for something that is not about to come. Its needs, with lower numbers, are known. */
static bool waits_in_vain(const struct core *core, const struct core_service *service,
                          const bool *in_vain)
{
    for (uint32_t i = 0; i < number_of(core, service); i++) {
        enum core_state state = core->services[i].state;
        if (needs(service, i) && (state == CORE_STOPPED || state == CORE_FAILED || in_vain[i]))
            return service->state == CORE_WAITING;
    }
    return false;
}

bool core_is_settled(const struct core *core)
{
    bool in_vain[CORE_SERVICES_MAX];
    for (uint32_t i = 0; i < core->count; i++) {
        const struct core_service *service = &core->services[i];
        in_vain[i] = waits_in_vain(core, service, in_vain);
        bool is_at_rest = service->state == CORE_READY || service->state == CORE_FAILED ||
                          service->state == CORE_STOPPED || in_vain[i];
        if (service->rules.at_boot && !is_at_rest)
            return false;
    }
    return true;
}
