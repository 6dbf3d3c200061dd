/* Names as tables of names use them: hashed and compared eight bytes at a time, since each component of each
 * path that is looked up comes through here. Any context. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "lib/base/span.h"

static inline uint64_t name_load8(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint64_t name_load4(const uint8_t *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Up to eight bytes as one number, whose loads overlap; none beyond them is read. */
static inline uint64_t name_load(const uint8_t *at, size_t len)
{
    if (len == 8)
        return name_load8(at);
    if (len >= 4)
        return name_load4(at) | name_load4(at + len - 4) << 32;
    if (len == 0)
        return 0;
    return at[0] | (uint64_t)at[len / 2] << 8 | (uint64_t)at[len - 1] << 16;
}

/* Not secret: somebody who picks names to collide slows down their own directory. */
static inline uint32_t name_hash(struct const_span name)
{
    uint64_t hash = name.len;
    const uint8_t *at = name.data;
    size_t left = name.len;
    for (; left > 8; at += 8, left -= 8) {
        hash = (hash ^ name_load8(at)) * 0x9e3779b97f4a7c15ull;
        hash ^= hash >> 32;
    }
    hash = (hash ^ name_load(at, left)) * 0x9e3779b97f4a7c15ull;
    return (uint32_t)(hash ^ hash >> 32);
}

static inline bool name_equal(const void *a, const void *b, size_t len)
{
    const uint8_t *left = a, *right = b;
    for (; len > 8; left += 8, right += 8, len -= 8)
        if (name_load8(left) != name_load8(right))
            return false;
    return name_load(left, len) == name_load(right, len);
}

/* How many bytes of the path lie before its first '/', or all. */
static inline size_t name_len(struct const_span path)
{
    const uint64_t ones = 0x0101010101010101ull;
    size_t len = 0;
    for (; path.len - len >= 8; len += 8) {
        uint64_t word = name_load8(path.data + len) ^ '/' * ones; /* A zero byte where a '/' is. */
        uint64_t zeros = (word - ones) & ~word & 0x80 * ones;
        if (zeros != 0)
            return len + (size_t)__builtin_ctzll(zeros) / 8;
    }
    while (len < path.len && path.data[len] != '/')
        len++;
    return len;
}
