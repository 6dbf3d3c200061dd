/* Virtual memory objects: sparse arrays of pages that address spaces map. Kinds differ in where a
 * page comes from, which is all that vmo_ops says. A VMO's tree of pages is guarded by its lock
 * (LOCK_PAGE_TREE); getting a page may sleep. */
#pragma once

#include "kernel/mm/address.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/radix.h"
#include "kernel/object/object.h"

struct vmo;

struct vmo_ops {
    const char *name;
    /* Supply page `index`, which the tree lacks: bring it in and insert it with vmo_insert_page.
     * May sleep; several callers may race for one page, and EXISTS from the insertion is success.
     * @return OK, NO_MEMORY, LIMIT, IO (the page could not be read), NO_SPACE. */
    status_t (*supply)(struct vmo *vmo, uint64_t index);
    /* The VMO is going away, its pages are already out. What embeds it frees itself: nothing of
     * the VMO is touched afterwards. Optional. */
    void (*release)(struct vmo *vmo);
    /* Frames belong to the device, not to the allocator, and are mapped with device attributes. */
    bool is_device;
};

/* Told of every page that comes into a VMO and of every one that vmo_release takes out: for tables of
 * addresses that devices use. */
struct vmo_watch {
    struct list link;   /* In vmo.watches. */
    uint64_t forgotten; /* So many of the pages that left are known to nobody behind this watch. */
    /* Under the VMO's lock: may not sleep nor take a lock. Tells of one page more than once at most
     * when the watch begins. */
    void (*page_added)(struct vmo_watch *watch, uint64_t index, paddr_t frame);
    void (*page_left)(struct vmo_watch *watch, uint64_t index);
    /* Under the VMO's lock, after page_left: some wait for vmo_forget. May change signals. */
    void (*pages_wait)(struct vmo_watch *watch);
};

struct vmo {
    struct object object; /* OBJECT_VMO. */
    const struct vmo_ops *ops;
    struct spinlock lock;
    struct radix pages; /* index -> physical address | flags. */
    uint64_t size_bytes;
    uint64_t page_count; /* Pages in the tree. */
    struct vmo *parent;  /* Copy-on-write source, or NULL. */
    uint64_t parent_offset_bytes;
    uint64_t parent_size_bytes; /* Pages from here on do not show the parent: they are zero. */
    struct list mappings;       /* struct mapping, guarded by `lock`; for revoke and truncation. */
    struct list watches;        /* struct vmo_watch, guarded by `lock`. */
    /* Pages that vmo_release took out and that a watch may still know, first come first, linked by
     * frame->owner. Guarded by `lock`. */
    paddr_t leaving_first, leaving_last;
    uint64_t left;  /* Pages that ever left; */
    uint64_t freed; /* of these, the first so many went back to the allocator. */
    uint32_t pins;  /* vmo_pin_page without its vmo_unpin_page. */
    /* Bytes of memory that vmo_create_* took for it; 0: it is part of something larger. */
    uint32_t own_bytes;
    struct mapping *
        spare; /* Memory for one mapping that came with it and is free, or NULL: vmo_create_private. */
    void *owner; /* ops' own: the vnode of a file VMO, the physical base of a device. */
};

/* Anonymous, zero on demand, pages charged to `cell`. Caller gets the one reference. */
status_t vmo_create_anon(uint64_t size_bytes, struct cell *cell, struct vmo **out_vmo);
/* The same in one physical piece, all pages there from the start; at most 2 MiB, else INVALID. */
status_t vmo_create_contiguous(uint64_t size_bytes, struct cell *cell, struct vmo **out_vmo);
/* The same for memory that private mappings of one address space will show, and no handle: the memory of the first
 * mapping comes with it. */
status_t vmo_create_private(uint64_t size_bytes, struct cell *cell, struct vmo **out_vmo);
/* Copy-on-write child of a range of another VMO (whole pages), private as well. */
status_t vmo_create_cow(struct vmo *parent, uint64_t offset_bytes, uint64_t size_bytes,
                        struct cell *cell, struct vmo **out_vmo);
/* A copy-on-write copy of a range of anonymous memory that one address space shows, whose lock is held: no
 * page comes or goes meanwhile. Its hardware entries have to be read-only before the next write through
 * them. Pages that are there are charged to `cell`. @return LIMIT, NO_MEMORY. May sleep. */
status_t vmo_clone(struct vmo *vmo, uint64_t offset_bytes, uint64_t size_bytes, struct cell *cell,
                   struct vmo **out_clone);
/* A range of device registers: never cached, never freed. */
status_t vmo_create_device(paddr_t base, uint64_t size_bytes, struct cell *cell,
                           struct vmo **out_vmo);
/* For file systems: pages come from `ops->supply`. The page cache is the set of these VMOs. */
void vmo_init(struct vmo *vmo, const struct vmo_ops *ops, uint64_t size_bytes, struct cell *cell);

/* Look at pages for a moment, without sleeping in between: which frame has page `index`, if it is there and not
 * the parent's. It stays until the pages are unlocked. */
void vmo_lock_pages(struct vmo *vmo);
void vmo_unlock_pages(struct vmo *vmo);
bool vmo_peek_locked(const struct vmo *vmo, uint64_t index, paddr_t *out_frame);

