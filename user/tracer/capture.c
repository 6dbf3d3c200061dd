/* See capture.h. */
#include "user/tracer/capture.h"

#include <string.h>

#include <abi/process.h>
#include <abi/system.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "user/rt/arena.h"

enum { PIECE = 512 }; /* Records in one call. */

static uint64_t ticks_now(void)
{
    uint64_t ticks;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks)::"memory");
    return ticks;
}

static uint64_t ticks_hz(void)
{
    uint64_t frequency_hz;
    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency_hz));
    return frequency_hz;
}

status_t capture_init(struct capture *capture)
{
    void *pages;
    status_t status = pages_take(CAPTURE_RECORDS_MAX * sizeof(struct trace_record), &pages);
    if (status == STATUS_OK)
        capture->records = pages;
    return status;
}

/* --- names --- */

static void name_add(struct capture *capture, const struct process_info *info)
{
    struct recording_header *header = &capture->header;
    for (uint32_t i = 0; i < header->process_count; i++)
        if (capture->processes[i].id == info->id)
            return;
    if (header->process_count == CAPTURE_PROCESSES_MAX)
        return;
    struct recording_process *process = &capture->processes[header->process_count++];
    process->id = info->id;
    memcpy(process->name, info->name, sizeof process->name);
    memcpy(process->cell, info->cell_name, sizeof process->cell);
}

/* Those that are there now. One that came and went has its name in a record. */
static void names_look(struct capture *capture)
{
    static struct process_info infos[CAPTURE_PROCESSES_LISTED];
    size_t total = 0;
    if (sys_system_processes(capture->system, infos, CAPTURE_PROCESSES_LISTED, &total) != STATUS_OK)
        return;
    for (size_t i = 0; i < total && i < CAPTURE_PROCESSES_LISTED; i++)
        name_add(capture, &infos[i]);
}

/* --- records --- */

static void note_lost(struct capture *capture, uint32_t cpu, uint64_t lost, uint64_t ticks)
{
    struct recording_header *header = &capture->header;
    header->lost += lost;
    if (header->record_count < capture->records_max)
        capture->records[header->record_count++] = (struct trace_record){
            .ticks = ticks, .kind = RECORDING_LOST, .cpu = (uint16_t)cpu, .a = lost
        };
}

/* One piece of a CPU's ring. @return how many records it had. */
static uint32_t drain_piece(struct capture *capture, uint32_t cpu)
{
    static struct trace_record piece[PIECE];
    struct recording_header *header = &capture->header;
    size_t len = 0;
    uint64_t lost = 0;
    if (sys_trace_read(capture->trace, cpu, piece, sizeof piece, &len, &lost) != STATUS_OK)
        return 0;
    uint32_t count = (uint32_t)(len / sizeof piece[0]);
    if (lost > 0)
        note_lost(capture, cpu, lost, count > 0 ? piece[0].ticks : ticks_now());
    uint32_t room = capture->records_max - header->record_count;
    uint32_t taken = count < room ? count : room;
    memcpy(&capture->records[header->record_count], piece, taken * sizeof piece[0]);
    header->record_count += taken;
    if (header->record_count == capture->records_max)
        header->flags |= RECORDING_IS_FULL;
    return count;
}

/* At most a ring's worth of each CPU, so that a busy CPU does not keep us from the others. */
uint32_t capture_drain(struct capture *capture)
{
    uint32_t most = 0;
    for (uint32_t cpu = 0; cpu < capture->header.cpu_count; cpu++) {
        uint32_t sum = 0, count = PIECE;
        for (int i = 0; i < 16 && count == PIECE; i++) {
            count = drain_piece(capture, cpu);
            sum += count;
        }
        most = sum > most ? sum : most;
    }
    return most;
}

/* What an earlier recording left. */
static void rings_empty(struct capture *capture)
{
    capture->records_max = CAPTURE_RECORDS_MAX;
    while (capture_drain(capture) > 0) {
        capture->header.record_count = 0;
    }
    capture->header.record_count = 0;
    capture->header.lost = 0;
    capture->header.flags = 0;
}

status_t capture_begin(struct capture *capture, const struct recording_request *request)
{
    struct memory_info memory;
    status_t status = sys_system_memory(capture->system, &memory);
    if (status != STATUS_OK)
        return status;
    capture->header = (struct recording_header){
        .ticks_hz = ticks_hz(),
        .cpu_count = memory.cpu_count < RECORDING_CPUS_MAX ? memory.cpu_count : RECORDING_CPUS_MAX,
    };
    rings_empty(capture);
    if (request->records_max < CAPTURE_RECORDS_MAX)
        capture->records_max = request->records_max;
    names_look(capture);
    capture->header.begin_ticks = ticks_now();
    return sys_trace_control(capture->trace, request->mask);
}

void capture_end(struct capture *capture)
{
    status_t status = sys_trace_control(capture->trace, 0);
    ASSERT(status == STATUS_OK); /* Nothing to record cannot be refused. */
    (void)capture_drain(capture);
    capture->header.end_ticks = ticks_now();
    names_look(capture);
}
