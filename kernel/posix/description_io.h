/* Bytes in and out of what a number names, whatever it is: a file, a stream, a terminal. One function for
 * each direction looks the number up, once, inside an epoch, and then holds the object alone: a number that
 * is closed meanwhile is closed, and the call goes on. Thread context; may sleep. */
#pragma once

#include "kernel/posix/description.h"

#include "kernel/mm/user_copy.h"

struct process;
struct stream_letter;
struct thread;

/* What a call needs of a description while it runs. */
struct description_use {
    struct object *object; /* One reference; NULL: a description of nothing. */
    uint32_t flags;        /* DESCRIPTION_*. */
    time_ns_t limit_ns;    /* Of a wait, as the direction has it; 0: none. */
};

/* @param mode  DESCRIPTION_READ or DESCRIPTION_WRITE, which it must have, or 0.
 * @return BAD_HANDLE (no such number, or not in that mode), NO_RIGHT, REVOKED. */
status_t description_use_begin(const struct process *process, uint32_t number, uint32_t mode,
                               struct description_use *out_use);
void description_use_end(struct description_use *use);

/* A wait that the description's own limit cut short would block, to POSIX. */
time_ns_t description_deadline(const struct description_use *use);
status_t description_wait_result(const struct description_use *use, status_t status);

/* @param offset  FILE_OFFSET_CURRENT, or a place, which only files have (NOT_SEEKABLE).
 * @param flags   DESCRIPTOR_NO_WAIT and its kin.
 * The statuses are those of the call descriptor_read. */
status_t description_read(struct thread *caller, uint32_t number, const struct user_out *pieces,
                          size_t count, uint64_t offset, uint32_t flags, size_t *out_actual);
/* The same of a stream of bytes, with a letter (kernel/stream/letter.h): one that lies at the begin is taken,
 * *out_letter NULL if there is none; *letter is sent with the first byte, and NULL then.
 * @return also NOT_SUPPORTED for what is no such stream. */
status_t description_receive(struct thread *caller, uint32_t number, const struct user_out *pieces,
                             size_t count, uint32_t flags, size_t *out_actual,
                             struct stream_letter **out_letter);
status_t description_send(struct thread *caller, uint32_t number, const struct user_in *pieces,
                          size_t count, uint32_t flags, struct stream_letter **letter,
                          size_t *out_actual);
status_t description_write(struct thread *caller, uint32_t number, const struct user_in *pieces,
                           size_t count, uint64_t offset, uint32_t flags, size_t *out_actual);
