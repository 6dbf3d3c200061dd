/* The page cache: the pages of files on a disk, kept as the VMOs that map them. Each regular file has
 * one struct file_pages; a page that is missing is read by supply, together with the pages that a
 * sequential reader will want next.
 *
 * States of a page: absent -> being read (in one page_read of the file; others who want it wait for
 * that) -> in the VMO's tree. It gets there only after the source's `verify` has accepted the bytes, so
 * nobody ever sees bytes that were not checked. A read that fails takes its pages with it, and each
 * waiter tries again for itself.
 *
 * Locks: file_pages.lock and page_cache.lock (LOCK_NAMESPACE, never both) guard what is named below.
 * Neither is held during I/O. Thread context; supply sleeps. */
#pragma once

#include "kernel/mm/vmo.h"
#include "kernel/sched/wait.h"
#include "lib/base/span.h"

struct block_device;
struct vnode;

enum {
    PAGE_CACHE_MARGIN = 32, /* One frame in so many is kept free of cached pages. */
    PAGE_READ_MAX = 32,     /* Pages of one request: 128 KiB. */
    PAGE_WINDOW_FIRST = 4, /* Pages read for the first miss; doubled while misses are sequential. */
};

/* Where a run of a file's pages comes from: whole pages from `sector` of `device` on, or (device NULL)
 * bytes in memory, which the rest of the page follows as zeros. */
struct page_run {
    struct block_device *device;
    uint64_t sector;
    uint32_t page_count;
    struct const_span bytes;
};

/* What a file system implements to have its files cached. */
struct page_source {
    const char *name;
    /* Find the run that begins with page `index`, which lies within the file. @return CORRUPT. */
    status_t (*locate)(struct vnode *vnode, uint64_t index, struct page_run *out_run);
    /* Accept or refuse (CORRUPT) pages that were just read, in thread context, with no lock held.
     * NULL: they are taken as they are. */
    status_t (*verify)(struct vnode *vnode, uint64_t index, const paddr_t *frames,
                       uint32_t page_count);
};

/* The pages of one file. */
struct file_pages {
    struct vmo vmo;      /* Its owner is this structure. */
    struct vnode *vnode; /* Outlives the VMO: a vnode is dropped only when nobody else has it. */
    const struct page_source *source;
    struct spinlock lock;    /* The fields below. */
    struct list reads;       /* struct page_read. */
    struct wait_queue ended; /* A read has ended. */
    uint64_t expected;       /* The page after the last one read: a miss there is sequential. */
    uint32_t window;         /* Pages to read for the next sequential miss. */
    struct list link;        /* In page_cache.files; guarded by page_cache.lock. */
};

struct page_cache {
    struct spinlock lock;
    struct list files; /* Least recently missed first. */
};

void page_cache_init(struct page_cache *cache);

/* Make the pages of a file; the caller gets the one reference, to the VMO. @return NO_MEMORY. */
status_t page_cache_create(struct vnode *vnode, const struct page_source *source,
                           uint64_t size_bytes, struct vmo **out_vmo);

/* Free clean pages that nobody has mapped or pinned, and idle vnodes. No lock is held; may sleep.
 * @return frames freed. */
uint64_t page_cache_drop_clean(void);
/* The same until `frames` are freed, from the files that were missed least recently on. */
uint64_t page_cache_reclaim(uint64_t frames);
/* Before taking frames for pages: reclaim some when little memory is free. Thread context, no
 * spinlock. Cost: a count of frames, unless memory is short. */
void page_cache_keep_room(void);
/* Pages of all files. */
uint64_t page_cache_frames(void);
