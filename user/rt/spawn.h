/* Starting a program: gather what it gets, then start it. All names and strings are copied into the
 * plan, which is some 10 KiB and so belongs to the owner, not on a small stack. One thread. */
#pragma once

#include <abi/objects.h>
#include <abi/process.h>
#include <abi/types.h>

enum { SPAWN_PLAN_STRINGS = 4096, SPAWN_PLAN_ENVIRONMENT = 1024 };

struct spawn_plan {
    status_t status; /* The first thing that went wrong. */
    uint32_t handle_count;
    uint32_t arguments_len;
    uint32_t environment_len;
    uint32_t priority; /* 0: the default. */
    char name[SPAWN_NAME_SIZE];
    struct spawn_handle handles[SPAWN_HANDLES_MAX];
    char arguments[SPAWN_PLAN_STRINGS];
    char environment[SPAWN_PLAN_ENVIRONMENT];
};

/* Begin a plan. `name` is the process's, cut to fit. */
void spawn_begin(struct spawn_plan *plan, const char *name);
/* The first argument is the program's own name. @return nothing; too long shows at the end. */
void spawn_argument(struct spawn_plan *plan, const char *text, size_t len);
/* A string NAME=value of its environment. */
void spawn_environment(struct spawn_plan *plan, const char *text, size_t len);
/* Give a duplicate of the caller's handle, narrowed to `rights`. It must carry DUPLICATE. */
void spawn_give(struct spawn_plan *plan, const char *name, size_t name_len, handle_t handle,
                rights_t rights);
/* The same as a number of POSIX: 0, 1 and 2 are standard input, output and error. A program that was given any
 * begins with these alone. */
void spawn_give_number(struct spawn_plan *plan, uint32_t number, handle_t handle, rights_t rights);
/* Start the image in the cell. @return what went wrong with the plan (TOO_BIG), or process_spawn's. */
[[nodiscard]] status_t spawn_run(const struct spawn_plan *plan, handle_t cell, handle_t image,
                                 handle_t *out_process);
