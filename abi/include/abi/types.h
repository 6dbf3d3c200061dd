/* The scalar types that the kernel, user space and host tools share. Freestanding. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/status.h>

typedef struct {
    uint64_t raw;
} handle_t; /* Index and generation; 0 is never valid. */

typedef uint64_t time_ns_t; /* Monotonic nanoseconds since boot. */
typedef uint32_t rights_t;  /* RIGHT_* bits. */

#define HANDLE_NONE ((handle_t){ 0 })
#define TIME_NEVER UINT64_MAX /* A deadline that never passes. */
#define TIME_NOW 0ull         /* A deadline that has passed: look, do not wait. */
