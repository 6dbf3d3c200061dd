/* How often the supervisor may die: after each death, how long to wait before the next life, or that
 * it cannot live. Pure; the owner gives the time. */
#pragma once

#include <abi/types.h>

enum { LIVES_MAX = 5 }; /* Deaths within the window that prove that it cannot live. */

#define LIVES_WINDOW_NS 60000000000ull
#define LIVES_DELAY_FIRST_NS 10000000ull
#define LIVES_DELAY_MAX_NS 2000000000ull

struct lives {
    time_ns_t deaths[LIVES_MAX]; /* The last ones, in a circle. */
    uint32_t death_count;        /* Ever. */
};

/* A death at `now`. @return how long to wait, or TIME_NEVER: give up. A death counts for the length of the
 * window; the delay doubles with each that counts. */
time_ns_t lives_death(struct lives *lives, time_ns_t now);
