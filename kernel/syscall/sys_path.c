/* Calls by path that make names and change attributes: 144 to 151, and their kin on what is open. Each copies
 * its paths in first, since a copy may fault and sleep, and then works on kernel memory only. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/base/epoch.h"
#include "kernel/mm/slab.h"
#include "kernel/posix/descriptors.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/syscall/path_argument.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/file.h"
#include "kernel/vfs/path_find.h"

/* A path and the walk along it: too much for the stack of a thread when there are two. */
struct path_work {
    struct path_argument argument;
    struct path_walk walk;
};

static status_t walk_check(const struct path_walk *walk, rights_t need)
{
    return (walk->rights & need) == need ? STATUS_OK : STATUS_NO_RIGHT;
}

/* Reach what a path names. @param rights  of the handle; the place must leave them all. path_end is due
 * whatever the outcome. */
static status_t walk_to(struct path_work *work, struct directory *directory, bool follow,
                        rights_t rights)
{
    status_t status = path_begin(&work->walk, directory, rights, NULL);
    if (status == STATUS_OK)
        status = path_walk(&work->walk, work->argument.path, follow);
    return status == STATUS_OK ? walk_check(&work->walk, rights) : status;
}

/* Reach the directory that is to hold the path's last component. path_end is due. */
static status_t walk_to_parent(struct path_work *work, struct directory *directory,
                               struct const_span *out_name, bool *out_is_directory)
{
    status_t status = path_begin(&work->walk, directory, RIGHT_WRITE, NULL);
    if (status == STATUS_OK)
        status = path_walk_parent(&work->walk, work->argument.path, out_name, out_is_directory);
    return status == STATUS_OK ? walk_check(&work->walk, RIGHT_WRITE) : status;
}

/* --- names --- */

static status_t make(struct path_work *work, struct directory *directory,
                     const struct vnode_spec *spec)
{
    struct const_span name;
    bool is_directory;
    struct vnode *vnode;
    status_t status = walk_to_parent(work, directory, &name, &is_directory);
    if (status == STATUS_OK && is_directory && spec->kind != FILE_DIRECTORY)
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        status = vnode_create(path_vnode(&work->walk), name, spec, &vnode);
    if (status == STATUS_OK)
        vnode_unref(vnode);
    path_end(&work->walk);
    return status;
}

static uint32_t mask_of(const struct thread *caller)
{
    const struct descriptors *descriptors =
        __atomic_load_n(&caller->process->handles.segment, __ATOMIC_ACQUIRE);
    return descriptors == NULL ? 0 : __atomic_load_n(&descriptors->mask, __ATOMIC_RELAXED);
}

status_t syscall_path_make(struct thread *caller, struct directory *directory, struct user_in path,
                           uint32_t kind, uint32_t mode)
{
    struct path_work work;
    if (kind != FILE_REGULAR && kind != FILE_DIRECTORY && kind != FILE_PIPE)
        return STATUS_INVALID;
    status_t status = path_argument_read(&work.argument, path);
    if (status != STATUS_OK)
        return status;
    return make(&work, directory,
                &(struct vnode_spec){ .kind = kind,
                                      .mode = (uint16_t)(mode & 07777 & ~mask_of(caller)),
                                      .has_mode = true,
                                      .owner = caller->process->cell->identity });
}

status_t syscall_path_symlink(struct thread *caller, struct directory *directory,
                              struct user_in path, struct user_in text)
{
    struct path_work work;
    if (text.len > FILE_PATH_MAX)
        return STATUS_NAME_TOO_LONG;
    uint8_t *target = kmalloc(FILE_PATH_MAX);
    if (target == NULL)
        return STATUS_NO_MEMORY;
    status_t status = user_read(target, text.address, text.len);
    if (status == STATUS_OK)
        status = path_argument_read(&work.argument, path);
    if (status == STATUS_OK)
        status = make(&work, directory,
                      &(struct vnode_spec){ .kind = FILE_LINK,
                                            .mode = 0777,
                                            .has_mode = true,
                                            .owner = caller->process->cell->identity,
                                            .target = const_span_of(target, text.len) });
    kfree(target, FILE_PATH_MAX);
    return status;
}

/* The two paths and the walks along them. */
struct link_work {
    struct path_work from;
    struct path_work to;
};

/* The place of the file must let it be written as well: who could not remove its last name shall not give
 * it one that stays. */
