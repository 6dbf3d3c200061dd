/* The parts of the fuzzer of system calls. */
#pragma once

#include <abi/syscall_numbers.h>
#include <abi/types.h>

#include <stdbool.h>

enum {
    FUZZ_CHILDREN = 4,
    FUZZ_HANDLES = 96, /* That a child keeps; above, it closes one for each that it gets. */
};

/* Memory that a child and the parent share. */
struct fuzz_report {
    uint64_t calls;                   /* Made, of all lives. */
    uint8_t succeeded[SYSCALL_COUNT]; /* 1: this call has answered OK at least once. */
};

/* --- random.c: a sequence that follows from its seed alone. */

struct random {
    uint64_t state;
};
uint64_t random_next(struct random *random);
/* 0 <= answer < limit. */
uint64_t random_below(struct random *random, uint64_t limit);
/* True once in so many. */
bool random_once_in(struct random *random, uint64_t count);

/* --- arguments.c: registers for one call. */

struct fuzz_call {
    uint64_t number;
    uint64_t x[14]; /* x0 to x13; results come back in the same. */
};

/* Handles that a child knows of, by value and kind. */
struct fuzz_pool {
    uint32_t count;
    uint64_t handles[FUZZ_HANDLES];
    uint8_t kinds[FUZZ_HANDLES]; /* enum object_kind */
};

/* Put a handle in, at random in the place of another when the pool is full. */
void pool_add(struct random *random, struct fuzz_pool *pool, uint64_t handle);

void arguments_init(struct random *random);
/* Choose a call and make up its arguments. */
void arguments_make(struct random *random, const struct fuzz_pool *pool, struct fuzz_call *call);
/* Put handles that the call gave into the pool, and what the caller said to close. */
void arguments_take_results(struct random *random, struct fuzz_pool *pool,
                            const struct fuzz_call *call);

/* --- signals.c: what signals and timers need. */

/* Arguments for one of their calls. @return false: it is none. */
bool arguments_for_signals(struct random *random, struct fuzz_call *call);
/* A call that mostly ends the life, or makes it wait for its end, and that is not wanted this time. */
bool call_is_deadly(struct random *random, uint64_t number);
/* At the begin of some lives. */
void mask_most_signals(struct random *random);

/* --- families.c: the same for what processes do with each other. */

bool arguments_for_families(struct random *random, const struct fuzz_pool *pool,
                            struct fuzz_call *call);
/* After a call: whom it made. */
void families_take_results(struct random *random, const struct fuzz_call *call);

/* --- child.c */

/* Make random calls until the count is reached, or something ends this process. */
_Noreturn void fuzz_child(uint64_t seed, uint64_t calls);
