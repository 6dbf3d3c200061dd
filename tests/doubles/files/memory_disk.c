/* See memory_disk.h. */
#include "tests/doubles/files/memory_disk.h"

#include <string.h>

#include "kernel/mm/frame.h"
#include "lib/base/assert.h"
#include "tests/doubles/files/threads.h"

static struct memory_disk *disk_of(struct block_device *device)
{
    return CONTAINER_OF(device, struct memory_disk, device);
}

static status_t disk_submit(struct block_device *device, struct block_request *request)
{
    struct memory_disk *disk = disk_of(device);
    if (disk->accepted_count == disk->depth)
        return STATUS_WOULD_BLOCK;
    disk->accepted[disk->accepted_count++] = request;
    return STATUS_OK;
}

static void disk_publish(struct block_device *device)
{
    disk_of(device)->published++;
}

static const struct block_ops memory_disk_ops = {
    .name = "memory disk",
    .submit = disk_submit,
    .publish = disk_publish,
};

void memory_disk_init(struct memory_disk *disk, uint8_t *bytes, size_t len)
{
    *disk = (struct memory_disk){ .bytes = bytes, .depth = 8, .bad_sector = UINT64_MAX };
    block_device_init(&disk->device, &memory_disk_ops);
    disk->device.sector_count = len / BLOCK_SECTOR_BYTES;
    disk->device.flushes = true;
}

static status_t segment_move(struct memory_disk *disk, const struct block_request *request,
                             const struct block_segment *segment, uint64_t sector)
{
    uint64_t sectors = segment->len / BLOCK_SECTOR_BYTES;
    if (disk->bad_sector >= sector && disk->bad_sector - sector < sectors)
        return STATUS_IO;
    uint8_t *place = disk->bytes + sector * BLOCK_SECTOR_BYTES;
    void *memory = frame_data(segment->address);
    if (request->operation == BLOCK_WRITE)
        memcpy(place, memory, segment->len);
    else
        memcpy(memory, place, segment->len);
    return STATUS_OK;
}

static status_t request_move(struct memory_disk *disk, const struct block_request *request)
{
    uint64_t sector = request->sector;
    for (uint32_t i = 0; i < request->segment_count; i++) {
        status_t status = segment_move(disk, request, &request->segments[i], sector);
        if (status != STATUS_OK)
            return status;
        sector += request->segments[i].len / BLOCK_SECTOR_BYTES;
    }
    return STATUS_OK;
}

bool memory_disk_run(struct memory_disk *disk)
{
    if (disk->accepted_count == 0)
        return false;
    uint64_t number = kernel_threads.random == NULL ? 0 : kernel_threads.random();
    uint32_t chosen = (uint32_t)(number % disk->accepted_count);
    struct block_request *request = disk->accepted[chosen];
    disk->accepted[chosen] = disk->accepted[--disk->accepted_count];
    status_t status = request_move(disk, request);
    struct list refused;
    list_init(&refused);
    spin_lock(&disk->device.lock);
    disk->completed++;
    block_dispatch(&disk->device, &refused);
    spin_unlock(&disk->device.lock);
    block_complete_all(&disk->device, &refused);
    block_complete(&disk->device, request, status);
    return true;
}
