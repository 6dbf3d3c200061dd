/* Host unit tests: TEST(claim) { ... EXPECT_...; }. Each program runs all of its tests, prints
 * `pass NAME`, `FAIL NAME: why` or `not run: NAME: why` a line, and ends with 1 when one failed. `./test FILTER` runs
 * those whose name contains FILTER; UNIT_SEED=N sets the seed of unit_random, which is printed
 * when a test fails. An ASSERT that fails ends the running test as a failure, unless the test said
 * EXPECT_PANIC. */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef void unit_body(void);
void unit_register(const char *name, unit_body *body);
void unit_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void unit_fatal(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));
/* Say that the running test cannot run here, and why. It then counts as neither passed nor failed:
 * for tests of other people's vectors when SWOS_VECTORS is unset, and for nothing else. */
void unit_not_run(const char *why);
uint64_t unit_random(void);    /* Of the seed alone: the same run gives the same numbers. */
void unit_seed(uint64_t seed); /* Start the sequence again; each test starts with the seed. */

/* How many rounds a test does: `full` under SWOS_FULL, else `thin`, of which the run's summary then
 * tells. `name` is one word. */
uint64_t unit_count(const char *name, uint64_t thin, uint64_t full);

extern jmp_buf unit_panic_jump;
extern bool unit_panic_expected;

#define TEST(name)                                                 \
    static void name(void);                                        \
    __attribute__((constructor)) static void name##_register(void) \
    {                                                              \
        unit_register(#name, name);                                \
    }                                                              \
    static void name(void)

#define EXPECT(condition)                                         \
    do {                                                          \
        if (!(condition))                                         \
            unit_fail(__FILE_NAME__, __LINE__, "%s", #condition); \
    } while (0)

#define EXPECT_EQ(actual, expected)                                                           \
    do {                                                                                      \
        long long unit_a = (long long)(actual), unit_e = (long long)(expected);               \
        if (unit_a != unit_e)                                                                 \
            unit_fail(__FILE_NAME__, __LINE__, "%s is %lld (0x%llx), expected %lld (0x%llx)", \
                      #actual, unit_a, unit_a, unit_e, unit_e);                               \
    } while (0)

#define EXPECT_STR(actual, expected)                                                             \
    do {                                                                                         \
        const char *unit_a = (actual), *unit_e = (expected);                                     \
        if (strcmp(unit_a, unit_e) != 0)                                                         \
            unit_fail(__FILE_NAME__, __LINE__, "%s is \"%s\", expected \"%s\"", #actual, unit_a, \
                      unit_e);                                                                   \
    } while (0)

#define EXPECT_MEM(actual, expected, len)                                                 \
    do {                                                                                  \
        if (memcmp((actual), (expected), (len)) != 0)                                     \
            unit_fail(__FILE_NAME__, __LINE__, "%s differs from %s", #actual, #expected); \
    } while (0)

/* As EXPECT, but the test cannot go on without it. */
#define REQUIRE(condition)                                                   \
    do {                                                                     \
        if (!(condition))                                                    \
            unit_fatal(__FILE_NAME__, __LINE__, "required: %s", #condition); \
    } while (0)

/* The statement must reach a failing ASSERT. Its locals must not be used afterwards. */
#define EXPECT_PANIC(statement)                                                \
    do {                                                                       \
        unit_panic_expected = true;                                            \
        if (setjmp(unit_panic_jump) == 0) {                                    \
            statement;                                                         \
            unit_fail(__FILE_NAME__, __LINE__, "no panic in: %s", #statement); \
        }                                                                      \
        unit_panic_expected = false;                                           \
    } while (0)
