/* Named levels of the boot, each stamped with the counter when it is reached. */
#pragma once

#include <stdint.h>

enum boot_level {
    BOOT_ENTRY,
    BOOT_TREE,
    BOOT_MEMORY,
    BOOT_INTERRUPTS,
    BOOT_OBJECTS,
    BOOT_ROOT,          /* The base image is mounted. */
    BOOT_FIRST_PROCESS, /* init is ready to run. */
    BOOT_OTHER_CPUS,
    BOOT_LEVELS,
};

void boot_level(enum boot_level level);
/* Counter ticks at which a level was reached; 0: not yet. */
uint64_t boot_level_ticks(enum boot_level level);
const char *boot_level_name(enum boot_level level);
