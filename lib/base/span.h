/* A run of bytes and its length. The bytes belong to somebody else; a span only points.
 * Any context; no locks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct span {
    uint8_t *data;
    size_t len;
};

struct const_span {
    const uint8_t *data;
    size_t len;
};

static inline struct span span_of(void *data, size_t len)
{
    return (struct span){ (uint8_t *)data, len };
}

static inline struct const_span const_span_of(const void *data, size_t len)
{
    return (struct const_span){ (const uint8_t *)data, len };
}

static inline struct const_span span_const(struct span span)
{
    return (struct const_span){ span.data, span.len };
}
