/* The wrappers around vnode_ops, and the count of references. Each wrapper checks what every file
 * system would otherwise have to check for itself, then calls the one function. */
#include "kernel/vfs/vnode.h"

#include <abi/objects.h>

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
    vnode->owner = IDENTITY_SYSTEM;
    vnode->group = IDENTITY_SYSTEM;
    vnode->special = NULL;
    mutex_init(&vnode->write_lock, LOCK_FILE);
}

/* --- references --- */

void vnode_use(struct vnode *vnode)
{
    uint32_t before = __atomic_fetch_add(&vnode->refs, 1, __ATOMIC_ACQUIRE);
    ASSERT((before & VNODE_DOOMED) == 0);
    if (before == 0)
        __atomic_fetch_add(&vnode->filesystem->refs, 1, __ATOMIC_RELAXED);
}

/* The file system is in use as it is: by the directory that the look-up began at, or the mount it crossed. */
bool vnode_try_ref(struct vnode *vnode)
{
    uint32_t refs = __atomic_load_n(&vnode->refs, __ATOMIC_RELAXED);
    do {
        if (refs == VNODE_DOOMED)
            return false;
    } while (!__atomic_compare_exchange_n(&vnode->refs, &refs, refs + 1, true, __ATOMIC_ACQUIRE,
                                          __ATOMIC_RELAXED));
    if (refs == 0)
        __atomic_fetch_add(&vnode->filesystem->refs, 1, __ATOMIC_RELAXED);
    return true;
}

bool vnode_doom(struct vnode *vnode)
{
    uint32_t before = __atomic_fetch_or(&vnode->refs, VNODE_DOOMED, __ATOMIC_ACQ_REL);
    ASSERT((before & VNODE_DOOMED) == 0);
    return before == 0;
}

