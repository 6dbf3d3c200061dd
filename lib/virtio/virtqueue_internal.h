/* The layout of a split virtqueue in shared memory (virtio 1.2, 2.7.5 to 2.7.8; all fields little
 * endian) and the orderings that its two sides owe each other. This is the only place in lib/virtio
 * with barriers. For virtqueue.c and for the device double of the tests. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the rings are read and written in place");

/* 2.7.5 */
struct virtqueue_descriptor {
    uint64_t address;
    uint32_t len;
    uint16_t flags;
    uint16_t next;
};
_Static_assert(sizeof(struct virtqueue_descriptor) == 16 &&
                   offsetof(struct virtqueue_descriptor, next) == 14,
               "virtio 1.2, 2.7.5");

enum {
    VIRTQUEUE_DESCRIPTOR_NEXT = 1,
    VIRTQUEUE_DESCRIPTOR_WRITE = 2,
    VIRTQUEUE_DESCRIPTOR_INDIRECT = 4,
};

/* 2.7.8: an entry of the used ring. */
struct virtqueue_used {
    uint32_t id;
    uint32_t len;
};
_Static_assert(sizeof(struct virtqueue_used) == 8 && offsetof(struct virtqueue_used, len) == 4,
               "virtio 1.2, 2.7.8");

/* Both rings begin with two 16-bit words, flags and index; then come the entries, then the event
 * word for the other side. The available ring is addressed in 16-bit words throughout. */
enum {
    VIRTQUEUE_FLAGS = 0,
    VIRTQUEUE_INDEX = 1,
    VIRTQUEUE_RING = 2,
    VIRTQUEUE_RING_HEADER = 4, /* In bytes. */
    VIRTQUEUE_AVAILABLE_NO_INTERRUPT = 1,
    VIRTQUEUE_USED_NO_NOTIFY = 1,
};

/* 2.7.10.1: whether moving an index from `from` to `to` passed the entry at `event`. All three wrap
 * at 65536. */
static inline bool virtqueue_event_is_due(uint16_t event, uint16_t to, uint16_t from)
{
    return (uint16_t)(to - event - 1) < (uint16_t)(to - from);
}

/* The other side may be a CPU of the host or a device on a bus (VIRTIO_F_ORDER_PLATFORM, 6.1), so on
 * the machine the barriers reach the outer shareable domain, which holds both. */
#if defined(__aarch64__)
#define VIRTQUEUE_BARRIER(kind, model) __asm__ volatile("dmb osh" kind ::: "memory")
#else
#define VIRTQUEUE_BARRIER(kind, model) __atomic_thread_fence(model)
#endif

/* 3.1.1, step 7: a queue that is enabled is empty; the zeroes must be out before the register write
 * that enables it. */
static inline void order_empty_ring_before_enable(void)
{
    VIRTQUEUE_BARRIER("", __ATOMIC_SEQ_CST);
}

/* 2.7.13.3.1: the device must see descriptors and ring entries before the index that covers them. */
static inline void order_chains_before_available_index(void)
{
    VIRTQUEUE_BARRIER("st", __ATOMIC_RELEASE);
}

/* 2.7.13.4.1: the index must be out before the device's wish for notifications is read; otherwise
 * both sides may decide to wait for the other. It also puts the index before the doorbell. */
static inline void order_available_index_before_kick_check(void)
{
    VIRTQUEUE_BARRIER("", __ATOMIC_SEQ_CST);
}

/* 2.7.14: entries, and the buffers they tell of, are read only after the index that covers them. */
static inline void order_used_index_before_entries(void)
{
    VIRTQUEUE_BARRIER("ld", __ATOMIC_ACQUIRE);
}

/* 2.7.14, its example: the wish for an interrupt must be out before the index is looked at for the
 * last time, for the same reason as above, the other way round. */
static inline void order_used_event_before_recheck(void)
{
    VIRTQUEUE_BARRIER("", __ATOMIC_SEQ_CST);
}
