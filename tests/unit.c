/* The runner behind unit.h. */
#include "tests/unit.h"

#include <stdarg.h>
#include <stdlib.h>

#include "lib/base/assert.h"

struct unit_test {
    const char *name;
    unit_body *body;
};

enum { UNIT_TESTS_MAX = 1024 };

static struct unit_test tests[UNIT_TESTS_MAX];
static int test_count;
static int failures_of_test;
static const char *running;
static const char *not_run_why;
static uint64_t seed_of_run = 0x5305;
static uint64_t random_state;
static jmp_buf abandon;

jmp_buf unit_panic_jump;
bool unit_panic_expected;

void unit_register(const char *name, unit_body *body)
{
    if (test_count == UNIT_TESTS_MAX)
        abort();
    tests[test_count++] = (struct unit_test){ name, body };
}

void unit_seed(uint64_t seed)
{
    random_state = seed;
}

/* splitmix64. */
uint64_t unit_random(void)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

void unit_not_run(const char *why)
{
    not_run_why = why;
}

uint64_t unit_count(const char *name, uint64_t thin, uint64_t full)
{
    if (getenv("SWOS_FULL") != NULL)
        return full;
    printf("thinned %s %llu of %llu\n", name, (unsigned long long)thin, (unsigned long long)full);
    return thin;
}

static void report(const char *file, int line, const char *format, va_list args)
{
    printf("FAIL %s: %s:%d: ", running, file, line);
    vprintf(format, args);
    printf(" (seed %llu)\n", (unsigned long long)seed_of_run);
    fflush(stdout);
    failures_of_test++;
}

void unit_fail(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(file, line, format, args);
    va_end(args);
}

void unit_fatal(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(file, line, format, args);
    va_end(args);
    longjmp(abandon, 1);
}

_Noreturn void assert_fail(const char *condition, const char *file, int line)
{
    if (unit_panic_expected)
        longjmp(unit_panic_jump, 1);
    unit_fatal(file, line, "assertion failed: %s", condition);
}

static bool run_one(const struct unit_test *test)
{
    running = test->name;
    failures_of_test = 0;
    not_run_why = NULL;
    unit_seed(seed_of_run);
    if (setjmp(abandon) == 0)
        test->body();
    unit_panic_expected = false;
    if (failures_of_test == 0 && not_run_why != NULL)
        printf("not run: %s: %s\n", test->name, not_run_why);
    else if (failures_of_test == 0)
        printf("pass %s\n", test->name);
    return failures_of_test == 0;
}

int main(int argc, char **argv)
{
    const char *seed = getenv("UNIT_SEED");
    if (seed != NULL)
        seed_of_run = strtoull(seed, NULL, 0);
    int failed = 0;
    for (int i = 0; i < test_count; i++)
        if (argc < 2 || strstr(tests[i].name, argv[1]) != NULL)
            failed += !run_one(&tests[i]);
    return failed != 0;
}
