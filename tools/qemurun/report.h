/* The report channel: what a guest, or the host's part of a test, says in lines that begin with @@.
 *
 *   @@ready                     it serves; the host's part may start
 *   @@test pass NAME            one result; a NAME is one word
 *   @@test fail NAME WHY
 *   @@test skip NAME WHY        counts as a failure
 *   @@test done COUNT           all results are out, and they are COUNT
 *   @@count NAME VALUE          a figure measured, for the budgets
 *   @@thinned NAME DID FULL     how much of the full count this run did
 *
 * Everything else is console text, and a line that begins with `panic:` is the kernel's last. The
 * tally adds lines up and says at the end what is wrong with the run as a whole: silence must never
 * pass. Pure: no clock, no allocation, no files. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum report_kind {
    REPORT_TEXT, /* No report: console output. */
    REPORT_READY,
    REPORT_PASS,
    REPORT_FAIL,
    REPORT_SKIP,
    REPORT_DONE,
    REPORT_COUNT,
    REPORT_THINNED,
    REPORT_PANIC,
    REPORT_MALFORMED, /* Begins with @@ and is none of the above. */
};

enum { REPORT_NAME_MAX = 64, REPORT_REST_MAX = 200 };

struct report {
    enum report_kind kind;
    uint64_t value;                 /* DONE's COUNT, COUNT's VALUE, THINNED's DID. */
    char name[REPORT_NAME_MAX + 1]; /* Printable ASCII. */
    char rest[REPORT_REST_MAX + 1]; /* WHY, FULL, or the whole line of a panic; printable ASCII. */
};

/* Read one line, without its end; a carriage return at either end is ignored. Any bytes are fine;
 * a name that is too long makes the report malformed, a WHY that is too long is cut. */
void report_parse(const char *line, size_t len, struct report *out_report);

struct tally {
    uint64_t passed;
    uint64_t failed;
    uint64_t done_count;
    bool is_ready;
    bool is_done;
    bool has_panicked;
    bool is_malformed;
    bool talked_after_done;
};

/* Count one report. */
void tally_add(struct tally *tally, const struct report *report);

/* What is wrong with the run as a whole, as one word and a reason, or false when nothing is.
 * @param floor  the fewest results that this run must give, at least 1. */
bool tally_defect(const struct tally *tally, uint64_t floor, const char **out_name,
                  const char **out_why);
