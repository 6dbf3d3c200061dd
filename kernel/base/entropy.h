/* Random bytes: a ChaCha20 generator (RFC 8439 block function, fast key erasure) keyed from the
 * device tree's rng-seed, the CPU's RNDR where there is one, and the counter at interrupts. Any
 * context that may take LOCK_LOG's level. */
#pragma once

#include <stddef.h>
#include <stdint.h>

void entropy_fill(void *buffer, size_t len);
/* Mix bytes into the key. */
void entropy_add(const void *bytes, size_t len);
/* A number of this boot, for scrambling addresses. */
uint64_t entropy_secret(void);
