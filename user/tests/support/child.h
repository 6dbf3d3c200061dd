/* Processes of a test program: the program starts itself again in a role, which its main() finds as
 * argv[1]. Needs the handles "root" and "cell" that the first process has. One thread. */
#pragma once

#include <abi/objects.h>
#include <abi/process.h>
#include <abi/types.h>

struct child_handle {
    const char *name;
    handle_t handle;
    rights_t rights;
};

#define CHILD_RIGHTS_ALL UINT32_MAX

/* Which program to start: its path below "root", "bin/NAME". Before the first child. */
void child_setup(const char *program);
/* Start the role in the cell of this program, or in one that is named. @return as process_spawn. */
[[nodiscard]] status_t child_start(const char *role, const struct child_handle *given, size_t count,
                                   handle_t *out_process);
[[nodiscard]] status_t child_start_in(handle_t cell, const char *role,
                                      const struct child_handle *given, size_t count,
                                      handle_t *out_process);
/* Wait for its end, for ever, close the handle. @return its exit code. */
uint32_t child_wait(handle_t process);
