/* How a test program inside the machine tells its results. The host's runner reads them off the
 * console, a line each: "@@test pass NAME", "@@test fail NAME WHY", "@@test done COUNT" at the end.
 * A run without `done`, or with another count, has failed. The console is where the channel ends for
 * now; test.c alone knows: its handle is "console:stdio", or "tty" for a program that the kernel
 * started itself. One thread tells, and others may fail a claim that it then ends. */
#pragma once

#include <abi/types.h>

struct test_claim {
    const char *name;
    bool failed;
};

/* Begin and end a claim. */
void test_begin(struct test_claim *claim, const char *name);
void test_end(struct test_claim *claim);
/* The first failure is told; the others of the same claim are not. */
void test_fail(struct test_claim *claim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* All claims have been made. A program that was given "power:off", or "power" as the first process is, turns the
 * machine off and does not return. @return the exit code: 0 when all passed. */
int test_done(void);

/* A claim that has a function of its own. */
struct test_case {
    const char *name; /* One word: "handle.stale". */
    void (*run)(struct test_claim *claim);
};

/* Make the claims of a list, one after the other. */
void test_run(const struct test_case *cases, size_t count);

/* How often to do something: the full count when the command line says swos.full=1, else the landing
 * tier's, which is told as "@@thinned NAME landing full". */
uint64_t test_rounds(const char *name, uint64_t landing, uint64_t full);

/* The value of a word NAME=VALUE of the kernel's command line. @return whether it is there and fits. */
bool test_argument(const char *name, char *out_value, size_t size);

/* A figure for the budgets: "@@count NAME VALUE". */
void test_count(const char *name, uint64_t value);

#define TEST_CHECK(claim, condition)                                              \
    do {                                                                          \
        if (!(condition))                                                         \
            test_fail((claim), "%s:%d: %s", __FILE_NAME__, __LINE__, #condition); \
    } while (0)

#define TEST_EQ(claim, actual, expected)                                                    \
    do {                                                                                    \
        long long test_a = (long long)(actual), test_e = (long long)(expected);             \
        if (test_a != test_e)                                                               \
            test_fail((claim), "%s:%d: %s is %lld, expected %lld", __FILE_NAME__, __LINE__, \
                      #actual, test_a, test_e);                                             \
    } while (0)
