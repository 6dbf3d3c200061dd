/* For threads: run a request and sleep until it is completed. */
#include "kernel/block/block.h"
#include "kernel/mm/frame.h"
#include "lib/base/assert.h"

/* The waiter may be gone as soon as the guard is released, so that comes last. */
static void waiter_done(struct block_request *request, status_t status)
{
    struct block_waiter *waiter = CONTAINER_OF(request, struct block_waiter, request);
    spin_lock(&waiter->guard);
    waiter->status = status;
    waiter->is_done = true;
    wait_wake_all(&waiter->queue, &waiter->guard);
    spin_unlock(&waiter->guard);
}

void block_waiter_init(struct block_waiter *waiter)
{
    *waiter = (struct block_waiter){ .request.done = waiter_done };
    spin_init(&waiter->guard, LOCK_OBJECT);
    wait_queue_init(&waiter->queue);
}

static void waiter_wait(struct block_waiter *waiter)
{
    spin_lock(&waiter->guard);
    while (!waiter->is_done) {
        (void)wait_sleep_uninterrupted(&waiter->queue, &waiter->guard);
        spin_lock(&waiter->guard);
    }
    spin_unlock(&waiter->guard);
}

status_t block_run(struct block_device *device, struct block_waiter *waiter)
{
    status_t status = block_submit(device, &waiter->request);
    if (status != STATUS_OK)
        return status;
    waiter_wait(waiter);
    return waiter->status;
}

static uint32_t bytes_min(uint64_t a, uint64_t b)
{
    return (uint32_t)(a < b ? a : b);
}

status_t block_read_sync(struct block_device *device, uint64_t sector, void *dst, size_t len)
{
    ASSERT(len % BLOCK_SECTOR_BYTES == 0);
    uint8_t *at = dst;
    while (len > 0) {
        struct block_waiter waiter;
        block_waiter_init(&waiter);
        uint32_t piece = bytes_min(len, device->segment_bytes_max);
        waiter.request.operation = BLOCK_READ;
        waiter.request.sector = sector;
        waiter.request.segment_count = 1;
        waiter.request.segments[0] = (struct block_segment){ frame_from_data(at), piece };
        status_t status = block_run(device, &waiter);
        if (status != STATUS_OK)
            return status;
        sector += piece / BLOCK_SECTOR_BYTES;
        at += piece;
        len -= piece;
    }
    return STATUS_OK;
}

status_t block_flush_sync(struct block_device *device)
{
    struct block_waiter waiter;
    block_waiter_init(&waiter);
    waiter.request.operation = BLOCK_FLUSH;
    return block_run(device, &waiter);
}
