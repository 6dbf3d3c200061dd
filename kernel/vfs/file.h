/* File objects: what a FILE handle names, an open file description. The offset and the status flags
 * are shared by all handles to it. Thread context.
 *
 * The offset is guarded by a spinlock and moved *before* the bytes are copied (a read claims its
 * range, then copies; what a short copy leaves is given back if nobody read on), because copies to
 * user memory may fault and sleep. Writes are serialised by the vnode's write_lock instead. */
#pragma once

#include "kernel/mm/user_copy.h"
#include "kernel/object/object.h"
#include "kernel/vfs/vnode.h"

struct file {
    struct object object; /* OBJECT_FILE. */
    struct vnode *vnode;
    struct spinlock lock; /* LOCK_OBJECT: offset. */
    uint64_t offset_bytes;
    uint32_t flags;        /* OPEN_APPEND. Atomic. */
    struct object *holder; /* What it is a part of, with one reference; NULL: it is by itself. */
};

/* An open description of a regular file; takes a reference of its own. @return NO_MEMORY, LIMIT. */
status_t file_create(struct vnode *vnode, uint32_t flags, struct cell *cell,
                     struct file **out_file);

/* The same as a part of a larger object, which gives the memory, is charged for both, and stays as long as the file.
 * @param vnode   one reference, which is taken over.
 * @param holder  one reference, which is taken over. */
void file_begin_in(struct file *file, struct vnode *vnode, uint32_t flags, struct object *holder);

/* @param offset  FILE_OFFSET_CURRENT: the description's own, which moves.
 * @return BAD_ADDRESS only when nothing could be copied, else OK and how much was; IO. */
status_t file_read(struct file *file, struct user_out dst, uint64_t offset, size_t *out_actual);
/* The same for writing. @return also READ_ONLY, NO_SPACE, LIMIT, NO_MEMORY; OVERFLOW past the largest
 * file. */
status_t file_write(struct file *file, struct user_in src, uint64_t offset, size_t *out_actual);
/* The same from several places, as one write: nobody else's comes between. */
status_t file_write_vector(struct file *file, const struct user_in *pieces, size_t count,
                           uint64_t offset, size_t *out_actual);
/* Reading without waiting, inside an epoch: bytes of one page that is in memory, or of a device that never waits, to memory
 * that is there. @return false: declined, nothing was done. */
bool file_read_now(struct file *file, struct user_out dst, uint64_t offset, size_t *out_actual);
/* To such a device. */
bool file_write_now(struct file *file, struct user_in src, size_t *out_actual);

/* @return INVALID for an unknown whence or a place before the start. */
status_t file_seek(struct file *file, int64_t offset, uint32_t whence, uint64_t *out_position);

/* The bytes of the page that holds `offset`, from there to the end of the page or of the file,
 * held: for copies straight from the page cache. *out_len is 0 at the end of the file, and then
 * nothing is held. May sleep. @return IO, NO_MEMORY, LIMIT. */
status_t file_pin_page(struct file *file, uint64_t offset, const void **out_data, size_t *out_len);
/* @param data  what file_pin_page gave. */
void file_unpin_page(struct file *file, const void *data);
