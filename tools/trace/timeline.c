/* See timeline.h. Two passes over the records in the order of time: the first learns whose threads are whose, the
 * second replays. What a track has open is a short stack: a call, in it a fault, in either the time off the CPU. */
#include "tools/trace/timeline.h"

#include <stdlib.h>

#include "lib/base/assert.h"

enum { DEPTH_MAX = 4, THREADS_FIRST = 256 };

struct span_open {
    enum timeline_what what;
    uint64_t begin_ticks;
    uint64_t off_ticks;
    uint64_t a;
};

struct track {
    uint32_t thread;
    bool is_used;
    uint64_t process;
    uint32_t depth;
    struct span_open open[DEPTH_MAX];
};

struct cpu_track {
    bool is_known; /* Which thread runs. */
    uint32_t thread;
    bool in_interrupt;
    uint64_t run_ticks;
    uint64_t interrupt_ticks;
    uint64_t interrupt;
};

struct request_open {
    uint64_t sector;
    uint64_t operation;
    uint64_t begin_ticks;
    bool is_used;
};
enum { REQUESTS_MAX = 256 };

struct timeline {
    const struct recording *recording;
    uint32_t *order;       /* Indices of records by time. */
    struct track *threads; /* A hash table with open addressing; a power of two. */
    uint32_t thread_slots;
    uint32_t thread_count;
    struct cpu_track cpus[RECORDING_CPUS_MAX];
    struct request_open requests[REQUESTS_MAX];
    uint64_t now;
    struct timeline_counts counts;
    void (*take)(void *context, const struct timeline_event *event);
    void *context;
};

/* --- threads --- */

static struct track *slot_of(struct track *threads, uint32_t slots, uint32_t thread)
{
    uint32_t at = thread * 2654435761u & (slots - 1);
    while (threads[at].is_used && threads[at].thread != thread)
        at = (at + 1) & (slots - 1);
    return &threads[at];
}

static bool threads_grow(struct timeline *timeline)
{
    uint32_t slots = timeline->thread_slots * 2;
    struct track *threads = calloc(slots, sizeof *threads);
    if (threads == NULL)
        return false;
    for (uint32_t i = 0; i < timeline->thread_slots; i++)
        if (timeline->threads[i].is_used)
            *slot_of(threads, slots, timeline->threads[i].thread) = timeline->threads[i];
    free(timeline->threads);
    timeline->threads = threads;
    timeline->thread_slots = slots;
    return true;
}

/* The first pass makes every track, so that later ones are found. */
static bool thread_note(struct timeline *timeline, uint32_t thread)
{
    if (timeline->thread_count * 2 >= timeline->thread_slots && !threads_grow(timeline))
        return false;
    struct track *track = slot_of(timeline->threads, timeline->thread_slots, thread);
    if (!track->is_used) {
        *track = (struct track){ .thread = thread, .is_used = true, .process = TIMELINE_UNKNOWN };
        timeline->thread_count++;
    }
    return true;
}

static struct track *track_of(struct timeline *timeline, uint32_t thread)
{
    struct track *track = slot_of(timeline->threads, timeline->thread_slots, thread);
    ASSERT(track->is_used);
    return track;
}

/* --- telling --- */

static void tell(struct timeline *timeline, struct timeline_event event)
{
    event.ticks = timeline->now;
    timeline->take(timeline->context, &event);
}

static void track_begin(struct timeline *timeline, struct track *track, enum timeline_what what,
                        uint16_t cpu, uint64_t a, uint64_t b)
{
    ASSERT(track->depth < DEPTH_MAX);
    track->open[track->depth++] =
        (struct span_open){ .what = what, .begin_ticks = timeline->now, .a = a };
    tell(timeline, (struct timeline_event){
                       .phase = TIMELINE_BEGIN,
                       .what = what,
                       .cpu = cpu,
                       .thread = track->thread,
                       .process = track->process,
                       .a = a,
                       .b = b,
                   });
}

/* End the innermost. */
static void track_end(struct timeline *timeline, struct track *track, uint16_t cpu, uint64_t b,
                      bool is_cut)
{
    ASSERT(track->depth > 0);
    const struct span_open *open = &track->open[--track->depth];
    uint64_t span = timeline->now - open->begin_ticks;
    if (open->what == TIMELINE_OFF)
        for (uint32_t i = 0; i < track->depth; i++)
            track->open[i].off_ticks += span;
    timeline->counts.cut += is_cut && open->what != TIMELINE_OFF;
    tell(timeline, (struct timeline_event){
                       .phase = TIMELINE_END,
                       .what = open->what,
                       .cpu = cpu,
                       .thread = track->thread,
                       .process = track->process,
                       .a = open->a,
                       .b = b,
                       .span_ticks = span,
                       .off_ticks = open->off_ticks,
                       .is_nested = track->depth > 0,
                       .is_cut = is_cut,
                   });
}

