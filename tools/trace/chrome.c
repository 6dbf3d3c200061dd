/* See chrome.h. */
#include "tools/trace/chrome.h"

#include <inttypes.h>

static uint64_t nanoseconds(const struct recording *recording, uint64_t ticks)
{
    return (uint64_t)((unsigned __int128)ticks * 1000000000u / recording->header.ticks_hz);
}

static uint64_t process_number(uint64_t process)
{
    if (process == 0 || process == TIMELINE_IDLE || process == TIMELINE_UNKNOWN)
        return CHROME_KERNEL;
    return process % CHROME_CPUS;
}

static bool is_of_cpu(const struct timeline_event *event)
{
    return event->what == TIMELINE_RUN || event->what == TIMELINE_INTERRUPT;
}

/* {"ph":"B","ts":12.345,"pid":1,"tid":2 */
static void put_head(const struct chrome *chrome, const char *phase,
                     const struct timeline_event *event)
{
    const struct recording *recording = chrome->recording;
    uint64_t ns = nanoseconds(recording, event->ticks - recording->header.begin_ticks);
    fprintf(chrome->file, "{\"ph\":\"%s\",\"ts\":%" PRIu64 ".%03u", phase, ns / 1000,
            (unsigned)(ns % 1000));
    if (is_of_cpu(event))
        fprintf(chrome->file, ",\"pid\":%d,\"tid\":%u", CHROME_CPUS, event->cpu);
    else if (event->what == TIMELINE_BLOCK)
        fprintf(chrome->file, ",\"pid\":%d,\"tid\":0", CHROME_CPUS);
    else
        fprintf(chrome->file, ",\"pid\":%" PRIu64 ",\"tid\":%u", process_number(event->process),
                event->thread);
}

static void put_begin(const struct chrome *chrome, const struct timeline_event *event)
{
    char text[NAME_TEXT_MAX];
    FILE *file = chrome->file;
    put_head(chrome, "B", event);
    switch (event->what) {
    case TIMELINE_RUN:
        fprintf(file, ",\"cat\":\"run\",\"name\":\"%s\",\"args\":{\"thread\":%u}",
                name_of_process(chrome->names, event->process, text), event->thread);
        break;
    case TIMELINE_INTERRUPT:
        fprintf(file, ",\"cat\":\"interrupt\",\"name\":\"interrupt %" PRIu64 "\"", event->a);
        break;
    case TIMELINE_CALL:
        fprintf(file, ",\"cat\":\"call\",\"name\":\"%s\",\"args\":{\"first\":\"0x%" PRIx64 "\"}",
                name_of_call(event->a, text), event->b);
        break;
    case TIMELINE_FAULT:
        fprintf(file,
                ",\"cat\":\"fault\",\"name\":\"page fault\",\"args\":{\"address\":\"0x%" PRIx64
                "\",\"access\":%" PRIu64 "}",
                event->a, event->b);
        break;
    default: fprintf(file, ",\"cat\":\"off\",\"name\":\"off the CPU\""); break;
    }
    fprintf(file, "},\n");
}

static void put_end(const struct chrome *chrome, const struct timeline_event *event)
{
    char text[NAME_TEXT_MAX];
    put_head(chrome, "E", event);
    if (event->is_cut)
        fprintf(chrome->file, ",\"args\":{\"end\":\"not seen\"}");
    else if (event->what == TIMELINE_CALL || event->what == TIMELINE_FAULT)
        fprintf(chrome->file, ",\"args\":{\"status\":\"%s\"}", name_of_status(event->b, text));
    fprintf(chrome->file, "},\n");
}

static void put_instant(const struct chrome *chrome, const struct timeline_event *event)
{
    static const char *const names[] = {
        [TIMELINE_IPC] = "ipc call",  [TIMELINE_NET] = "network",         [TIMELINE_WAKE] = "wake",
        [TIMELINE_DEVICE] = "device", [TIMELINE_PROCESS] = "new process",
    };
    put_head(chrome, "i", event);
    fprintf(chrome->file,
            ",\"s\":\"t\",\"cat\":\"event\",\"name\":\"%s\",\"args\":{\"a\":%" PRIu64
            ",\"b\":%" PRIu64 "}},\n",
            names[event->what], event->a, event->what == TIMELINE_PROCESS ? 0 : event->b);
}

static void put_request(const struct chrome *chrome, const struct timeline_event *event)
{
    static const char *const operations[] = { "read", "write", "flush" };
    uint64_t operation = event->b >> TRACE_BLOCK_OPERATION_SHIFT;
    put_head(chrome, event->phase == TIMELINE_BEGIN ? "b" : "e", event);
    fprintf(chrome->file, ",\"cat\":\"block\",\"id\":\"0x%" PRIx64 "\",\"name\":\"disk %s\"},\n",
            event->a, operation < 3 ? operations[operation] : "request");
}

void chrome_begin(struct chrome *chrome)
{
    char text[NAME_TEXT_MAX];
    FILE *file = chrome->file;
    const struct recording_header *header = &chrome->recording->header;
    fprintf(file, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
    fprintf(file,
            "{\"ph\":\"M\",\"pid\":%d,\"name\":\"process_name\",\"args\":{\"name\":\"CPUs\"}},\n",
            CHROME_CPUS);
    fprintf(file,
            "{\"ph\":\"M\",\"pid\":%d,\"name\":\"process_name\",\"args\":{\"name\":\"kernel\"}},\n",
            CHROME_KERNEL);
    for (uint32_t cpu = 0; cpu < header->cpu_count; cpu++)
        fprintf(file,
                "{\"ph\":\"M\",\"pid\":%d,\"tid\":%u,\"name\":\"thread_name\",\"args\":{\"name\":"
                "\"CPU %u\"}},\n",
                CHROME_CPUS, cpu, cpu);
    for (uint32_t i = 0; i < names_count(chrome->names); i++) {
        uint64_t process = names_process(chrome->names, i);
        fprintf(file,
                "{\"ph\":\"M\",\"pid\":%" PRIu64
                ",\"name\":\"process_name\",\"args\":{\"name\":\"%s\"}},\n",
                process_number(process), name_of_process(chrome->names, process, text));
    }
}

void chrome_take(void *context, const struct timeline_event *event)
{
    const struct chrome *chrome = context;
    if (event->what == TIMELINE_RUN && event->process == TIMELINE_IDLE)
        return; /* Where nothing is shown, nobody ran. */
    if (event->what == TIMELINE_BLOCK)
        put_request(chrome, event);
    else if (event->phase == TIMELINE_BEGIN)
        put_begin(chrome, event);
    else if (event->phase == TIMELINE_END)
        put_end(chrome, event);
    else
        put_instant(chrome, event);
}

bool chrome_end(struct chrome *chrome, const struct timeline_counts *counts)
{
    /* The last event has no comma after it: the counts, as one more. */
    fprintf(chrome->file,
            "{\"ph\":\"M\",\"pid\":%d,\"name\":\"process_labels\",\"args\":{\"labels\":\"%" PRIu64
            " records lost\"}}\n]}\n",
            CHROME_CPUS, counts->lost);
    return ferror(chrome->file) == 0;
}
