/* SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): a keyed hash whose
 * value nobody without the key can predict or collide at will. For hash tables filled by strangers,
 * initial sequence numbers, identifiers and cookies; not for files. Pure; any context. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The hash of `len` bytes under a key of 16. Cost: one round of mixing for each 8 bytes. */
uint64_t siphash(const uint8_t key[16], const void *data, size_t len);
