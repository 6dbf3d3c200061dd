/* The contents of generated test files: bytes that depend on the file's path and on their place, so
 * that a byte from elsewhere shows. The maker (tools/mktree) and the checkers share it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* FNV-1a of a path within the tree ("a/b"). */
static inline uint64_t pattern_seed(const char *path, size_t len)
{
    uint64_t seed = 0xcbf29ce484222325ull;
    for (size_t i = 0; i < len; i++)
        seed = (seed ^ (uint8_t)path[i]) * 0x100000001b3ull;
    return seed;
}

/* splitmix64 of the place. */
static inline uint64_t pattern_word(uint64_t seed, uint64_t index)
{
    uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static inline uint8_t pattern_byte(uint64_t seed, uint64_t offset)
{
    return (uint8_t)(pattern_word(seed, offset / 8) >> (offset % 8 * 8));
}

/* The size of the file with this number of `count`: 0, 1, page edges and their neighbours first, then
 * sizes of every order up to 16 MiB, the large ones rare. */
static inline uint64_t pattern_size(uint32_t number)
{
    static const uint32_t edges[] = { 0,      1,      511,    512,     513,     4095,    4096,
                                      4097,   8191,   8192,   8193,    65535,   65536,   65537,
                                      131071, 131072, 131073, 2097151, 2097152, 2097153, 16777216 };
    if (number < sizeof edges / sizeof edges[0])
        return edges[number];
    uint64_t word = pattern_word(0x74726565, number);
    return word % (1ull << (4 + word / 65536 % 14)); /* Up to 128 KiB. */
}
