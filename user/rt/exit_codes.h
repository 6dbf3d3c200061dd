/* Exit codes that native programs share; the kernel's own are in <abi/process.h>. */
#pragma once

enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1, /* A call that the program cannot go on without failed; the log says which. */
    EXIT_USAGE = 2,  /* Arguments that it does not take. */
    EXIT_NO_HANDLE = 3, /* A handle that it needs was not given. */
    EXIT_ASSERT = 4,    /* A mistake of its own. */
};
