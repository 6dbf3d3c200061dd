/* See summary.h. Time in a call is on the CPU, with the faults and interrupts in it; `off` is what it waited. User
 * time is what is left of a process's running. */
#include "tools/trace/summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PROCESSES_MAX = 512, ROWS_FIRST = 64 };

struct process_row {
    uint64_t process;
    uint64_t run_ticks;
    uint64_t call_ticks;
    uint64_t fault_ticks; /* Outside calls. */
    uint64_t switches;
    uint64_t calls;
    uint64_t faults;
};

struct call_row {
    uint64_t process;
    uint64_t number;
    uint64_t count;
    uint64_t on_ticks;
    uint64_t off_ticks;
    uint64_t longest_ticks; /* On the CPU. */
};

struct cpu_row {
    uint64_t idle_ticks;
    uint64_t interrupt_ticks;
    uint64_t interrupts;
};

struct summary {
    const struct recording *recording;
    const struct names *names;
    struct process_row processes[PROCESSES_MAX];
    uint32_t process_count;
    struct call_row
        *calls; /* A hash table by process and number, a power of two; free: count is 0. */
    uint32_t call_slots;
    uint32_t call_count;
    struct cpu_row cpus[RECORDING_CPUS_MAX];
    uint64_t left_out;
    uint64_t ipc, wakes, disk, network;
    uint64_t disk_ticks;
};

struct summary *summary_new(const struct recording *recording, const struct names *names)
{
    struct summary *summary = calloc(1, sizeof *summary);
    if (summary == NULL)
        return NULL;
    summary->recording = recording;
    summary->names = names;
    summary->call_slots = ROWS_FIRST;
    summary->calls = calloc(ROWS_FIRST, sizeof *summary->calls);
    if (summary->calls == NULL) {
        free(summary);
        return NULL;
    }
    return summary;
}

void summary_free(struct summary *summary)
{
    free(summary->calls);
    free(summary);
}

static struct process_row *process_row(struct summary *summary, uint64_t process)
{
    for (uint32_t i = 0; i < summary->process_count; i++)
        if (summary->processes[i].process == process)
            return &summary->processes[i];
    if (summary->process_count == PROCESSES_MAX) {
        summary->left_out++;
        return NULL;
    }
    struct process_row *row = &summary->processes[summary->process_count++];
    row->process = process;
    return row;
}

static struct call_row *call_slot(struct call_row *calls, uint32_t slots, uint64_t process,
                                  uint64_t number)
{
    uint64_t at = (process * 0x9e3779b97f4a7c15ull ^ number * 0xc2b2ae3d27d4eb4full) >> 32;
    for (at &= slots - 1; calls[at].count > 0; at = (at + 1) & (slots - 1))
        if (calls[at].process == process && calls[at].number == number)
            break;
    return &calls[at];
}

static bool calls_grow(struct summary *summary)
{
    uint32_t slots = summary->call_slots * 2;
    struct call_row *calls = calloc(slots, sizeof *calls);
    if (calls == NULL)
        return false;
    for (uint32_t i = 0; i < summary->call_slots; i++) {
        const struct call_row *row = &summary->calls[i];
        if (row->count > 0)
            *call_slot(calls, slots, row->process, row->number) = *row;
    }
    free(summary->calls);
    summary->calls = calls;
    summary->call_slots = slots;
    return true;
}

/* The caller counts in it, at least once. */
static struct call_row *call_row(struct summary *summary, uint64_t process, uint64_t number)
{
    if (summary->call_count * 2 >= summary->call_slots && !calls_grow(summary)) {
        summary->left_out++;
        return NULL;
    }
    struct call_row *row = call_slot(summary->calls, summary->call_slots, process, number);
    if (row->count == 0) {
        summary->call_count++;
        row->process = process;
        row->number = number;
    }
    return row;
}

static void add_call(struct summary *summary, const struct timeline_event *event)
{
    uint64_t on_ticks = event->span_ticks - event->off_ticks;
    struct process_row *process = process_row(summary, event->process);
    struct call_row *row = process == NULL ? NULL : call_row(summary, event->process, event->a);
    if (row == NULL)
        return;
    row->count++;
    row->on_ticks += on_ticks;
    row->off_ticks += event->off_ticks;
    if (on_ticks > row->longest_ticks)
        row->longest_ticks = on_ticks;
    process->calls++;
    process->call_ticks += on_ticks;
}

static void add_fault(struct summary *summary, const struct timeline_event *event)
{
    struct process_row *process = process_row(summary, event->process);
    if (process == NULL)
        return;
    process->faults++;
    if (!event->is_nested)
        process->fault_ticks += event->span_ticks - event->off_ticks;
}

static void add_run(struct summary *summary, const struct timeline_event *event)
{
    if (event->process == TIMELINE_IDLE) {
        summary->cpus[event->cpu].idle_ticks += event->span_ticks;
        return;
    }
    struct process_row *process = process_row(summary, event->process);
    if (process == NULL)
        return;
    process->run_ticks += event->span_ticks;
    process->switches++;
}

