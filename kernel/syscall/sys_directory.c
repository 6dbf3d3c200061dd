/* Calls on directories and by path: 128, 132 to 136. Each copies its paths in first, since a copy may
 * fault and sleep, and then works on kernel memory only. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/base/epoch.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/syscall/path_argument.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/path_find.h"
#include "kernel/vfs/vfs.h"

enum { LIST_BUFFER_SIZE = 2048 }; /* Entries are gathered here, then copied out. */

/* --- opening --- */

static status_t open_and_give(struct thread *caller, struct directory *directory,
                              const struct open_request *request, handle_t *out_file,
                              uint32_t *out_kind)
{
    struct object *object;
    struct grant *grant;
    status_t status = directory_open(directory, request, &object, &grant);
    if (status != STATUS_OK)
        return status;
    uint32_t kind = object_kind(object);
    status = handle_give_granted(caller, object, request->rights, grant, out_file);
    if (status == STATUS_OK)
        *out_kind = kind;
    if (grant != NULL)
        object_unref(&grant->object);
    return status;
}

status_t syscall_file_open(struct thread *caller, struct directory *directory, struct user_in path,
                           uint32_t flags, rights_t rights, handle_t *out_file, uint32_t *out_kind)
{
    struct path_argument argument;
    struct capability capability;
    status_t status = path_argument_read(&argument, path);
    if (status == STATUS_OK)
        status = argument_capability(caller, 0, &directory->object, &capability);
    if (status != STATUS_OK)
        return status;
    struct open_request request = {
        .path = argument.path,
        .flags = flags,
        .rights = rights,
        .allowed = capability.rights,
        .grant = capability.grant,
        .cell = caller->process->cell,
    };
    status = open_and_give(caller, directory, &request, out_file, out_kind);
    capability_drop(&capability);
    return status;
}

/* --- by path --- */

/* A walk for a call that only needs the right that its entry checked; the mounts on the way must
 * leave it as well. */
static status_t walk_check(const struct path_walk *walk, rights_t need)
{
    return (walk->rights & need) == need ? STATUS_OK : STATUS_NO_RIGHT;
}

/* Nothing is held and nothing waits: the vnode is looked at in the epoch that it was found in. */
static bool stat_find(const struct directory *directory, struct const_span path,
                      struct user_out out_stat)
{
    struct path_place place;
    struct file_stat stat;
    if (!path_find(directory, path, RIGHT_READ, NULL, &place) || (place.rights & RIGHT_READ) == 0)
        return false;
    vnode_stat(place.vnode, &stat);
    return user_write_now(out_stat.address, &stat, sizeof stat) == STATUS_OK;
}

static status_t stat_walk(struct directory *directory, struct const_span path, uint32_t flags,
                          struct file_stat *out_stat)
{
    struct path_walk walk;
    status_t status = path_begin(&walk, directory, RIGHT_READ, NULL);
    if (status == STATUS_OK)
        status = path_walk(&walk, path, (flags & PATH_NOFOLLOW) == 0);
    if (status == STATUS_OK)
        status = walk_check(&walk, RIGHT_READ);
    if (status == STATUS_OK)
        vnode_stat(path_vnode(&walk), out_stat);
    path_end(&walk);
    return status;
}

/* The long way. */
static __attribute__((noinline)) status_t stat_kept(const struct capability *borrowed,
                                                    struct user_in path, uint32_t flags,
                                                    struct user_out out_stat)
{
    struct path_argument argument;
    struct file_stat stat;
    struct capability directory = *borrowed;
    status_t status = capability_keep(&directory);
    if (status != STATUS_OK)
        return status;
    status = path_argument_read(&argument, path);
    if (status == STATUS_OK)
        status = stat_walk((struct directory *)directory.object, argument.path, flags, &stat);
    if (status == STATUS_OK)
        status = user_write(out_stat.address, &stat, sizeof stat);
    capability_drop(&directory);
    return status;
}

inline status_t syscall_path_stat(struct thread *caller, const struct capability *directory,
                                  struct user_in path, uint32_t flags, struct user_out out_stat)
{
    struct path_argument argument;
    if (path_argument_read_now(&argument, path) != STATUS_OK ||
        !stat_find((struct directory *)directory->object, argument.path, out_stat))
        return stat_kept(directory, path, flags, out_stat);
    epoch_end();
    return STATUS_OK;
}

/* Reach the directory that holds a path's last component, to change it. path_end is due after. */
static status_t walk_to_change(struct path_walk *walk, struct directory *directory,
                               const struct path_argument *argument, struct const_span *out_name,
                               bool *out_is_directory)
{
    status_t status = path_begin(walk, directory, RIGHT_WRITE, NULL);
    if (status == STATUS_OK)
        status = path_walk_parent(walk, argument->path, out_name, out_is_directory);
    return status == STATUS_OK ? walk_check(walk, RIGHT_WRITE) : status;
}

status_t syscall_directory_create(struct thread *caller, struct directory *directory,
                                  struct user_in path)
{
    struct path_argument argument;
    status_t status = path_argument_read(&argument, path);
    if (status != STATUS_OK)
        return status;
    struct path_walk walk;
    struct const_span name;
    bool is_directory;
    struct vnode *vnode;
    status = walk_to_change(&walk, directory, &argument, &name, &is_directory);
    if (status == STATUS_OK)
        status = vnode_create(path_vnode(&walk), name,
                              &(struct vnode_spec){ .kind = FILE_DIRECTORY,
                                                    .owner = caller->process->cell->identity },
                              &vnode);
    if (status == STATUS_OK)
        vnode_unref(vnode);
    path_end(&walk);
    return status;
}

