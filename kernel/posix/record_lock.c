/* See record_lock.h. The locks of a file are a list in order of their starts; those of one owner do not
 * overlap, and neighbours of one kind are one. */
#include "kernel/posix/record_lock.h"

#include "kernel/cell/charge.h"
#include "kernel/posix/description.h"
#include "kernel/posix/posix.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/vfs/file.h"
#include "lib/base/assert.h"

enum { WAITERS_FOLLOWED_MAX = 64 }; /* A longer chain of who waits for whom counts as a ring. */

struct record_lock {
    struct list link;
    uint64_t start;
    uint64_t end;      /* The last byte; UINT64_MAX: for good. */
    const void *owner; /* A process, or a description. */
    uint64_t owner_id; /* Number of the process. */
    struct cell *cell; /* Charged; kept by the owner. */
    bool exclusive;
};

/* What a vnode has, made with its first lock. */
struct file_locks {
    struct vnode_special special;
    struct cell *cell; /* Charged. One reference. */
    struct list ranges;
    struct list wholes; /* Of flock. */
    struct wait_queue waiters;
};

/* A thread that waits: its owner waits for another. */
struct lock_wait {
    struct list link;
    const void *owner;
    const void *blocker;
};

static struct record_locks {
    struct spinlock lock; /* LOCK_DEVICE: all locks, all waits. */
    struct list waits;
    struct slab_cache cache;
} state;

/* What one call wants. */
struct lock_request {
    struct file_locks *locks;
    struct list *list; /* Of `locks`: the ranges, or the wholes. */
    struct cell *cell;
    uint64_t start;
    uint64_t end;
    const void *owner;
    uint64_t owner_id;
    uint32_t kind; /* enum descriptor_lock_kind */
};

/* --- the locks of a vnode --- */

static void file_locks_release(struct vnode_special *special)
{
    struct file_locks *locks = CONTAINER_OF(special, struct file_locks, special);
    struct cell *cell = locks->cell;
    ASSERT(list_is_empty(&locks->ranges) && list_is_empty(&locks->wholes));
    charged_kfree(cell, locks, sizeof *locks);
    object_unref(&cell->object);
}

