/* Kernel objects: a kind, a version, a reference count and a constant table of operations. A
 * concrete object embeds struct object as its first member. Handles, grants, messages and other
 * objects hold references; the last one to go calls ops->destroy two epochs later, in a context
 * that may sleep and holds no lock.
 *
 * Waitable objects embed struct signal_source as well and name it in their operations: 32 signal
 * bits (SIGNAL_*, abi/include/abi/signals.h) that waiters and ports observe. */
#pragma once

#include <abi/objects.h>
#include <abi/signals.h>
#include <abi/types.h>

#include "kernel/base/epoch.h"
#include "kernel/base/spinlock.h"
#include "kernel/sched/wait.h"

struct cell;
struct object;
struct signal_source;

struct object_ops {
    enum object_kind kind;
    uint16_t version;
    const char *name;
    /* Free the object. References are 0; nobody can reach it any more. May sleep. */
    void (*destroy)(struct object *object);
    /* The signals of a waitable object, or NULL for the kinds that nobody waits on. */
    struct signal_source *(*signals)(struct object *object);
    /* The same for who need only know it if anybody has asked for it; else NULL. Optional. */
    struct signal_source *(*signals_asked)(struct object *object);
    /* The last *handle* to the object was closed (kernel references may remain). Optional. This
     * is where an end of a channel or stream tells its peer. May not sleep. */
    void (*last_handle_closed)(struct object *object);
    /* The grant behind some handle was revoked: undo what it let in (mappings, DMA). Optional. */
    void (*revoked)(struct object *object);
};

struct object {
    const struct object_ops *ops;
    uint32_t refs;
    uint32_t handles;  /* Slots and queued messages that name it. */
    struct cell *cell; /* Charged for it; holds a reference to the cell. */
    struct epoch_node retire;
};

/* Start an object with one reference, held by the caller, charged to `cell` (which may be NULL for
 * the kernel's own). The memory comes from the caller. */
void object_init(struct object *object, const struct object_ops *ops, struct cell *cell);

static inline enum object_kind object_kind(const struct object *object)
{
    return object->ops->kind;
}

/* A number that tells the object from all others that exist. */
uint64_t object_number(const struct object *object);

struct object *object_ref(struct object *object);
/* Take a reference unless the last one is already gone. Inside an epoch. */
bool object_try_ref(struct object *object);
/* Give a reference back. The object may be gone afterwards. Any context; never sleeps. */
void object_unref(struct object *object);
/* The same for an object that no handle names nor ever named: nobody can be about to look it up, so the last
 * reference destroys it here and now. May sleep. */
void object_unref_unnamed(struct object *object);

/* Give back a reference to what nobody has been able to look up for an epoch: when it is the last, the object is
 * destroyed here. Where objects are destroyed; may sleep. */
void object_unref_settled(struct object *object);

/* A slot or message starts or stops naming the object. Does not change `refs`. */
void object_handle_added(struct object *object);
/* The same unless the last one is already gone. */
bool object_handle_try_add(struct object *object);
void object_handle_removed(struct object *object);

/* One handle and so many references are all that there is. To be relied on where nobody can find the object any more. */
static inline bool object_is_alone(const struct object *object, uint32_t refs)
{
    return __atomic_load_n(&object->refs, __ATOMIC_ACQUIRE) == refs &&
           __atomic_load_n(&object->handles, __ATOMIC_ACQUIRE) == 1;
}

/* Observers of signals: a waiting thread, or a registration of a port. */
struct observer {
    struct list link; /* In signal_source.observers. */
    uint32_t mask;    /* The signals of interest. */
    /* Called under source->lock when a signal of the mask is or becomes set. May not sleep. */
    void (*notify)(struct observer *observer, uint32_t signals);
};

struct signal_source {
    struct spinlock lock; /* LOCK_OBJECT. */
    uint32_t signals;
    struct list observers;
};

void signal_source_init(struct signal_source *source, uint32_t signals);
/* Clear, then set bits, and notify the observers whose mask meets a bit that was not set before,
 * or (edge == true) any bit in `set`. Any context. */
void signal_change(struct signal_source *source, uint32_t clear, uint32_t set);
/* As signal_change, but observers hear of `set` even when those bits were set already: for
 * edge-triggered news such as "more data". */
void signal_pulse(struct signal_source *source, uint32_t set);
uint32_t signal_read(struct signal_source *source);
/* Add an observer; it is notified at once when a signal of its mask is set already. */
void signal_observe(struct signal_source *source, struct observer *observer);
/* After this no notify call is running or will start. */
void signal_unobserve(struct signal_source *source, struct observer *observer);

/* Sleep until one of `mask` is set. @return OK with *out_signals, TIMED_OUT, CANCELLED. */
status_t signal_wait(struct signal_source *source, uint32_t mask, time_ns_t deadline,
                     uint32_t *out_signals);
