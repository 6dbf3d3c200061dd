/* What the machine holds, to show that a test left nothing behind: taken before and after, the two
 * must be equal, exactly. Caches that may be dropped are dropped first, and objects that wait for the
 * end of their epoch are waited for. Needs the handles "system" and "cell" of the first process. */
#pragma once

#include <abi/system.h>

#include "user/rt/test.h"

enum { BALANCE_COUNTERS_SIZE = 8192 };

struct balance {
    struct memory_info memory;
    struct cell_info cell; /* The root. */
    uint64_t processes;
    uint64_t cells;
    size_t counters_len;
    char counters[BALANCE_COUNTERS_SIZE]; /* To say where frames have gone. */
};

void balance_take(struct balance *out_balance);
/* Take it again and fail the claim where the two differ. */
void balance_check(struct test_claim *claim, const struct balance *before);

/* Run the body again and again until a round leaves everything as it was, some rounds at most. (The
 * first touches what is kept for good, pages of this program and tables of its address space, and
 * another CPU may still be starting; a leak is in every round.) */
void balance_hold(struct test_claim *claim, void (*body)(struct test_claim *claim));
