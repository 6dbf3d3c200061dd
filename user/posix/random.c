/* Random bytes: from the kernel where the process was given entropy, else from the 16 random bytes that
 * the kernel put into the process, stretched by ChaCha20 (RFC 8439) with a key that is replaced with
 * every call, so that what was given out cannot be found again later. */
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>

#include <swos/syscalls.h>

#include "lib/base/chacha20.h"
#include "user/posix/call.h"
#include "user/posix/lock.h"
#include "user/posix/posix.h"
#include "user/posix/start.h"

enum { KERNEL_MAX = 256, SEED_SIZE = 16, BLOCK_SIZE = 64, KEY_SIZE = 32 };

static struct generator {
    struct lock lock;
    bool seeded;
    uint32_t key[KEY_SIZE / sizeof(uint32_t)];
} generator;

/* The C library takes these bytes for its own secrets, the kernel gives nobody else the same. The key's
 * other half only sets this use apart. */
static void generator_seed(void)
{
    const void *seed = (const void *)getauxval(AT_RANDOM);
    memcpy(generator.key, seed, SEED_SIZE);
    memcpy((uint8_t *)generator.key + SEED_SIZE, "swos getrandom 1", SEED_SIZE);
    generator.seeded = true;
}

/* The first half of each block is given out, the second becomes the next key. The lock is held. */
static void generator_fill(uint8_t *out, size_t size)
{
    static const uint32_t nonce[3];
    while (size > 0) {
        uint8_t block[BLOCK_SIZE];
        chacha20_block(generator.key, 0, nonce, block);
        size_t part = size < BLOCK_SIZE - KEY_SIZE ? size : BLOCK_SIZE - KEY_SIZE;
        memcpy(generator.key, block + BLOCK_SIZE - KEY_SIZE, KEY_SIZE);
        memcpy(out, block, part);
        out += part;
        size -= part;
    }
}

static long kernel_fill(handle_t entropy, uint8_t *out, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t part = size - at < KERNEL_MAX ? size - at : KERNEL_MAX;
        status_t status = sys_entropy_read(entropy, out + at, part);
        if (status != STATUS_OK)
            return posix_error(status);
        at += part;
    }
    return (long)size;
}

long __posix_getrandom(void *buffer, size_t size, unsigned flags)
{
    const struct start_handle *start = start_find("entropy", OBJECT_ENTROPY);
    if (start != NULL)
        return kernel_fill((handle_t){ start->handle }, buffer, size);
    lock_take(&generator.lock);
    if (!generator.seeded)
        generator_seed();
    generator_fill(buffer, size);
    lock_give(&generator.lock);
    return (long)size;
}
