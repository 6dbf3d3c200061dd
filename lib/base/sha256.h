/* SHA-256 (FIPS 180-4) in plain C. Where a CPU has instructions for it, another implementation of
 * the block function may stand behind the same interface. The state is the caller's; any context;
 * no locks. Cost: linear, 64 bytes a block. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_BLOCK_BYTES = 64 };

struct sha256 {
    uint32_t state[8];
    uint64_t len; /* Bytes taken so far. */
    uint8_t block[SHA256_BLOCK_BYTES];
};

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t len);

/* Write the digest; the state is spent and must begin again. */
void sha256_end(struct sha256 *sha, uint8_t out_digest[SHA256_BYTES]);

/* All three, for bytes that are at hand. */
void sha256_of(const void *data, size_t len, uint8_t out_digest[SHA256_BYTES]);
