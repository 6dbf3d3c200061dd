/* One life of a service: a fresh cell with its limits, exactly the handles of its grants, a process.
 * When the process is gone, so are the cell and all in it. */
#include <string.h>

#include <abi/port.h>
#include <abi/posix_signal.h>
#include <abi/signals.h>
#include <abi/system.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "user/rt/clock.h"
#include "user/rt/log.h"
#include "user/supervisor/supervisor.h"

static void close_handle(handle_t *handle)
{
    if (handle->raw != 0)
        (void)sys_handle_close(handle->raw);
    *handle = HANDLE_NONE;
}

/* --- beginning --- */

static status_t make_cell(struct supervisor *supervisor, struct supervised *service)
{
    const struct manifest_cell *cell = &service->manifest.cell;
    struct cell_params params = { .limits = {
                                      [CELL_MEMORY] = cell->memory_bytes,
                                      [CELL_PROCESSES] = cell->processes,
                                      [CELL_THREADS] = cell->threads,
                                      [CELL_HANDLES] = cell->handles,
                                      [CELL_SCRATCH] = cell->scratch_bytes,
                                      [CELL_SEGMENTS] = CELL_NO_LIMIT, /* Their memory counts. */
                                  } };
    memcpy(params.name, service->name, sizeof params.name);
    status_t status = sys_cell_create(supervisor->handles.cell, &params, &service->cell);
    if (status != STATUS_OK)
        return status;
    struct cell_info info = { 0 };
    if (sys_cell_info(service->cell, &info) == STATUS_OK)
        service->cell_id = info.id;
    return STATUS_OK;
}

static status_t plan_arguments(struct supervisor *supervisor, struct supervised *service)
{
    struct spawn_plan *plan = &supervisor->spawning.plan;
    struct const_span text = service->manifest.binary;
    spawn_begin(plan, service->name);
    spawn_argument(plan, (const char *)text.data, text.len);
    for (uint32_t i = 0; i < service->manifest.argument_count; i++) {
        status_t status = manifest_argument(&supervisor->manifest, &service->manifest, i, &text);
        if (status != STATUS_OK)
            return status;
        spawn_argument(plan, (const char *)text.data, text.len);
    }
    return STATUS_OK;
}

/* The two handles of a service that tells: to speak to us, and to hear that it should stop. */
static status_t plan_notices(struct supervisor *supervisor, uint32_t number)
{
    struct spawning *spawning = &supervisor->spawning;
    struct supervised *service = &supervisor->services[number];
    handle_t channel;
    if (service->manifest.ready == READY_START)
        return STATUS_OK;
    status_t status = desk_channel(supervisor, ROLE_SERVICE, number, &channel);
    if (status == STATUS_OK)
        status = spawning_lend(spawning, channel);
    if (status == STATUS_OK)
        status = sys_event_create(&service->stop);
    if (status != STATUS_OK)
        return status;
    grant_handle(spawning, START_SUPERVISOR, channel, RIGHT_CHANNEL_CALL | RIGHT_INSPECT);
    grant_handle(spawning, START_STOP, service->stop, RIGHT_WAIT | RIGHT_INSPECT);
    return STATUS_OK;
}

/* A private tree for what the service writes, if its manifest asks for one. */
static status_t plan_scratch(struct supervisor *supervisor, struct supervised *service)
{
    handle_t tree;
    if (service->manifest.cell.scratch_bytes == 0)
        return STATUS_OK;
    status_t status =
        sys_tmpfs_create_for(service->cell, service->manifest.cell.scratch_bytes, &tree);
    if (status == STATUS_OK)
        status = spawning_lend(&supervisor->spawning, tree);
    if (status == STATUS_OK)
        grant_handle(&supervisor->spawning, START_SCRATCH, tree,
                     RIGHT_READ | RIGHT_WRITE | RIGHT_MAP | RIGHT_DUPLICATE | RIGHT_INSPECT);
    return status;
}

static status_t open_binary(struct supervisor *supervisor, struct const_span path,
                            handle_t *out_image)
{
    uint32_t kind;
    status_t status = sys_file_open(supervisor->handles.root, path.data, path.len, 0, RIGHT_EXECUTE,
                                    out_image, &kind);
    if (status == STATUS_OK && kind != OBJECT_FILE) {
        close_handle(out_image);
        status = STATUS_NOT_EXECUTABLE;
    }
    return status;
}

/* The process runs, with a packet at its end. */
static status_t watch_process(struct supervisor *supervisor, uint32_t number)
{
    struct supervised *service = &supervisor->services[number];
    struct process_info info = { 0 };
    if (sys_process_info(service->process, &info) == STATUS_OK)
        service->process_id = info.id;
    return sys_port_bind(supervisor->port, service->process, KEY_ENDED | number, SIGNAL_TERMINATED,
                         PORT_ONCE);
}

