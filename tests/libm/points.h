/* Points at which the C library's mathematics is measured, as a file: written on the host by points.c, with
 * results of MPFR, and read in the guest by user/tests/posix/libm.c. Little-endian, as both are. A struct
 * points_head, then for each function a struct points_function and its points. */
#pragma once

#include <stdint.h>

#define POINTS_MAGIC "LIBMPTS1"

struct points_head {
    char magic[8];
    uint32_t function_count;
    uint32_t point_count; /* Of each function. */
};

struct points_function {
    char name[16];
    double bound_ulp; /* tests/libm/bounds.tab. */
};

struct point {
    double argument[3];
    double nearest;  /* The result, rounded to nearest in the function's own format. */
    double rest_ulp; /* The result less that, in units of its last place: at most a half. */
};

_Static_assert(sizeof(struct points_head) == 16, "a layout");
_Static_assert(sizeof(struct points_function) == 24, "a layout");
_Static_assert(sizeof(struct point) == 40, "a layout");
