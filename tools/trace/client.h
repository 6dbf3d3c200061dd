/* The host's end of the conversation in lib/trace/recording.h. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <stdbool.h>

#include "lib/trace/recording.h"

struct client_plan {
    const char *host; /* An IPv4 address, or NULL: the loopback. */
    uint16_t port;
    struct recording_request request;
    const char *
        command; /* For sh, started when recording has begun; when it ends, so does the recording. May be NULL. */
    uint32_t connect_ms; /* For how long to try until the guest answers. */
};

/* Record. @return false after saying on standard error why not; else *out_bytes is the caller's to free.
 * @param out_code  what the command ended with; 0 without one. */
bool client_record(const struct client_plan *plan, uint8_t **out_bytes, size_t *out_len,
                   int *out_code);
