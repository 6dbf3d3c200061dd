/* Start-up of the virtual file system. */
#include "kernel/vfs/vfs.h"

#include "kernel/base/hot.h"
#include "kernel/device/wall_clock.h"
#include "kernel/fs/basefs.h"
#include "kernel/fs/tmpfs.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/file.h"

WARM_DATA struct vfs vfs;

void vfs_init(void)
{
    page_cache_init(&vfs.page_cache);
    mutex_init(&vfs.images_lock, LOCK_VNODE);
    list_init(&vfs.images);
    slab_cache_init(&vfs.files, "file", sizeof(struct file));
    slab_cache_init(&vfs.directories, "directory", sizeof(struct directory));
    slab_cache_init(&vfs.namespaces, "namespace", sizeof(struct namespace));
    slab_cache_init(&vfs.mounts, "mount", sizeof(struct mount));
    slab_cache_init(&vfs.file_pages, "file_pages", sizeof(struct file_pages));
    slab_cache_init(&vfs.basefs_nodes, "basefs_node", basefs_node_size());
    slab_cache_init(&vfs.tmpfs_nodes, "tmpfs_node", tmpfs_node_size());
    slab_cache_init(&vfs.tmpfs_data, "tmpfs_data", tmpfs_data_size());
}

uint64_t vfs_filesystem_number(void)
{
    return __atomic_add_fetch(&vfs.filesystem_numbers, 1, __ATOMIC_RELAXED);
}

uint64_t vfs_time_ns(void)
{
    return wall_clock_read();
}

status_t vfs_mount_base(struct block_device *disk, struct directory **out_root)
{
    struct vnode *root;
    status_t status = basefs_open(disk, &root);
    if (status != STATUS_OK)
        return status;
    struct namespace *namespace;
    status = namespace_create_bare(cell_root(), &namespace);
    if (status == STATUS_OK) {
        status = directory_create(root, namespace, cell_root(), out_root);
        namespace_unref(namespace);
    }
    vnode_unref(root);
    return status;
}
