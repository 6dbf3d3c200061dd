/* How a test program inside the machine tells its results. The host's runner reads them off the
 * console, a line each: "@@test pass NAME", "@@test fail NAME WHY", "@@test done COUNT" at the end.
 * A run without `done`, or with another count, has failed. The console is where the channel ends for
 * now; test.c alone knows. One thread. */
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
/* All claims have been made. @return the exit code: 0 when all passed. */
int test_done(void);

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
