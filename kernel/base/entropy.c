/* See entropy.h. Each request takes one block whose first half replaces the key, so that what was
 * given out cannot be computed back from a later state. */
#include "kernel/base/entropy.h"

#include <arch/cpu.h>

#include <string.h>

#include "kernel/base/spinlock.h"
#include "lib/base/chacha20.h"

enum { KEY_SIZE = 32, BLOCK_SIZE = 64 };

static struct entropy_pool {
    struct spinlock lock;
    uint32_t key[KEY_SIZE / 4];
    uint64_t secret;
} pool = { .lock = { .class = LOCK_LOG } };

/* A block from the key; its first half becomes the key. The lock is held. */
static void next_block(uint8_t out[BLOCK_SIZE])
{
    uint64_t ticks = counter_read();
    const uint32_t nonce[3] = { (uint32_t)ticks, (uint32_t)(ticks >> 32), cpu_this()->index };
    chacha20_block(pool.key, 0, nonce, out);
    memcpy(pool.key, out, KEY_SIZE);
}

void entropy_add(const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    uint8_t block[BLOCK_SIZE];
    spin_lock(&pool.lock);
    for (size_t i = 0; i < len; i++) {
        ((uint8_t *)pool.key)[i % KEY_SIZE] ^= at[i];
        if (i % KEY_SIZE == KEY_SIZE - 1 || i + 1 == len)
            next_block(block);
    }
    spin_unlock(&pool.lock);
}

void entropy_fill(void *buffer, size_t len)
{
    uint8_t *at = buffer;
    uint8_t block[BLOCK_SIZE];
    spin_lock(&pool.lock);
    while (len > 0) {
        next_block(block);
        size_t part = len < BLOCK_SIZE - KEY_SIZE ? len : BLOCK_SIZE - KEY_SIZE;
        memcpy(at, block + KEY_SIZE, part);
        at += part;
        len -= part;
    }
    spin_unlock(&pool.lock);
    memset(block, 0, sizeof block);
}

uint64_t entropy_secret(void)
{
    if (pool.secret == 0)
        entropy_fill(&pool.secret, sizeof pool.secret);
    return pool.secret;
}
