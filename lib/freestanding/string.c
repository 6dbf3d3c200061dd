/* See string.h; the copies are in mem.S. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

int memcmp(const void *a, const void *b, size_t len)
{
    const uint8_t *p = a, *q = b;
    bool aligned = (((uintptr_t)p | (uintptr_t)q) & 7) == 0;
    for (; aligned && len >= 8; len -= 8, p += 8, q += 8)
        if (*(const uint64_t *)(const void *)p != *(const uint64_t *)(const void *)q)
            break;
    for (; len > 0; len--, p++, q++)
        if (*p != *q)
            return *p - *q;
    return 0;
}

/* Whether one of the eight bytes is zero. */
static bool has_zero(uint64_t word)
{
    return ((word - 0x0101010101010101) & ~word & 0x8080808080808080) != 0;
}

/* In aligned words, which never reach into a page that the bytes before the one sought do not. */
void *memchr(const void *bytes, int byte, size_t len)
{
    const uint8_t *at = bytes, *end = at + len;
    uint64_t all = 0x0101010101010101 * (uint8_t)byte;
    while (at < end && *at != (uint8_t)byte) {
        at++;
        while (((uintptr_t)at & 7) == 0 && end - at >= 8 &&
               !has_zero(*(const uint64_t *)(const void *)at ^ all))
            at += 8;
    }
    return at < end ? (void *)(uintptr_t)at : NULL;
}

size_t strlen(const char *text)
{
    size_t len = 0;
    while (text[len] != 0)
        len++;
    return len;
}

size_t strnlen(const char *text, size_t most)
{
    const char *end = memchr(text, 0, most);
    return end == NULL ? most : (size_t)(end - text);
}

int strcmp(const char *a, const char *b)
{
    while (*a != 0 && *a == *b)
        a++, b++;
    return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t most)
{
    for (; most > 0; most--, a++, b++)
        if (*a != *b || *a == 0)
            return (uint8_t)*a - (uint8_t)*b;
    return 0;
}

char *strchr(const char *text, int c)
{
    for (;; text++) {
        if (*text == (char)c)
            return (char *)(uintptr_t)text;
        if (*text == 0)
            return NULL;
    }
}
