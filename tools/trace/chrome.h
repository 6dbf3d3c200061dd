/* Trace events as JSON, the form that chrome://tracing introduced and the Perfetto UI opens ("Trace Event
 * Format", JSON Object Format): one event a line, B and E of a track in order of time. Times are microseconds from
 * the begin of the recording. The tracks: the process "CPUs" with one thread for each CPU; each
 * process with its threads; requests of disks are asynchronous events. */
#pragma once

#include <stdio.h>

#include "tools/trace/names.h"

enum { CHROME_CPUS = 1000000000, CHROME_KERNEL = 1000000001 }; /* Their numbers as processes. */

struct chrome {
    FILE *file;
    const struct names *names;
    const struct recording *recording;
};

/* What is before the events: the names of the tracks. */
void chrome_begin(struct chrome *chrome);
/* A consumer of timeline_run; context is a struct chrome. */
void chrome_take(void *context, const struct timeline_event *event);
/* The end. @return false when the file could not be written. */
bool chrome_end(struct chrome *chrome, const struct timeline_counts *counts);