static void track_end_all(struct timeline *timeline, struct track *track, uint16_t cpu, bool is_cut)
{
    while (track->depth > 0)
        track_end(timeline, track, cpu, 0, is_cut);
}

static bool top_is(const struct track *track, enum timeline_what what)
{
    return track->depth > 0 && track->open[track->depth - 1].what == what;
}

/* --- CPUs --- */

static void interrupt_end(struct timeline *timeline, uint16_t cpu)
{
    struct cpu_track *state = &timeline->cpus[cpu];
    if (!state->in_interrupt)
        return;
    state->in_interrupt = false;
    tell(timeline, (struct timeline_event){
                       .phase = TIMELINE_END,
                       .what = TIMELINE_INTERRUPT,
                       .cpu = cpu,
                       .a = state->interrupt,
                       .span_ticks = timeline->now - state->interrupt_ticks,
                   });
}

static void run_begin(struct timeline *timeline, uint16_t cpu, uint32_t thread, uint64_t ticks)
{
    struct cpu_track *state = &timeline->cpus[cpu];
    struct track *track = track_of(timeline, thread);
    state->is_known = true;
    state->thread = thread;
    state->run_ticks = ticks;
    if (top_is(track, TIMELINE_OFF))
        track_end(timeline, track, cpu, 0, false);
    tell(timeline, (struct timeline_event){
                       .phase = TIMELINE_BEGIN,
                       .what = TIMELINE_RUN,
                       .cpu = cpu,
                       .thread = thread,
                       .process = track->process,
                   });
}

static void run_end(struct timeline *timeline, uint16_t cpu)
{
    struct cpu_track *state = &timeline->cpus[cpu];
    if (!state->is_known)
        return;
    state->is_known = false;
    tell(timeline, (struct timeline_event){
                       .phase = TIMELINE_END,
                       .what = TIMELINE_RUN,
                       .cpu = cpu,
                       .thread = state->thread,
                       .process = track_of(timeline, state->thread)->process,
                       .span_ticks = timeline->now - state->run_ticks,
                   });
}

static void on_switch(struct timeline *timeline, const struct trace_record *record)
{
    struct track *left = track_of(timeline, record->thread);
    interrupt_end(timeline, record->cpu);
    run_end(timeline, record->cpu);
    /* Time off the CPU is of interest within a call or a fault: outside it is the absence of everything. */
    if (left->depth > 0 && !top_is(left, TIMELINE_OFF))
        track_begin(timeline, left, TIMELINE_OFF, record->cpu, 0, 0);
    run_begin(timeline, record->cpu, (uint32_t)record->a, timeline->now);
}

static void on_interrupt(struct timeline *timeline, const struct trace_record *record)
{
    struct cpu_track *state = &timeline->cpus[record->cpu];
    interrupt_end(timeline, record->cpu);
    state->in_interrupt = true;
    state->interrupt = record->a;
    state->interrupt_ticks = timeline->now;
    tell(timeline, (struct timeline_event){
                       .phase = TIMELINE_BEGIN,
                       .what = TIMELINE_INTERRUPT,
                       .cpu = record->cpu,
                       .a = record->a,
                   });
}

/* Whatever ran here may have done anything. */
static void on_lost(struct timeline *timeline, const struct trace_record *record)
{
    struct cpu_track *state = &timeline->cpus[record->cpu];
    timeline->counts.lost += record->a;
    interrupt_end(timeline, record->cpu);
    if (state->is_known)
        track_end_all(timeline, track_of(timeline, state->thread), record->cpu, true);
    run_end(timeline, record->cpu);
}

/* --- calls and faults --- */

static void on_call_exit(struct timeline *timeline, struct track *track,
                         const struct trace_record *record)
{
    uint32_t at = track->depth;
    while (at > 0 &&
           !(track->open[at - 1].what == TIMELINE_CALL && track->open[at - 1].a == record->a))
        at--;
    if (at == 0) {
        timeline->counts.unmatched++;
        return;
    }
    while (track->depth > at)
        track_end(timeline, track, record->cpu, 0, true);
    track_end(timeline, track, record->cpu, record->b, false);
}

