/* Formatted output and input, strings and numbers: what needs nothing but memory. */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

static void printf_formats_numbers(void)
{
    char text[128];
    EQ(snprintf(text, sizeof text, "%d %5s|%-5s| %#x %lld", -7, "ab", "cd", 255, 1ll << 40), 34);
    EQ(strcmp(text, "-7    ab|cd   | 0xff 1099511627776"), 0);
}

/* Floating point in user space, and the compiler's 128-bit arithmetic behind %Lf. */
static void printf_formats_floats(void)
{
    char text[128];
    snprintf(text, sizeof text, "%.3f %e %.20Lf", 3.14159, 12345.678, 1.0L / 3);
    EQ(strcmp(text, "3.142 1.234568e+04 0.33333333333333333333"), 0);
    CHECK(fabs(sqrt(2.0) * sqrt(2.0) - 2.0) < 1e-15);
    CHECK(fabs(sin(M_PI / 6) - 0.5) < 1e-15);
}

static void numbers_are_read(void)
{
    int a;
    double b;
    char word[8];
    EQ(sscanf("42 2.5 word", "%d %lf %7s", &a, &b, word), 3);
    EQ(a, 42);
    CHECK(b == 2.5 && strcmp(word, "word") == 0);
    errno = 0;
    EQ(strtol("99999999999999999999", NULL, 10), __LONG_MAX__);
    EQ(errno, ERANGE);
}

static int int_compare(const void *a, const void *b)
{
    return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

static void qsort_sorts(void)
{
    static int numbers[10000];
    uint32_t seed = 12345;
    for (int i = 0; i < 10000; i++) {
        seed = seed * 1664525 + 1013904223;
        numbers[i] = (int)(seed >> 8);
    }
    qsort(numbers, 10000, sizeof numbers[0], int_compare);
    for (int i = 1; i < 10000; i++)
        CHECK(numbers[i - 1] <= numbers[i]);
    CHECK(bsearch(&numbers[77], numbers, 10000, sizeof numbers[0], int_compare) != NULL);
}

static void environment_can_be_set(void)
{
    EQ(setenv("KEY", "value", 1), 0);
    CHECK(getenv("KEY") != NULL && strcmp(getenv("KEY"), "value") == 0);
    EQ(unsetenv("KEY"), 0);
    CHECK(getenv("KEY") == NULL);
}

static bool exit_handler_may_run;

static void at_exit(void)
{
    if (!exit_handler_may_run)
        _exit(3);
}

/* The kernel passes no standard input here: it is there, and at its end. */
static void standard_input_is_at_its_end(void)
{
    EQ(getchar(), EOF);
    EQ(isatty(0), 0);
}

int main(int argc, char **argv)
{
    CLAIM(printf_formats_numbers);
    CLAIM(printf_formats_floats);
    CLAIM(numbers_are_read);
    CLAIM(qsort_sorts);
    CLAIM(environment_can_be_set);
    CLAIM(standard_input_is_at_its_end);
    claim_begin("arguments_arrive");
    EQ(argc, 2);
    CHECK(strcmp(argv[0], "posix_stdio") == 0 && strcmp(argv[1], "an argument") == 0);
    claim_end();
    atexit(at_exit);
    exit_handler_may_run = true;
    return claims_done();
}
