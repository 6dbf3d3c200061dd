/* The queue between submitters and a driver. */
#include "kernel/block/block.h"

#include "kernel/trace/counter.h"
#include "kernel/trace/tracepoint.h"
#include "lib/base/assert.h"

void block_device_init(struct block_device *device, const struct block_ops *ops)
{
    *device = (struct block_device){ .ops = ops };
    spin_init(&device->lock, LOCK_BLOCK);
    list_init(&device->queue);
    device->block_bytes = BLOCK_SECTOR_BYTES;
    device->segments_max = BLOCK_SEGMENTS_MAX;
    device->segment_bytes_max = 1u << 20;
}

/* Bytes of all segments; 0 when one of them is more than the device takes. */
static uint64_t request_bytes(const struct block_device *device,
                              const struct block_request *request)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < request->segment_count; i++) {
        uint32_t len = request->segments[i].len;
        if (len == 0 || len > device->segment_bytes_max || len % device->block_bytes != 0)
            return 0;
        bytes += len;
    }
    return bytes;
}

static status_t request_check(const struct block_device *device,
                              const struct block_request *request)
{
    if (request->operation == BLOCK_FLUSH)
        return request->segment_count == 0 && !request->barrier ? STATUS_OK : STATUS_INVALID;
    if (request->operation == BLOCK_WRITE && device->read_only)
        return STATUS_READ_ONLY;
    if (request->segment_count == 0 || request->segment_count > device->segments_max)
        return STATUS_INVALID;
    uint64_t bytes = request_bytes(device, request);
    if (bytes == 0 || request->sector % (device->block_bytes / BLOCK_SECTOR_BYTES) != 0)
        return STATUS_INVALID;
    uint64_t sectors = bytes / BLOCK_SECTOR_BYTES;
    if (sectors > device->sector_count || request->sector > device->sector_count - sectors)
        return STATUS_INVALID;
    return STATUS_OK;
}

static void request_count(struct block_device *device, const struct block_request *request)
{
    struct block_counters *counters = &device->counters;
    uint64_t bytes = request_bytes(device, request);
    switch (request->operation) {
    case BLOCK_READ:
        counters->reads++;
        counters->bytes_read += bytes;
        counter_add(COUNTER_BLOCK_READS, 1);
        counter_add(COUNTER_BLOCK_READ_BYTES, bytes);
        break;
    case BLOCK_WRITE:
        counters->writes++;
        counters->bytes_written += bytes;
        counter_add(COUNTER_BLOCK_WRITES, 1);
        counter_add(COUNTER_BLOCK_WRITTEN_BYTES, bytes);
        break;
    case BLOCK_FLUSH:
        counters->flushes++;
        counter_add(COUNTER_BLOCK_FLUSHES, 1);
        break;
    }
}

static void trace_begin(const struct block_device *device, const struct block_request *request)
{
    if (trace_is_on(TRACE_BLOCK))
        trace_record(TRACE_BLOCK, request->sector,
                     (uint64_t)request->operation << TRACE_BLOCK_OPERATION_SHIFT |
                         request_bytes(device, request));
}

void block_dispatch(struct block_device *device, struct list *refused)
{
    ASSERT(spin_held(&device->lock));
    bool taken = false;
    while (!list_is_empty(&device->queue)) {
        struct list *link = device->queue.next;
        struct block_request *request = CONTAINER_OF(link, struct block_request, link);
        status_t status = device->ops->submit(device, request);
        if (status == STATUS_WOULD_BLOCK)
            break;
        list_remove(link);
        if (status == STATUS_OK)
            taken = true;
        else
            list_push_back(refused, link);
    }
    if (taken)
        device->ops->publish(device);
}

status_t block_submit(struct block_device *device, struct block_request *request)
{
    ASSERT(request->done != NULL);
    status_t status = request_check(device, request);
    if (status != STATUS_OK)
        return status;
    if (request->operation == BLOCK_FLUSH && !device->flushes) {
        request->done(request, STATUS_OK);
        return STATUS_OK;
    }
    struct list refused;
    list_init(&refused);
    list_init(&request->link);
    spin_lock(&device->lock);
    if (device->broken) {
        list_push_back(&refused, &request->link);
    } else {
        request_count(device, request);
        trace_begin(device, request);
        list_push_back(&device->queue, &request->link);
        block_dispatch(device, &refused);
    }
    spin_unlock(&device->lock);
    block_complete_all(device, &refused);
    return STATUS_OK;
}

void block_break(struct block_device *device, struct list *refused)
{
    ASSERT(spin_held(&device->lock));
    device->broken = true;
    struct list *link;
    while ((link = list_pop_front(&device->queue)) != NULL)
        list_push_back(refused, link);
}

void block_complete(struct block_device *device, struct block_request *request, status_t status)
{
    if (status != STATUS_OK) {
        __atomic_add_fetch(&device->counters.errors, 1, __ATOMIC_RELAXED);
        counter_add(COUNTER_BLOCK_ERRORS, 1);
    }
    trace(TRACE_BLOCK_EXIT, request->sector,
          (uint64_t)request->operation << TRACE_BLOCK_OPERATION_SHIFT | (uint32_t)status);
    request->done(request, status);
}

void block_complete_all(struct block_device *device, struct list *requests)
{
    struct list *link;
    while ((link = list_pop_front(requests)) != NULL)
        block_complete(device, CONTAINER_OF(link, struct block_request, link), STATUS_IO);
}
