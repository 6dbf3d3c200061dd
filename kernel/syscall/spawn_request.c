/* See spawn_request.h. */
#include "kernel/syscall/spawn_request.h"

#include <string.h>

#include "kernel/mm/slab.h"
#include "kernel/mm/user_copy.h"
#include "kernel/posix/description.h"
#include "kernel/posix/posix.h"

static size_t strings_len(const struct spawn_args *args)
{
    return (size_t)args->arguments_len + args->environment_len;
}

static bool args_ok(const struct spawn_args *args)
{
    return args->arguments_len > 0 && args->arguments_len <= SPAWN_STRINGS_MAX &&
           args->environment_len <= SPAWN_STRINGS_MAX - args->arguments_len &&
           args->handle_count <= SPAWN_HANDLES_MAX && args->priority <= PRIORITY_USER_MAX &&
           memchr(args->name, 0, sizeof args->name) != NULL;
}

void spawn_request_free(struct spawn_request *request)
{
    kfree(request->bytes, strings_len(&request->args) + 1);
    kfree(request->handles, request->args.handle_count * sizeof *request->handles + 1);
    kfree(request->start, request->args.handle_count * sizeof *request->start + 1);
}

static status_t read_parts(struct spawn_request *request)
{
    const struct spawn_args *args = &request->args;
    char *environment = request->bytes + args->arguments_len;
    status_t status = user_read(request->bytes, (uaddr_t){ args->arguments }, args->arguments_len);
    if (status == STATUS_OK)
        status = user_read(environment, (uaddr_t){ args->environment }, args->environment_len);
    if (status == STATUS_OK)
        status = user_read(request->handles, (uaddr_t){ args->handles },
                           args->handle_count * sizeof *request->handles);
    if (status != STATUS_OK)
        return status;
    bool ended = environment[-1] == 0 &&
                 (args->environment_len == 0 || environment[args->environment_len - 1] == 0);
    return ended ? STATUS_OK : STATUS_INVALID;
}

status_t spawn_request_read(struct spawn_request *request, uaddr_t address)
{
    struct spawn_args *args = &request->args;
    *request = (struct spawn_request){ 0 };
    status_t status = user_read(args, address, sizeof *args);
    if (status != STATUS_OK || !args_ok(args)) {
        *args = (struct spawn_args){ 0 };
        return status != STATUS_OK ? status : STATUS_INVALID;
    }
    request->bytes = kmalloc(strings_len(args) + 1);
    request->handles = kmalloc(args->handle_count * sizeof *request->handles + 1);
    request->start = kmalloc(args->handle_count * sizeof *request->start + 1);
    if (request->bytes == NULL || request->handles == NULL || request->start == NULL)
        return STATUS_NO_MEMORY;
    return read_parts(request);
}

struct start_block spawn_request_start(const struct spawn_request *request)
{
    const struct spawn_args *args = &request->args;
    return (struct start_block){
        .arguments = request->bytes,
        .arguments_len = args->arguments_len,
        .environment = request->bytes + args->arguments_len,
        .environment_len = args->environment_len,
        .handles = request->start,
        .handle_count = request->start_count,
    };
}

static status_t copy_narrowed(struct process *creator, const struct spawn_handle *from,
                              struct capability *out_copy)
{
    struct capability copy;
    status_t status =
        handle_copy(&creator->handles, (handle_t){ from->handle }, RIGHT_DUPLICATE, &copy);
    if (status != STATUS_OK)
        return status;
    if (from->rights != UINT32_MAX && (from->rights & ~copy.rights) != 0) {
        capability_drop(&copy);
        return STATUS_NO_RIGHT;
    }
    copy.rights &= from->rights;
    *out_copy = copy;
    return STATUS_OK;
}

static uint32_t access_of(rights_t rights)
{
    return (rights & RIGHT_READ ? DESCRIPTION_READ : 0) |
           (rights & RIGHT_WRITE ? DESCRIPTION_WRITE : 0);
}

status_t spawn_request_install(struct spawn_request *request, uint32_t index,
                               struct process *creator, struct process *process)
{
    const struct spawn_handle *from = &request->handles[index];
    uint32_t number = from->flags >> 8;
    struct description *description;
    struct capability copy;
    if (from->flags != spawn_at_number(number) || number >= SPAWN_NUMBERS_MAX)
        return STATUS_INVALID;
    status_t status = copy_narrowed(creator, from, &copy);
    if (status != STATUS_OK)
        return status;
    if (process->posix == NULL)
        status = posix_begin(process);
    if (status == STATUS_OK)
        status = description_create(process->cell, &copy, access_of(copy.rights), &description);
    if (status != STATUS_OK) {
        capability_drop(&copy);
        return status;
    }
    status = descriptors_put(&process->posix->descriptors, description, number, false);
    process->posix->descriptors.begun = true;
    object_unref(&description->object);
    return status;
}

status_t spawn_request_pass(struct spawn_request *request, uint32_t index, struct process *creator,
                            struct process *process)
{
    const struct spawn_handle *from = &request->handles[index];
    struct start_handle *out_start = &request->start[request->start_count];
    struct capability copy;
    if (memchr(from->name, 0, sizeof from->name) == NULL || from->flags != 0)
        return STATUS_INVALID;
    status_t status = copy_narrowed(creator, from, &copy);
    if (status != STATUS_OK)
        return status;
    handle_t handle;
    status = handle_add(&process->handles, copy, &handle);
    if (status != STATUS_OK) {
        capability_drop(&copy);
        return status;
    }
    *out_start = (struct start_handle){ .handle = handle.raw,
                                        .kind = object_kind(copy.object),
                                        .rights = copy.rights };
    memcpy(out_start->name, from->name, sizeof out_start->name);
    request->start_count++;
    return STATUS_OK;
}
