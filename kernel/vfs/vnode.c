/* The wrappers around vnode_ops, and the count of references. Each wrapper checks what every file
 * system would otherwise have to check for itself, then calls the one function. */
#include "kernel/vfs/vnode.h"

#include <string.h>

#include "kernel/mm/vmo.h"
#include "kernel/vfs/vfs.h"
#include "lib/base/assert.h"

void vnode_init(struct vnode *vnode, const struct vnode_ops *ops, struct filesystem *filesystem,
                enum file_kind kind, uint64_t number)
{
    vnode->ops = ops;
    vnode->filesystem = filesystem;
    vnode->refs = 0;
    vnode->mounts = 0;
    vnode->kind = (uint8_t)kind;
    vnode->number = number;
    mutex_init(&vnode->write_lock, LOCK_FILE);
}

/* --- references --- */

void vnode_use(struct vnode *vnode)
{
    if (__atomic_fetch_add(&vnode->refs, 1, __ATOMIC_RELAXED) == 0)
        __atomic_fetch_add(&vnode->filesystem->refs, 1, __ATOMIC_RELAXED);
}

bool vnode_unuse(struct vnode *vnode)
{
    ASSERT(vnode->refs > 0);
    return __atomic_sub_fetch(&vnode->refs, 1, __ATOMIC_ACQ_REL) == 0;
}

struct vnode *vnode_ref(struct vnode *vnode)
{
    uint32_t before = __atomic_fetch_add(&vnode->refs, 1, __ATOMIC_RELAXED);
    ASSERT(before > 0);
    return vnode;
}

/* All but the last reference go without a lock; the last one goes under the lock of look-ups, so
 * that nobody finds a vnode that is being freed. */
void vnode_unref(struct vnode *vnode)
{
    uint32_t refs = __atomic_load_n(&vnode->refs, __ATOMIC_RELAXED);
    ASSERT(refs > 0);
    while (refs > 1)
        if (__atomic_compare_exchange_n(&vnode->refs, &refs, refs - 1, true, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
            return;
    vnode->ops->last_unref(vnode);
}

void filesystem_init(struct filesystem *filesystem, const struct filesystem_ops *ops)
{
    filesystem->ops = ops;
    filesystem->number = vfs_filesystem_number();
    filesystem->refs = 1;
}

void filesystem_unref(struct filesystem *filesystem)
{
    ASSERT(filesystem->refs > 0);
    if (__atomic_sub_fetch(&filesystem->refs, 1, __ATOMIC_ACQ_REL) == 0)
        filesystem->ops->destroy(filesystem);
}

/* --- names --- */

static bool name_is(struct const_span name, const char *text, size_t len)
{
    return name.len == len && memcmp(name.data, text, len) == 0;
}

static status_t name_check(struct const_span name)
{
    if (name.len > FILE_NAME_MAX)
        return STATUS_NAME_TOO_LONG;
    if (name.len == 0 || name_is(name, ".", 1) || name_is(name, "..", 2))
        return STATUS_INVALID;
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] == '/' || name.data[i] == 0)
            return STATUS_INVALID;
    return STATUS_OK;
}

static status_t change_check(const struct vnode *directory, struct const_span name)
{
    if (directory->kind != FILE_DIRECTORY)
        return STATUS_NOT_DIRECTORY;
    status_t status = name_check(name);
    if (status != STATUS_OK)
        return status;
    return directory->filesystem->read_only ? STATUS_READ_ONLY : STATUS_OK;
}

status_t vnode_lookup(struct vnode *directory, struct const_span name, struct vnode **out_vnode)
{
    ASSERT(directory->refs > 0);
    if (directory->kind != FILE_DIRECTORY)
        return STATUS_NOT_DIRECTORY;
    if (name.len > FILE_NAME_MAX)
        return STATUS_NAME_TOO_LONG;
    return directory->ops->lookup(directory, name, out_vnode);
}

status_t vnode_entry(struct vnode *directory, uint64_t cookie, struct vnode_entry *out_entry)
{
    ASSERT(directory->refs > 0);
    if (directory->kind != FILE_DIRECTORY)
        return STATUS_NOT_DIRECTORY;
    return directory->ops->entry(directory, cookie, out_entry);
}

