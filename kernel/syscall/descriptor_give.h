/* The last step of every call that makes a number, and what calls on files and on numbers share. */
#pragma once

#include "kernel/posix/description.h"
#include "kernel/posix/description_io.h"
#include "kernel/posix/descriptors.h"

struct file_stat;
struct thread;

/* A number of the caller's for a new description of the capability, which is taken over with OK, and only
 * then. @param flags  DESCRIPTION_*, DESCRIPTOR_CLOSE_ON_EXEC. @return NO_SLOT, LIMIT, NO_MEMORY. */
status_t descriptor_give(struct thread *caller, const struct capability *target,
                         const struct descriptor_words *words, uint32_t flags, uint32_t lowest,
                         uint32_t *out_number);

/* Of a FILE or a DIRECTORY. @return REVOKED. */
status_t object_stat(struct object *object, struct file_stat *out_stat);
