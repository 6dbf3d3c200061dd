/* Reading pages of a file from its store. One page_read covers a run of pages that nobody else is
 * reading; it lives on the stack of the thread that makes it, linked into the file meanwhile, so that a
 * second thread that misses one of these pages waits instead of reading it again. */
#include "kernel/vfs/page_read.h"

#include <string.h>

#include "kernel/block/block.h"
#include "kernel/trace/counter.h"
#include "kernel/vfs/vfs.h"
#include "kernel/vfs/vnode.h"
#include "lib/base/assert.h"

struct page_read {
    struct list link; /* In file_pages.reads. */
    uint64_t first;
    uint32_t count;
    uint32_t done; /* Pages brought in. */
    paddr_t frames[PAGE_READ_MAX];
};
_Static_assert(PAGE_READ_MAX <= BLOCK_SEGMENTS_MAX, "one request takes them all");

/* --- who reads what --- */

static struct page_read *read_covering(const struct file_pages *pages, uint64_t index)
{
    LIST_FOR_EACH (link, &pages->reads) {
        struct page_read *read = CONTAINER_OF(link, struct page_read, link);
        if (index >= read->first && index - read->first < read->count)
            return read;
    }
    return NULL;
}

static bool page_is_free_to_read(struct file_pages *pages, uint64_t index)
{
    paddr_t frame;
    return read_covering(pages, index) == NULL &&
           vmo_peek_page(&pages->vmo, index, &frame) != STATUS_OK;
}

/* How many pages a miss at `index` should bring in: one when it is a jump, a growing window when it
 * follows the last read (or begins the file). */
static uint32_t window_at(struct file_pages *pages, uint64_t index)
{
    if (index != pages->expected) {
        pages->window = PAGE_WINDOW_FIRST;
        return 1;
    }
    uint32_t window = pages->window;
    pages->window = window * 2 < PAGE_READ_MAX ? window * 2 : PAGE_READ_MAX;
    return window;
}

/* Claim the run of pages from `index` on. pages->lock is held; the page is free to read. */
static void read_begin(struct file_pages *pages, uint64_t index, struct page_read *read)
{
    ASSERT(spin_held(&pages->lock));
    uint64_t page_count = pages->vmo.size_bytes >> PAGE_SHIFT;
    uint32_t window = window_at(pages, index);
    uint32_t count = 1;
    while (count < window && index + count < page_count &&
           page_is_free_to_read(pages, index + count))
        count++;
    read->first = index;
    read->count = count;
    read->done = 0;
    list_push_back(&pages->reads, &read->link);
}

static void read_end(struct file_pages *pages, struct page_read *read)
{
    spin_lock(&pages->lock);
    list_remove(&read->link);
    pages->expected = read->first + read->done;
    wait_wake_all(&pages->ended, &pages->lock);
    spin_unlock(&pages->lock);
}

/* --- memory --- */

/* Frames for the run. Read-ahead is a wish: with at least one frame the run is cut, not failed. */
static status_t read_alloc(struct page_read *read, uint32_t wanted, uint32_t *out_count)
{
    uint32_t count = 0;
    status_t status = STATUS_OK;
    while (count < wanted) {
        status = frame_alloc(0, FRAME_CACHE, &read->frames[count]);
        if (status != STATUS_OK)
            break;
        count++;
    }
    *out_count = count;
    return count > 0 ? STATUS_OK : status;
}

static void frames_free(const struct page_read *read, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        frame_unref(read->frames[i]);
}

/* --- the store --- */

static void request_add_frame(struct block_device *device, struct block_request *request,
                              paddr_t frame)
{
    if (request->segment_count > 0) {
        struct block_segment *last = &request->segments[request->segment_count - 1];
        if (last->address.raw + last->len == frame.raw &&
            last->len + PAGE_SIZE <= device->segment_bytes_max) {
            last->len += PAGE_SIZE;
            return;
        }
    }
    request->segments[request->segment_count++] = (struct block_segment){ frame, PAGE_SIZE };
}

static status_t frames_read(const struct page_run *run, const struct page_read *read,
                            uint32_t count)
{
    struct block_waiter waiter;
    block_waiter_init(&waiter);
    waiter.request.operation = BLOCK_READ;
    waiter.request.sector = run->sector;
    for (uint32_t i = 0; i < count; i++)
        request_add_frame(run->device, &waiter.request, read->frames[i]);
    return block_run(run->device, &waiter);
}