void summary_take(void *context, const struct timeline_event *event)
{
    struct summary *summary = context;
    summary->ipc += event->what == TIMELINE_IPC;
    summary->wakes += event->what == TIMELINE_WAKE;
    summary->network += event->what == TIMELINE_NET;
    if (event->phase != TIMELINE_END)
        return;
    switch (event->what) {
    case TIMELINE_RUN: add_run(summary, event); break;
    case TIMELINE_CALL: add_call(summary, event); break;
    case TIMELINE_FAULT: add_fault(summary, event); break;
    case TIMELINE_INTERRUPT:
        summary->cpus[event->cpu].interrupts++;
        summary->cpus[event->cpu].interrupt_ticks += event->span_ticks;
        break;
    case TIMELINE_BLOCK:
        summary->disk++;
        summary->disk_ticks += event->span_ticks;
        break;
    default: break;
    }
}

/* --- printing --- */

static double milliseconds(const struct summary *summary, uint64_t ticks)
{
    return (double)ticks * 1e3 / (double)summary->recording->header.ticks_hz;
}

static double microseconds(const struct summary *summary, uint64_t ticks)
{
    return milliseconds(summary, ticks) * 1e3;
}

static int by_run(const void *left, const void *right)
{
    const struct process_row *a = left, *b = right;
    return a->run_ticks > b->run_ticks ? -1 : a->run_ticks < b->run_ticks;
}

static int by_on(const void *left, const void *right)
{
    const struct call_row *a = left, *b = right;
    if ((a->count == 0) != (b->count == 0))
        return a->count == 0 ? 1 : -1;
    return a->on_ticks > b->on_ticks ? -1 : a->on_ticks < b->on_ticks;
}

static void print_cpus(const struct summary *summary, FILE *file)
{
    const struct recording_header *header = &summary->recording->header;
    double whole = milliseconds(summary, header->end_ticks - header->begin_ticks);
    fprintf(file, "%-22s %10s %10s %12s\n", "CPU", "idle %", "interrupts", "in them ms");
    for (uint32_t i = 0; i < header->cpu_count; i++) {
        const struct cpu_row *cpu = &summary->cpus[i];
        fprintf(file, "%-22u %10.1f %10" PRIu64 " %12.3f\n", i,
                whole > 0 ? milliseconds(summary, cpu->idle_ticks) * 100 / whole : 0,
                cpu->interrupts, milliseconds(summary, cpu->interrupt_ticks));
    }
}

static void print_processes(struct summary *summary, FILE *file)
{
    char text[NAME_TEXT_MAX];
    qsort(summary->processes, summary->process_count, sizeof summary->processes[0], by_run);
    fprintf(file, "\n%-22s %10s %10s %10s %10s %9s %9s %8s\n", "process", "runs ms", "user ms",
            "calls ms", "faults ms", "switches", "calls", "faults");
    for (uint32_t i = 0; i < summary->process_count; i++) {
        const struct process_row *row = &summary->processes[i];
        uint64_t kernel_ticks = row->call_ticks + row->fault_ticks;
        uint64_t user_ticks = row->run_ticks > kernel_ticks ? row->run_ticks - kernel_ticks : 0;
        fprintf(file, "%-22s %10.3f %10.3f %10.3f %10.3f %9" PRIu64 " %9" PRIu64 " %8" PRIu64 "\n",
                name_of_process(summary->names, row->process, text),
                milliseconds(summary, row->run_ticks), milliseconds(summary, user_ticks),
                milliseconds(summary, row->call_ticks), milliseconds(summary, row->fault_ticks),
                row->switches, row->calls, row->faults);
    }
}

static void print_calls(struct summary *summary, FILE *file, uint32_t rows_max)
{
    char process[NAME_TEXT_MAX], call[NAME_TEXT_MAX];
    qsort(summary->calls, summary->call_slots, sizeof summary->calls[0], by_on);
    fprintf(file, "\n%-22s %-24s %9s %10s %10s %10s %12s\n", "process", "call", "times", "ms",
            "us each", "longest us", "waited ms");
    for (uint32_t i = 0; i < summary->call_slots && i < rows_max && summary->calls[i].count > 0;
         i++) {
        const struct call_row *row = &summary->calls[i];
        fprintf(file, "%-22s %-24s %9" PRIu64 " %10.3f %10.2f %10.2f %12.3f\n",
                name_of_process(summary->names, row->process, process),
                name_of_call(row->number, call), row->count, milliseconds(summary, row->on_ticks),
                microseconds(summary, row->on_ticks) / (double)row->count,
                microseconds(summary, row->longest_ticks), milliseconds(summary, row->off_ticks));
    }
}

void summary_print(struct summary *summary, const struct timeline_counts *counts, FILE *file,
                   uint32_t rows_max)
{
    const struct recording_header *header = &summary->recording->header;
    fprintf(file,
            "%.3f ms, %u records, %" PRIu64 " lost, %" PRIu64 " ends not seen, %" PRIu64
            " begins not seen\n",
            milliseconds(summary, header->end_ticks - header->begin_ticks), header->record_count,
            counts->lost, counts->cut, counts->unmatched);
    if (header->flags & RECORDING_IS_FULL)
        fprintf(file, "It ended early: there was no room for more records.\n");
    if (summary->left_out > 0)
        fprintf(file, "%" PRIu64 " spans are left out: too many rows.\n", summary->left_out);
    fprintf(file,
            "%" PRIu64 " calls between processes, %" PRIu64 " wake-ups, %" PRIu64
            " operations of the network, %" PRIu64 " requests of disks (%.3f ms)\n\n",
            summary->ipc, summary->wakes, summary->network, summary->disk,
            milliseconds(summary, summary->disk_ticks));
    print_cpus(summary, file);
    print_processes(summary, file);
    print_calls(summary, file, rows_max);
}
