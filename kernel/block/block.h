/* Block devices: asynchronous requests between who needs data (page cache, file systems) and a
 * driver. A request names pages of memory and sectors of a disk; it is queued, given to the driver as
 * soon as that has room, and completed by a call of its `done` function. Errors reach that function;
 * the layer neither retries nor hides anything.
 *
 * Order. The disk may complete requests in any order. BLOCK_FLUSH makes all writes that were
 * completed before it was submitted durable. A request with `barrier` starts when everything before
 * it is completed, and nothing after it starts until it is.
 *
 * Locks. device->lock (LOCK_BLOCK) guards the queue and the driver's rings. `done` runs with no lock
 * held, in interrupt context or in the submitter's, so it may not sleep. Submitting works in any
 * context; waiting is for threads. */
#pragma once

#include <abi/types.h>

#include "kernel/base/spinlock.h"
#include "kernel/mm/address.h"
#include "kernel/sched/wait.h"
#include "lib/base/list.h"

enum {
    BLOCK_SECTOR_BYTES = 512, /* The unit of positions and lengths. */
    BLOCK_SEGMENTS_MAX = 32,  /* Of one request: 128 KiB in scattered pages. */
};

enum block_operation {
    BLOCK_READ,
    BLOCK_WRITE,
    BLOCK_FLUSH, /* No segments. */
};

/* Physically contiguous memory. */
struct block_segment {
    paddr_t address;
    uint32_t len; /* A multiple of the device's block. */
};

struct block_request {
    struct list link; /* The layer's, while the request is queued. */
    enum block_operation operation;
    bool barrier;
    uint64_t sector;
    uint32_t segment_count;
    struct block_segment segments[BLOCK_SEGMENTS_MAX];
    /* Called once. The request and its pages are the caller's again when this begins. */
    void (*done)(struct block_request *request, status_t status);
};

struct block_device;

/* What a driver implements. Called with device->lock held. */
struct block_ops {
    const char *name;
    /* Take a request. @return WOULD_BLOCK when there is no room now: it stays queued, and
     * block_dispatch is due when room comes. Any other failure completes it with that status. */
    status_t (*submit)(struct block_device *device, struct block_request *request);
    /* Tell the hardware of all that was submitted since. */
    void (*publish)(struct block_device *device);
};

struct block_counters {
    uint64_t reads;
    uint64_t writes;
    uint64_t flushes;
    uint64_t bytes_read;
    uint64_t bytes_written;
    uint64_t errors;
};

struct block_device {
    const struct block_ops *ops;
    struct spinlock lock;
    struct list queue; /* Requests that the driver has not taken. */
    uint64_t sector_count;
    uint32_t block_bytes;       /* Positions and lengths are multiples of it. */
    uint32_t segments_max;      /* Of one request. */
    uint32_t segment_bytes_max; /* Of one segment. */
    bool read_only;
    bool flushes; /* It has a volatile cache. Without one a flush has nothing to do. */
    bool broken;  /* The driver gave the device up: everything fails with IO. */
    struct block_counters counters;
};

/* Start a device; the driver fills in the geometry afterwards. */
void block_device_init(struct block_device *device, const struct block_ops *ops);

/* Queue a request and let the driver take what it can.
 * @return INVALID (range, alignment, segments beyond the device's limits), READ_ONLY: `done` is not
 *         called then. With OK it is called exactly once, perhaps before this returns. */
[[nodiscard]] status_t block_submit(struct block_device *device, struct block_request *request);

/* For drivers, after completions made room: give queued requests to the hardware. The lock is held.
 * Requests that the driver refuses go to `refused` for block_complete_all. */
void block_dispatch(struct block_device *device, struct list *refused);
/* For drivers: everything queued and not yet taken goes to `refused`, and later requests fail. The
 * lock is held. */
void block_break(struct block_device *device, struct list *refused);
/* Complete one request, with no lock held. */
void block_complete(struct block_device *device, struct block_request *request, status_t status);
/* The same for a list of requests that failed with IO. */
void block_complete_all(struct block_device *device, struct list *requests);

/* A thread that waits for one request. */
struct block_waiter {
    struct block_request request;
    struct spinlock guard; /* LOCK_WAIT would nest: LOCK_OBJECT. */
    struct wait_queue queue;
    status_t status;
    bool is_done;
};

/* Prepare waiter->request; the caller fills in operation, sector and segments. */
void block_waiter_init(struct block_waiter *waiter);
/* Submit, and sleep until it is completed. Waits to the end even when the thread is being ended, since
 * the disk writes into the pages until then. @return what block_submit and the disk say. */
[[nodiscard]] status_t block_run(struct block_device *device, struct block_waiter *waiter);

/* Read whole sectors into kernel memory (page-aligned, contiguous), in as many requests as it takes. */
[[nodiscard]] status_t block_read_sync(struct block_device *device, uint64_t sector, void *dst,
                                       size_t len);
/* Everything written is durable. */
[[nodiscard]] status_t block_flush_sync(struct block_device *device);