/* Find page `index`, supplying it when it is not there. With `write`, the page is private to this
 * VMO afterwards (copied from the parent or from sharers). The frame stays as long as the caller
 * holds the VMO and the page is not evicted; *pin* it across anything that sleeps.
 * @return OK; FAULT past the end; NO_MEMORY, LIMIT, IO, NO_SPACE from the supplier. */
status_t vmo_get_page(struct vmo *vmo, uint64_t index, bool write, paddr_t *out_frame);
/* As vmo_get_page; a cache frame comes with a hold that the caller gives back by
 * vmo_release_frame, or passes on to the hardware entry that maps it. */
status_t vmo_hold_page(struct vmo *vmo, uint64_t index, bool write, paddr_t *out_frame);
/* As vmo_hold_page, for who replaces a hardware entry, which may show a shared frame that the VMO gives up for its own
 * copy. That frame is *out_left (0: there is none), with a reference that the caller gives back, by frame_unref, when no
 * entry shows it any more: nobody else may get a frame that is still mapped. Set whatever the status is. */
status_t vmo_hold_page_shown(struct vmo *vmo, uint64_t index, bool write, paddr_t *out_frame,
                             paddr_t *out_left);
/* The same of a page that is there; NOT_FOUND otherwise. Never sleeps. */
status_t vmo_peek_hold(struct vmo *vmo, uint64_t index, paddr_t *out_frame);
/* The first page from *index on that is there; its parent's do not count. @return false when there is
 * none. Never sleeps. */
bool vmo_next_page(struct vmo *vmo, uint64_t *index);
void vmo_release_frame(paddr_t frame);
/* One hold more on a frame that is held. @return false when there are too many already. */
bool vmo_hold_frame(paddr_t frame);
/* The same without supplying: NOT_FOUND when the page is not there. Never sleeps. */
status_t vmo_peek_page(struct vmo *vmo, uint64_t index, paddr_t *out_frame);
/* The first page from *index on that is there. Never sleeps. */
bool vmo_find_page(struct vmo *vmo, uint64_t *index);
/* As vmo_get_page, and the page cannot be evicted until vmo_unpin_page. For I/O and copies. */
status_t vmo_pin_page(struct vmo *vmo, uint64_t index, bool write, paddr_t *out_frame);
void vmo_unpin_page(struct vmo *vmo, uint64_t index);
/* Put a frame (FRAME_CACHE or FRAME_ANON) into the tree, which owns it then. @return EXISTS when
 * another came first: the caller keeps its frame. NO_MEMORY for the tree's own nodes. */
status_t vmo_insert_page(struct vmo *vmo, uint64_t index, paddr_t frame);
/* Remove and free the clean, unpinned, unmapped pages of a file VMO; all of them. @return how many. */
uint64_t vmo_drop_clean(struct vmo *vmo);
/* Take pages [first, first + count) out as if they had never been touched, and free them: of a private
 * mapping's VMO, which nobody watches. No entry shows them, and the lock of the one space that could set some is
 * held. Pinned pages stay. */
void vmo_discard(struct vmo *vmo, uint64_t first, uint64_t count);
/* Remove all pages at or past a size: unmapped everywhere first. */
void vmo_truncate(struct vmo *vmo, uint64_t size_bytes);

/* Copy between the object and kernel memory. Past the end is INVALID. May sleep. */
status_t vmo_read(struct vmo *vmo, uint64_t offset_bytes, void *dst, size_t len);
status_t vmo_write(struct vmo *vmo, uint64_t offset_bytes, const void *src, size_t len);

/* Whether its pages are its own, made of zeros on demand: such pages stay, and stay the same, until
 * the VMO goes. */
bool vmo_is_anonymous(const struct vmo *vmo);

/* Pages of zeros for [index, index + count) of an anonymous VMO, from the first on, as far as there are none yet and
 * memory is at hand; nothing is reclaimed for it.
 * @param count  at most VMO_AHEAD_MAX. @return how many, with their frames: nobody else has those yet unless the VMO
 * is shared. */
enum { VMO_AHEAD_MAX = 16 };
uint32_t vmo_supply_ahead(struct vmo *vmo, uint64_t index, uint32_t count, paddr_t *out_frames);
/* Begin to tell of pages, those that are there already first. The caller holds the VMO. */
void vmo_watch(struct vmo *vmo, struct vmo_watch *watch);
/* No call is running or will start when this returns. Pages that waited for this watch alone are
 * freed: thread context. */
void vmo_unwatch(struct vmo *vmo, struct vmo_watch *watch);

/* --- Giving pages back (vmo_release.c) --- */

/* Take pages [first, first + count) out of an anonymous VMO that no other was made from, as if they had
 * never been touched: they are unmapped everywhere, and freed once every watch has forgotten them.
 * Pinned pages stay. One caller at a time for a VMO. Thread context; may sleep.
 * @return how many left. */
uint64_t vmo_release(struct vmo *vmo, uint64_t first, uint64_t count);
/* Nobody behind the watch uses the first `forgotten` pages that left any more. *out_left is how many
 * have left by now: those beyond are to be forgotten next.
 * @return INVALID when so many have not left. */
status_t vmo_forget(struct vmo *vmo, struct vmo_watch *watch, uint64_t forgotten,
                    uint64_t *out_left);
