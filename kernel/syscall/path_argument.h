/* What the calls on paths share: the path's bytes in the kernel, and the capability behind a handle. */
#pragma once

#include <abi/file.h>

#include "kernel/mm/user_copy.h"
#include "kernel/object/handle.h"
#include "lib/base/span.h"

struct thread;

struct path_argument {
    struct const_span path; /* Of `bytes`. */
    uint8_t bytes[FILE_PATH_MAX];
};

/* Copy a path in, once. @return NAME_TOO_LONG, BAD_ADDRESS. */
status_t path_argument_read(struct path_argument *argument, struct user_in path);

/* The same inside an epoch, if the bytes are there now. @return also BAD_ADDRESS when they only have to be brought in. */
status_t path_argument_read_now(struct path_argument *argument, struct user_in path);

/* The rights and the grant of the handle in argument register `index`, which the entry has resolved
 * to `object` already. The caller drops the capability.
 * @return BAD_HANDLE when the handle was closed and its slot used again since; NO_RIGHT, REVOKED. */
status_t argument_capability(struct thread *caller, unsigned index, const struct object *object,
                             struct capability *out_capability);
/* handle_give with a grant: what was opened below a handle keeps that handle's. */
status_t handle_give_granted(struct thread *caller, struct object *object, rights_t rights,
                             struct grant *grant, handle_t *out_handle);
