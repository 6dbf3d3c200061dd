/* The numbers of POSIX, as the calls 224 to 255 take them. A number names a description: a capability,
 * status flags, and state that all duplicates share. A number is a handle too (DESCRIPTOR_HANDLE), which
 * stands for the description's capability in every other call. */
#pragma once

#include <abi/types.h>

enum {
    DESCRIPTORS_MAX = 4096,       /* Numbers of one process. */
    DESCRIPTOR_VECTOR_MAX = 1024, /* Pieces of one scattered read or write. */
    DESCRIPTION_WORDS = 4,
    DESCRIPTOR_MESSAGE_MAX = 253, /* Numbers of one message. */
};

/* The number below it, as a handle. */
#define DESCRIPTOR_HANDLE (1ull << 63)

/* The two directories that paths begin at, as numbers; they have no slot that could be closed. */
#define DESCRIPTOR_ROOT ((uint32_t)DESCRIPTORS_MAX)
#define DESCRIPTOR_WORKING ((uint32_t)DESCRIPTORS_MAX + 1)

static inline handle_t descriptor_handle(uint32_t number)
{
    return (handle_t){ DESCRIPTOR_HANDLE | number };
}

/* Status flags of a description. They share a word with OPEN_* in descriptor_open. */
#define DESCRIPTION_READ (1u << 8)     /* descriptor_read may be used, */
#define DESCRIPTION_WRITE (1u << 9)    /* and descriptor_write. */
#define DESCRIPTION_NO_WAIT (1u << 10) /* O_NONBLOCK. */
#define DESCRIPTION_APPEND (1u << 11)  /* O_APPEND. */
#define DESCRIPTION_SOCKET \
    (1u << 12) /* Shown as a socket; only these are sent to and received from. */
#define DESCRIPTION_FLAGS 0x1f00u
/* Flag of the number, not of the description. */
#define DESCRIPTOR_CLOSE_ON_EXEC (1u << 16)
/* descriptor_duplicate: the number given itself, not the lowest free one from there on. */
#define DESCRIPTOR_EXACT (1u << 17)

/* Flags of one read or write. The first two are those of streams. */
#define DESCRIPTOR_NO_WAIT (1u << 0)
#define DESCRIPTOR_PEEK (1u << 1)
#define DESCRIPTOR_WAIT_ALL \
    (1u << 2) /* Until the buffer is full, the end comes or the wait ends. */
#define DESCRIPTOR_ONLY_SOCKET (1u << 3) /* NOT_SOCKET of anything else. */
#define DESCRIPTOR_NO_SIGNAL (1u << 4)   /* No SIGPIPE. */

/* What descriptor_set sets. */
enum descriptor_item {
    DESCRIPTOR_SET_CLOSE_ON_EXEC = 0, /* Of the number: 0 or 1. */
    DESCRIPTOR_SET_FLAGS,             /* NO_WAIT and APPEND of the description. */
    DESCRIPTOR_SET_POSITION,          /* Of a directory: the cookie of its next entry. */
    DESCRIPTOR_SET_READ_LIMIT,        /* The longest wait of a read, nanoseconds; 0: none. */
    DESCRIPTOR_SET_WRITE_LIMIT,
    DESCRIPTOR_SET_WORD, /* + n: a word that the kernel only keeps. */
    DESCRIPTOR_SET_END = DESCRIPTOR_SET_WORD + DESCRIPTION_WORDS,
};

struct descriptor_info {
    uint32_t kind;   /* enum object_kind; 0: nothing is behind it (yet). */
    uint32_t rights; /* Of its capability. */
    uint32_t flags;  /* DESCRIPTION_*, and DESCRIPTOR_CLOSE_ON_EXEC. */
    uint32_t padding;
    uint64_t position; /* Of a directory. */
    uint64_t read_limit_ns;
    uint64_t write_limit_ns;
    uint64_t words[DESCRIPTION_WORDS];
};
_Static_assert(sizeof(struct descriptor_info) == 72, "ABI");
_Static_assert(offsetof(struct descriptor_info, words) == 40, "ABI");

struct descriptor_words {
    uint64_t words[DESCRIPTION_WORDS];
};
_Static_assert(sizeof(struct descriptor_words) == 32, "ABI");

/* A piece of a scattered read or write: the layout of POSIX's struct iovec. */
struct descriptor_piece {
    uint64_t address;
    uint64_t len;
};
_Static_assert(sizeof(struct descriptor_piece) == 16, "ABI");

/* What descriptor_send and descriptor_receive move: bytes, and numbers with them. */
struct descriptor_message {
    uint64_t pieces;  /* Address of struct descriptor_piece[]. */
    uint64_t numbers; /* Address of int32_t[]. */
    uint32_t piece_count;
    uint32_t number_count; /* To send; or the room for what comes. */
    uint32_t flags;        /* DESCRIPTOR_*; to receive, also DESCRIPTOR_CLOSE_ON_EXEC. */
    uint32_t padding;      /* 0 */
};
_Static_assert(sizeof(struct descriptor_message) == 32, "ABI");

/* With the count that descriptor_receive answers: more had come than there was room for. */
#define DESCRIPTOR_MESSAGE_CUT (1u << 31)

/* What descriptor_counter makes. They share a word with the flags of its description. */
#define COUNTER_ONE_BY_ONE (1u << 0) /* A read takes 1, not all. */
#define COUNTER_TIMER (1u << 1)      /* It counts how often its time has come. */

/* To set: when first (monotonic; TIME_NEVER: not at all), and the time between, 0: once. As told: how long
 * until the next time, 0: never. */
struct counter_timer {
    uint64_t first_ns;
    uint64_t interval_ns;
};
_Static_assert(sizeof(struct counter_timer) == 16, "ABI");

/* An advisory lock: fcntl's on a range, or flock's on the whole file. */
struct descriptor_lock {
    int64_t start;   /* From `whence` on. */
    int64_t len;     /* 0: for good; negative: before the start. */
    uint32_t kind;   /* enum descriptor_lock_kind */
    uint32_t whence; /* enum file_whence */
    uint64_t owner;  /* Out: number of the process whose lock is in the way. */
};
_Static_assert(sizeof(struct descriptor_lock) == 32, "ABI");

enum descriptor_lock_kind {
    DESCRIPTOR_UNLOCK = 0,
    DESCRIPTOR_LOCK_SHARED = 1,
    DESCRIPTOR_LOCK_EXCLUSIVE = 2,
};

#define DESCRIPTOR_LOCK_WAIT (1u << 0)
#define DESCRIPTOR_LOCK_WHOLE (1u << 1) /* flock: owned by the description. */

/* An entry of descriptor_poll: the layout and the bits of POSIX's struct pollfd. */
struct descriptor_poll {
    int32_t number; /* Negative: not looked at. */
    uint16_t events;
    uint16_t found;
};
_Static_assert(sizeof(struct descriptor_poll) == 8, "ABI");

#define DESCRIPTOR_POLL_IN 0x01u
#define DESCRIPTOR_POLL_PRIORITY 0x02u
#define DESCRIPTOR_POLL_OUT 0x04u
#define DESCRIPTOR_POLL_ERROR 0x08u
#define DESCRIPTOR_POLL_HANG_UP 0x10u
#define DESCRIPTOR_POLL_INVALID 0x20u
#define DESCRIPTOR_POLL_IN_NORMAL 0x40u
#define DESCRIPTOR_POLL_OUT_NORMAL 0x100u
#define DESCRIPTOR_POLL_READ_CLOSED 0x2000u