status_t vnode_link_read(struct vnode *link, struct span target, size_t *out_len)
{
    if (link->kind != FILE_LINK)
        return STATUS_INVALID;
    status_t status = link->ops->link_read(link, target, out_len);
    ASSERT(status != STATUS_OK || *out_len <= target.len);
    return status;
}

status_t vnode_create(struct vnode *directory, struct const_span name,
                      const struct vnode_spec *spec, struct vnode **out_vnode)
{
    status_t status = change_check(directory, name);
    if (status != STATUS_OK)
        return status;
    if (directory->ops->create == NULL)
        return STATUS_NOT_SUPPORTED;
    return directory->ops->create(directory, name, spec, out_vnode);
}

status_t vnode_remove(struct vnode *directory, struct const_span name, bool is_directory)
{
    status_t status = change_check(directory, name);
    if (status != STATUS_OK)
        return status;
    if (directory->ops->remove == NULL)
        return STATUS_NOT_SUPPORTED;
    return directory->ops->remove(directory, name, is_directory);
}

status_t vnode_rename(struct vnode *directory, struct const_span name, struct vnode *target,
                      struct const_span target_name)
{
    status_t status = change_check(directory, name);
    if (status == STATUS_OK)
        status = change_check(target, target_name);
    if (status != STATUS_OK)
        return status;
    if (directory->filesystem != target->filesystem)
        return STATUS_INVALID;
    if (directory->ops->rename == NULL)
        return STATUS_NOT_SUPPORTED;
    return directory->ops->rename(directory, name, target, target_name);
}

/* --- contents --- */

status_t vnode_truncate(struct vnode *file, uint64_t size_bytes)
{
    if (file->kind != FILE_REGULAR)
        return STATUS_IS_DIRECTORY;
    if (file->filesystem->read_only)
        return STATUS_READ_ONLY;
    if (file->ops->resize == NULL)
        return STATUS_NOT_SUPPORTED;
    mutex_lock(&file->write_lock);
    status_t status = file->ops->resize(file, size_bytes);
    mutex_unlock(&file->write_lock);
    return status;
}

/* A file system without a store below it has nothing to do. */
status_t vnode_sync(struct vnode *vnode)
{
    return vnode->ops->sync == NULL ? STATUS_OK : vnode->ops->sync(vnode);
}

void vnode_stat(struct vnode *vnode, struct file_stat *out_stat)
{
    uint64_t size_bytes = vnode_size(vnode);
    *out_stat = (struct file_stat){
        .size_bytes = size_bytes,
        .allocated_bytes = page_up(size_bytes),
        .modified_ns = __atomic_load_n(&vnode->modified_ns, __ATOMIC_RELAXED),
        .number = vnode->number,
        .filesystem = vnode->filesystem->number,
        .kind = vnode->kind,
        .mode = vnode->mode,
        .links = 1,
        .block_bytes = PAGE_SIZE,
    };
    if (vnode->ops->stat != NULL)
        vnode->ops->stat(vnode, out_stat);
}

status_t vnode_vmo(struct vnode *file, struct vmo **out_vmo)
{
    if (file->kind != FILE_REGULAR)
        return file->kind == FILE_DIRECTORY ? STATUS_IS_DIRECTORY : STATUS_INVALID;
    return file->ops->pages(file, out_vmo);
}

status_t vnode_read(struct vnode *file, struct span dst, uint64_t offset_bytes, size_t *out_len)
{
    struct vmo *vmo;
    status_t status = vnode_vmo(file, &vmo);
    if (status != STATUS_OK)
        return status;
    uint64_t size_bytes = vnode_size(file);
    if (offset_bytes >= size_bytes) {
        *out_len = 0; /* At or past the end is success with nothing read. */
        return STATUS_OK;
    }
    if (dst.len > size_bytes - offset_bytes)
        dst.len = size_bytes - offset_bytes;
    status = vmo_read(vmo, offset_bytes, dst.data, dst.len);
    if (status == STATUS_OK)
        *out_len = dst.len;
    return status;
}
