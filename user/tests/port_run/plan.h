/* The plan of a port's tests, a text in the image (docs/guides/port-a-program.md has its form):
 *
 *   test NAME SECONDS     begins a test: its claim's name, and how long it may take
 *   run PROGRAM WORD...   the command; a word that has blanks stands in double quotes
 *   input FILE            what its standard input is; else that is empty
 *   output FILE           its standard output is exactly this file's bytes
 *   exit CODE             its exit code, when that is not 0
 *   full                  it is left out, and told to be, unless the full counts are wanted
 *
 * Blank lines and lines that begin with # say nothing. One thread; the text outlives what is read of it. */
#pragma once

#include <abi/types.h>

enum { PLAN_WORDS_MAX = 32 };

struct plan_text {
    const char *at;
    size_t len;
};

struct port_test {
    struct plan_text name;
    struct plan_text words[PLAN_WORDS_MAX];
    struct plan_text input; /* Empty: none. */
    struct plan_text output;
    uint32_t word_count;
    uint32_t timeout_s;
    uint32_t exit_code;
    bool full;
};

struct plan {
    struct plan_text rest;
    uint32_t line; /* The number of the line that was read last. */
};

/* The next test. @return NOT_FOUND at the end of the plan; INVALID for a line that is none of the above,
 * a test without a command, or more words than PLAN_WORDS_MAX: plan->line says where. */
[[nodiscard]] status_t plan_next(struct plan *plan, struct port_test *out_test);
