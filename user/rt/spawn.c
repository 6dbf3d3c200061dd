/* See spawn.h. */
#include "user/rt/spawn.h"

#include <string.h>

#include <swos/syscalls.h>

void spawn_begin(struct spawn_plan *plan, const char *name)
{
    plan->status = STATUS_OK;
    plan->handle_count = 0;
    plan->arguments_len = 0;
    plan->environment_len = 0;
    plan->priority = 0;
    memset(plan->name, 0, sizeof plan->name);
    memcpy(plan->name, name, strnlen(name, sizeof plan->name - 1));
}

/* Add a string and its NUL at the end of `len` bytes of `size`. */
static status_t string_add(char *strings, size_t size, uint32_t *len, const char *text,
                           size_t text_len)
{
    if (text_len + 1 > size - *len)
        return STATUS_TOO_BIG;
    memcpy(strings + *len, text, text_len);
    *len += (uint32_t)text_len;
    strings[(*len)++] = '\0';
    return STATUS_OK;
}

void spawn_argument(struct spawn_plan *plan, const char *text, size_t len)
{
    if (string_add(plan->arguments, sizeof plan->arguments, &plan->arguments_len, text, len) !=
        STATUS_OK)
        plan->status = STATUS_TOO_BIG;
}

void spawn_environment(struct spawn_plan *plan, const char *text, size_t len)
{
    if (string_add(plan->environment, sizeof plan->environment, &plan->environment_len, text,
                   len) != STATUS_OK)
        plan->status = STATUS_TOO_BIG;
}

void spawn_give(struct spawn_plan *plan, const char *name, size_t name_len, handle_t handle,
                rights_t rights)
{
    if (plan->handle_count == SPAWN_HANDLES_MAX || name_len >= START_NAME_SIZE) {
        plan->status = STATUS_TOO_BIG;
        return;
    }
    struct spawn_handle *given = &plan->handles[plan->handle_count++];
    *given = (struct spawn_handle){ .handle = handle.raw, .rights = rights };
    memcpy(given->name, name, name_len);
}

void spawn_give_number(struct spawn_plan *plan, uint32_t number, handle_t handle, rights_t rights)
{
    spawn_give(plan, "", 0, handle, rights);
    if (plan->status == STATUS_OK)
        plan->handles[plan->handle_count - 1].flags = spawn_at_number(number);
}

status_t spawn_run(const struct spawn_plan *plan, handle_t cell, handle_t image,
                   handle_t *out_process)
{
    if (plan->status != STATUS_OK)
        return plan->status;
    struct spawn_args args = {
        .arguments = (uintptr_t)plan->arguments,
        .arguments_len = plan->arguments_len,
        .environment = (uintptr_t)plan->environment,
        .environment_len = plan->environment_len,
        .handles = (uintptr_t)plan->handles,
        .handle_count = plan->handle_count,
        .priority = plan->priority,
    };
    memcpy(args.name, plan->name, sizeof args.name);
    return sys_process_spawn(cell, image, &args, out_process);
}
