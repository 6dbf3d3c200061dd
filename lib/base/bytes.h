/* Checked access to foreign bytes: a reader walks a buffer and remembers the first overrun, so
 * that a parser may read a whole header and ask once whether it was all there. Reads past the end
 * give zero. A writer does the same for output. No byte is ever reached through a cast.
 * Any context; no locks; the buffer is the caller's. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "lib/base/span.h"

struct reader {
    const uint8_t *data;
    size_t len;
    size_t at;    /* Next byte; at <= len. */
    bool overrun; /* A read went past the end. Sticky. */
};

static inline struct reader reader_of(const void *data, size_t len)
{
    return (struct reader){ .data = (const uint8_t *)data, .len = len };
}

static inline size_t reader_left(const struct reader *reader)
{
    return reader->len - reader->at;
}

/* The next `len` bytes, or NULL (and overrun) when fewer are left. */
static inline const uint8_t *reader_take(struct reader *reader, size_t len)
{
    if (len > reader->len - reader->at) {
        reader->overrun = true;
        reader->at = reader->len;
        return NULL;
    }
    const uint8_t *bytes = reader->data + reader->at;
    reader->at += len;
    return bytes;
}

static inline void reader_skip(struct reader *reader, size_t len)
{
    (void)reader_take(reader, len);
}

/* Big-endian and little-endian loads and stores of unaligned bytes. */
static inline uint16_t load_be16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t load_be32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap32(value);
}

static inline uint64_t load_be64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap64(value);
}

static inline uint16_t load_le16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline uint32_t load_le32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline uint64_t load_le64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline void store_be16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static inline void store_be32(uint8_t *bytes, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(bytes, &value, sizeof value);
}

static inline void store_le16(uint8_t *bytes, uint16_t value)
{
    memcpy(bytes, &value, sizeof value);
}

static inline void store_le32(uint8_t *bytes, uint32_t value)
{
    memcpy(bytes, &value, sizeof value);
}

static inline void store_le64(uint8_t *bytes, uint64_t value)
{
    memcpy(bytes, &value, sizeof value);
}

#define READER_FIXED(name, type, load)                            \
    static inline type reader_##name(struct reader *reader)       \
    {                                                             \
        const uint8_t *bytes = reader_take(reader, sizeof(type)); \
        return bytes == NULL ? 0 : load(bytes);                   \
    }
READER_FIXED(be16, uint16_t, load_be16)
READER_FIXED(be32, uint32_t, load_be32)
READER_FIXED(be64, uint64_t, load_be64)
READER_FIXED(le16, uint16_t, load_le16)
READER_FIXED(le32, uint32_t, load_le32)
READER_FIXED(le64, uint64_t, load_le64)
#undef READER_FIXED

static inline uint8_t reader_u8(struct reader *reader)
{
    const uint8_t *bytes = reader_take(reader, 1);
    return bytes == NULL ? 0 : bytes[0];
}

struct writer {
    uint8_t *data;
    size_t len;
    size_t at;
    bool overrun;
};

static inline struct writer writer_of(void *data, size_t len)
{
    return (struct writer){ .data = (uint8_t *)data, .len = len };
}

/* Room for the next `len` bytes, or NULL (and overrun) when it does not fit. */
static inline uint8_t *writer_take(struct writer *writer, size_t len)
{
    if (len > writer->len - writer->at) {
        writer->overrun = true;
        return NULL;
    }
    uint8_t *bytes = writer->data + writer->at;
    writer->at += len;
    return bytes;
}

static inline void writer_bytes(struct writer *writer, const void *bytes, size_t len)
{
    uint8_t *room = writer_take(writer, len);
    if (room != NULL && len > 0)
        memcpy(room, bytes, len);
}

static inline void writer_u8(struct writer *writer, uint8_t value)
{
    writer_bytes(writer, &value, 1);
}

#define WRITER_FIXED(name, type, store)                                 \
    static inline void writer_##name(struct writer *writer, type value) \
    {                                                                   \
        uint8_t *room = writer_take(writer, sizeof(type));              \
        if (room != NULL)                                               \
            store(room, value);                                         \
    }
WRITER_FIXED(be16, uint16_t, store_be16)
WRITER_FIXED(be32, uint32_t, store_be32)
WRITER_FIXED(le16, uint16_t, store_le16)
WRITER_FIXED(le32, uint32_t, store_le32)
WRITER_FIXED(le64, uint64_t, store_le64)
#undef WRITER_FIXED
