/* Commands on the machine: status, cells, processes, memory, devices, log, counters, power. */
#include <string.h>

#include <abi/device.h>
#include <abi/process.h>
#include <abi/system.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/swctl/swctl.h"

enum {
    CELLS_MAX = 64,
    PROCESSES_MAX = 128,
    DEVICES_MAX = 48,
    TEXT_MAX = 4096,
    COUNTERS_MAX = 8192
};

#define SECOND_NS 1000000000ull

static uint64_t percent(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : part * 100 / whole;
}

static void status(struct swctl *swctl, int count, char **words)
{
    struct memory_info memory;
    if (!granted(swctl, swctl->system_inspect, "system:inspect"))
        return;
    status_t answer = sys_system_memory(swctl->system_inspect, &memory);
    if (answer != STATUS_OK) {
        complain(swctl, "memory", answer);
        return;
    }
    char used[8], total[8];
    format_bytes(used, (memory.total_frames - memory.free_frames) * 4096);
    format_bytes(total, memory.total_frames * 4096);
    say(swctl, "up       %llu.%03llu s\n", (unsigned long long)(memory.uptime_ns / SECOND_NS),
        (unsigned long long)(memory.uptime_ns / 1000000 % 1000));
    say(swctl, "cpus     %u\n", memory.cpu_count);
    for (uint32_t i = 0; i < memory.cpu_count && i < 8; i++)
        say(swctl, "cpu %u    %llu%% idle since the start\n", i,
            (unsigned long long)percent(memory.idle_ns[i], memory.uptime_ns));
    say(swctl, "memory   %s of %s in use\n", used, total);
}

static void memory(struct swctl *swctl, int count, char **words)
{
    struct memory_info info;
    if (!granted(swctl, swctl->system_inspect, "system:inspect"))
        return;
    status_t answer = sys_system_memory(swctl->system_inspect, &info);
    if (answer != STATUS_OK) {
        complain(swctl, "memory", answer);
        return;
    }
    say(swctl, "frames         %llu of 4 KiB\n", (unsigned long long)info.total_frames);
    say(swctl, "free           %llu\n", (unsigned long long)info.free_frames);
    say(swctl, "page cache     %llu\n", (unsigned long long)info.cache_frames);
    say(swctl, "slab objects   %llu\n", (unsigned long long)info.slab_objects);
    say(swctl, "handles        %llu\n", (unsigned long long)info.handles);
    say(swctl, "segments       %llu\n", (unsigned long long)info.segments);
}

/* Into room for CELLS_MAX. @return how many there are to show, after a complaint none. */
static size_t cells_take(struct swctl *swctl, const char *what, struct cell_info *infos)
{
    size_t total;
    if (!granted(swctl, swctl->system_inspect, "system:inspect"))
        return 0;
    status_t answer = sys_system_cells(swctl->system_inspect, infos, CELLS_MAX, &total);
    if (answer != STATUS_OK) {
        complain(swctl, what, answer);
        return 0;
    }
    return total < CELLS_MAX ? total : CELLS_MAX;
}

static void cells(struct swctl *swctl, int count, char **words)
{
    static struct cell_info infos[CELLS_MAX];
    size_t total = cells_take(swctl, "cells", infos);
    if (total == 0)
        return;
    say(swctl, "%4s %6s %-20s %8s %8s %6s %8s %8s %10s\n", "id", "parent", "name", "memory",
        "limit", "procs", "handles", "segments", "cpu ms");
    for (size_t i = 0; i < total; i++) {
        const struct cell_info *cell = &infos[i];
        char used[8], limit[8] = "-";
        format_bytes(used, cell->used[CELL_MEMORY]);
        if (cell->limits[CELL_MEMORY] != CELL_NO_LIMIT)
            format_bytes(limit, cell->limits[CELL_MEMORY]);
        say(swctl, "%4llu %6llu %-20s %8s %8s %6llu %8llu %8llu %10llu\n",
            (unsigned long long)cell->id, (unsigned long long)cell->parent_id, cell->name, used,
            limit, (unsigned long long)cell->used[CELL_PROCESSES],
            (unsigned long long)cell->used[CELL_HANDLES],
            (unsigned long long)cell->used[CELL_SEGMENTS],
            (unsigned long long)(cell->cpu_ns / 1000000));
    }
}

