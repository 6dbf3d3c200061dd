/* Where the time went, as tables: by CPU, by process, and by call of each process. */
#pragma once

#include <stdio.h>

#include "tools/trace/names.h"

struct summary;

/* NULL without memory. */
struct summary *summary_new(const struct recording *recording, const struct names *names);
void summary_free(struct summary *summary);
/* A consumer of timeline_run; context is a struct summary. Without memory for a row its numbers are left out, and
 * the print says so. */
void summary_take(void *context, const struct timeline_event *event);
/* The tables, each with the longest first; at most `rows_max` calls. */
void summary_print(struct summary *summary, const struct timeline_counts *counts, FILE *file,
                   uint32_t rows_max);
