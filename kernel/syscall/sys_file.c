/* Calls on open files: 129 to 131 and 137 to 139. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/syscall/descriptor_give.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/file.h"

status_t syscall_file_read(struct thread *caller, struct file *file, struct user_out dst,
                           uint64_t offset, size_t *out_actual)
{
    return file_read(file, dst, offset, out_actual);
}

status_t syscall_file_write(struct thread *caller, struct file *file, struct user_in src,
                            uint64_t offset, size_t *out_actual)
{
    return file_write(file, src, offset, out_actual);
}

status_t syscall_file_stat(struct thread *caller, struct object *file, struct user_out out_stat)
{
    struct file_stat stat;
    status_t status = object_stat(file, &stat);
    return status == STATUS_OK ? user_write(out_stat.address, &stat, sizeof stat) : status;
}

status_t syscall_file_truncate(struct thread *caller, struct file *file, uint64_t size)
{
    return vnode_truncate(file->vnode, size);
}

status_t syscall_file_seek(struct thread *caller, struct file *file, int64_t offset,
                           uint32_t whence, uint64_t *out_position)
{
    return file_seek(file, offset, whence, out_position);
}

status_t syscall_file_sync(struct thread *caller, struct file *file)
{
    return vnode_sync(file->vnode);
}
