/* Signals of waitable objects: the bits that object_wait and ports observe. One meaning for each
 * bit over all kinds; objects.tab says which kinds raise which. */
#pragma once

#include <stdint.h>

#define SIGNAL_READABLE (1u << 0)    /* Data, a message, a connection or a packet is there. */
#define SIGNAL_WRITABLE (1u << 1)    /* There is room to write. */
#define SIGNAL_PEER_CLOSED (1u << 2) /* The other end is gone. */
#define SIGNAL_READ_CLOSED (1u << 3) /* No more data will come after what is queued. */
#define SIGNAL_TERMINATED (1u << 4)  /* The process, thread or cell has ended. */
#define SIGNAL_EVENT (1u << 5)       /* An event object is set, a timer fired, an irq is pending. */
#define SIGNAL_ERROR (1u << 6)       /* The object is poisoned or reset. */
#define SIGNAL_USER_0 (1u << 16)     /* 16..23: bits that the holders of an event agree on. */