static status_t link_run(struct link_work *work, struct directory *directory,
                         struct directory *target_directory, bool follow)
{
    struct const_span name;
    bool is_directory;
    status_t status = walk_to(&work->from, directory, follow, RIGHT_READ | RIGHT_WRITE);
    if (status == STATUS_OK) {
        status = walk_to_parent(&work->to, target_directory, &name, &is_directory);
        if (status == STATUS_OK && is_directory)
            status = STATUS_NOT_FOUND;
        if (status == STATUS_OK)
            status = vnode_link(path_vnode(&work->to.walk), name, path_vnode(&work->from.walk));
        path_end(&work->to.walk);
    }
    path_end(&work->from.walk);
    return status;
}

status_t syscall_path_link(struct thread *caller, struct directory *directory, struct user_in path,
                           struct directory *target_directory, struct user_in target,
                           uint32_t flags)
{
    struct link_work *work = kmalloc(sizeof *work);
    if (work == NULL)
        return STATUS_NO_MEMORY;
    status_t status = path_argument_read(&work->from.argument, path);
    if (status == STATUS_OK)
        status = path_argument_read(&work->to.argument, target);
    if (status == STATUS_OK)
        status = link_run(work, directory, target_directory, (flags & PATH_FOLLOW) != 0);
    kfree(work, sizeof *work);
    return status;
}

static status_t link_text(const struct path_walk *walk, struct user_out buffer, size_t *out_actual)
{
    size_t len;
    uint8_t *text = kmalloc(FILE_PATH_MAX);
    if (text == NULL)
        return STATUS_NO_MEMORY;
    status_t status = vnode_link_read(path_vnode(walk), span_of(text, FILE_PATH_MAX), &len);
    if (status == STATUS_OK && len > buffer.len)
        len = buffer.len;
    if (status == STATUS_OK)
        status = user_write(buffer.address, text, len);
    if (status == STATUS_OK)
        *out_actual = len;
    kfree(text, FILE_PATH_MAX);
    return status;
}

status_t syscall_path_readlink(struct thread *caller, struct directory *directory,
                               struct user_in path, struct user_out buffer, size_t *out_actual)
{
    struct path_work work;
    status_t status = path_argument_read(&work.argument, path);
    if (status != STATUS_OK)
        return status;
    status = walk_to(&work, directory, false, RIGHT_READ);
    if (status == STATUS_OK)
        status = link_text(&work.walk, buffer, out_actual);
    path_end(&work.walk);
    return status;
}

/* --- attributes --- */

status_t syscall_path_set(struct thread *caller, struct directory *directory, struct user_in path,
                          uint32_t flags, struct user_in attributes)
{
    struct file_attributes wanted;
    struct path_work work;
    status_t status = user_read(&wanted, attributes.address, sizeof wanted);
    if (status == STATUS_OK)
        status = path_argument_read(&work.argument, path);
    if (status != STATUS_OK)
        return status;
    status = walk_to(&work, directory, (flags & PATH_NOFOLLOW) == 0, RIGHT_WRITE);
    if (status == STATUS_OK)
        status = vnode_set(path_vnode(&work.walk), &wanted);
    path_end(&work.walk);
    return status;
}

/* What a directory handle shows, if the mount on it leaves the right. The caller gets a reference. */
static status_t directory_vnode(struct directory *directory, rights_t rights,
                                struct vnode **out_vnode)
{
    struct grant *grant = NULL;
    status_t status = directory_shown(directory, &rights, &grant, out_vnode);
    if (status != STATUS_OK || (rights & RIGHT_WRITE))
        return status;
    vnode_unref(*out_vnode);
    return STATUS_NO_RIGHT;
}

status_t syscall_file_set(struct thread *caller, struct capability *file, struct user_in attributes)
{
    struct file_attributes wanted;
    status_t status = user_read(&wanted, attributes.address, sizeof wanted);
    if (status != STATUS_OK)
        return status;
    if (object_kind(file->object) == OBJECT_FILE)
        return file->rights & (RIGHT_WRITE | RIGHT_CONTROL)
                   ? vnode_set(((struct file *)file->object)->vnode, &wanted)
                   : STATUS_NO_RIGHT;
    struct vnode *vnode;
    status = directory_vnode((struct directory *)file->object, file->rights, &vnode);
    if (status != STATUS_OK)
        return status;
    status = vnode_set(vnode, &wanted);
    vnode_unref(vnode);
    return status;
}

