/* A handle of every kind that a program can come by, with all the rights that such a handle has. */
#pragma once

#include <abi/objects.h>
#include <abi/types.h>

enum { SAMPLES_MAX = 48 };

struct sample {
    enum object_kind kind;
    rights_t rights;
    handle_t handle;
};

/* Make them all. The program ends when one cannot be made. */
void samples_make(void);
/* The next sample after *at, or NULL at the end; *at begins as 0. */
const struct sample *samples_next(uint32_t *at);
/* One of these kinds that has these rights, or NULL. */
const struct sample *sample_find(uint64_t kinds, rights_t rights);
/* A duplicate with exactly these rights; the caller closes it. */
handle_t sample_narrowed(const struct sample *sample, rights_t rights);
/* What the child does that is the sample of a process: nothing, for ever. */
void sample_process_main(void);
