/* Open file descriptions: their making and end, the offset, pins. Bytes move in file_io.c. */
#include "kernel/vfs/file.h"

#include "kernel/mm/vmo.h"
#include "kernel/vfs/vfs.h"
#include "lib/base/assert.h"

static const struct object_ops file_object_ops;

static void file_begin(struct file *file, struct vnode *vnode, uint32_t flags, struct cell *cell)
{
    object_init(&file->object, &file_object_ops, cell);
    file->vnode = vnode;
    file->flags = flags & OPEN_APPEND;
    spin_init(&file->lock, LOCK_OBJECT);
}

status_t file_create(struct vnode *vnode, uint32_t flags, struct cell *cell, struct file **out_file)
{
    ASSERT(vnode->kind != FILE_DIRECTORY && vnode->kind != FILE_LINK);
    void *memory;
    status_t status = charged_alloc(cell, &vfs.files, &memory);
    if (status != STATUS_OK)
        return status;
    struct file *file = memory;
    file_begin(file, vnode_ref(vnode), flags, cell);
    *out_file = file;
    return STATUS_OK;
}

void file_begin_in(struct file *file, struct vnode *vnode, uint32_t flags, struct object *holder)
{
    file_begin(file, vnode, flags, NULL);
    file->holder = holder;
}

/* The holder has not been found by its own numbers since the file was given up, an epoch ago. */
static void file_destroy(struct object *object)
{
    struct file *file = CONTAINER_OF(object, struct file, object);
    vnode_unref(file->vnode);
    if (file->holder != NULL)
        object_unref_settled(file->holder);
    else
        charged_free(object->cell, &vfs.files, file);
}

static status_t seek_base(const struct file *file, uint32_t whence, uint64_t *out_base)
{
    switch (whence) {
    case FILE_SEEK_SET: *out_base = 0; return STATUS_OK;
    case FILE_SEEK_CURRENT: *out_base = file->offset_bytes; return STATUS_OK;
    case FILE_SEEK_END: *out_base = vnode_size(file->vnode); return STATUS_OK;
    default: return STATUS_INVALID;
    }
}

status_t file_seek(struct file *file, int64_t offset, uint32_t whence, uint64_t *out_position)
{
    spin_lock(&file->lock);
    uint64_t base;
    int64_t position;
    status_t status = seek_base(file, whence, &base);
    if (status == STATUS_OK &&
        (__builtin_add_overflow((int64_t)base, offset, &position) || position < 0))
        status = STATUS_INVALID;
    if (status == STATUS_OK) {
        file->offset_bytes = (uint64_t)position;
        *out_position = (uint64_t)position;
    }
    spin_unlock(&file->lock);
    return status;
}

status_t file_pin_page(struct file *file, uint64_t offset, const void **out_data, size_t *out_len)
{
    uint64_t size_bytes = vnode_size(file->vnode);
    if (offset >= size_bytes) {
        *out_len = 0;
        return STATUS_OK;
    }
    struct vmo *vmo;
    status_t status = vnode_vmo(file->vnode, &vmo);
    if (status != STATUS_OK)
        return status;
    paddr_t frame;
    status = vmo_hold_page(vmo, offset >> PAGE_SHIFT, false, &frame);
    if (status != STATUS_OK)
        return status;
    uint64_t in_page = offset & PAGE_MASK;
    uint64_t len = PAGE_SIZE - in_page;
    *out_data = (const uint8_t *)frame_data(frame) + in_page;
    *out_len = len < size_bytes - offset ? len : size_bytes - offset;
    return STATUS_OK;
}

void file_unpin_page(struct file *file, const void *data)
{
    uintptr_t page = (uintptr_t)data & ~(uintptr_t)PAGE_MASK;
    vmo_release_frame(frame_from_data((const void *)page));
}

static const struct object_ops file_object_ops = {
    .kind = OBJECT_FILE,
    .version = 1,
    .name = "file",
    .destroy = file_destroy,
};
