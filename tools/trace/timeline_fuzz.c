/* Any bytes as a recording, up to the events and the tables that come of it: they are in order of time, as many ends as
 * begins, and no name leaves its field. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/trace/chrome.h"
#include "tools/trace/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_sinks {
    struct summary *summary;
    struct chrome chrome;
    uint64_t last_ticks;
    int64_t open;
};

static void take(void *context, const struct timeline_event *event)
{
    struct fuzz_sinks *sinks = context;
    if (event->ticks < sinks->last_ticks || event->off_ticks > event->span_ticks)
        abort();
    sinks->last_ticks = event->ticks;
    sinks->open += event->phase == TIMELINE_BEGIN;
    sinks->open -= event->phase == TIMELINE_END;
    if (sinks->open < 0)
        abort();
    summary_take(sinks->summary, event);
    chrome_take(&sinks->chrome, event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct recording recording;
    struct names names;
    struct timeline_counts counts = { 0 };
    if (recording_open(data, size, &recording) != STATUS_OK)
        return 0;
    if (names_learn(&names, &recording) != STATUS_OK)
        abort();
    FILE *null = fopen("/dev/null", "w");
    struct fuzz_sinks sinks = {
        .summary = summary_new(&recording, &names),
        .chrome = { .file = null, .names = &names, .recording = &recording },
    };
    if (null == NULL || sinks.summary == NULL)
        abort();
    chrome_begin(&sinks.chrome);
    if (timeline_run(&recording, take, &sinks, &counts) == STATUS_OK) {
        if (sinks.open != 0)
            abort();
        summary_print(sinks.summary, &counts, null, 10);
    }
    chrome_end(&sinks.chrome, &counts);
    fclose(null);
    summary_free(sinks.summary);
    names_free(&names);
    return 0;
}
