/* See boot_level.h. */
#include "kernel/base/boot_level.h"

#include <arch/cpu.h>

static uint64_t stamps[BOOT_LEVELS];

static const char *const names[BOOT_LEVELS] = {
    "entry", "tree", "memory", "interrupts", "objects", "root", "first_process", "other_cpus",
};

void boot_level(enum boot_level level)
{
    stamps[level] = counter_read();
}

uint64_t boot_level_ticks(enum boot_level level)
{
    return stamps[level];
}

const char *boot_level_name(enum boot_level level)
{
    return names[level];
}