static void on_fault(struct timeline *timeline, struct track *track,
                     const struct trace_record *record)
{
    if (top_is(track, TIMELINE_FAULT))
        track_end(timeline, track, record->cpu, 0, true);
    track_begin(timeline, track, TIMELINE_FAULT, record->cpu, record->a, record->b);
}

static void on_fault_exit(struct timeline *timeline, struct track *track,
                          const struct trace_record *record)
{
    if (top_is(track, TIMELINE_FAULT))
        track_end(timeline, track, record->cpu, record->b, false);
    else
        timeline->counts.unmatched++;
}

/* --- requests of disks --- */

static void tell_request(struct timeline *timeline, enum timeline_phase phase,
                         const struct request_open *request, uint16_t cpu, uint64_t b)
{
    tell(timeline, (struct timeline_event){
                       .phase = phase,
                       .what = TIMELINE_BLOCK,
                       .cpu = cpu,
                       .a = request->sector,
                       .b = b,
                       .span_ticks = timeline->now - request->begin_ticks,
                   });
}

static struct request_open *request_find(struct timeline *timeline,
                                         const struct trace_record *record)
{
    for (uint32_t i = 0; i < REQUESTS_MAX; i++) {
        struct request_open *request = &timeline->requests[i];
        if (request->is_used && request->sector == record->a &&
            request->operation == record->b >> TRACE_BLOCK_OPERATION_SHIFT)
            return request;
    }
    return NULL;
}

static void on_request(struct timeline *timeline, const struct trace_record *record)
{
    for (uint32_t i = 0; i < REQUESTS_MAX; i++) {
        struct request_open *request = &timeline->requests[i];
        if (request->is_used)
            continue;
        *request = (struct request_open){
            .sector = record->a,
            .operation = record->b >> TRACE_BLOCK_OPERATION_SHIFT,
            .begin_ticks = timeline->now,
            .is_used = true,
        };
        tell_request(timeline, TIMELINE_BEGIN, request, record->cpu, record->b);
        return;
    }
    timeline->counts.unmatched++; /* More at once than any device has. */
}

static void on_request_exit(struct timeline *timeline, const struct trace_record *record)
{
    struct request_open *request = request_find(timeline, record);
    if (request == NULL) {
        timeline->counts.unmatched++;
        return;
    }
    request->is_used = false;
    tell_request(timeline, TIMELINE_END, request, record->cpu, record->b);
}

/* --- the replay --- */

static void on_instant(struct timeline *timeline, const struct track *track,
                       const struct trace_record *record, enum timeline_what what)
{
    tell(timeline, (struct timeline_event){
                       .phase = TIMELINE_INSTANT,
                       .what = what,
                       .cpu = record->cpu,
                       .thread = track->thread,
                       .process = track->process,
                       .a = record->a,
                       .b = record->b,
                   });
}

/* A record says which thread runs: where that was not known, or was another one, it is now. */
static struct track *running(struct timeline *timeline, const struct trace_record *record)
{
    struct cpu_track *state = &timeline->cpus[record->cpu];
    if (state->is_known && state->thread != record->thread) {
        interrupt_end(timeline, record->cpu);
        run_end(timeline, record->cpu);
    }
    if (!state->is_known)
        run_begin(timeline, record->cpu, record->thread, timeline->now);
    struct track *track = track_of(timeline, record->thread);
    if (top_is(track, TIMELINE_OFF))
        track_end(timeline, track, record->cpu, 0, true);
    return track;
}

static void replay(struct timeline *timeline, const struct trace_record *record)
{
    if (record->kind == RECORDING_LOST) {
        on_lost(timeline, record);
        return;
    }
    struct track *track = running(timeline, record);
    switch ((enum trace_kind)record->kind) {
    case TRACE_SWITCH: on_switch(timeline, record); break;
    case TRACE_SYSCALL_ENTER:
        track_end_all(timeline, track, record->cpu, true);
        track_begin(timeline, track, TIMELINE_CALL, record->cpu, record->a, record->b);
        break;
    case TRACE_SYSCALL_EXIT: on_call_exit(timeline, track, record); break;
    case TRACE_FAULT: on_fault(timeline, track, record); break;
    case TRACE_FAULT_EXIT: on_fault_exit(timeline, track, record); break;
    case TRACE_IRQ: on_interrupt(timeline, record); break;
    case TRACE_IRQ_EXIT: interrupt_end(timeline, record->cpu); break;
    case TRACE_BLOCK: on_request(timeline, record); break;
    case TRACE_BLOCK_EXIT: on_request_exit(timeline, record); break;
    case TRACE_IPC: on_instant(timeline, track, record, TIMELINE_IPC); break;
    case TRACE_NET: on_instant(timeline, track, record, TIMELINE_NET); break;
    case TRACE_WAKE: on_instant(timeline, track, record, TIMELINE_WAKE); break;
    case TRACE_DEVICE: on_instant(timeline, track, record, TIMELINE_DEVICE); break;
    case TRACE_PROCESS: on_instant(timeline, track, record, TIMELINE_PROCESS); break;
    case TRACE_THREAD_END: track_end_all(timeline, track, record->cpu, false); break;
    case TRACE_KINDS: break;
    }
}

