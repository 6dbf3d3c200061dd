/* A range of "user" memory that faults; len 0: none. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Memory for the rest of the run, at addresses that a user may have. */
void *double_user_map(size_t len);

void double_user_fault(const void *start, size_t len);
/* Whether pages are always there at once (false: as the run's seed says). */
void double_user_present(bool always);
