/* See child.h. */
#include "user/tests/support/child.h"

#include <string.h>

#include <abi/signals.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "user/rt/spawn.h"
#include "user/rt/start.h"

static struct {
    handle_t image;
    struct spawn_plan plan;
} child;

void child_setup(const char *program)
{
    uint32_t kind;
    handle_t root = start_handle_need("root", OBJECT_DIRECTORY);
    status_t status =
        sys_file_open(root, program, strlen(program), 0, RIGHT_EXECUTE, &child.image, &kind);
    ASSERT(status == STATUS_OK);
}

status_t child_start_in(handle_t cell, const char *role, const struct child_handle *given,
                        size_t count, handle_t *out_process)
{
    spawn_begin(&child.plan, role);
    spawn_argument(&child.plan, "child", strlen("child"));
    spawn_argument(&child.plan, role, strlen(role));
    for (size_t i = 0; i < count; i++)
        spawn_give(&child.plan, given[i].name, strlen(given[i].name), given[i].handle,
                   given[i].rights);
    return spawn_run(&child.plan, cell, child.image, out_process);
}

status_t child_start(const char *role, const struct child_handle *given, size_t count,
                     handle_t *out_process)
{
    return child_start_in(start_handle_need("cell", OBJECT_CELL), role, given, count, out_process);
}

uint32_t child_wait(handle_t process)
{
    uint32_t seen;
    status_t status = sys_object_wait(process, SIGNAL_TERMINATED, TIME_NEVER, &seen);
    ASSERT(status == STATUS_OK);
    struct process_info info;
    status = sys_process_info(process, &info);
    ASSERT(status == STATUS_OK);
    status = sys_handle_close(process.raw);
    ASSERT(status == STATUS_OK);
    return info.exit_code;
}