static status_t spawn_planned(struct supervisor *supervisor, uint32_t number)
{
    struct supervised *service = &supervisor->services[number];
    handle_t image;
    status_t status = open_binary(supervisor, service->manifest.binary, &image);
    if (status != STATUS_OK)
        return status;
    status = spawn_run(&supervisor->spawning.plan, service->cell, image, &service->process);
    close_handle(&image);
    return status == STATUS_OK ? watch_process(supervisor, number) : status;
}

static status_t plan_life(struct supervisor *supervisor, uint32_t number)
{
    struct supervised *service = &supervisor->services[number];
    status_t status = make_cell(supervisor, service);
    if (status == STATUS_OK)
        status = plan_arguments(supervisor, service);
    if (status == STATUS_OK)
        status = plan_notices(supervisor, number);
    if (status == STATUS_OK)
        status = plan_scratch(supervisor, service);
    if (status == STATUS_OK)
        status = grants_give(supervisor, &supervisor->spawning);
    return status;
}

/* Everything of a life goes. What still runs in the cell ends with it. */
static void clean_up(struct supervised *service)
{
    close_handle(&service->process);
    close_handle(&service->stop);
    if (service->cell.raw != 0)
        (void)sys_cell_destroy(service->cell);
    close_handle(&service->cell);
    service->process_id = 0;
    service->cell_id = 0;
    service->degraded_why[0] = '\0';
}

static status_t begin_life(struct supervisor *supervisor, uint32_t number)
{
    struct spawning *spawning = &supervisor->spawning;
    spawning->service = number;
    spawning->loan_count = 0;
    status_t status = plan_life(supervisor, number);
    if (status == STATUS_OK)
        status = spawn_planned(supervisor, number);
    for (uint32_t i = 0; i < spawning->loan_count; i++)
        close_handle(&spawning->loans[i]);
    return status;
}

static void start(struct supervisor *supervisor, uint32_t number)
{
    struct supervised *service = &supervisor->services[number];
    status_t status = begin_life(supervisor, number);
    struct core_event event = { .kind = CORE_EVENT_SPAWNED, .service = number };
    if (status != STATUS_OK) {
        log_line("%s cannot be started: status %d", service->name, status);
        clean_up(service);
        links_end(supervisor, number);
        event.kind = CORE_EVENT_SPAWN_FAILED;
        event.code = status;
    }
    (void)core_step(&supervisor->core, &event, clock_now());
}

/* --- ending --- */

static void end_by_force(struct supervised *service)
{
    /* Already gone is as good: the packet of its end is under way. */
    (void)sys_process_kill(service->process, 0);
}

/* By its event; without one by SIGTERM, which says the same to software of POSIX. Who takes neither has
 * nothing to do before its end. */
static void ask_to_stop(struct supervised *service)
{
    if (service->stop.raw != 0) {
        status_t status = sys_event_signal(service->stop, 0, SIGNAL_EVENT);
        ASSERT(status == STATUS_OK);
    } else if (sys_process_signal(service->process, POSIX_SIGTERM) != STATUS_OK) {
        end_by_force(service);
    }
}

void supervisor_act(struct supervisor *supervisor)
{
    uint32_t number = 0;
    for (;;) {
        switch (core_next_action(&supervisor->core, &number)) {
        case CORE_DO_NOTHING: return;
        case CORE_DO_START: start(supervisor, number); break;
        case CORE_DO_ASK_STOP: ask_to_stop(&supervisor->services[number]); break;
        case CORE_DO_KILL: end_by_force(&supervisor->services[number]); break;
        }
    }
}

void supervisor_ended(struct supervisor *supervisor, uint32_t number)
{
    struct supervised *service = &supervisor->services[number];
    if (service->process.raw == 0)
        return; /* A packet from before. */
    struct process_info info = { 0 };
    if (sys_process_info(service->process, &info) != STATUS_OK || info.state != PROCESS_ENDED)
        return;
    service->exit_code = info.exit_code;
    clean_up(service);
    links_end(supervisor, number);
    if (service->manifest.class_ == MANIFEST_DRIVER)
        link_driver_died(supervisor, number);
    struct core_event event = {
        .kind = CORE_EVENT_ENDED,
        .service = number,
        .life = supervisor->core.services[number].life,
        .code = info.exit_code,
    };
    log_line("%s ended with code %#x", service->name, info.exit_code);
    (void)core_step(&supervisor->core, &event, clock_now());
}
