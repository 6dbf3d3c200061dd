/* Claims of a test program that uses the C library. It tells them on its standard output, a line each,
 * "claim pass NAME" or "claim fail NAME WHY", to user/tests/posix_run, which started it and passes them on. One
 * that is a service of its own and has the console defines CLAIM_PREFIX as "@@test", and ends by claims_report.
 * One thread tells; others may fail the claim that is being made. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#ifndef CLAIM_PREFIX
#define CLAIM_PREFIX "claim"
#endif

static struct claims {
    const char *name;
    bool failed;
    int failures;
    int count;
} claims;

static inline void claim_begin(const char *name)
{
    claims.name = name;
    __atomic_store_n(&claims.failed, false, __ATOMIC_SEQ_CST);
}

static inline void claim_fail(const char *file, int line, const char *what, long long actual)
{
    if (!__atomic_exchange_n(&claims.failed, true, __ATOMIC_SEQ_CST))
        printf(CLAIM_PREFIX " fail %s %s:%d: %s is %lld\n", claims.name, file, line, what, actual);
}

static inline void claim_end(void)
{
    claims.count++;
    if (claims.failed)
        claims.failures++;
    else
        printf(CLAIM_PREFIX " pass %s\n", claims.name);
    fflush(stdout);
}

/* The exit code of main. */
static inline int claims_done(void)
{
    return claims.failures == 0 ? 0 : 1;
}

/* The last line of all, for the host's runner. */
static inline void claims_report(void)
{
    printf(CLAIM_PREFIX " done %d\n", claims.count);
    fflush(stdout);
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
