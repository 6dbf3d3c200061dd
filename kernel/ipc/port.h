/* Ports: one thread waits on many objects. A binding is an observer of one object's signals with
 * its packet built in, so that delivering never allocates. It belongs to the port and holds a
 * reference to the object, but no *handle*: an object whose last handle closes takes its bindings
 * along (port_forget), so nothing outlives its users in a cycle.
 *
 * A binding's life; each step is made under the port's lock:
 *
 *      FRESH --insert--> LIVE --unbind, replace, port closed, object's last handle--> GONE
 *        |   signals heard meanwhile are kept in `pending`          (one claimant frees it)
 *        +------ port closed meanwhile: the binder frees it
 *
 * Lock order: signal_source.lock (LOCK_OBJECT) > port.lock (LOCK_PORT) > LOCK_WAIT. */
#pragma once

#include <abi/port.h>

#include "kernel/object/object.h"

enum { PORT_BUCKETS = 64 };

struct port {
    struct object object;      /* OBJECT_PORT. */
    struct spinlock lock;      /* LOCK_PORT: all below. */
    bool closed;               /* The last handle went. */
    struct list ready;         /* Bindings with something to deliver, oldest first. */
    struct wait_queue waiters; /* Guard: lock. */
    uint32_t binding_count;
    struct list buckets[PORT_BUCKETS]; /* LIVE bindings, by object. */
};

enum port_binding_state {
    PORT_BINDING_FRESH,
    PORT_BINDING_LIVE,
    PORT_BINDING_GONE,
};

struct port_binding {
    struct observer observer; /* Of `source`. */
    struct port *port;        /* Alive while the binding is observed or LIVE. */
    struct cell *cell;        /* The port's: charged. */
    struct object *object;    /* One reference. */
    struct signal_source *source;
    struct list bucket_link;
    struct list ready_link; /* In port->ready, or alone. */
    uint64_t key;
    uint32_t pending; /* Edge: signals heard since the last delivery. */
    uint8_t state;    /* enum port_binding_state. */
    uint8_t flags;    /* PORT_EDGE, PORT_ONCE. */
    bool asleep;      /* PORT_ONCE, delivered. */
};

/* A port without bindings; the caller gets the one reference. @return NO_MEMORY, LIMIT. */
status_t port_create(struct cell *cell, struct port **out_port);

/* Deliver packets with `key` when one of `signals` is set on the object; replaces the object's
 * earlier binding. Charged to the port's cell. Thread context.
 * @return NOT_SUPPORTED for kinds without signals, NO_MEMORY, LIMIT, BAD_HANDLE when the port was
 *         closed meanwhile; EXISTS and NOT_FOUND as PORT_NEW and PORT_CHANGE ask. */
status_t port_bind(struct port *port, struct object *object, uint64_t key, uint32_t signals,
                   uint32_t flags);
/* @return NOT_FOUND. Afterwards no new packet names the binding. */
status_t port_unbind(struct port *port, struct object *object);

/* Take at least one packet, at most `count` (1 to PORT_BATCH_MAX), each binding once.
 * @return TIMED_OUT, CANCELLED, BAD_HANDLE when the port was closed meanwhile. */
status_t port_wait(struct port *port, struct port_packet *packets, size_t count, time_ns_t deadline,
                   size_t *out_actual);

/* The last handle to a waitable object is gone: its bindings go. Called by object.c. Never sleeps. */
void port_forget(struct object *object, struct signal_source *source);
