/* Claims of a test program that uses the C library. It tells them on its standard output, a line each,
 * "claim pass NAME" or "claim fail NAME WHY", to user/tests/posix_run, which started it and passes them on.
 * One thread tells; others may fail the claim that is being made. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

static struct claims {
    const char *name;
    bool failed;
    int failures;
} claims;

static inline void claim_begin(const char *name)
{
    claims.name = name;
    __atomic_store_n(&claims.failed, false, __ATOMIC_SEQ_CST);
}

static inline void claim_fail(const char *file, int line, const char *what, long long actual)
{
    if (!__atomic_exchange_n(&claims.failed, true, __ATOMIC_SEQ_CST))
        printf("claim fail %s %s:%d: %s is %lld\n", claims.name, file, line, what, actual);
}

static inline void claim_end(void)
{
    if (claims.failed)
        claims.failures++;
    else
        printf("claim pass %s\n", claims.name);
    fflush(stdout);
}

/* The exit code of main. */
static inline int claims_done(void)
{
    return claims.failures == 0 ? 0 : 1;
}

#define CLAIM(name)         \
    do {                    \
        claim_begin(#name); \
        name();             \
        claim_end();        \
    } while (0)

#define CHECK(condition)                                        \
    do {                                                        \
        if (!(condition))                                       \
            claim_fail(__FILE_NAME__, __LINE__, #condition, 0); \
    } while (0)

#define EQ(actual, expected)                                            \
    do {                                                                \
        long long claim_actual = (long long)(actual);                   \
        if (claim_actual != (long long)(expected))                      \
            claim_fail(__FILE_NAME__, __LINE__, #actual, claim_actual); \
    } while (0)