static void end_everything(struct timeline *timeline)
{
    for (uint16_t cpu = 0; cpu < RECORDING_CPUS_MAX; cpu++) {
        interrupt_end(timeline, cpu);
        run_end(timeline, cpu);
    }
    for (uint32_t i = 0; i < timeline->thread_slots; i++)
        if (timeline->threads[i].is_used)
            track_end_all(timeline, &timeline->threads[i], 0, true);
    for (uint32_t i = 0; i < REQUESTS_MAX; i++)
        if (timeline->requests[i].is_used)
            tell_request(timeline, TIMELINE_END, &timeline->requests[i], 0, 0);
}

/* --- the passes --- */

struct sort_key {
    uint64_t ticks;
    uint32_t index;
};

static int by_time(const void *left, const void *right)
{
    const struct sort_key *a = left, *b = right;
    if (a->ticks != b->ticks)
        return a->ticks < b->ticks ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static status_t sort_records(struct timeline *timeline)
{
    uint32_t count = timeline->recording->header.record_count;
    struct sort_key *keys = malloc((count + 1) * sizeof *keys);
    timeline->order = malloc((count + 1) * sizeof *timeline->order);
    if (keys == NULL || timeline->order == NULL) {
        free(keys);
        return STATUS_NO_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++)
        keys[i] = (struct sort_key){ recording_record_at(timeline->recording, i).ticks, i };
    qsort(keys, count, sizeof *keys, by_time);
    for (uint32_t i = 0; i < count; i++)
        timeline->order[i] = keys[i].index;
    free(keys);
    return STATUS_OK;
}

static bool record_is_sane(const struct timeline *timeline, const struct trace_record *record)
{
    return record->cpu < timeline->recording->header.cpu_count &&
           (record->kind < TRACE_KINDS || record->kind == RECORDING_LOST);
}

static status_t learn(struct timeline *timeline)
{
    uint32_t count = timeline->recording->header.record_count;
    for (uint32_t i = 0; i < count; i++) {
        struct trace_record record = recording_record_at(timeline->recording, timeline->order[i]);
        if (!record_is_sane(timeline, &record))
            return STATUS_INVALID;
        if (!thread_note(timeline, record.thread))
            return STATUS_NO_MEMORY;
        if (record.kind != TRACE_SWITCH)
            continue;
        if (!thread_note(timeline, (uint32_t)record.a))
            return STATUS_NO_MEMORY;
        track_of(timeline, (uint32_t)record.a)->process = record.b;
    }
    return STATUS_OK;
}

/* Times outside the recording are moved to its edges: a record may be made while it begins or ends. */
static uint64_t clamp(const struct recording_header *header, uint64_t ticks)
{
    if (ticks < header->begin_ticks)
        return header->begin_ticks;
    return ticks > header->end_ticks ? header->end_ticks : ticks;
}

status_t timeline_run(const struct recording *recording,
                      void (*take)(void *context, const struct timeline_event *event),
                      void *context, struct timeline_counts *out_counts)
{
    struct timeline *timeline = calloc(1, sizeof *timeline);
    if (timeline == NULL)
        return STATUS_NO_MEMORY;
    timeline->recording = recording;
    timeline->take = take;
    timeline->context = context;
    timeline->thread_slots = THREADS_FIRST;
    timeline->threads = calloc(THREADS_FIRST, sizeof *timeline->threads);
    status_t status = timeline->threads == NULL ? STATUS_NO_MEMORY : sort_records(timeline);
    if (status == STATUS_OK)
        status = learn(timeline);
    for (uint32_t i = 0; i < recording->header.record_count && status == STATUS_OK; i++) {
        struct trace_record record = recording_record_at(recording, timeline->order[i]);
        timeline->now = clamp(&recording->header, record.ticks);
        replay(timeline, &record);
    }
    if (status == STATUS_OK) {
        timeline->now = recording->header.end_ticks;
        end_everything(timeline);
        *out_counts = timeline->counts;
    }
    free(timeline->order);
    free(timeline->threads);
    free(timeline);
    return status;
}