status_t syscall_path_truncate(struct thread *caller, struct directory *directory,
                               struct user_in path, uint64_t size)
{
    struct path_work work;
    status_t status = path_argument_read(&work.argument, path);
    if (status != STATUS_OK)
        return status;
    status = walk_to(&work, directory, true, RIGHT_WRITE);
    if (status == STATUS_OK &&
        !vnode_mode_allows(path_vnode(&work.walk), RIGHT_WRITE, caller->process->cell->identity))
        status = STATUS_NO_RIGHT;
    if (status == STATUS_OK)
        status = vnode_truncate(path_vnode(&work.walk), size);
    path_end(&work.walk);
    return status;
}

/* A read-only file system refuses before the rights do, as POSIX tells the two apart. */
static status_t access_check(const struct vnode *vnode, rights_t left, rights_t rights,
                             struct identity who)
{
    bool is_stored = vnode->kind == FILE_REGULAR || vnode->kind == FILE_DIRECTORY;
    if ((rights & RIGHT_WRITE) && is_stored && vnode->filesystem->read_only)
        return STATUS_READ_ONLY;
    if (vnode->kind == FILE_DIRECTORY) /* To search one is part of reading it. */
        rights &= ~(rights_t)RIGHT_EXECUTE;
    return (left & rights) == rights && vnode_mode_allows(vnode, rights, who) ? STATUS_OK
                                                                              : STATUS_NO_RIGHT;
}

/* The short way: nothing is held. @return false: the long one shall be gone. */
static bool access_find(const struct directory *directory, struct const_span path, rights_t left,
                        rights_t rights, struct identity who, status_t *out_status)
{
    struct path_place place;
    epoch_begin();
    bool found = path_find(directory, path, left, NULL, &place);
    if (found)
        *out_status = access_check(place.vnode, place.rights, rights, who);
    epoch_end();
    return found;
}

static __attribute__((noinline)) status_t access_walk(struct directory *directory,
                                                      struct const_span path, bool follow,
                                                      rights_t left, rights_t rights,
                                                      struct identity who)
{
    struct path_walk walk;
    status_t status = path_begin(&walk, directory, left, NULL);
    if (status == STATUS_OK)
        status = path_walk(&walk, path, follow);
    if (status == STATUS_OK)
        status = access_check(path_vnode(&walk), walk.rights, rights, who);
    path_end(&walk);
    return status;
}

status_t syscall_path_access(struct thread *caller, struct directory *directory,
                             struct user_in path, uint32_t flags, rights_t rights)
{
    struct path_argument argument;
    struct capability capability;
    status_t status = path_argument_read(&argument, path);
    if (status == STATUS_OK)
        status = argument_capability(caller, 0, &directory->object, &capability);
    if (status != STATUS_OK)
        return status;
    rights_t left = capability.rights;
    capability_drop(&capability);
    rights &= RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE;
    struct identity who = caller->process->cell->identity;
    if (!access_find(directory, argument.path, left, rights, who, &status))
        status =
            access_walk(directory, argument.path, (flags & PATH_NOFOLLOW) == 0, left, rights, who);
    return status;
}

status_t syscall_file_reserve(struct thread *caller, struct file *file, uint64_t offset,
                              uint64_t len)
{
    uint64_t end;
    if (len == 0)
        return STATUS_INVALID;
    if (__builtin_add_overflow(offset, len, &end) || end > INT64_MAX)
        return STATUS_OVERFLOW;
    return vnode_reserve(file->vnode, end);
}

status_t syscall_filesystem_info(struct thread *caller, struct object *file,
                                 struct user_out out_info)
{
    struct filesystem_info info;
    if (object_kind(file) == OBJECT_FILE) {
        filesystem_describe(((struct file *)file)->vnode->filesystem, &info);
        return user_write(out_info.address, &info, sizeof info);
    }
    rights_t rights = 0;
    struct grant *grant = NULL;
    struct vnode *vnode;
    status_t status = directory_shown((struct directory *)file, &rights, &grant, &vnode);
    if (status != STATUS_OK)
        return status;
    filesystem_describe(vnode->filesystem, &info);
    vnode_unref(vnode);
    return user_write(out_info.address, &info, sizeof info);
}
