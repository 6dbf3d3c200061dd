/* Vnodes: files, directories and symbolic links, whatever file system they are in. A file system
 * implements vnode_ops; everybody else calls the wrappers below, which hold the checks: kinds,
 * read-only file systems, sizes and names. Thread context; all but the reference functions may sleep.
 *
 * References. A vnode with references is in use; one without is idle: its name can be looked up again. References
 * come and go without a lock. Who takes away what a vnode is found by dooms it: from then on its references only
 * become fewer, and who gives the last one back lets the file system release it. A vnode in use keeps its file system in
 * use. Memory of vnodes is given back an epoch later, for those who look without a reference (`find`).
 *
 * Locks. write_lock (LOCK_FILE, sleeping) makes writes and size changes of one regular file happen
 * one after the other; it comes before LOCK_ASPACE because a write reads user memory, which may
 * fault. Readers and page faults never take it: they read size_bytes atomically. */
#pragma once

#include <abi/file.h>
#include <abi/system.h>
#include <abi/types.h>

#include "kernel/sched/wait.h"
#include "lib/base/span.h"

struct user_in;
struct user_out;
struct vmo;
struct vnode;
struct filesystem;

struct filesystem_ops {
    const char *name;
    /* Nothing of it is in use any more. May sleep. */
    void (*destroy)(struct filesystem *filesystem);
    /* Sizes; the rest is filled in. Optional. */
    void (*describe)(struct filesystem *filesystem, struct filesystem_info *info);
};

struct filesystem {
    const struct filesystem_ops *ops;
    uint64_t number;
    uint32_t refs;
    bool read_only;    /* The wrappers refuse every change. */
    struct cell *cell; /* Charged; NULL: the root's. */
};

/* One entry of a directory, as listed. */
struct vnode_entry {
    uint64_t number;
    uint64_t next; /* The cookie after it. */
    uint8_t kind;
    uint8_t name_len;
    char name[FILE_NAME_MAX + 1];
};

/* What to make. */
struct vnode_spec {
    enum file_kind kind;
    uint16_t mode;            /* Permission bits, */
    bool has_mode;            /* else the file system's default. */
    struct identity owner;    /* Who makes it. */
    struct const_span target; /* Of a FILE_LINK. */
};

/* What a file system implements; NULL means NOT_SUPPORTED. Only vnode.c calls these. */
struct vnode_ops {
    const char *name;
    /* What a name leads to, if that is known without waiting: no reference is given, the vnode's memory stays for the
     * epoch that the caller is in. `hash` is the name's (name.h). NULL: look-up shall say. Optional. */
    struct vnode *(*find)(struct vnode *directory, struct const_span name, uint32_t hash);
    /* Find a name; the result carries a reference. `name` is never empty, "." or "..". */
    status_t (*lookup)(struct vnode *directory, struct const_span name, struct vnode **out_vnode);
    /* The first entry at or after a cookie (0: the first of all). NOT_FOUND at the end. */
    status_t (*entry)(struct vnode *directory, uint64_t cookie, struct vnode_entry *out_entry);
    /* Copy the target of a symbolic link; TOO_BIG when it does not fit. */
    status_t (*link_read)(struct vnode *link, struct span target, size_t *out_len);
    status_t (*create)(struct vnode *directory, struct const_span name,
                       const struct vnode_spec *spec, struct vnode **out_vnode);
    /* A further name of a file that is no directory, in the same file system. */
    status_t (*link)(struct vnode *directory, struct const_span name, struct vnode *vnode);
    status_t (*remove)(struct vnode *directory, struct const_span name, bool is_directory);
    status_t (*rename)(struct vnode *directory, struct const_span name, struct vnode *target,
                       struct const_span target_name);
    /* Make room for bytes up to size_bytes, charged, without showing them. write_lock is held. */
    status_t (*reserve)(struct vnode *file, uint64_t size_bytes);
    /* Set the size; what lies beyond is gone, what is new reads as zero. write_lock is held. */
    status_t (*resize)(struct vnode *file, uint64_t size_bytes);
    status_t (*sync)(struct vnode *file);
    /* Of a device: bytes from and to nowhere. The file's offset means nothing. */
    status_t (*device_read)(struct vnode *device, struct user_out dst, size_t *out_done);
    status_t (*device_write)(struct vnode *device, struct user_in src, size_t *out_done);
    bool
        device_never_waits; /* But for faults of user memory: both can be called inside an epoch. */
    /* The object that holds the file's pages, made when first asked for. It lives as long as the
     * vnode, and with a reference of one's own as long as that. No reference is given. */
    status_t (*pages)(struct vnode *file, struct vmo **out_vmo);
    /* The same if it is there: never sleeps. Optional. */
    struct vmo *(*pages_now)(struct vnode *file);
    /* Bytes on the store, links: what is not in the vnode. Optional. Never sleeps; inside an epoch
     * the vnode may have no reference. */
    void (*stat)(struct vnode *vnode, struct file_stat *stat);
    /* It is doomed, and its last reference went. NULL: it never is. May sleep. */
    void (*release)(struct vnode *vnode);
};

#define VNODE_DOOMED (1u << 31)

