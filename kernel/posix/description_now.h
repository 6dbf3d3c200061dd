/* Reading and writing through a number without waiting: inside one epoch, with no reference taken and nothing kept. What
 * would wait, fault or fail declines, and description_io.h does it: so errors are known in one place. Thread context
 * without locks. */
#pragma once

#include "kernel/mm/user_copy.h"

struct process;

/* A file's bytes that are in memory, within one page, or what lies in a pipe. @return false: nothing was done. */
bool description_read_now(const struct process *process, uint32_t number, struct user_out dst,
                          uint64_t offset, size_t *out_actual);
/* To a device that takes everything, or a pipe that has room. */
bool description_write_now(const struct process *process, uint32_t number, struct user_in src,
                           uint64_t offset, size_t *out_actual);