/* What `cells` rounds, exactly: for comparing before and after. */
static void accounts(struct swctl *swctl, int count, char **words)
{
    static struct cell_info infos[CELLS_MAX];
    size_t total = cells_take(swctl, "accounts", infos);
    for (size_t i = 0; i < total; i++) {
        const uint64_t *used = infos[i].used;
        say(swctl, "%-20s memory %llu processes %llu threads %llu handles %llu", infos[i].name,
            (unsigned long long)used[CELL_MEMORY], (unsigned long long)used[CELL_PROCESSES],
            (unsigned long long)used[CELL_THREADS], (unsigned long long)used[CELL_HANDLES]);
        say(swctl, " scratch %llu segments %llu\n", (unsigned long long)used[CELL_SCRATCH],
            (unsigned long long)used[CELL_SEGMENTS]);
    }
}

static const char *process_state_name(uint32_t state)
{
    switch (state) {
    case PROCESS_RUNNING: return "running";
    case PROCESS_ENDING: return "ending";
    default: return "ended";
    }
}

static void ps(struct swctl *swctl, int count, char **words)
{
    static struct process_info infos[PROCESSES_MAX];
    size_t total;
    if (!granted(swctl, swctl->system_inspect, "system:inspect"))
        return;
    status_t answer = sys_system_processes(swctl->system_inspect, infos, PROCESSES_MAX, &total);
    if (answer != STATUS_OK) {
        complain(swctl, "processes", answer);
        return;
    }
    say(swctl, "%4s %-14s %-14s %-8s %8s %7s %7s %9s %9s %8s\n", "pid", "name", "cell", "state",
        "mapped", "threads", "handles", "calls", "faults", "cpu ms");
    for (size_t i = 0; i < total && i < PROCESSES_MAX; i++) {
        const struct process_info *process = &infos[i];
        char mapped[8];
        format_bytes(mapped, process->mapped_bytes);
        say(swctl, "%4llu %-14s %-14s %-8s %8s %7u %7u %9llu %9llu %8llu\n",
            (unsigned long long)process->id, process->name, process->cell_name,
            process_state_name(process->state), mapped, process->threads, process->handles,
            (unsigned long long)process->syscalls, (unsigned long long)process->faults,
            (unsigned long long)(process->cpu_ns / 1000000));
    }
}

static const char *device_state_name(uint32_t state)
{
    static const char *const names[] = { "?", "free", "claimed", "releasing", "kernel", "failed" };
    return state < sizeof names / sizeof names[0] ? names[state] : "?";
}

static void devices(struct swctl *swctl, int count, char **words)
{
    static struct device_info infos[DEVICES_MAX];
    size_t total;
    if (!granted(swctl, swctl->devices, "devices"))
        return;
    status_t answer = sys_device_list(swctl->devices, infos, DEVICES_MAX, &total);
    if (answer != STATUS_OK) {
        complain(swctl, "devices", answer);
        return;
    }
    say(swctl, "%4s %-16s %-9s %-10s %-9s %s\n", "id", "name", "device", "class", "state", "owner");
    for (size_t i = 0; i < total && i < DEVICES_MAX; i++)
        say(swctl, "%4llu %-16s %04x:%04x %06x     %-9s %s\n", (unsigned long long)infos[i].id,
            infos[i].name, infos[i].vendor, infos[i].device, infos[i].class_code & 0xffffff,
            device_state_name(infos[i].state), infos[i].owner);
}

