/* The structures that sample/syscalls.tab names. */
#pragma once

#include <stdint.h>

struct sample_item {
    uint64_t key;
    uint32_t events;
    uint32_t padding;
};

struct sample_limits {
    uint64_t low, high, step;
};
