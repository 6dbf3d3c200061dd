/* What each grant of a manifest becomes: a handle named as the grant's text, with the least rights
 * that it is good for. None can be passed on over a channel (TRANSFER); DUPLICATE is there for the
 * service's own children. The table at the end is the index. */
#include <string.h>

#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "user/rt/log.h"
#include "user/supervisor/supervisor.h"

/* One grant on its way into a plan. */
struct giving {
    struct supervisor *supervisor;
    struct spawning *spawning;
    struct supervised *service;
    const struct grant *grant;
    uint32_t index;                /* Among the service's. */
    char name[GRANT_TEXT_MAX + 1]; /* The grant's text. */
};

void grant_handle(struct spawning *spawning, const char *name, handle_t handle, rights_t rights)
{
    spawn_give(&spawning->plan, name, strlen(name), handle, rights);
}

status_t spawning_lend(struct spawning *spawning, handle_t handle)
{
    if (spawning->loan_count == LOANS_MAX) {
        (void)sys_handle_close(handle.raw);
        return STATUS_TOO_BIG;
    }
    spawning->loans[spawning->loan_count++] = handle;
    return STATUS_OK;
}

/* Give one of the supervisor's own; NOT_FOUND when the kernel gave it none. */
static status_t give(struct giving *giving, handle_t handle, rights_t rights)
{
    if (handle.raw == 0)
        return STATUS_NOT_FOUND;
    grant_handle(giving->spawning, giving->name, handle, rights);
    return STATUS_OK;
}

/* Give a handle that is made for this alone. */
static status_t give_loan(struct giving *giving, handle_t handle, rights_t rights)
{
    status_t status = spawning_lend(giving->spawning, handle);
    return status == STATUS_OK ? give(giving, handle, rights) : status;
}

/* --- one function a form --- */

static bool name_is(struct const_span name, const char *text)
{
    return name.len == strlen(text) && memcmp(name.data, text, name.len) == 0;
}

/* Whether the service has such a grant, whatever its name, or with this one. */
static bool has_grant(const struct giving *giving, enum grant_kind kind, const char *name)
{
    const struct manifest_service *manifest = &giving->service->manifest;
    struct grant grant;
    for (uint32_t i = 0; i < manifest->grant_count; i++)
        if (manifest_grant(&giving->supervisor->manifest, manifest, i, &grant) == STATUS_OK &&
            grant.kind == kind && (name == NULL || name_is(grant.name, name)))
            return true;
    return false;
}

/* Who asks for sessions passes the terminal on to them. */
static status_t give_console(struct giving *giving)
{
    rights_t rights = RIGHT_READ | RIGHT_WRITE | RIGHT_WAIT | RIGHT_INSPECT | RIGHT_DUPLICATE;
    if (has_grant(giving, GRANT_IPC_CALL, "session"))
        rights |= RIGHT_TRANSFER;
    return give(giving, giving->supervisor->handles.tty, rights);
}

static status_t give_path(struct giving *giving, rights_t rights)
{
    struct const_span path = giving->grant->name;
    handle_t handle;
    uint32_t kind;
    rights |= RIGHT_DUPLICATE | RIGHT_INSPECT;
    status_t status = sys_file_open(giving->supervisor->handles.root, path.data, path.len, 0,
                                    rights, &handle, &kind);
    return status == STATUS_OK ? give_loan(giving, handle, rights) : status;
}

/* Who may make processes may run what it may read. */
static rights_t run_right(const struct giving *giving)
{
    return has_grant(giving, GRANT_PROCESS_SPAWN, NULL) ||
                   has_grant(giving, GRANT_CELL_MANAGE, NULL)
               ? RIGHT_EXECUTE
               : 0;
}

static status_t give_fs_read(struct giving *giving)
{
    return give_path(giving, RIGHT_READ | RIGHT_MAP | run_right(giving));
}

static status_t give_fs_write(struct giving *giving)
{
    return give_path(giving, RIGHT_READ | RIGHT_WRITE | RIGHT_MAP);
}

/* A calling end to the network service whose badge names the grant: what may be reached by it, the
 * network service reads in the manifests. The service's children may have it as well. */
static status_t give_network(struct giving *giving)
{
    struct place *place;
    handle_t channel;
    uint64_t badge = badge_of(ROLE_NET, giving->index, (uint16_t)giving->spawning->service);
    status_t status = place_endpoint(giving->supervisor, const_span_of("net", 3), &place);
    if (status == STATUS_OK)
        status = sys_channel_mint(place->serving, badge, &channel);
    if (status != STATUS_OK)
        return status;
    return give_loan(giving, channel,
                     RIGHT_CHANNEL_CALL | RIGHT_WAIT | RIGHT_INSPECT | RIGHT_DUPLICATE);
}

