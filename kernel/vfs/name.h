/* Names as tables of names use them: hashed and compared eight bytes at a time, since each component of each
 * path that is looked up comes through here. Any context. */
#pragma once

#include "lib/base/bytes.h"
#include <stdbool.h>

/* Up to seven bytes as the low ones of a number; none beyond them is read. */
static inline uint64_t name_load(const uint8_t *at, size_t len)
{
    if (len >= 4)
        return load_le32(at) | (uint64_t)load_le32(at + len - 4) << 8 * (len - 4);
    if (len == 0)
        return 0;
    size_t middle = len / 2;
    return at[0] | (uint64_t)at[middle] << 8 * middle | (uint64_t)at[len - 1] << 8 * (len - 1);
}

static inline uint64_t name_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 32;
}

/* Of the words of a name, the last of which has less than eight bytes and may have none. Not secret: somebody who picks
 * names to collide slows down their own directory. */
static inline uint32_t name_hash(struct const_span name)
{
    uint64_t hash = 0;
    size_t at = 0;
    for (; name.len - at >= 8; at += 8)
        hash = name_mix(hash, load_le64(name.data + at));
    return (uint32_t)name_mix(hash, name_load(name.data + at, name.len - at));
}

/* The last eight bytes are compared together, whatever was compared of them before. */
static inline bool name_equal(const void *a, const void *b, size_t len)
{
    const uint8_t *left = a, *right = b;
    if (len < 8)
        return name_load(left, len) == name_load(right, len);
    for (size_t at = 0; at < len - 8; at += 8)
        if (load_le64(left + at) != load_le64(right + at))
            return false;
    return load_le64(left + len - 8) == load_le64(right + len - 8);
}

/* The first component of a path. */
struct name_scan {
    size_t len;
    uint32_t hash;
};

/* Where it ends, at a '/' or with the path, and its hash, in one pass. */
static inline struct name_scan name_scan(struct const_span path)
{
    const uint64_t ones = 0x0101010101010101ull;
    uint64_t hash = 0;
    for (size_t len = 0;; len += 8) {
        size_t left = path.len - len;
        uint64_t word = left >= 8 ? load_le64(path.data + len) : name_load(path.data + len, left);
        uint64_t other = word ^ '/' * ones; /* A zero byte where a '/' is. */
        uint64_t ends = (other - ones) & ~other & 0x80 * ones;
        if (ends != 0) {
            uint32_t bits = (uint32_t)__builtin_ctzll(ends) & ~7u;
            word &= (1ull << bits) - 1;
            return (struct name_scan){ len + bits / 8, (uint32_t)name_mix(hash, word) };
        }
        if (left < 8)
            return (struct name_scan){ path.len, (uint32_t)name_mix(hash, word) };
        hash = name_mix(hash, word);
    }
}
