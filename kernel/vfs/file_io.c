/* Bytes between user memory and the pages of a file. A read holds one page at a time and copies from
 * it; a write does the same the other way, with the file's write_lock held, and shows the new size
 * page by page, so that a reader never sees a byte that was not written. */
#include "kernel/mm/vmo.h"
#include "kernel/sched/preempt.h"
#include "kernel/trace/counter.h"
#include "kernel/vfs/file.h"
#include "kernel/vfs/vfs.h"
#include "lib/base/assert.h"

/* The largest file: offsets stay positive as int64_t, and page indices fit 32 bits. */
#define FILE_SIZE_MAX ((uint64_t)UINT32_MAX << PAGE_SHIFT)

static size_t in_page_len(uint64_t offset, size_t len)
{
    size_t room = PAGE_SIZE - (offset & PAGE_MASK);
    return len < room ? len : room;
}

/* --- reading --- */

static status_t page_read(struct vmo *vmo, uint64_t offset, uaddr_t dst, size_t len)
{
    paddr_t frame;
    status_t status = vmo_hold_page(vmo, offset >> PAGE_SHIFT, false, &frame);
    if (status != STATUS_OK)
        return status;
    const uint8_t *data = frame_data(frame);
    status = user_write(dst, data + (offset & PAGE_MASK), len);
    vmo_release_frame(frame);
    return status;
}

/* Copy [offset, offset + len), which lies within the file's size at the time of the call. */
static status_t range_read(struct vnode *vnode, uint64_t offset, struct user_out dst,
                           size_t *out_done)
{
    *out_done = 0;
    struct vmo *vmo;
    status_t status = vnode_vmo(vnode, &vmo);
    while (status == STATUS_OK && *out_done < dst.len) {
        uint64_t at = offset + *out_done;
        size_t len = in_page_len(at, dst.len - *out_done);
        status = page_read(vmo, at, (uaddr_t){ dst.address.raw + *out_done }, len);
        if (status != STATUS_OK)
            break;
        *out_done += len;
        if (*out_done < dst.len)
            preempt_point();
    }
    return status;
}

/* How many of `len` bytes at `offset` the file has. */
static size_t range_clip(const struct vnode *vnode, uint64_t offset, size_t len)
{
    uint64_t size_bytes = vnode_size(vnode);
    if (offset >= size_bytes)
        return 0;
    return len < size_bytes - offset ? len : (size_t)(size_bytes - offset);
}

/* With the pages locked, inside an epoch: so the copy neither sleeps nor faults. The end of the file is left to
 * who can say more. */
static bool page_read_now(const struct vnode *vnode, struct vmo *vmo, struct user_out dst,
                          uint64_t offset, size_t *out_actual)
{
    paddr_t frame;
    size_t len = range_clip(vnode, offset, dst.len);
    if (len == 0 || in_page_len(offset, len) < len ||
        !vmo_peek_locked(vmo, offset >> PAGE_SHIFT, &frame))
        return false;
    const uint8_t *data = frame_data(frame);
    if (user_write(dst.address, data + (offset & PAGE_MASK), len) != STATUS_OK)
        return false;
    counter_add(COUNTER_CACHE_HITS, 1);
    *out_actual = len;
    return true;
}

/* Take a range at the description's offset, and move it past the range. */
static uint64_t offset_claim(struct file *file, size_t *len)
{
    spin_lock(&file->lock);
    uint64_t offset = file->offset_bytes;
    *len = range_clip(file->vnode, offset, *len);
    file->offset_bytes = offset + *len;
    spin_unlock(&file->lock);
    return offset;
}

/* Give back what was claimed and not copied, unless the offset has moved on meanwhile. */
static void offset_settle(struct file *file, uint64_t claimed_end, uint64_t end)
{
    spin_lock(&file->lock);
    if (file->offset_bytes == claimed_end)
        file->offset_bytes = end;
    spin_unlock(&file->lock);
}

status_t file_read(struct file *file, struct user_out dst, uint64_t offset, size_t *out_actual)
{
    bool own_offset = offset == FILE_OFFSET_CURRENT;
    if (file->vnode->ops->device_read != NULL)
        return file->vnode->ops->device_read(file->vnode, dst, out_actual);
    if (own_offset)
        offset = offset_claim(file, &dst.len);
    else
        dst.len = range_clip(file->vnode, offset, dst.len);
    if (dst.len == 0) {
        *out_actual = 0;
        return STATUS_OK;
    }
    size_t done;
    status_t status = range_read(file->vnode, offset, dst, &done);
    if (own_offset && done < dst.len)
        offset_settle(file, offset + dst.len, offset + done);
    if (done == 0)
        return status;
    *out_actual = done; /* What was copied counts; the failure comes back with the next call. */
    return STATUS_OK;
}

/* At the description's own offset, which moves: its lock is held, so that two who read at once get different bytes. */
static bool page_read_on(struct file *file, struct vmo *vmo, struct user_out dst,
                         size_t *out_actual)
{
    spin_lock(&file->lock);
    bool done = page_read_now(file->vnode, vmo, dst, file->offset_bytes, out_actual);
    if (done)
        file->offset_bytes += *out_actual;
    spin_unlock(&file->lock);
    return done;
}

static bool device_read_now(struct vnode *device, struct user_out dst, size_t *out_actual)
{
    return device->ops->device_never_waits && dst.len <= PAGE_SIZE &&
           device->ops->device_read(device, dst, out_actual) == STATUS_OK;
}

