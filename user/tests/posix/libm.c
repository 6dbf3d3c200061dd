/* The C library's mathematics against MPFR: reads points with their results (tests/libm/points.h), which the host
 * made, and claims for each function that it is nowhere farther off than its bound. A service of its own
 * (manifests/libm.toml). */
#define CLAIM_PREFIX "@@test"
#define _GNU_SOURCE
#include "user/tests/posix/claim.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <swos/syscalls.h>

#include "tests/libm/functions.h"
#include "tests/libm/points.h"
#include "user/posix/start.h"

#define POINTS_FILE "/bin/libm_points"

struct function {
    const char *name;
    bool is_float;
    double (*compute)(const double *x);
};

#define CALL_1(name, x) name(x[0])
#define CALL_2(name, x) name(x[0], x[1])
#define CALL_3(name, x) name(x[0], x[1], x[2])
#define CALL_1_float(name, x) name((float)x[0])
#define CALL_2_float(name, x) name((float)x[0], (float)x[1])
#define CALL_1_double CALL_1
#define CALL_2_double CALL_2
#define CALL_3_double CALL_3
#define COMPUTE(name, count, format, ...)         \
    static double compute_##name(const double *x) \
    {                                             \
        return CALL_##count##_##format(name, x);  \
    }
POINTS_FUNCTIONS(COMPUTE)

#define IS_float true
#define IS_double false
#define ROW(name, count, format, ...) { #name, IS_##format, compute_##name },
static const struct function functions[] = { POINTS_FUNCTIONS(ROW) };
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

/* The unit of the last place of a number of the format. */
static double unit_of(double nearest, bool is_float)
{
    int exponent;
    (void)frexp(nearest, &exponent);
    int last = exponent - (is_float ? FLT_MANT_DIG : DBL_MANT_DIG);
    int least = is_float ? FLT_MIN_EXP - FLT_MANT_DIG : DBL_MIN_EXP - DBL_MANT_DIG;
    return ldexp(1, last > least ? last : least);
}

/* How far off the function is, in units of the last place. */
static double error_at(const struct function *function, const struct point *point)
{
    double got = function->compute(point->argument);
    double off = (got - point->nearest) / unit_of(point->nearest, function->is_float);
    return isnan(got) ? INFINITY : fabs(off - point->rest_ulp);
}

static void function_measure(const struct function *function, FILE *file, uint32_t count)
{
    struct points_function row;
    struct point point, worst = { 0 };
    double error, most = 0;
    char name[32];
    snprintf(name, sizeof name, "libm.%s", function->name);
    claim_begin(name);
    EQ(fread(&row, sizeof row, 1, file), 1);
    EQ(strncmp(row.name, function->name, sizeof row.name), 0);
    for (uint32_t i = 0; i < count; i++) {
        EQ(fread(&point, sizeof point, 1, file), 1);
        error = error_at(function, &point);
        if (error > most) {
            most = error;
            worst = point;
        }
    }
    CHECK(most <= row.bound_ulp);
    if (claims.failed)
        printf("%s: %.4f ulp at %a %a %a\n", name, most, worst.argument[0], worst.argument[1],
               worst.argument[2]);
    claim_end();
    printf("@@count %s.milliulp %.0f\n", name, most * 1000);
}

static void all_measure(void)
{
    static char buffer[1 << 16];
    struct points_head head = { 0 };
    FILE *file = fopen(POINTS_FILE, "rb");
    CHECK(file != NULL);
    if (file == NULL)
        return;
    setvbuf(file, buffer, _IOFBF, sizeof buffer);
    claim_begin("libm.points");
    EQ(fread(&head, sizeof head, 1, file), 1);
    EQ(memcmp(head.magic, POINTS_MAGIC, sizeof head.magic), 0);
    EQ(head.function_count, FUNCTIONS);
    CHECK(head.point_count > 0);
    claim_end();
    for (int i = 0; i < FUNCTIONS; i++)
        function_measure(&functions[i], file, head.point_count);
    fclose(file);
}

int main(void)
{
    all_measure();
    claims_report();
    const struct start_handle *power = start_find("power:off", OBJECT_POWER);
    if (power != NULL)
        (void)sys_power_off((handle_t){ power->handle });
    return claims_done();
}
