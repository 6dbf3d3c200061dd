/* points BOUNDS COUNT SEED OUT: write COUNT points of each function of functions.h with what MPFR has for them
 * (points.h). The same seed gives the same points. */
#include <float.h>
#include <math.h>
#include <mpfr.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/libm/functions.h"
#include "tests/libm/points.h"

enum { PRECISION_BITS = 200, ARGUMENTS_MAX = 3 };

enum spread { SPREAD_LINEAR, SPREAD_POWERS, SPREAD_POSITIVE };
struct domain {
    enum spread spread;
    double from, to;
};

struct function {
    const char *name;
    int argument_count;
    bool is_float;
    void (*exact)(void); /* Of MPFR, with as many arguments. */
    struct domain domains[ARGUMENTS_MAX];
};

static uint64_t random_state;

/* SplitMix64. */
static uint64_t random_next(void)
{
    uint64_t mixed = random_state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
}

/* In [0, 1). */
static double random_unit(void)
{
    return (double)(random_next() >> 11) * 0x1p-53;
}

static double argument_choose(const struct domain *domain, bool is_float)
{
    double chosen = domain->from + (domain->to - domain->from) * random_unit();
    if (domain->spread != SPREAD_LINEAR)
        chosen = ldexp(1 + random_unit(), (int)floor(chosen));
    if (domain->spread == SPREAD_POWERS && (random_next() & 1) != 0)
        chosen = -chosen;
    return is_float ? (double)(float)chosen : chosen;
}

static int lgamma_exact(mpfr_t out, mpfr_t x, mpfr_rnd_t rounding)
{
    int sign;
    return mpfr_lgamma(out, &sign, x, rounding);
}

static void function_compute(const struct function *function, mpfr_t out, mpfr_t *x)
{
    typedef int one(mpfr_t, mpfr_t, mpfr_rnd_t);
    typedef int two(mpfr_t, mpfr_t, mpfr_t, mpfr_rnd_t);
    typedef int three(mpfr_t, mpfr_t, mpfr_t, mpfr_t, mpfr_rnd_t);
    switch (function->argument_count) {
    case 1: ((one *)function->exact)(out, x[0], MPFR_RNDN); break;
    case 2: ((two *)function->exact)(out, x[0], x[1], MPFR_RNDN); break;
    default: ((three *)function->exact)(out, x[0], x[1], x[2], MPFR_RNDN); break;
    }
}

/* The unit of the last place of a number of the format. */
static double unit_of(double nearest, bool is_float)
{
    int exponent;
    (void)frexp(nearest, &exponent);
    int last = exponent - (is_float ? FLT_MANT_DIG : DBL_MANT_DIG);
    int least = is_float ? FLT_MIN_EXP - FLT_MANT_DIG : DBL_MIN_EXP - DBL_MANT_DIG;
    return ldexp(1, last > least ? last : least);
}

/* Nothing that is to be seen at infinity, or where there is no result. */
static bool point_make(const struct function *function, mpfr_t exact, mpfr_t *x,
                       struct point *out_point)
{
    struct point point = { 0 };
    for (int i = 0; i < function->argument_count; i++) {
        point.argument[i] = argument_choose(&function->domains[i], function->is_float);
        mpfr_set_d(x[i], point.argument[i], MPFR_RNDN);
    }
    function_compute(function, exact, x);
    point.nearest =
        function->is_float ? mpfr_get_flt(exact, MPFR_RNDN) : mpfr_get_d(exact, MPFR_RNDN);
    if (!isfinite(point.nearest))
        return false;
    double unit = unit_of(point.nearest, function->is_float);
    mpfr_sub_d(exact, exact, point.nearest, MPFR_RNDN);
    mpfr_div_d(exact, exact, unit, MPFR_RNDN);
    point.rest_ulp = mpfr_get_d(exact, MPFR_RNDN);
    *out_point = point;
    return true;
}

static double bound_find(const char *path, const char *name)
{
    char line[256], found[32];
    double bound = -1, value;
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (line[0] != '#' && sscanf(line, "%31s %lf", found, &value) == 2 &&
            strcmp(found, name) == 0)
            bound = value;
    if (file != NULL)
        fclose(file);
    if (bound < 0) {
        fprintf(stderr, "points: %s has no bound for %s\n", path, name);
        exit(1);
    }
    return bound;
}

#define LINEAR(from, to) { SPREAD_LINEAR, from, to }
#define POWERS(from, to) { SPREAD_POWERS, from, to }
#define POSITIVE(from, to) { SPREAD_POSITIVE, from, to }
#define IS_float true
#define IS_double false
#define ROW(name, count, format, exact, ...) \
    { #name, count, IS_##format, (void (*)(void))exact, { __VA_ARGS__ } },
static const struct function functions[] = { POINTS_FUNCTIONS(ROW) };
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

static void put(FILE *file, const void *bytes, size_t size)
{
    if (fwrite(bytes, size, 1, file) != 1) {
        perror("points");
        exit(1);
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: points BOUNDS COUNT SEED OUT\n", stderr);
        return 2;
    }
    uint32_t count = (uint32_t)strtoul(argv[2], NULL, 10);
    FILE *out = fopen(argv[4], "wb");
    mpfr_t exact, x[ARGUMENTS_MAX];
    if (out == NULL || count == 0) {
        perror(argv[4]);
        return 1;
    }
    mpfr_init2(exact, PRECISION_BITS);
    for (int i = 0; i < ARGUMENTS_MAX; i++)
        mpfr_init2(x[i], DBL_MANT_DIG);
    struct points_head head = { .function_count = FUNCTIONS, .point_count = count };
    memcpy(head.magic, POINTS_MAGIC, sizeof head.magic);
    put(out, &head, sizeof head);
    for (int i = 0; i < FUNCTIONS; i++) {
        struct points_function function = { .bound_ulp = bound_find(argv[1], functions[i].name) };
        strncpy(function.name, functions[i].name, sizeof function.name - 1);
        put(out, &function, sizeof function);
        random_state = strtoull(argv[3], NULL, 10) + (uint64_t)i * 0x1000003;
        for (uint32_t made = 0; made < count;) {
            struct point point;
            if (!point_make(&functions[i], exact, x, &point))
                continue;
            put(out, &point, sizeof point);
            made++;
        }
    }
    return fclose(out) == 0 ? 0 : 1;
}
