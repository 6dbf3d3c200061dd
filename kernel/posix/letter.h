/* Descriptors on their way: the letters of POSIX (SCM_RIGHTS). A letter holds descriptions as numbers do, each
 * counted as a handle, and is charged to the cell of who sent it: its memory and a handle for each. It is
 * dropped with the stream that it lies in, when its bytes are read without asking for it, and when the
 * cell goes.
 *
 * Descriptions of sockets may end up in letters that lie in queues which only these sockets could read. When a
 * number of a description closes that is in flight too, the cell's letters are searched: what cannot be
 * reached from anything but such letters is dropped. Letters of several cells that hold each other go with the
 * first of these cells.
 *
 * One lock for all (LOCK_CHANNEL, below those of streams). Thread context, except where stated. */
#pragma once

#include <abi/descriptor.h>

#include "kernel/stream/letter.h"

struct cell;
struct description;
struct posix_letter;
struct thread;

/* Put the caller's numbers into a letter. @return BAD_HANDLE, NO_RIGHT (what may not be given on), LIMIT (of the
 * cell, or DESCRIPTORS_IN_FLIGHT_MAX), NO_MEMORY. */
status_t posix_letter_create(struct thread *caller, const int32_t *numbers, uint32_t count,
                             struct posix_letter **out_letter);
struct stream_letter *posix_letter_of_stream(struct posix_letter *letter);
/* Numbers for what is in a letter that was taken, as many as there is room; the letter goes.
 * @param flags  DESCRIPTOR_CLOSE_ON_EXEC. @return how many. */
uint32_t posix_letter_open(struct thread *caller, struct stream_letter *taken, uint32_t flags,
                           int32_t *out_numbers, uint32_t room, bool *out_is_cut);
/* One that was not sent. */
void posix_letter_drop(struct posix_letter *letter);

/* A number of the description has closed. */
void letters_number_closed(struct cell *cell, const struct description *description);
/* The cell is going: none of its letters stays in a queue. */
void letters_purge(struct cell *cell);

void letters_setup(void);