bool vnode_try_doom(struct vnode *vnode)
{
    uint32_t idle = 0;
    return __atomic_compare_exchange_n(&vnode->refs, &idle, VNODE_DOOMED, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

void vnode_spare(struct vnode *vnode)
{
    ASSERT(vnode->refs == VNODE_DOOMED);
    __atomic_store_n(&vnode->refs, 0, __ATOMIC_RELEASE);
}

struct vnode *vnode_ref(struct vnode *vnode)
{
    uint32_t before = __atomic_fetch_add(&vnode->refs, 1, __ATOMIC_RELAXED);
    ASSERT((before & ~VNODE_DOOMED) > 0);
    return vnode;
}

/* What is idle may be released by others at once: nothing of the vnode is read after that. */
void vnode_unref(struct vnode *vnode)
{
    struct filesystem *filesystem = vnode->filesystem;
    uint32_t before = __atomic_fetch_sub(&vnode->refs, 1, __ATOMIC_ACQ_REL);
    ASSERT((before & ~VNODE_DOOMED) > 0);
    if ((before & ~VNODE_DOOMED) > 1)
        return;
    if (before & VNODE_DOOMED)
        vnode->ops->release(vnode);
    filesystem_unref(filesystem);
}

void filesystem_init(struct filesystem *filesystem, const struct filesystem_ops *ops)
{
    filesystem->ops = ops;
    filesystem->number = vfs_filesystem_number();
    filesystem->refs = 1;
    filesystem->cell = NULL;
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

status_t vnode_link(struct vnode *directory, struct const_span name, struct vnode *vnode)
{
    status_t status = change_check(directory, name);
    if (status != STATUS_OK)
        return status;
    if (vnode->kind == FILE_DIRECTORY)
        return STATUS_NOT_PERMITTED;
    if (directory->filesystem != vnode->filesystem)
        return STATUS_CROSS_DEVICE;
    if (directory->ops->link == NULL)
        return STATUS_NOT_SUPPORTED;
    return directory->ops->link(directory, name, vnode);
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
        return STATUS_CROSS_DEVICE;
    if (directory->ops->rename == NULL)
        return STATUS_NOT_SUPPORTED;
    return directory->ops->rename(directory, name, target, target_name);
}

/* --- contents --- */

static status_t size_check(const struct vnode *file)
{
    if (file->kind != FILE_REGULAR)
        return file->kind == FILE_DIRECTORY ? STATUS_IS_DIRECTORY : STATUS_INVALID;
    if (file->filesystem->read_only)
        return STATUS_READ_ONLY;
    return file->ops->resize == NULL ? STATUS_NOT_SUPPORTED : STATUS_OK;
}

status_t vnode_truncate(struct vnode *file, uint64_t size_bytes)
{
    status_t status = size_check(file);
    if (status != STATUS_OK)
        return status;
    mutex_lock(&file->write_lock);
    status = file->ops->resize(file, size_bytes);
    mutex_unlock(&file->write_lock);
    return status;
}

status_t vnode_reserve(struct vnode *file, uint64_t size_bytes)
{
    status_t status = size_check(file);
    if (status != STATUS_OK)
        return status;
    mutex_lock(&file->write_lock);
    if (size_bytes > vnode_size(file))
        status = file->ops->resize(file, size_bytes);
    mutex_unlock(&file->write_lock);
    return status;
}

/* A file system without a store below it has nothing to do. */
status_t vnode_sync(struct vnode *vnode)
{
    return vnode->ops->sync == NULL ? STATUS_OK : vnode->ops->sync(vnode);
}

inline void vnode_stat(struct vnode *vnode, struct file_stat *out_stat)
{
    uint64_t size_bytes = vnode_size(vnode);
    *out_stat = (struct file_stat){
        .size_bytes = size_bytes,
        .allocated_bytes = page_up(size_bytes),
        .modified_ns = __atomic_load_n(&vnode->modified_ns, __ATOMIC_RELAXED),
        .changed_ns = __atomic_load_n(&vnode->changed_ns, __ATOMIC_RELAXED),
        .accessed_ns = __atomic_load_n(&vnode->accessed_ns, __ATOMIC_RELAXED),
        .owner = __atomic_load_n(&vnode->owner, __ATOMIC_RELAXED),
        .group = __atomic_load_n(&vnode->group, __ATOMIC_RELAXED),
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

/* --- attributes --- */

static void time_set(uint64_t *time, uint64_t ns)
{
    __atomic_store_n(time, ns, __ATOMIC_RELAXED);
}

void vnode_touch(struct vnode *vnode)
{
    uint64_t now = vfs_time_ns();
    time_set(&vnode->modified_ns, now);
    time_set(&vnode->changed_ns, now);
}

void vnode_touch_status(struct vnode *vnode)
{
    time_set(&vnode->changed_ns, vfs_time_ns());
}

status_t vnode_set(struct vnode *vnode, const struct file_attributes *attributes)
{
    uint32_t set = attributes->set;
    if ((set & ~FILE_SET_ALL) != 0 || ((set & FILE_SET_MODE) && attributes->mode > 07777))
        return STATUS_INVALID;
    if (vnode->filesystem->read_only)
        return STATUS_READ_ONLY;
    uint64_t now = vfs_time_ns();
    if (set & FILE_SET_MODE)
        __atomic_store_n(&vnode->mode, (uint16_t)attributes->mode, __ATOMIC_RELAXED);
    if (set & FILE_SET_OWNER)
        __atomic_store_n(&vnode->owner, attributes->owner, __ATOMIC_RELAXED);
    if (set & FILE_SET_GROUP)
        __atomic_store_n(&vnode->group, attributes->group, __ATOMIC_RELAXED);
    if (set & (FILE_SET_ACCESSED | FILE_SET_ACCESSED_NOW))
        time_set(&vnode->accessed_ns, set & FILE_SET_ACCESSED_NOW ? now : attributes->accessed_ns);
    if (set & (FILE_SET_MODIFIED | FILE_SET_MODIFIED_NOW))
        time_set(&vnode->modified_ns, set & FILE_SET_MODIFIED_NOW ? now : attributes->modified_ns);
    time_set(&vnode->changed_ns, now);
    return STATUS_OK;
}

inline bool vnode_mode_allows(const struct vnode *vnode, uint32_t rights, struct identity who)
{
    uint32_t bits = vnode->mode;
    if (who.user == __atomic_load_n(&vnode->owner, __ATOMIC_RELAXED))
        bits >>= 6;
    else if (who.group == __atomic_load_n(&vnode->group, __ATOMIC_RELAXED))
        bits >>= 3;
    return ((rights & RIGHT_READ) == 0 || (bits & 4) != 0) &&
           ((rights & RIGHT_WRITE) == 0 || (bits & 2) != 0) &&
           ((rights & RIGHT_EXECUTE) == 0 || (bits & 1) != 0);
}

void vnode_special_release(struct vnode *vnode)
{
    if (vnode->special != NULL)
        vnode->special->release(vnode->special);
    vnode->special = NULL;
}

struct cell *vnode_cell(struct vnode *vnode)
{
    struct cell *cell = vnode->filesystem->cell;
    return cell != NULL ? cell : cell_root();
}

void filesystem_describe(struct filesystem *filesystem, struct filesystem_info *out_info)
{
    *out_info = (struct filesystem_info){
        .number = filesystem->number,
        .block_bytes = PAGE_SIZE,
        .flags = filesystem->read_only ? FILESYSTEM_READ_ONLY : 0,
    };
    memcpy(out_info->name, filesystem->ops->name,
           strnlen(filesystem->ops->name, sizeof out_info->name - 1));
    if (filesystem->ops->describe != NULL)
        filesystem->ops->describe(filesystem, out_info);
}

/* --- pages --- */

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
