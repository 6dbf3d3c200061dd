/* A kernel copy of struct spawn_args and all that it points to, for spawn and exec. Thread context. */
#pragma once

#include "kernel/mm/address.h"
#include "kernel/process/spawn.h"

enum { PRIORITY_USER_MAX = 24 };

struct spawn_request {
    struct spawn_args args;
    char *bytes; /* Arguments, then environment; one byte more than both. */
    struct spawn_handle *handles;
    struct start_handle *start; /* For the caller to fill in, at most one for each of `handles`. */
    uint32_t start_count;
};

/* Read and check. On failure too it is to be freed. @return BAD_ADDRESS, INVALID, NO_MEMORY. */
status_t spawn_request_read(struct spawn_request *request, uaddr_t address);
void spawn_request_free(struct spawn_request *request);
/* Put handle `index` of the list into the new process, and into `start`. @return INVALID, what a look-up
 * answers, NO_RIGHT also for one that asks for more than there is; NO_SLOT, LIMIT, NO_MEMORY. */
status_t spawn_request_pass(struct spawn_request *request, uint32_t index, struct process *creator,
                            struct process *process);
/* The same for one that has flags: make it a number of the new process, which lives by POSIX from then on. */
status_t spawn_request_install(struct spawn_request *request, uint32_t index,
                               struct process *creator, struct process *process);
/* What goes onto the new stack; points into the request. */
struct start_block spawn_request_start(const struct spawn_request *request);
