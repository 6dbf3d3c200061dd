/* Running test programs that use the C library, from one that does not: each in a process of its own with what
 * it may have, a root of /bin (the base image's, read-only), /tmp (a scratch tree) and /dev, and a stream as
 * its standard output, from which its claims are read (user/tests/posix/claim.h). */
#pragma once

#include "user/rt/spawn.h"
#include "user/rt/test.h"

struct posix_world {
    handle_t cell; /* Where programs run. */
    handle_t bin;  /* The folder with the programs. */
    handle_t scratch;
    handle_t root; /* These and the devices as a name space. */
    struct spawn_plan plan;
};

struct posix_program {
    const char *name;
    bool has_trees;       /* Its trees as grants, instead of a root. */
    const char *argument; /* Its second one; NULL: none. */
    bool is_brief;        /* Only claims that fail are told. */
    bool has_numbers; /* 1, its output, and 7, the scratch tree, instead of a handle "stdout". */
};

/* The trees, from those of the first process; the cell is the caller's to set, and begins as its own. */
status_t posix_world_make(struct posix_world *out_world);
/* The trees and what programs left in them. */
void posix_world_end(struct posix_world *world);
/* Run it to its end: its claims, and one of ours, named as the program: that it made some and ended well. */
void posix_program_run(struct posix_world *world, const struct posix_program *program);
/* The same so many times, one after the other, or until it fails: one claim of ours for all. */
void posix_program_repeat(struct posix_world *world, const struct posix_program *program,
                          uint64_t times);
/* Start it with an output, or none, and wait for its end. @return its exit code, or of what the start answered
 * with *out_status. */
uint32_t posix_program_end(handle_t process);
status_t posix_program_start(struct posix_world *world, const struct posix_program *program,
                             handle_t output, handle_t *out_process);
