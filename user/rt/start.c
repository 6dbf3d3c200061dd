/* See start.h. The stack at entry is that of the System V ABI for AArch64 (8.1): argc, argv, envp,
 * auxiliary vector. It was written by the kernel, so it is believed. */
#include "user/rt/start.h"

#include <string.h>

#include <swos/syscalls.h>

#include "user/rt/exit_codes.h"
#include "user/rt/log.h"

static struct {
    char **environment;
    const struct start_handle *handles;
    size_t handle_count;
} program;

static void read_auxiliary(const uint64_t *pair)
{
    for (; pair[0] != 0; pair += 2) {
        if (pair[0] == AUX_START_HANDLES)
            program.handles = (const struct start_handle *)(uintptr_t)pair[1];
        else if (pair[0] == AUX_START_HANDLE_COUNT)
            program.handle_count = pair[1];
    }
}

_Noreturn void start_program(uint64_t *stack);

_Noreturn void start_program(uint64_t *stack)
{
    int argument_count = (int)stack[0];
    char **arguments = (char **)(stack + 1);
    program.environment = arguments + argument_count + 1;
    char **end = program.environment;
    while (*end != NULL)
        end++;
    read_auxiliary((const uint64_t *)(end + 1));
    program_exit((uint32_t)main(argument_count, arguments));
}

handle_t start_handle(const char *name, enum object_kind kind)
{
    for (size_t i = 0; i < program.handle_count; i++) {
        const struct start_handle *handle = &program.handles[i];
        if (handle->kind == (uint32_t)kind && strcmp(handle->name, name) == 0)
            return (handle_t){ handle->handle };
    }
    return HANDLE_NONE;
}

handle_t start_handle_need(const char *name, enum object_kind kind)
{
    handle_t handle = start_handle(name, kind);
    if (handle.raw == 0) {
        log_line("no handle \"%s\" was given", name);
        program_exit(EXIT_NO_HANDLE);
    }
    return handle;
}

const struct start_handle *start_handles(size_t *out_count)
{
    *out_count = program.handle_count;
    return program.handles;
}

const char *start_environment(const char *name)
{
    size_t len = strlen(name);
    for (char **string = program.environment; *string != NULL; string++)
        if (strncmp(*string, name, len) == 0 && (*string)[len] == '=')
            return *string + len + 1;
    return NULL;
}

_Noreturn void program_exit(uint32_t code)
{
    sys_process_exit(code);
}
