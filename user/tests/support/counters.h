/* The kernel's counters by name, for tests that say what a thing must have been counted as. Needs the
 * handle "trace" of the first process. One thread. */
#pragma once

#include <stdint.h>

/* The value of the counter now. A name that the kernel does not know ends the program. Cost: the whole
 * report is made anew. */
uint64_t counter_now(const char *name);
