/* The first process. It starts the supervisor in a cell for all services and waits. When the
 * supervisor dies, the whole cell is taken down, so that nothing runs that nobody watches, and a new
 * life begins; when it cannot live, the operator console is started alone (safe mode). init parses
 * nothing, serves nothing and never returns. Its handles are listed in docs/design/init.md. */
#include <string.h>

#include <abi/signals.h>
#include <abi/system.h>
#include <swos/syscalls.h>

#include "user/init/lives.h"
#include "user/rt/clock.h"
#include "user/rt/log.h"
#include "user/rt/spawn.h"
#include "user/rt/start.h"

#define RIGHTS_ALL UINT32_MAX /* In a plan: what the handle carries. */

static struct init {
    handle_t root;
    handle_t cell; /* The root cell. */
    struct lives lives;
    struct spawn_plan plan;
} init;

static void plan_give(const char *name, handle_t handle, rights_t rights)
{
    if (handle.raw != 0)
        spawn_give(&init.plan, name, strlen(name), handle, rights);
}

/* Everything that the kernel gave, under the same names, but for the cell. */
static void plan_supervisor(handle_t cell)
{
    size_t count;
    const struct start_handle *handles = start_handles(&count);
    spawn_begin(&init.plan, "supervisor");
    spawn_argument(&init.plan, "/bin/supervisor", strlen("/bin/supervisor"));
    for (size_t i = 0; i < count; i++) {
        bool is_cell = handles[i].kind == OBJECT_CELL;
        plan_give(handles[i].name, is_cell ? cell : (handle_t){ handles[i].handle }, RIGHTS_ALL);
    }
}

/* The handles of the operator console as its manifest would give them. */
static void plan_console(void)
{
    spawn_begin(&init.plan, "swctl");
    spawn_argument(&init.plan, "/bin/swctl", strlen("/bin/swctl"));
    plan_give("console:stdio", start_handle("tty", OBJECT_TTY), RIGHTS_ALL);
    plan_give("log:read", start_handle("log", OBJECT_LOG), RIGHTS_ALL);
    plan_give("trace:read", start_handle("trace", OBJECT_TRACE), RIGHTS_ALL);
    plan_give("system:inspect", start_handle("system", OBJECT_SYSTEM), RIGHTS_ALL);
    plan_give("system:control", start_handle("system", OBJECT_SYSTEM), RIGHTS_ALL);
    plan_give("power:off", start_handle("power", OBJECT_POWER), RIGHTS_ALL);
}

/* Start what is planned and wait for its end. */
static status_t run(const char *path, handle_t cell)
{
    handle_t image, process;
    uint32_t kind, seen;
    status_t status = sys_file_open(init.root, path, strlen(path), 0, RIGHT_EXECUTE, &image, &kind);
    if (status != STATUS_OK)
        return status;
    status = spawn_run(&init.plan, cell, image, &process);
    (void)sys_handle_close(image.raw);
    if (status != STATUS_OK)
        return status;
    do {
        status = sys_object_wait(process, SIGNAL_TERMINATED, TIME_NEVER, &seen);
    } while (status == STATUS_CANCELLED);
    struct process_info info = { 0 };
    if (sys_process_info(process, &info) == STATUS_OK)
        log_line("%s ended with code %#x", init.plan.name, info.exit_code);
    (void)sys_handle_close(process.raw);
    return status;
}

/* One life: from an empty cell to an empty cell. */
static void supervise(void)
{
    struct cell_params params = { .name = "services" };
    for (int i = 0; i < CELL_RESOURCES; i++)
        params.limits[i] = CELL_NO_LIMIT;
    handle_t cell;
    status_t status = sys_cell_create(init.cell, &params, &cell);
    if (status == STATUS_OK) {
        plan_supervisor(cell);
        status = run("bin/supervisor", cell);
        (void)sys_cell_destroy(cell);
        (void)sys_handle_close(cell.raw);
    }
    if (status != STATUS_OK)
        log_line("the supervisor cannot be started: status %d", status);
}

static _Noreturn void safe_mode(void)
{
    log_line("the supervisor cannot live: safe mode, the console alone");
    for (;;) {
        plan_console();
        status_t status = run("bin/swctl", init.cell);
        if (status != STATUS_OK)
            log_line("no console: status %d", status);
        (void)sys_thread_sleep(clock_after(LIVES_DELAY_MAX_NS));
    }
}

int main(int argc, char **argv)
{
    init.root = start_handle_need("root", OBJECT_DIRECTORY);
    init.cell = start_handle_need("cell", OBJECT_CELL);
    for (;;) {
        supervise();
        time_ns_t delay = lives_death(&init.lives, clock_now());
        if (delay == TIME_NEVER)
            safe_mode();
        (void)sys_thread_sleep(clock_after(delay));
    }
}
