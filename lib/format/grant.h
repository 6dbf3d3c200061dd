/* Grants: what a service may reach, as a manifest says it in text ("fs:read:/www") and as the
 * supervisor uses it, a kind with its parameters. Each becomes handles in the service's process;
 * a grant names an object, never a flag. docs/formats/manifest.md lists the forms.
 * No allocation, no locks, any context. */
#pragma once

#include <abi/types.h>

#include "lib/base/bytes.h"

enum {
    GRANT_TEXT_MAX = 1100, /* Bytes of a grant as text. */
    GRANT_PATH_MAX = 1023,
    GRANT_NAME_MAX = 63,
    GRANT_HOST_MAX = 253,
};

/* Numbers are part of the compiled manifest: append, never renumber. */
enum grant_kind {
    GRANT_CONSOLE_STDIO = 1,
    GRANT_FS_READ = 2,
    GRANT_FS_WRITE = 3,
    GRANT_NET_LISTEN = 4,
    GRANT_NET_CONNECT = 5,
    GRANT_NET_ICMP_ECHO = 6,
    GRANT_IPC_SERVE = 7,
    GRANT_IPC_CALL = 8,
    GRANT_PROCESS_SPAWN = 9,
    GRANT_CLOCK_READ = 10,
    GRANT_CLOCK_SET = 11,
    GRANT_LOG_READ = 12,
    GRANT_LOG_WRITE = 13,
    GRANT_TRACE_READ = 14,
    GRANT_DEVICE = 15,
    GRANT_MEMORY_JIT = 16,
    GRANT_CELL_MANAGE = 17,
    GRANT_UPDATE_APPLY = 18,
    GRANT_POWER_OFF = 19,
    GRANT_ENTROPY_READ = 20,
    GRANT_SYSTEM_INSPECT = 21,
    GRANT_SYSTEM_CONTROL = 22,
    GRANT_TRACE_RECORD = 23,
};

/* Transport protocols by their IP protocol numbers; 0 where a grant has none. */
enum grant_protocol { GRANT_NO_PROTOCOL = 0, GRANT_TCP = 6, GRANT_UDP = 17 };

struct grant {
    enum grant_kind kind;
    enum grant_protocol protocol; /* Of NET_LISTEN and NET_CONNECT. */
    uint16_t port;                /* The same; 0: any. */
    uint32_t number;              /* Of DEVICE: which one of its class, from 0. */
    struct const_span name; /* A path, host ("*": any), service name, device class or prefix. */
};

/* Read a grant's text; the name points into it.
 * @return INVALID (no such form, or a parameter that its form does not allow), NOT_SUPPORTED
 *         (accel:use, kept for later); *out_reason then says which in a few words. */
status_t grant_read(struct const_span text, struct grant *out_grant, const char **out_reason);

/* Check a grant that did not come from grant_read. @return INVALID as grant_read. */
status_t grant_check(const struct grant *grant);

/* Write a valid grant's text, without a NUL. */
void grant_write(const struct grant *grant, struct writer *writer);
