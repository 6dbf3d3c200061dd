/* Messages between processes: what channel_call, channel_call_long, endpoint_receive and their kin
 * carry. A short message is up to eight 64-bit words, which travel in registers alone; a long one is
 * up to 64 KiB and 16 handles, described by struct ipc_message. */
#pragma once

#include <abi/types.h>

enum {
    IPC_WORDS_MAX = 8,         /* x2..x7, x9, x10. */
    IPC_BYTES_MAX = 64 * 1024, /* Of a long message. */
    IPC_HANDLES_MAX = 16,
    IPC_QUEUE_MAX = 64, /* Messages of channel_send that one endpoint keeps. */
};

/* endpoint_receive, x1: no reply goes with this call. */
#define IPC_NO_REPLY UINT64_MAX

/* endpoint_receive answers x1 = number of words | flags. */
#define IPC_COUNT_MASK 0xffull
#define IPC_FLAG_LONG (1ull << 8)    /* x2: bytes, x3: handles; message_read fetches them. */
#define IPC_FLAG_ONE_WAY (1ull << 9) /* Of channel_send: nothing to answer. */
#define IPC_FLAG_CLOSED (1ull << 10) /* No message: the last handle to the badge's channel went. */

/* A long message in the caller's memory. As a request it says what to send; as room for an answer
 * (channel_call_long) it says how much fits, and afterwards how much came. */
struct ipc_message {
    uint64_t bytes;   /* User address. */
    uint64_t handles; /* User address of handle_t[]. */
    uint32_t byte_count;
    uint32_t handle_count;
};
_Static_assert(sizeof(struct ipc_message) == 24, "ABI");
_Static_assert(offsetof(struct ipc_message, handle_count) == 20, "ABI");
