/* What the machine holds, to show that a test left nothing behind: taken before and after, the two
 * must be equal, exactly. Caches that may be dropped are dropped first, and objects that wait for the
 * end of their epoch are waited for. Needs the handles "system" and "cell" of the first process. */
#pragma once

#include <abi/system.h>

#include "user/rt/test.h"

struct balance {
    struct memory_info memory;
    struct cell_info cell; /* The root. */
    uint64_t processes;
    uint64_t cells;
};

void balance_take(struct balance *out_balance);
/* Wait until the boot is over, as far as can be seen: its thread may still run when the first process
 * does, and goes with what it is charged for. Before the first balance of a first process. */
void balance_settle(void);
/* Take it again and fail the claim where the two differ. */
void balance_check(struct test_claim *claim, const struct balance *before);

/* Run the body twice, and claim that the second time leaves nothing. (The first touches what is kept
 * for good: pages of this program, tables of its address space.) */
void balance_hold(struct test_claim *claim, void (*body)(struct test_claim *claim));
