/* Calls 106 to 108: pools. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/mm/user_copy.h"
#include "kernel/object/give.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/stream/pool.h"

/* Chunk numbers that cross at a time. */
enum { POOL_BLOCK = 64 };

status_t syscall_pool_create(struct thread *caller, struct vmo *vmo, uint32_t chunk_count,
                             uint32_t own_count, handle_t *out_pool)
{
    struct pool *pool = NULL;
    status_t status = pool_create(caller->process->cell, vmo, chunk_count, own_count, &pool);
    if (status != STATUS_OK)
        return status;
    return handle_give(&caller->process->handles, &pool->object, RIGHTS_POOL, out_pool);
}

/* Up to `count` chunks into the block; fewer when the pool runs out. */
static status_t take_block(struct pool *pool, uint32_t *block, size_t count, size_t *out_taken)
{
    status_t status = STATUS_OK;
    size_t taken = 0;
    while (taken < count && status == STATUS_OK) {
        status = pool_take(pool, &block[taken]);
        taken += status == STATUS_OK;
    }
    *out_taken = taken;
    return status;
}

static status_t give_block(struct pool *pool, const uint32_t *block, size_t count)
{
    status_t status = STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        status_t given = pool_give(pool, block[i]);
        if (given != STATUS_OK)
            status = given; /* The others are given all the same. */
    }
    return status;
}

status_t syscall_pool_take(struct thread *caller, struct pool *pool, struct user_out chunks,
                           size_t *out_actual)
{
    uint32_t block[POOL_BLOCK];
    size_t total = chunks.len / sizeof block[0], done = 0;
    status_t status = STATUS_OK;
    while (done < total && status == STATUS_OK) {
        size_t count = total - done < POOL_BLOCK ? total - done : (size_t)POOL_BLOCK, taken = 0;
        status = take_block(pool, block, count, &taken);
        status_t written = user_write((uaddr_t){ chunks.address.raw + done * sizeof block[0] },
                                      block, taken * sizeof block[0]);
        if (written != STATUS_OK) {
            status_t given = give_block(pool, block, taken);
            return given == STATUS_OK ? written : given;
        }
        done += taken;
    }
    if (done == 0 && status != STATUS_OK)
        return status;
    *out_actual = done;
    return STATUS_OK;
}

status_t syscall_pool_give(struct thread *caller, struct pool *pool, struct user_in chunks)
{
    uint32_t block[POOL_BLOCK];
    size_t total = chunks.len / sizeof block[0];
    status_t status = STATUS_OK;
    for (size_t done = 0; done < total;) {
        size_t count = total - done < POOL_BLOCK ? total - done : (size_t)POOL_BLOCK;
        status_t read = user_read(block, (uaddr_t){ chunks.address.raw + done * sizeof block[0] },
                                  count * sizeof block[0]);
        if (read != STATUS_OK)
            return read;
        status_t given = give_block(pool, block, count);
        if (given != STATUS_OK)
            status = given;
        done += count;
    }
    return status;
}
