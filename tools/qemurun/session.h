/* One guest, from its start to its end: a test that must report, or a system that serves until it
 * is told to stop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct session_options {
    bool is_test;
    const char *name;         /* In messages. */
    const char *log_path;     /* All that the guest says; the host's part goes to PATH.host. */
    const char *results_path; /* A test's results, a line each; NULL for a service. */
    const char *console_path; /* A FIFO to make: what is written there is typed on the console. */
    const char
        *host_command;      /* For sh, once the guest is ready; NULL when the guest tests itself. */
    const char *ready_text; /* Printed once the guest is ready; NULL for nothing. */
    uint64_t floor;         /* The fewest results of a test. */
    uint64_t deadline_s;    /* A test's whole time; a service's time to get ready. */
    char **argv;            /* QEMU and its arguments, NULL at the end. */
};

/* Run it. A test ends with 0 only when every result is a pass and the run is whole: nothing missing,
 * no panic, an end of its own. A service ends with 0 after SIGTERM, SIGINT or SIGHUP, and when the
 * guest powers off. Whatever happens, no process of it is left. */
int session_run(const struct session_options *options);
