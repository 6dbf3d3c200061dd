/* See report.h: the counters of counter.h, then what is read off elsewhere. */
#include "kernel/trace/report.h"

#include "kernel/base/boot_level.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/slab.h"
#include "kernel/sched/timer.h"
#include "kernel/trace/counter.h"
#include "lib/base/format.h"

struct report {
    char *buffer;
    size_t size;
    size_t len;    /* Of the whole report. */
    size_t filled; /* Whole lines in the buffer. */
    uint64_t slab_taken;
};

static void report_line(struct report *report, const char *name, uint64_t value)
{
    char line[96];
    size_t len = format_text(line, sizeof line, "%s %llu\n", name, (unsigned long long)value);
    if (len >= sizeof line)
        return;
    if (report->filled == report->len && len <= report->size - report->filled) {
        for (size_t i = 0; i < len; i++)
            report->buffer[report->filled + i] = line[i];
        report->filled += len;
    }
    report->len += len;
}

/* Objects in use, and frames that hold them: where the two drift apart, memory is fragmented. */
static void report_slab(const struct slab_cache *cache, void *argument)
{
    struct report *report = argument;
    char name[64];
    format_text(name, sizeof name, "slab_objects{%s}", cache->name);
    report_line(report, name, cache->in_use);
    format_text(name, sizeof name, "slab_frames{%s}", cache->name);
    report_line(report, name, cache->frames);
    report->slab_taken += cache->taken;
}

size_t counters_report(char *buffer, size_t size)
{
    struct report report = { .buffer = buffer, .size = size };
    for (uint32_t i = 0; i < COUNTER_COUNT; i++)
        report_line(&report, counter_name(i), counter_sum(i));
    struct frame_counts frames = frame_counts();
    report_line(&report, "frames", frames.total);
    report_line(&report, "frames_free", frames.free);
    for (uint32_t i = 0; i < BOOT_LEVELS; i++) {
        char name[32];
        format_text(name, sizeof name, "boot_%s_ns", boot_level_name(i));
        report_line(&report, name, clock_from_ticks(boot_level_ticks(i)));
    }
    slab_for_each(report_slab, &report);
    report_line(&report, "slab_allocations_total", report.slab_taken);
    report_line(&report, "uptime_ns", clock_now());
    return report.len;
}