static void frame_fill(const struct page_run *run, paddr_t frame)
{
    uint8_t *data = frame_data(frame);
    size_t len = run->bytes.len < PAGE_SIZE ? run->bytes.len : PAGE_SIZE;
    memcpy(data, run->bytes.data, len);
    memset(data + len, 0, PAGE_SIZE - len);
}

/* What lies past the end of the file in its last page is not part of it, whatever the disk holds. */
static void tail_zero(const struct file_pages *pages, const struct page_read *read, uint32_t count)
{
    uint64_t size_bytes = vnode_size(pages->vnode);
    uint64_t last = read->first + count - 1;
    if (size_bytes >> PAGE_SHIFT != last)
        return;
    uint64_t used = size_bytes & PAGE_MASK;
    memset((uint8_t *)frame_data(read->frames[count - 1]) + used, 0, PAGE_SIZE - used);
}

/* Fill the first *count frames, or fewer where the run is shorter, and have them verified. */
static status_t frames_fill(struct file_pages *pages, const struct page_read *read, uint32_t *count)
{
    struct page_run run;
    status_t status = pages->source->locate(pages->vnode, read->first, &run);
    if (status != STATUS_OK)
        return status;
    if (*count > run.page_count)
        *count = run.page_count;
    if (run.device != NULL && *count > run.device->segments_max)
        *count = run.device->segments_max;
    ASSERT(*count > 0);
    if (run.device == NULL) {
        *count = 1;
        frame_fill(&run, read->frames[0]);
    } else {
        status = frames_read(&run, read, *count);
    }
    if (status == STATUS_OK && pages->source->verify != NULL)
        status = pages->source->verify(pages->vnode, read->first, read->frames, *count);
    return status;
}

/* Hand the frames to the tree. One that another page_read brought in first stays as it is. */
static status_t frames_insert(struct file_pages *pages, const struct page_read *read,
                              uint32_t count)
{
    status_t result = STATUS_OK;
    for (uint32_t i = 0; i < count; i++) {
        status_t status = vmo_insert_page(&pages->vmo, read->first + i, read->frames[i]);
        if (status != STATUS_OK)
            frame_unref(read->frames[i]);
        if (i == 0 && status != STATUS_EXISTS)
            result = status; /* Only the first page was asked for. */
    }
    return result;
}

/* Read at most `wanted` pages of the run. */
static status_t read_run(struct file_pages *pages, struct page_read *read, uint32_t wanted)
{
    uint32_t allocated;
    status_t status = read_alloc(read, wanted, &allocated);
    if (status != STATUS_OK)
        return status;
    uint32_t count = allocated;
    status = frames_fill(pages, read, &count);
    if (status != STATUS_OK) {
        frames_free(read, 0, allocated);
        return status;
    }
    tail_zero(pages, read, count);
    frames_free(read, count, allocated);
    read->done = count;
    counter_add(COUNTER_CACHE_PAGES_READ, count);
    return frames_insert(pages, read, count);
}

/* --- a miss --- */

/* Wait while somebody else reads the page. pages->lock is held, and released on return.
 * @return CANCELLED. */
static status_t read_await(struct file_pages *pages)
{
    counter_add(COUNTER_CACHE_WAITS, 1);
    return wait_sleep_unsignalled(&pages->ended, &pages->lock, TIME_NEVER);
}

status_t page_read_one(struct file_pages *pages, uint64_t index)
{
    counter_add(COUNTER_CACHE_MISSES, 1);
    struct page_read read;
    spin_lock(&pages->lock);
    while (read_covering(pages, index) != NULL) {
        status_t status = read_await(pages);
        if (status != STATUS_OK)
            return status;
        spin_lock(&pages->lock);
    }
    paddr_t frame;
    if (vmo_peek_page(&pages->vmo, index, &frame) == STATUS_OK) {
        spin_unlock(&pages->lock);
        return STATUS_OK; /* The one waited for brought it. */
    }
    read_begin(pages, index, &read);
    spin_unlock(&pages->lock);
    status_t status = read_run(pages, &read, read.count);
    if (status != STATUS_OK && read.count > 1)
        status = read_run(pages, &read, 1); /* A page read ahead may not fail the one asked for. */
    if (status != STATUS_OK)
        counter_add(COUNTER_CACHE_FAILURES, 1);
    read_end(pages, &read);
    return status;
}
