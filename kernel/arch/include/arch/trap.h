/* What an exception saves on the kernel stack. vectors.S knows the layout. */
#pragma once

#include <stdint.h>

struct trap_frame {
    uint64_t x[31];
    uint64_t sp;     /* SP_EL0. */
    uint64_t pc;     /* ELR_EL1. */
    uint64_t pstate; /* SPSR_EL1. */
};
_Static_assert(sizeof(struct trap_frame) == 272, "vectors.S and the 16-byte stack rule");

/* The frame of the user-mode exception that the current thread is in: top of its stack. */
struct thread;
struct trap_frame *trap_user_frame(const struct thread *thread);