static status_t file_locks_of(struct vnode *vnode, struct file_locks **out_locks)
{
    struct vnode_special *special = __atomic_load_n(&vnode->special, __ATOMIC_ACQUIRE);
    if (special == NULL) {
        void *memory;
        struct cell *cell = vnode_cell(vnode);
        status_t status = charged_kmalloc(cell, sizeof(struct file_locks), &memory);
        if (status != STATUS_OK)
            return status;
        struct file_locks *made = memory;
        made->special.release = file_locks_release;
        made->cell = cell;
        object_ref(&cell->object);
        list_init(&made->ranges);
        list_init(&made->wholes);
        wait_queue_init(&made->waiters);
        if (__atomic_compare_exchange_n(&vnode->special, &special, &made->special, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            special = &made->special;
        else /* Somebody was faster. */
            file_locks_release(&made->special);
    }
    *out_locks = CONTAINER_OF(special, struct file_locks, special);
    return STATUS_OK;
}

static status_t lock_alloc(struct cell *cell, struct record_lock **out_lock)
{
    void *memory;
    status_t status = charged_alloc(cell, &state.cache, &memory);
    if (status != STATUS_OK)
        return status;
    *out_lock = memory;
    (*out_lock)->cell = cell;
    return STATUS_OK;
}

static void lock_free(struct record_lock *lock)
{
    charged_free(lock->cell, &state.cache, lock);
}

/* --- ranges; the lock is held --- */

static bool overlaps(const struct record_lock *lock, uint64_t start, uint64_t end)
{
    return lock->start <= end && start <= lock->end;
}

/* The first lock of somebody else that is in the way, or NULL. */
static struct record_lock *conflict_find(const struct lock_request *request)
{
    LIST_FOR_EACH (link, request->list) {
        struct record_lock *lock = CONTAINER_OF(link, struct record_lock, link);
        if (lock->owner != request->owner && overlaps(lock, request->start, request->end) &&
            (lock->exclusive || request->kind == DESCRIPTOR_LOCK_EXCLUSIVE))
            return lock;
    }
    return NULL;
}

static void insert_sorted(struct list *list, struct record_lock *fresh)
{
    struct list *place = list;
    LIST_FOR_EACH (link, list) {
        if (CONTAINER_OF(link, struct record_lock, link)->start > fresh->start)
            break;
        place = link;
    }
    list_insert_after(place, &fresh->link);
}

/* Free what the owner has in the range. A lock around the range leaves two, for which *spare is taken.
 * What is left over goes to `garbage`. */
static void range_clear(const struct lock_request *request, struct record_lock **spare,
                        struct list *garbage)
{
    LIST_FOR_EACH_SAFE (link, request->list) {
        struct record_lock *lock = CONTAINER_OF(link, struct record_lock, link);
        if (lock->owner != request->owner || !overlaps(lock, request->start, request->end))
            continue;
        bool before = lock->start<request->start, after = lock->end> request->end;
        if (before && after) {
            struct record_lock *rest = *spare;
            struct cell *cell = rest->cell;
            *spare = NULL;
            *rest = *lock;
            rest->cell = cell;
            rest->start = request->end + 1;
            lock->end = request->start - 1;
            insert_sorted(request->list, rest);
        } else if (before) {
            lock->end = request->start - 1;
        } else if (after) {
            list_remove(&lock->link);
            lock->start = request->end + 1;
            insert_sorted(request->list, lock);
        } else {
            list_remove(&lock->link);
            list_push_back(garbage, &lock->link);
        }
    }
}

/* One lock with the owner's neighbours of its kind. */
static void neighbours_join(const struct lock_request *request, struct record_lock *fresh,
                            struct list *garbage)
{
    LIST_FOR_EACH_SAFE (link, request->list) {
        struct record_lock *lock = CONTAINER_OF(link, struct record_lock, link);
        if (lock == fresh || lock->owner != fresh->owner || lock->exclusive != fresh->exclusive)
            continue;
        if (lock->end != UINT64_MAX && lock->end + 1 == fresh->start)
            fresh->start = lock->start;
        else if (fresh->end != UINT64_MAX && fresh->end + 1 == lock->start)
            fresh->end = lock->end;
        else
            continue;
        list_remove(&lock->link);
        list_push_back(garbage, &lock->link);
    }
    list_remove(&fresh->link);
    insert_sorted(request->list, fresh);
}

/* Nobody is in the way. @param spares  two free locks; what is taken becomes NULL. */
static void range_set(const struct lock_request *request, struct record_lock *spares[2],
                      struct list *garbage)
{
    range_clear(request, &spares[0], garbage);
    if (request->kind != DESCRIPTOR_UNLOCK) {
        struct record_lock *fresh = spares[1];
        struct cell *cell = fresh->cell;
        spares[1] = NULL;
        *fresh = (struct record_lock){ .start = request->start,
                                       .end = request->end,
                                       .owner = request->owner,
                                       .owner_id = request->owner_id,
                                       .cell = cell,
                                       .exclusive = request->kind == DESCRIPTOR_LOCK_EXCLUSIVE };
        insert_sorted(request->list, fresh);
        neighbours_join(request, fresh, garbage);
    }
    wait_wake_all(&request->locks->waiters, &state.lock);
}

static void garbage_free(struct list *garbage)
{
    struct list *link;
    while ((link = list_pop_front(garbage)) != NULL)
        lock_free(CONTAINER_OF(link, struct record_lock, link));
}

/* --- waiting --- */

/* Whether `owner` is waited for by the one it is about to wait for, or by who that waits for, and so on. */
static bool waits_in_ring(const void *owner, const void *blocker, uint32_t *followed)
{
    if (blocker == owner || ++*followed > WAITERS_FOLLOWED_MAX)
        return true;
    LIST_FOR_EACH (link, &state.waits) {
        const struct lock_wait *wait = CONTAINER_OF(link, struct lock_wait, link);
        if (wait->owner == blocker && waits_in_ring(owner, wait->blocker, followed))
            return true;
    }
    return false;
}

/* Sleep until something of the file's locks has changed. The lock is held before and after. */
static status_t wait_for_change(const struct lock_request *request, const void *blocker)
{
    struct lock_wait wait = { .owner = request->owner, .blocker = blocker };
    uint32_t followed = 0;
    if (waits_in_ring(request->owner, blocker, &followed))
        return STATUS_DEADLOCK;
    list_push_back(&state.waits, &wait.link);
    status_t status = wait_sleep(&request->locks->waiters, &state.lock, TIME_NEVER);
    spin_lock(&state.lock);
    list_remove(&wait.link);
    return status;
}

static status_t request_run(const struct lock_request *request, bool waits)
{
    struct record_lock *spares[2] = { NULL, NULL };
    struct list garbage;
    list_init(&garbage);
    status_t status = lock_alloc(request->cell, &spares[0]);
    if (status == STATUS_OK)
        status = lock_alloc(request->cell, &spares[1]);
    if (status == STATUS_OK) {
        const struct record_lock *conflict = NULL;
        spin_lock(&state.lock);
        while (status == STATUS_OK && request->kind != DESCRIPTOR_UNLOCK &&
               (conflict = conflict_find(request)) != NULL)
            status = waits ? wait_for_change(request, conflict->owner) : STATUS_WOULD_BLOCK;
        if (status == STATUS_OK)
            range_set(request, spares, &garbage);
        spin_unlock(&state.lock);
    }
    garbage_free(&garbage);
    for (int i = 0; i < 2; i++)
        if (spares[i] != NULL)
            lock_free(spares[i]);
    return status;
}

/* Everything that the owner has of the file. */
static void owner_clear(struct file_locks *locks, struct list *list, const void *owner)
{
    struct list garbage;
    list_init(&garbage);
    spin_lock(&state.lock);
    LIST_FOR_EACH_SAFE (link, list) {
        if (CONTAINER_OF(link, struct record_lock, link)->owner != owner)
            continue;
        list_remove(link);
        list_push_back(&garbage, link);
    }
    if (!list_is_empty(&garbage))
        wait_wake_all(&locks->waiters, &state.lock);
    spin_unlock(&state.lock);
    garbage_free(&garbage);
}

/* --- calls --- */

/* The file that the target is, if it is one that can be locked. */
static struct file *file_of(const struct object *target)
{
    if (target == NULL || object_kind(target) != OBJECT_FILE)
        return NULL;
    struct file *file = (struct file *)target;
    return file->vnode->kind == FILE_REGULAR ? file : NULL;
}

static bool base_of(struct file *file, uint32_t whence, int64_t *out_base)
{
    uint64_t position = 0;
    if (whence > FILE_SEEK_END)
        return false;
    if (whence == FILE_SEEK_END)
        position = vnode_size(file->vnode);
    else if (whence == FILE_SEEK_CURRENT && file_seek(file, 0, whence, &position) != STATUS_OK)
        return false;
    *out_base = (int64_t)position;
    return true;
}

/* A length of 0 goes on for good; a negative one lies before the start (POSIX.1-2017, fcntl). */
static status_t range_resolve(struct file *file, const struct descriptor_lock *lock,
                              uint64_t *out_start, uint64_t *out_end)
{
    int64_t base, start, end;
    if (!base_of(file, lock->whence, &base))
        return STATUS_INVALID;
    if (__builtin_add_overflow(base, lock->start, &start))
        return STATUS_OVERFLOW;
    if (__builtin_add_overflow(start, lock->len, &end))
        return STATUS_OVERFLOW;
    if (lock->len < 0) {
        int64_t before = end;
        end = start;
        start = before;
    }
    if (start < 0)
        return STATUS_INVALID;
    *out_start = (uint64_t)start;
    *out_end = lock->len == 0 ? UINT64_MAX : (uint64_t)end - 1;
    return STATUS_OK;
}

static uint32_t mode_of(uint32_t kind)
{
    switch (kind) {
    case DESCRIPTOR_LOCK_SHARED: return DESCRIPTION_READ;
    case DESCRIPTOR_LOCK_EXCLUSIVE: return DESCRIPTION_WRITE;
    default: return 0;
    }
}

/* The file behind a number that a call is about. The caller gets a reference to the description and the
 * file. */
static status_t lock_begin(struct thread *caller, uint32_t number, uint32_t mode,
                           struct description **out_description, struct file **out_file)
{
    struct capability target;
    status_t status =
        descriptors_get(__atomic_load_n(&caller->process->handles.segment, __ATOMIC_ACQUIRE),
                        number, out_description);
    if (status != STATUS_OK)
        return status;
    struct description *description = *out_description;
    uint32_t flags = __atomic_load_n(&description->flags, __ATOMIC_RELAXED);
    status = (flags & mode) == mode ? description_copy(description, &target) : STATUS_BAD_HANDLE;
    if (status == STATUS_OK) {
        *out_file = file_of(target.object);
        if (*out_file != NULL)
            object_ref(target.object);
        else
            status = STATUS_INVALID;
        capability_drop(&target);
    }
    if (status != STATUS_OK)
        object_unref(&description->object);
    return status;
}

static void lock_end(struct description *description, struct file *file)
{
    object_unref(&file->object);
    object_unref(&description->object);
}

/* A number that was closed while we waited has freed the locks before we had ours. */
static bool number_names(struct thread *caller, uint32_t number,
                         const struct description *description)
{
    return descriptors_peek(&caller->process->posix->descriptors, number) == description;
}

static status_t request_fill(struct thread *caller, struct description *description,
                             struct file *file, struct descriptor_lock *lock, bool is_whole,
                             struct lock_request *out_request)
{
    struct lock_request *request = out_request;
    *request = (struct lock_request){
        .cell = is_whole ? description->object.cell : caller->process->cell,
        .end = UINT64_MAX,
        .owner = is_whole ? (const void *)description : (const void *)caller->process->posix,
        .owner_id = caller->process->id,
        .kind = lock->kind,
    };
    status_t status = STATUS_OK;
    if (lock->kind > DESCRIPTOR_LOCK_EXCLUSIVE)
        return STATUS_INVALID;
    if (!is_whole)
        status = range_resolve(file, lock, &request->start, &request->end);
    if (status == STATUS_OK)
        status = file_locks_of(file->vnode, &request->locks);
    if (status == STATUS_OK)
        request->list = is_whole ? &request->locks->wholes : &request->locks->ranges;
    return status;
}

status_t record_lock_set(struct thread *caller, uint32_t number, struct descriptor_lock *lock,
                         uint32_t flags)
{
    bool is_whole = (flags & DESCRIPTOR_LOCK_WHOLE) != 0;
    struct description *description;
    struct lock_request request;
    struct file *file;
    status_t status =
        lock_begin(caller, number, is_whole ? 0 : mode_of(lock->kind), &description, &file);
    if (status != STATUS_OK)
        return status;
    status = request_fill(caller, description, file, lock, is_whole, &request);
    if (status == STATUS_OK)
        status = request_run(&request, (flags & DESCRIPTOR_LOCK_WAIT) != 0);
    if (status == STATUS_OK && !number_names(caller, number, description)) {
        if (!is_whole || __atomic_load_n(&description->closed, __ATOMIC_ACQUIRE))
            owner_clear(request.locks, request.list, request.owner);
        status = STATUS_BAD_HANDLE;
    }
    lock_end(description, file);
    return status;
}

status_t record_lock_test(struct thread *caller, uint32_t number, struct descriptor_lock *lock)
{
    struct description *description;
    struct lock_request request;
    struct file *file;
    status_t status = lock_begin(caller, number, 0, &description, &file);
    if (status != STATUS_OK)
        return status;
    if (lock->kind == DESCRIPTOR_UNLOCK)
        status = STATUS_INVALID;
    if (status == STATUS_OK)
        status = request_fill(caller, description, file, lock, false, &request);
    if (status == STATUS_OK) {
        spin_lock(&state.lock);
        const struct record_lock *conflict = conflict_find(&request);
        lock->kind = conflict == NULL      ? DESCRIPTOR_UNLOCK
                     : conflict->exclusive ? DESCRIPTOR_LOCK_EXCLUSIVE
                                           : DESCRIPTOR_LOCK_SHARED;
        if (conflict != NULL) {
            lock->whence = FILE_SEEK_SET;
            lock->start = (int64_t)conflict->start;
            lock->len =
                conflict->end == UINT64_MAX ? 0 : (int64_t)(conflict->end - conflict->start + 1);
            lock->owner = conflict->owner_id;
        }
        spin_unlock(&state.lock);
    }
    lock_end(description, file);
    return status;
}

/* --- closing --- */

static struct file_locks *locks_there(const struct object *target)
{
    const struct file *file = file_of(target);
    struct vnode_special *special =
        file == NULL ? NULL : __atomic_load_n(&file->vnode->special, __ATOMIC_ACQUIRE);
    return special == NULL ? NULL : CONTAINER_OF(special, struct file_locks, special);
}

inline void record_locks_close(struct posix_process *posix, const struct description *description)
{
    struct file_locks *locks = locks_there(description_peek(description).object);
    if (locks != NULL && !list_is_empty(&locks->ranges))
        owner_clear(locks, &locks->ranges, posix);
}

inline void record_locks_close_description(const struct description *description,
                                           const struct object *target)
{
    struct file_locks *locks = locks_there(target);
    if (locks != NULL && !list_is_empty(&locks->wholes))
        owner_clear(locks, &locks->wholes, description);
}

void record_locks_setup(void)
{
    spin_init(&state.lock, LOCK_DEVICE);
    list_init(&state.waits);
    slab_cache_init(&state.cache, "record_lock", sizeof(struct record_lock));
}
