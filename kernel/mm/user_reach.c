/* See user_reach.h. */
#include "kernel/mm/user_reach.h"

#include "kernel/mm/aspace.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"

static size_t reach_page(struct aspace *space, uaddr_t dst, uaddr_t src, size_t len)
{
    size_t offset = dst.raw & PAGE_MASK;
    size_t part = len < PAGE_SIZE - offset ? len : PAGE_SIZE - offset;
    uint8_t *page = mmu_writable_page(space, dst.raw);
    return page != NULL && user_read_now(page + offset, src, part) == STATUS_OK ? part : 0;
}

size_t user_reach_write(struct thread *whose, uaddr_t dst, uaddr_t src, size_t len)
{
    struct aspace *space = whose->process->aspace;
    size_t done = 0, part = 1;
    if (len > USER_REACH_MAX)
        len = USER_REACH_MAX;
    if (!user_range_ok(dst, len) || !user_range_ok(src, len) || !mutex_try_lock(&space->lock))
        return 0;
    while (done < len && part > 0) {
        part =
            reach_page(space, (uaddr_t){ dst.raw + done }, (uaddr_t){ src.raw + done }, len - done);
        done += part;
    }
    mutex_unlock(&space->lock);
    return done;
}
