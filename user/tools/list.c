/* See list.h. */
#include "user/tools/list.h"

#include <stdio.h>

#include <swos/syscalls.h>

#include "user/posix/start.h"

int list_processes(const char *program, struct process_info infos[LIST_MAX])
{
    const struct start_handle *cell = start_find("cell", OBJECT_CELL);
    size_t total = 0;
    if (cell == NULL) {
        fprintf(stderr, "%s: this process was not given its cell to look at\n", program);
        return -1;
    }
    status_t status = sys_cell_processes((handle_t){ cell->handle }, infos, LIST_MAX, &total);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: status %u\n", program, (unsigned)status);
        return -1;
    }
    return total < LIST_MAX ? (int)total : LIST_MAX;
}

static const char *state_name(uint32_t state)
{
    return state == PROCESS_RUNNING ? "running" : state == PROCESS_ENDING ? "ending" : "ended";
}

void list_head(void)
{
    printf("%5s %-20s %-8s %9s %7s %9s\n", "PID", "NAME", "STATE", "MAPPED K", "THREADS", "CPU MS");
}

void list_row(const struct process_info *info)
{
    printf("%5llu %-20s %-8s %9llu %7u %9llu\n", (unsigned long long)info->id, info->name,
           state_name(info->state), (unsigned long long)info->mapped_bytes / 1024, info->threads,
           (unsigned long long)info->cpu_ns / 1000000);
}
