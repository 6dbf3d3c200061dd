/* What a service protocol sends: bytes and handles. The codecs that abigen makes from the files of
 * abi/ipc fill and read parcels; carrying them is the business of user/ipc (channel calls) or of a
 * test. Freestanding; a parcel belongs to one thread at a time.
 *
 * A message is a whole number of 8-byte words, because the fast path of channel_call carries words:
 * fixed little-endian fields with explicit padding, then, if the call has a tail, its bytes, then
 * zeros to the word. A request begins with a header; an answer needs none. */
#pragma once

#include <abi/types.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "messages are little-endian structures");

enum {
    IPC_PARCEL_BYTES_MAX = 65536, /* Of one message. */
    IPC_PARCEL_HANDLES_MAX = 16,
    IPC_PARCEL_INLINE_SIZE = 64, /* Up to here, and without handles, the fast path carries it. */
};

struct ipc_header {
    uint32_t operation; /* The call's number in its protocol. */
    uint16_t version;   /* Of the protocol. */
    uint16_t padding;   /* 0 */
};
_Static_assert(sizeof(struct ipc_header) == 8, "the header is one word");

struct ipc_parcel {
    uint8_t *bytes;  /* The sender's or receiver's buffer. */
    size_t len;      /* Bytes of the message. */
    size_t capacity; /* Bytes of the buffer. */
    handle_t handles[IPC_PARCEL_HANDLES_MAX];
    size_t handle_count;
};

static inline size_t ipc_round_up(size_t len)
{
    return (len + 7) & ~(size_t)7;
}

/* Padding must be zero, or two messages that mean the same would differ. */
static inline bool ipc_is_zero(const uint8_t *bytes, size_t len)
{
    uint8_t all = 0;
    for (size_t i = 0; i < len; i++)
        all |= bytes[i];
    return all == 0;
}

/* Text of a fixed field: `len` bytes without a zero, then zeros to the end. */
static inline bool ipc_is_text(const char *text, size_t len, size_t size)
{
    if (len > size)
        return false;
    for (size_t i = 0; i < size; i++)
        if ((text[i] != 0) != (i < len))
            return false;
    return true;
}

/* A tail of tail_len bytes at `offset` of a message that is `len` long: ends with it, and what fills
 * the last word is zero. */
static inline bool ipc_is_tail(const uint8_t *bytes, size_t len, size_t offset, size_t tail_len)
{
    if (tail_len > IPC_PARCEL_BYTES_MAX || offset > len || ipc_round_up(tail_len) != len - offset)
        return false;
    return ipc_is_zero(bytes + offset + tail_len, ipc_round_up(tail_len) - tail_len);
}
