/* What mkmanifest makes of the manifests it is given. All memory is of one pool, given back at the
 * end. A refusal is a line `FILE:LINE: reason` on the error stream, and false. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/format/manifest.h"
#include "lib/format/principals.h"

/* Words of a list, each with the line it stands on. */
struct words {
    const char **items;
    uint32_t *lines;
    uint32_t count;
};

/* One service as its file says; values of lists are checked and resolved later. */
struct service {
    const char *file;
    uint32_t line;
    const char *name;
    const char *binary;
    struct words arguments;
    struct words needs;
    struct words grant_texts;
    struct grant *grants;
    struct service **needed; /* As many as needs. */
    struct manifest_match *matches;
    uint32_t match_count;
    uint32_t class_;
    uint32_t start;
    uint32_t restart;
    uint32_t restart_backoff_ms;
    uint32_t restart_limit;
    uint32_t restart_window_s;
    uint32_t ready;
    uint32_t ready_within_ms;
    uint32_t watchdog_ms;
    uint64_t memory_bytes;
    uint64_t scratch_bytes;
    uint32_t cpu_budget_us;
    uint32_t cpu_period_us;
    uint32_t processes;
    uint32_t threads;
    uint32_t handles;

    bool placed; /* It has its index: see services_order. */
    uint32_t index;
};

/* Somebody who may log in. */
struct principal_text {
    const char *file;
    uint32_t line;
    const char *name;
    const char *role;
    const char *description;
    uint32_t number;
    uint32_t role_index;
};

struct pool_block {
    struct pool_block *next;
};

struct compile {
    FILE *errors;
    struct pool_block *pool;
    struct service *services[MANIFEST_SERVICES_MAX];
    uint32_t service_count;
    struct principal_text *principals[PRINCIPALS_MAX];
    uint32_t principal_count;
};

/* Zeroed memory that lives as long as the compilation. */
void *compile_take(struct compile *compile, size_t len);
void compile_free(struct compile *compile);

/* Say what is wrong, and be false. */
bool refuse(struct compile *compile, const char *file, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Add the service of one file. */
bool manifest_text_read(struct compile *compile, const char *file, struct const_span text);

/* Add the roles, as services of the class MANIFEST_ROLE, and the principals of one file. */
bool sessions_text_read(struct compile *compile, const char *file, struct const_span text);

/* Find each principal's role, after services_order, and check that numbers come once. */
bool principals_resolve(struct compile *compile);
/* The compiled principals (docs/formats/principals.md), and what POSIX programs find as /etc/passwd and
 * /etc/group. Of the pool. */
struct const_span principals_write(struct compile *compile);
struct const_span passwd_write(struct compile *compile);
struct const_span group_write(struct compile *compile);

/* Check what services say of each other and put them in order: needs first, otherwise by name. */
bool services_order(struct compile *compile);

/* The compiled manifest, of the pool. */
struct const_span services_write(struct compile *compile);

/* Print a compiled manifest. @return as the reader's calls. */
status_t manifest_list(struct const_span bytes, FILE *out);