/* A TCP port is a listener that outlives the service and the network service; a UDP port, and any
 * port that is chosen later, is asked for. A service may listen, stop and listen again as often as it
 * likes, in whatever process of its cell does so, hence DUPLICATE. */
static status_t give_net_listen(struct giving *giving)
{
    struct place *place;
    if (giving->grant->protocol != GRANT_TCP || giving->grant->port == 0)
        return give_network(giving);
    status_t status =
        place_listener(giving->supervisor, giving->spawning->service, giving->grant->port, &place);
    return status == STATUS_OK
               ? give(giving, place->serving,
                      RIGHT_LISTENER_ACCEPT | RIGHT_WAIT | RIGHT_INSPECT | RIGHT_DUPLICATE)
               : status;
}

/* Channels, and what acts on the whole system, are not for a service's children, except for one that makes
 * cells, whose work is to hand down what it has. */
static rights_t hand_down(const struct giving *giving)
{
    return has_grant(giving, GRANT_CELL_MANAGE, NULL) ? RIGHT_DUPLICATE : 0;
}

/* A calling end to a named endpoint. */
static status_t give_channel(struct giving *giving, struct const_span name, enum service_role role)
{
    struct place *place;
    handle_t channel;
    uint32_t number = giving->spawning->service;
    uint32_t life = giving->supervisor->core.services[number].life;
    status_t status = place_endpoint(giving->supervisor, name, &place);
    if (status == STATUS_OK)
        status = sys_channel_mint(place->serving, badge_of(role, life, (uint16_t)number), &channel);
    if (status != STATUS_OK)
        return status;
    rights_t rights = RIGHT_CHANNEL_CALL | RIGHT_WAIT | RIGHT_INSPECT | hand_down(giving);
    if (name_is(name, "remote-login"))
        rights |= RIGHT_DUPLICATE; /* A process for each who comes from afar asks. */
    return give_loan(giving, channel, rights);
}

static status_t give_icmp_echo(struct giving *giving)
{
    return give_channel(giving, const_span_of("net", 3), ROLE_ECHO);
}

static status_t give_ipc_serve(struct giving *giving)
{
    struct place *place;
    status_t status = place_endpoint(giving->supervisor, giving->grant->name, &place);
    if (status != STATUS_OK)
        return status;
    place->owner = giving->spawning->service;
    return give(giving, place->serving, RIGHT_ENDPOINT_RECEIVE | RIGHT_WAIT | RIGHT_INSPECT);
}

static status_t give_ipc_call(struct giving *giving)
{
    struct const_span name = giving->grant->name;
    bool is_telemetry = name_is(name, "telemetry");
    if (!is_telemetry && !name_is(name, "control"))
        return give_channel(giving, name, ROLE_CLIENT);
    handle_t channel;
    status_t status = desk_channel(giving->supervisor, is_telemetry ? ROLE_TELEMETRY : ROLE_CONTROL,
                                   giving->spawning->service, &channel);
    return status == STATUS_OK
               ? give_loan(giving, channel, RIGHT_CHANNEL_CALL | RIGHT_INSPECT | hand_down(giving))
               : status;
}

static status_t give_process_spawn(struct giving *giving)
{
    return give(giving, giving->service->cell, RIGHT_CELL_SPAWN | RIGHT_INSPECT);
}

static status_t give_clock_read(struct giving *giving)
{
    return give(giving, giving->supervisor->handles.clock,
                RIGHT_READ | RIGHT_INSPECT | RIGHT_DUPLICATE);
}

static status_t give_clock_set(struct giving *giving)
{
    return give(giving, giving->supervisor->handles.clock,
                RIGHT_READ | RIGHT_CLOCK_SET | RIGHT_INSPECT | RIGHT_DUPLICATE);
}

static status_t give_log_read(struct giving *giving)
{
    return give(giving, giving->supervisor->handles.log,
                RIGHT_READ | RIGHT_WAIT | RIGHT_INSPECT | RIGHT_DUPLICATE);
}

static status_t give_log_write(struct giving *giving)
{
    return give(giving, giving->supervisor->handles.log,
                RIGHT_WRITE | RIGHT_INSPECT | RIGHT_DUPLICATE);
}

static status_t give_trace_read(struct giving *giving)
{
    return give(giving, giving->supervisor->handles.trace,
                RIGHT_READ | RIGHT_INSPECT | RIGHT_DUPLICATE);
}

static status_t give_trace_record(struct giving *giving)
{
    return give(giving, giving->supervisor->handles.trace,
                RIGHT_READ | RIGHT_CONTROL | RIGHT_INSPECT | RIGHT_DUPLICATE);
}