static __attribute__((noinline)) status_t remove_walk(struct directory *directory,
                                                      const struct path_argument *argument,
                                                      uint32_t flags)
{
    struct path_walk walk;
    struct const_span name;
    bool is_directory;
    status_t status = walk_to_change(&walk, directory, argument, &name, &is_directory);
    if (status == STATUS_OK && is_directory && (flags & PATH_DIRECTORY) == 0)
        status = STATUS_NOT_DIRECTORY;
    if (status == STATUS_OK)
        status = vnode_remove(path_vnode(&walk), name, (flags & PATH_DIRECTORY) != 0);
    path_end(&walk);
    return status;
}

status_t syscall_path_remove(struct thread *caller, struct directory *directory,
                             struct user_in path, uint32_t flags)
{
    struct path_argument argument;
    status_t status = path_argument_read(&argument, path);
    if (status != STATUS_OK)
        return status;
    struct path_place place;
    struct const_span name;
    if (!path_take_parent(directory, argument.path, RIGHT_WRITE, NULL, &place, &name))
        return remove_walk(directory, &argument, flags);
    status = place.rights & RIGHT_WRITE
                 ? vnode_remove(place.vnode, name, (flags & PATH_DIRECTORY) != 0)
                 : STATUS_NO_RIGHT;
    path_place_end(&place);
    return status;
}

/* A name that ends with '/' can only be a directory's. */
static status_t rename_check(struct vnode *directory, struct const_span name, bool is_directory)
{
    struct vnode *vnode;
    if (!is_directory)
        return STATUS_OK;
    status_t status = vnode_lookup(directory, name, &vnode);
    if (status != STATUS_OK)
        return status;
    status = vnode->kind == FILE_DIRECTORY ? STATUS_OK : STATUS_NOT_DIRECTORY;
    vnode_unref(vnode);
    return status;
}

/* Both names are names of what is in directories that were found the short way. @return false: the long one shall be gone. */
static bool rename_found(const struct path_argument *path, const struct directory *directory,
                         const struct path_argument *target,
                         const struct directory *target_directory, status_t *out_status)
{
    struct path_place from, to;
    struct const_span from_name, to_name;
    if (!path_take_parent(directory, path->path, RIGHT_WRITE, NULL, &from, &from_name))
        return false;
    bool found = path_take_parent(target_directory, target->path, RIGHT_WRITE, NULL, &to, &to_name);
    if (found) {
        *out_status = from.rights & to.rights & RIGHT_WRITE
                          ? vnode_rename(from.vnode, from_name, to.vnode, to_name)
                          : STATUS_NO_RIGHT;
        path_place_end(&to);
    }
    path_place_end(&from);
    return found;
}

/* The two paths of a rename and the walks along them: too much for the stack of a thread. */
struct rename_work {
    struct path_argument from;
    struct path_argument to;
    struct path_walk from_walk;
    struct path_walk to_walk;
};

static status_t rename_run(struct rename_work *work, struct directory *directory,
                           struct directory *target_directory)
{
    struct const_span from, to;
    bool from_is_directory, to_is_directory;
    status_t status =
        walk_to_change(&work->from_walk, directory, &work->from, &from, &from_is_directory);
    if (status == STATUS_OK) {
        status = walk_to_change(&work->to_walk, target_directory, &work->to, &to, &to_is_directory);
        if (status == STATUS_OK)
            status = rename_check(path_vnode(&work->from_walk), from,
                                  from_is_directory || to_is_directory);
        if (status == STATUS_OK)
            status =
                vnode_rename(path_vnode(&work->from_walk), from, path_vnode(&work->to_walk), to);
        path_end(&work->to_walk);
    }
    path_end(&work->from_walk);
    return status;
}

status_t syscall_path_rename(struct thread *caller, struct directory *directory,
                             struct user_in path, struct directory *target_directory,
                             struct user_in target)
{
    struct rename_work *work = kmalloc(sizeof *work);
    if (work == NULL)
        return STATUS_NO_MEMORY;
    status_t status = path_argument_read(&work->from, path);
    if (status == STATUS_OK)
        status = path_argument_read(&work->to, target);
    if (status == STATUS_OK &&
        !rename_found(&work->from, directory, &work->to, target_directory, &status))
        status = rename_run(work, directory, target_directory);
    kfree(work, sizeof *work);
    return status;
}

/* --- listing --- */

/* One buffer of entries at a time, since entries are found with locks held and user memory may fault.
 * @return INVALID when not one entry fits. */
status_t syscall_directory_read(struct thread *caller, struct directory *directory,
                                struct user_out buffer, uint64_t cookie, size_t *out_actual,
                                uint64_t *out_next)
{
    uint8_t *entries = kmalloc(LIST_BUFFER_SIZE);
    if (entries == NULL)
        return STATUS_NO_MEMORY;
    size_t room = buffer.len < LIST_BUFFER_SIZE ? buffer.len : LIST_BUFFER_SIZE;
    size_t len = 0;
    uint64_t next = cookie;
    status_t status = directory_list(directory, cookie, span_of(entries, room), &len, &next);
    if (status == STATUS_OK && len > 0)
        status = user_write(buffer.address, entries, len);
    kfree(entries, LIST_BUFFER_SIZE);
    if (status != STATUS_OK)
        return status;
    *out_actual = len;
    *out_next = next;
    return STATUS_OK;
}