static void log(struct swctl *swctl, int count, char **words)
{
    static char text[TEXT_MAX];
    bool follow = count > 1 && strcmp(words[1], "-f") == 0;
    if (count > 1 && !follow) {
        say(swctl, "usage: log [-f]\n");
        return;
    }
    if (!granted(swctl, swctl->log, "log:read"))
        return;
    for (uint64_t cursor = 0, next;;) {
        size_t len;
        status_t answer =
            sys_log_read(swctl->log, text, sizeof text, cursor, TIME_NOW, &len, &next);
        if (answer == STATUS_OK && len > 0) {
            console_print(&swctl->console, "%.*s", (int)(len < 900 ? len : 900), text);
            for (size_t at = 900; at < len; at += 900)
                console_print(&swctl->console, "%.*s", (int)(len - at < 900 ? len - at : 900),
                              text + at);
            cursor = next;
            continue;
        }
        console_flush(&swctl->console);
        if (!follow || interrupted(swctl, SECOND_NS / 5))
            return;
    }
}

static void counters(struct swctl *swctl, int count, char **words)
{
    static char text[COUNTERS_MAX];
    size_t len;
    if (!granted(swctl, swctl->trace, "trace:read"))
        return;
    status_t answer = sys_trace_counters(swctl->trace, text, sizeof text, &len);
    if (answer != STATUS_OK)
        complain(swctl, "counters", answer);
    else
        for (size_t at = 0; at < len; at += 900)
            console_print(&swctl->console, "%.*s", (int)(len - at < 900 ? len - at : 900),
                          text + at);
}

/* The levels of the boot are counters whose names begin with boot_. */
static void boot(struct swctl *swctl, int count, char **words)
{
    static char text[COUNTERS_MAX];
    static const char prefix[] = "boot_", suffix[] = "_ns ";
    size_t len, prefix_len = sizeof prefix - 1, suffix_len = sizeof suffix - 1;
    if (!granted(swctl, swctl->trace, "trace:read"))
        return;
    status_t answer = sys_trace_counters(swctl->trace, text, sizeof text - 1, &len);
    if (answer != STATUS_OK) {
        complain(swctl, "boot", answer);
        return;
    }
    text[len] = 0;
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = 0;
        char *value = strchr(line, ' ');
        if (strncmp(line, prefix, prefix_len) != 0 || value == NULL)
            continue;
        int name_len = (int)(value + 1 - line - (ptrdiff_t)(prefix_len + suffix_len));
        say(swctl, "%-16.*s %12s ns\n", name_len, line + prefix_len, value + 1);
    }
}

static void drop_cache(struct swctl *swctl, int count, char **words)
{
    uint64_t dropped;
    if (!granted(swctl, swctl->system_control, "system:control"))
        return;
    status_t answer = sys_system_drop_cache(swctl->system_control, &dropped);
    if (answer != STATUS_OK)
        complain(swctl, "drop-cache", answer);
    else
        say(swctl, "%llu frames dropped\n", (unsigned long long)dropped);
}

static void power(struct swctl *swctl, int count, char **words)
{
    bool off = strcmp(words[1], "off") == 0;
    if (!off && strcmp(words[1], "reset") != 0) {
        say(swctl, "usage: power off|reset\n");
        return;
    }
    if (!granted(swctl, swctl->power, "power:off"))
        return;
    console_flush(&swctl->console);
    status_t answer = off ? sys_power_off(swctl->power) : sys_power_reset(swctl->power);
    complain(swctl, "power", answer);
}

const struct command commands_system[] = {
    { "status", "", "uptime, CPUs, memory", 0, 0, status },
    { "cells", "", "cells with their accounts and limits", 0, 0, cells },
    { "accounts", "", "what each cell is charged with, exactly", 0, 0, accounts },
    { "ps", "", "processes by cell", 0, 0, ps },
    { "memory", "", "frames by use", 0, 0, memory },
    { "devices", "", "the device registry", 0, 0, devices },
    { "log", "[-f]", "the system log; -f follows it until ^C", 0, 1, log },
    { "counters", "", "counters of the kernel", 0, 0, counters },
    { "boot", "", "levels of the boot, since the counter started", 0, 0, boot },
    { "drop-cache", "", "free clean pages of the cache", 0, 0, drop_cache },
    { "power", "off|reset", "turn the machine off, or start it again", 1, 1, power },
    { 0 },
};
