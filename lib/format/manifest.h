/* Reader of compiled manifests: which services there are, what each needs, may reach and costs.
 * `mkmanifest` compiles them from text when the image is built; the supervisor reads them here. The
 * bytes are laid out in docs/formats/manifest.md.
 *
 * Services stand in an order in which each comes after all that it needs, so that there can be no
 * cycle. Opening is O(1); each call checks what it touches. Spans point into the bytes, which the
 * caller keeps; every string ends with a NUL that its length does not count.
 * No allocation, no locks, any context. */
#pragma once

#include <abi/types.h>

#include "lib/base/span.h"
#include "lib/format/grant.h"

enum {
    MANIFEST_SERVICES_MAX = 256,
    MANIFEST_SERVICE_NAME_MAX = 31,
    MANIFEST_HEADER_BYTES = 64,
    MANIFEST_SERVICE_BYTES = 128,
    MANIFEST_WORD_BYTES = 8,
    MANIFEST_NEED_BYTES = 4,
    MANIFEST_MATCH_BYTES = 12,
    MANIFEST_GRANT_BYTES = 24,
};

/* Numbers of these are part of the format. */
enum manifest_class {
    MANIFEST_SERVICE = 1,
    MANIFEST_DRIVER = 2,
    MANIFEST_ROLE = 3, /* What a session may do, in /etc/roles.bin; the supervisor starts none. */
};
enum manifest_start { START_BOOT = 1, START_ON_DEMAND = 2, START_MANUAL = 3 };
enum manifest_restart { RESTART_NEVER = 1, RESTART_ON_FAILURE = 2, RESTART_ALWAYS = 3 };

/* When a service counts as ready. */
enum manifest_ready {
    READY_START = 1,  /* As soon as its process runs. */
    READY_LISTEN = 2, /* When it listens at every net:listen grant. */
    READY_SERVE = 3,  /* When it has taken every ipc:serve endpoint. */
    READY_NOTIFY = 4, /* When it says so. */
};

/* What its cell may use. */
struct manifest_cell {
    uint64_t memory_bytes;
    uint64_t scratch_bytes; /* 0: no private scratch. */
    uint32_t cpu_budget_us; /* In each period; both 0: no bound. */
    uint32_t cpu_period_us;
    uint32_t processes;
    uint32_t threads;
    uint32_t handles;
};

struct manifest_service {
    struct const_span name;
    struct const_span binary; /* Path in the base image. */
    enum manifest_class class_;
    enum manifest_start start;
    enum manifest_restart restart;
    uint32_t restart_backoff_ms;
    uint32_t restart_limit; /* Restarts within the window before it counts as failed; 0: none. */
    uint32_t restart_window_s;
    enum manifest_ready ready;
    uint32_t ready_within_ms;
    uint32_t watchdog_ms; /* 0: it asks for none. */
    struct manifest_cell cell;
    uint32_t argument_count;
    uint32_t need_count;
    uint32_t match_count; /* Of a driver, at least 1; of others 0. */
    uint32_t grant_count;

    uint32_t index; /* These are for the calls below. */
    uint32_t argument_first;
    uint32_t need_first;
    uint32_t match_first;
    uint32_t grant_first;
};

/* A PCI device that a driver is for: by vendor and device, or by class. */
struct manifest_match {
    bool by_class;
    uint16_t vendor;
    uint16_t device;
    uint32_t class_code; /* Base class, subclass, interface: 24 bits. */
};

struct manifest {
    struct const_span services;
    struct const_span words;
    struct const_span needs;
    struct const_span matches;
    struct const_span grants;
    struct const_span strings;
    uint32_t service_count;
};

/* Find the parts of a compiled manifest.
 * @return CORRUPT (none, or its parts do not fill it exactly), NOT_SUPPORTED (a later version). */
status_t manifest_open(struct const_span bytes, struct manifest *out_manifest);

/* The index-th service. @return NOT_FOUND past the last, CORRUPT. */
status_t manifest_service(const struct manifest *manifest, uint32_t index,
                          struct manifest_service *out_service);

/* The service of a name. @return NOT_FOUND, CORRUPT. Cost: linear in the services. */
status_t manifest_find(const struct manifest *manifest, struct const_span name,
                       struct manifest_service *out_service);

/* The index-th argument (after the binary), need (the index of a service that comes before), match
 * or grant of a service. @return NOT_FOUND past the last, CORRUPT. */
status_t manifest_argument(const struct manifest *manifest, const struct manifest_service *service,
                           uint32_t index, struct const_span *out_argument);
status_t manifest_need(const struct manifest *manifest, const struct manifest_service *service,
                       uint32_t index, uint32_t *out_service_index);
status_t manifest_match(const struct manifest *manifest, const struct manifest_service *service,
                        uint32_t index, struct manifest_match *out_match);
status_t manifest_grant(const struct manifest *manifest, const struct manifest_service *service,
                        uint32_t index, struct grant *out_grant);

/* A service's name: a letter, then letters, digits and '-', in lower case, at most 31 bytes. */
bool manifest_name_is_good(struct const_span name);