struct vnode {
    const struct vnode_ops *ops;
    struct filesystem *filesystem;
    uint32_t refs; /* And VNODE_DOOMED. Atomic. */
    uint16_t
        mounts;    /* Mounts on top of it, in any namespace: 0 spares the walk a look-up. Atomic. */
    uint8_t kind;  /* enum file_kind. */
    uint16_t mode; /* POSIX permission bits; of these only execute decides anything. */
    uint64_t number;
    uint64_t size_bytes;  /* Atomic. */
    uint64_t modified_ns; /* Atomic, and so are those below. */
    uint64_t changed_ns;
    uint64_t accessed_ns;
    uint32_t owner; /* Information, but for the class of the mode that counts. */
    uint32_t group;
    struct mutex write_lock;
    struct vnode_special *special; /* Atomic; set once. NULL: nothing. */
};

/* What somebody outside the file systems has tied to a vnode for as long as it lives: the stream of a named
 * pipe, advisory locks. */
struct vnode_special {
    /* The vnode goes; nobody has it open. */
    void (*release)(struct vnode_special *special);
};
void vnode_special_release(struct vnode *vnode);
/* The cell that pays for what is tied to a vnode. */
struct cell *vnode_cell(struct vnode *vnode);

/* Start a vnode with no references (idle). */
void vnode_init(struct vnode *vnode, const struct vnode_ops *ops, struct filesystem *filesystem,
                enum file_kind kind, uint64_t number);
/* Some execute bit is set: EXECUTE may be asked for. */
static inline bool vnode_is_executable(const struct vnode *vnode)
{
    return (vnode->mode & 0111) != 0;
}
/* For look-ups, of a vnode that is not doomed and cannot be meanwhile: take a reference, which may be the first. */
void vnode_use(struct vnode *vnode);
/* Of a vnode that was found without a reference, in the same epoch: take one, unless it is released. */
bool vnode_try_ref(struct vnode *vnode);
/* Nothing leads to it any more. @return true when it is idle: the caller releases it. */
bool vnode_doom(struct vnode *vnode);
/* The same only if it is idle. @return whether it was; the caller may give it up, */
bool vnode_try_doom(struct vnode *vnode);
/* or think better of it. */
void vnode_spare(struct vnode *vnode);

struct vnode *vnode_ref(struct vnode *vnode);
/* May sleep and may free the file system with the vnode. */
void vnode_unref(struct vnode *vnode);

void filesystem_init(struct filesystem *filesystem, const struct filesystem_ops *ops);
void filesystem_unref(struct filesystem *filesystem);

static inline uint64_t vnode_size(const struct vnode *vnode)
{
    return __atomic_load_n(&vnode->size_bytes, __ATOMIC_ACQUIRE);
}

/* @return NOT_DIRECTORY, NAME_TOO_LONG, NOT_FOUND, NO_MEMORY, IO, CORRUPT. */
status_t vnode_lookup(struct vnode *directory, struct const_span name, struct vnode **out_vnode);
status_t vnode_entry(struct vnode *directory, uint64_t cookie, struct vnode_entry *out_entry);
/* @return INVALID for what is no symbolic link, TOO_BIG. */
status_t vnode_link_read(struct vnode *link, struct span target, size_t *out_len);
/* @return NOT_DIRECTORY, READ_ONLY, EXISTS, NAME_TOO_LONG, INVALID (an impossible name), NO_SPACE,
 *         LIMIT, NO_MEMORY. */
status_t vnode_create(struct vnode *directory, struct const_span name,
                      const struct vnode_spec *spec, struct vnode **out_vnode);
/* A further name. @return also NOT_PERMITTED (of a directory), CROSS_DEVICE, NOT_FOUND (its last name went). */
status_t vnode_link(struct vnode *directory, struct const_span name, struct vnode *vnode);
/* @return also IS_DIRECTORY, NOT_DIRECTORY, NOT_EMPTY, BUSY (something is mounted on it). */
status_t vnode_remove(struct vnode *directory, struct const_span name, bool is_directory);
/* @return also CROSS_DEVICE, INVALID of a directory into itself. */
status_t vnode_rename(struct vnode *directory, struct const_span name, struct vnode *target,
                      struct const_span target_name);
/* @return IS_DIRECTORY, INVALID (no regular file), READ_ONLY, NO_SPACE, LIMIT, NO_MEMORY. */
status_t vnode_truncate(struct vnode *file, uint64_t size_bytes);
/* Make room up to a size, and show it if the file is shorter. The statuses of vnode_truncate. */
status_t vnode_reserve(struct vnode *file, uint64_t size_bytes);
/* @return READ_ONLY, INVALID. */
status_t vnode_set(struct vnode *vnode, const struct file_attributes *attributes);
/* The time is now: of its contents (and status), or of its status alone. */
void vnode_touch(struct vnode *vnode);
void vnode_touch_status(struct vnode *vnode);
/* Whether the mode lets somebody do this (RIGHT_READ, RIGHT_WRITE, RIGHT_EXECUTE): the bits of the owner, of
 * the group or of others count, as POSIX.1-2017, XBD 4.5 says. Nobody is exempt. */
bool vnode_mode_allows(const struct vnode *vnode, uint32_t rights, struct identity who);
void filesystem_describe(struct filesystem *filesystem, struct filesystem_info *out_info);
status_t vnode_sync(struct vnode *vnode);
/* Without a reference as well, inside the epoch in which it was found. Never sleeps. */
void vnode_stat(struct vnode *vnode, struct file_stat *out_stat);
/* The file's pages, to map or to read. No reference is given: the vnode's keeps it.
 * @return IS_DIRECTORY, INVALID (a symbolic link), NO_MEMORY. */
status_t vnode_vmo(struct vnode *file, struct vmo **out_vmo);
/* Copy into kernel memory (for the loader of programs). *out_len is less at the end of the file. */
status_t vnode_read(struct vnode *file, struct span dst, uint64_t offset_bytes, size_t *out_len);