bool file_read_now(struct file *file, struct user_out dst, uint64_t offset, size_t *out_actual)
{
    struct vnode *vnode = file->vnode;
    if (vnode->ops->device_read != NULL)
        return device_read_now(vnode, dst, out_actual);
    struct vmo *vmo = vnode->ops->pages_now == NULL ? NULL : vnode->ops->pages_now(vnode);
    if (vmo == NULL)
        return false;
    vmo_lock_pages(vmo);
    bool done = offset == FILE_OFFSET_CURRENT ? page_read_on(file, vmo, dst, out_actual)
                                              : page_read_now(vnode, vmo, dst, offset, out_actual);
    vmo_unlock_pages(vmo);
    return done;
}

bool file_write_now(struct file *file, struct user_in src, size_t *out_actual)
{
    const struct vnode_ops *ops = file->vnode->ops;
    return ops->device_never_waits && src.len <= PAGE_SIZE && ops->device_write != NULL &&
           ops->device_write(file->vnode, src, out_actual) == STATUS_OK;
}

/* --- writing --- */

static status_t page_write(struct vmo *vmo, uint64_t offset, uaddr_t src, size_t len)
{
    paddr_t frame;
    status_t status = vmo_hold_page(vmo, offset >> PAGE_SHIFT, true, &frame);
    if (status != STATUS_OK)
        return status;
    uint8_t *data = frame_data(frame);
    status = user_read(data + (offset & PAGE_MASK), src, len);
    vmo_release_frame(frame);
    return status;
}

static void size_raise(struct vnode *vnode, uint64_t end)
{
    if (end > vnode->size_bytes)
        __atomic_store_n(&vnode->size_bytes, end, __ATOMIC_RELEASE);
}

/* Room up to the end of the range is reserved. */
static status_t range_write(struct vnode *vnode, uint64_t offset, struct user_in src,
                            size_t *out_done)
{
    *out_done = 0;
    struct vmo *vmo;
    status_t status = vnode_vmo(vnode, &vmo);
    while (status == STATUS_OK && *out_done < src.len) {
        uint64_t at = offset + *out_done;
        size_t len = in_page_len(at, src.len - *out_done);
        status = page_write(vmo, at, (uaddr_t){ src.address.raw + *out_done }, len);
        if (status != STATUS_OK)
            break;
        *out_done += len;
        size_raise(vnode, at + len);
        if (*out_done < src.len)
            preempt_point();
    }
    return status;
}

/* With write_lock held. What was reserved beyond the size that came out is given back. */
static status_t write_locked(struct vnode *vnode, uint64_t offset, struct user_in src,
                             size_t *out_done)
{
    ASSERT(mutex_held(&vnode->write_lock));
    *out_done = 0;
    if (offset > FILE_SIZE_MAX || src.len > FILE_SIZE_MAX - offset)
        return STATUS_OVERFLOW;
    status_t status = vnode->ops->reserve(vnode, offset + src.len);
    if (status != STATUS_OK)
        return status;
    status = range_write(vnode, offset, src, out_done);
    if (*out_done < src.len) {
        status_t restored = vnode->ops->resize(vnode, vnode_size(vnode));
        if (status == STATUS_OK)
            status = restored;
    }
    vnode_touch(vnode);
    return status;
}

static uint64_t write_offset(struct file *file, uint64_t offset)
{
    if (offset != FILE_OFFSET_CURRENT)
        return offset;
    return __atomic_load_n(&file->flags, __ATOMIC_RELAXED) & OPEN_APPEND ? vnode_size(file->vnode)
                                                                         : file->offset_bytes;
}

/* The pieces one after the other, until one falls short. With write_lock held. */
static status_t pieces_write(struct vnode *vnode, uint64_t offset, const struct user_in *pieces,
                             size_t count, size_t *out_done)
{
    *out_done = 0;
    for (size_t i = 0; i < count; i++) {
        size_t done = 0;
        if (pieces[i].len == 0)
            continue;
        status_t status = write_locked(vnode, offset + *out_done, pieces[i], &done);
        *out_done += done;
        if (status != STATUS_OK || done < pieces[i].len)
            return status;
    }
    return STATUS_OK;
}

static status_t device_write(struct vnode *device, const struct user_in *pieces, size_t count,
                             size_t *out_actual)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t done = 0;
        status_t status = device->ops->device_write(device, pieces[i], &done);
        if (status != STATUS_OK && total == 0)
            return status;
        total += done;
        if (status != STATUS_OK)
            break;
    }
    *out_actual = total;
    return STATUS_OK;
}

status_t file_write_vector(struct file *file, const struct user_in *pieces, size_t count,
                           uint64_t offset, size_t *out_actual)
{
    struct vnode *vnode = file->vnode;
    if (vnode->ops->device_write != NULL)
        return device_write(vnode, pieces, count, out_actual);
    if (vnode->filesystem->read_only || vnode->ops->reserve == NULL)
        return STATUS_READ_ONLY;
    mutex_lock(&vnode->write_lock);
    uint64_t start = write_offset(file, offset);
    size_t done;
    status_t status = pieces_write(vnode, start, pieces, count, &done);
    if (offset == FILE_OFFSET_CURRENT && done > 0) {
        spin_lock(&file->lock);
        file->offset_bytes = start + done;
        spin_unlock(&file->lock);
    }
    mutex_unlock(&vnode->write_lock);
    if (done == 0 && status != STATUS_OK)
        return status;
    *out_actual = done;
    return STATUS_OK;
}

status_t file_write(struct file *file, struct user_in src, uint64_t offset, size_t *out_actual)
{
    return file_write_vector(file, &src, 1, offset, out_actual);
}
