/* ASSERT states what only our own mistake can break; it stays on in every build. What comes
 * from outside is checked with `if`. Each world supplies assert_fail: the kernel panics, a user
 * program ends, a host test fails. */
#pragma once

_Noreturn void assert_fail(const char *condition, const char *file, int line);

/* The condition must have no effect: it is a claim, not a step. */
#define ASSERT(condition)                                     \
    do {                                                      \
        if (__builtin_expect(!(condition), 0))                \
            assert_fail(#condition, __FILE_NAME__, __LINE__); \
    } while (0)
