/* The POSIX segment of a process: numbers for descriptions, the lowest free one first, close-on-exec.
 * A slot is a pointer whose lowest bit is close-on-exec. Slots come in chunks of 64, which are never
 * moved, and freed with the process; a bit for each says which are taken, and a bit for each chunk which
 * are full, so that the lowest free number is found by two instructions.
 *
 * Look-ups run inside an epoch, without a lock; changes take the lock. A number costs its process's cell
 * one handle, a chunk its size in memory. */
#pragma once

#include <abi/descriptor.h>

#include "kernel/base/spinlock.h"
#include "kernel/object/handle.h"

struct description;
struct posix_process;

enum {
    DESCRIPTOR_CHUNK_SLOTS = 64,
    DESCRIPTOR_CHUNKS = DESCRIPTORS_MAX / DESCRIPTOR_CHUNK_SLOTS,
    DESCRIPTORS_LIMIT_DEFAULT = 1024, /* RLIMIT_NOFILE, until it is set. */
    DESCRIPTOR_PLACES = 2,            /* DESCRIPTOR_ROOT, DESCRIPTOR_WORKING. */
};

struct descriptors {
    struct spinlock lock; /* LOCK_HANDLES */
    struct cell *cell;
    uint32_t limit; /* Numbers are below it. Atomic. */
    uint16_t mask;  /* umask. Atomic. */
    bool begun;     /* It was inherited, or the process has said that it begins. */
    uint64_t full;  /* A bit a chunk. */
    uint64_t used[DESCRIPTOR_CHUNKS];
    uintptr_t *chunks[DESCRIPTOR_CHUNKS]; /* Atomic; NULL: not there yet. */
    uintptr_t places[DESCRIPTOR_PLACES];
    uintptr_t first[DESCRIPTOR_CHUNK_SLOTS];
};

void descriptors_init(struct posix_process *posix);
/* Close every number. May sleep. */
void descriptors_clear(struct posix_process *posix);

/* What a number names, without a reference. Inside an epoch. NULL: nothing. */
struct description *descriptors_peek(const struct descriptors *descriptors, uint32_t number);
/* The same with a reference for the caller. @return BAD_HANDLE. `descriptors` may be NULL. */
status_t descriptors_get(const struct descriptors *descriptors, uint32_t number,
                         struct description **out_description);
/* For who gives it another name: the description keeps what it names until descriptors_release, whatever closes
 * meanwhile. @return BAD_HANDLE: also when its last name is just going. */
status_t descriptors_hold(const struct descriptors *descriptors, uint32_t number,
                          struct description **out_description);
void descriptors_release(const struct descriptors *descriptors, struct description *description);
/* The target's capability as handle.c reads it: no references. Inside an epoch. @return BAD_HANDLE. */
status_t descriptors_read_slot(const struct descriptors *descriptors, handle_t handle,
                               struct capability *out_slot);

/* Give a description the lowest free number from `lowest` on, which is named by it from then on. The
 * caller keeps its reference. @return NO_SLOT, LIMIT, NO_MEMORY. */
status_t descriptors_add(struct descriptors *descriptors, struct description *description,
                         uint32_t lowest, bool close_on_exec, uint32_t *out_number);
/* The same with the caller's reference, which the number takes over with OK. */
status_t descriptors_give(struct descriptors *descriptors, struct description *description,
                          uint32_t lowest, bool close_on_exec, uint32_t *out_number);
/* Give it this number; what had it is closed in the same step.
 * @return BAD_HANDLE when there is no such number, LIMIT, NO_MEMORY. */
status_t descriptors_put(struct descriptors *descriptors, struct description *description,
                         uint32_t number, bool close_on_exec);
/* Let DESCRIPTOR_ROOT or DESCRIPTOR_WORKING stand for it. @return LIMIT. */
status_t descriptors_set_place(struct descriptors *descriptors, struct description *description,
                               uint32_t number);
/* @return BAD_HANDLE. May sleep. */
status_t descriptors_close(struct descriptors *descriptors, uint32_t number);

/* @return BAD_HANDLE. */
status_t descriptors_close_on_exec(const struct descriptors *descriptors, uint32_t number,
                                   bool *out_close_on_exec);
status_t descriptors_set_close_on_exec(struct descriptors *descriptors, uint32_t number,
                                       bool close_on_exec);

/* --- for fork, exec and spawn --- */

/* The same numbers in a process that is being made, which has none. @return LIMIT, NO_MEMORY: some are
 * there, and go with the process. */
status_t descriptors_fork(struct posix_process *parent, struct posix_process *child);
/* One of the parent's numbers as one of the child's (posix_spawn's list), which counts as inherited.
 * @return BAD_HANDLE, LIMIT, NO_MEMORY. */
status_t descriptors_inherit(struct posix_process *parent, uint32_t number,
                             struct posix_process *child, uint32_t child_number);
/* Close what is close-on-exec. What stays counts as inherited. */
void descriptors_exec(struct posix_process *posix);