static status_t give_device(struct giving *giving)
{
    if (!name_is(giving->grant->name, "net"))
        return STATUS_NOT_SUPPORTED; /* The one class that has drivers yet. */
    bool is_driver = giving->service->manifest.class_ == MANIFEST_DRIVER;
    return is_driver
               ? link_give_driver(giving->supervisor, giving->spawning, giving->grant->number)
               : link_give_service(giving->supervisor, giving->spawning, giving->grant->number);
}

static status_t give_power_off(struct giving *giving)
{
    return give(giving, giving->supervisor->handles.power,
                RIGHT_CONTROL | RIGHT_INSPECT | hand_down(giving));
}

static status_t give_entropy_read(struct giving *giving)
{
    return give(giving, giving->supervisor->handles.entropy,
                RIGHT_READ | RIGHT_INSPECT | RIGHT_DUPLICATE);
}

/* Two objects, one grant: the system, and the registry of its devices, by a name of its own. */
static status_t give_system_inspect(struct giving *giving)
{
    status_t status =
        give(giving, giving->supervisor->handles.system, RIGHT_INSPECT | hand_down(giving));
    if (status == STATUS_OK && giving->supervisor->handles.devices.raw != 0)
        grant_handle(giving->spawning, START_DEVICES, giving->supervisor->handles.devices,
                     RIGHT_INSPECT);
    return status;
}

static status_t give_system_control(struct giving *giving)
{
    return give(giving, giving->supervisor->handles.system,
                RIGHT_CONTROL | RIGHT_INSPECT | hand_down(giving));
}

/* Cells below its own, with processes in them. That their names begin with the prefix is for reading: the
 * right is to this one place in the tree. */
static status_t give_cell_manage(struct giving *giving)
{
    return give(giving, giving->service->cell, RIGHT_CELL_SPAWN | RIGHT_CONTROL | RIGHT_INSPECT);
}

static status_t give_nothing_yet(struct giving *giving)
{
    return STATUS_NOT_SUPPORTED;
}

/* --- all of them --- */

static status_t (*const grant_givers[])(struct giving *giving) = {
    [GRANT_CONSOLE_STDIO] = give_console,
    [GRANT_FS_READ] = give_fs_read,
    [GRANT_FS_WRITE] = give_fs_write,
    [GRANT_NET_LISTEN] = give_net_listen,
    [GRANT_NET_CONNECT] = give_network,
    [GRANT_NET_ICMP_ECHO] = give_icmp_echo,
    [GRANT_IPC_SERVE] = give_ipc_serve,
    [GRANT_IPC_CALL] = give_ipc_call,
    [GRANT_PROCESS_SPAWN] = give_process_spawn,
    [GRANT_CLOCK_READ] = give_clock_read,
    [GRANT_CLOCK_SET] = give_clock_set,
    [GRANT_LOG_READ] = give_log_read,
    [GRANT_LOG_WRITE] = give_log_write,
    [GRANT_TRACE_READ] = give_trace_read,
    [GRANT_DEVICE] = give_device,
    [GRANT_MEMORY_JIT] = give_nothing_yet,
    [GRANT_CELL_MANAGE] = give_cell_manage,
    [GRANT_UPDATE_APPLY] = give_nothing_yet,
    [GRANT_POWER_OFF] = give_power_off,
    [GRANT_ENTROPY_READ] = give_entropy_read,
    [GRANT_SYSTEM_INSPECT] = give_system_inspect,
    [GRANT_SYSTEM_CONTROL] = give_system_control,
    [GRANT_TRACE_RECORD] = give_trace_record,
};

status_t grants_give(struct supervisor *supervisor, struct spawning *spawning)
{
    struct giving giving = {
        .supervisor = supervisor,
        .spawning = spawning,
        .service = &supervisor->services[spawning->service],
    };
    const struct manifest_service *manifest = &giving.service->manifest;
    for (uint32_t i = 0; i < manifest->grant_count; i++) {
        struct grant grant;
        status_t status = manifest_grant(&supervisor->manifest, manifest, i, &grant);
        if (status != STATUS_OK)
            return status;
        ASSERT(grant.kind < sizeof grant_givers / sizeof grant_givers[0]);
        struct writer writer = writer_of(giving.name, GRANT_TEXT_MAX);
        grant_write(&grant, &writer);
        giving.name[writer.at] = '\0';
        giving.grant = &grant;
        giving.index = i;
        status = grant_givers[grant.kind](&giving);
        if (status != STATUS_OK) {
            log_line("%s: grant %s: status %d", giving.service->name, giving.name, status);
            return status;
        }
    }
    return STATUS_OK;
}
