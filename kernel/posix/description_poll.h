/* Waiting for many numbers at once: poll and its kin. Thread context; sleeps. */
#pragma once

#include <abi/descriptor.h>

struct descriptors;

/* Fill in `found` of each entry; wait until one has something, or the deadline.
 * @param descriptors  may be NULL: a process without numbers.
 * @param out_ready  how many have; 0 when the time is up. @return NO_MEMORY, CANCELLED. */
status_t description_poll(const struct descriptors *descriptors, struct descriptor_poll *entries,
                          uint32_t count, time_ns_t deadline, uint32_t *out_ready);
