/* Directory objects: opening below one, and listing it. */
#include "kernel/vfs/directory.h"

#include <string.h>

#include "kernel/vfs/file.h"
#include "kernel/vfs/path_find.h"
#include "kernel/vfs/vfs.h"
#include "lib/base/assert.h"

static const struct object_ops directory_object_ops;

/* --- the object --- */

static status_t ancestors_copy(struct vnode *const *ancestors, uint32_t count, struct cell *cell,
                               struct vnode ***out_copy)
{
    void *memory = NULL;
    status_t status =
        count == 0 ? STATUS_OK : charged_kmalloc(cell, count * sizeof *ancestors, &memory);
    if (status != STATUS_OK)
        return status;
    struct vnode **copy = memory;
    for (uint32_t i = 0; i < count; i++)
        copy[i] = vnode_ref(ancestors[i]);
    *out_copy = copy;
    return STATUS_OK;
}

static void ancestors_free(struct vnode **ancestors, uint32_t count, struct cell *cell)
{
    for (uint32_t i = 0; i < count; i++)
        vnode_unref(ancestors[i]);
    if (count > 0)
        charged_kfree(cell, ancestors, count * sizeof *ancestors);
}

static status_t directory_alloc(struct vnode *vnode, struct namespace *namespace,
                                struct vnode *const *ancestors, uint32_t count, struct cell *cell,
                                struct directory **out_directory)
{
    struct vnode **copy = NULL;
    status_t status = ancestors_copy(ancestors, count, cell, &copy);
    if (status != STATUS_OK)
        return status;
    void *memory;
    status = charged_alloc(cell, &vfs.directories, &memory);
    if (status != STATUS_OK) {
        ancestors_free(copy, count, cell);
        return status;
    }
    struct directory *directory = memory;
    object_init(&directory->object, &directory_object_ops, cell);
    directory->vnode = vnode_ref(vnode);
    directory->namespace = namespace_ref(namespace);
    directory->ancestors = copy;
    directory->ancestor_count = count;
    *out_directory = directory;
    return STATUS_OK;
}

status_t directory_create(struct vnode *vnode, struct namespace *namespace, struct cell *cell,
                          struct directory **out_directory)
{
    ASSERT(vnode->kind == FILE_DIRECTORY);
    return directory_alloc(vnode, namespace, NULL, 0, cell, out_directory);
}

status_t directory_create_from_walk(const struct path_walk *walk, bool keep_root, struct cell *cell,
                                    struct directory **out_directory)
{
    ASSERT(path_vnode(walk)->kind == FILE_DIRECTORY);
    return directory_alloc(path_vnode(walk), walk->namespace, walk->stack,
                           keep_root ? walk->level : 0, cell, out_directory);
}

static void directory_destroy(struct object *object)
{
    struct directory *directory = CONTAINER_OF(object, struct directory, object);
    ancestors_free(directory->ancestors, directory->ancestor_count, object->cell);
    vnode_unref(directory->vnode);
    namespace_unref(directory->namespace);
    charged_free(object->cell, &vfs.directories, directory);
}

status_t directory_shown(struct directory *directory, rights_t *rights, struct grant **grant,
                         struct vnode **out_vnode)
{
    struct vnode *vnode = vnode_ref(directory->vnode);
    const struct mount *mount;
    status_t status = namespace_cross(directory->namespace, &vnode, &mount);
    if (status != STATUS_OK) {
        vnode_unref(vnode);
        return status;
    }
    if (mount != NULL) {
        *rights &= mount->rights;
        *grant = mount->grant != NULL ? mount->grant : *grant;
    }
    *out_vnode = vnode;
    return STATUS_OK;
}

/* --- opening --- */

/* A name that is not there yet. The new file is looked up again through the walk, so that it is
 * found the same way as an old one. */
static status_t walk_create(struct path_walk *walk, struct const_span name,
                            const struct open_request *request, bool *out_created)
{
    if ((walk->rights & RIGHT_WRITE) == 0)
        return STATUS_NO_RIGHT;
    struct vnode *vnode;
    struct vnode_spec spec = { .kind = FILE_REGULAR,
                               .mode = (uint16_t)request->mode,
                               .has_mode = request->is_posix,
                               .owner = request->cell->identity };
    status_t status = vnode_create(path_vnode(walk), name, &spec, &vnode);
    if (status == STATUS_EXISTS && (request->flags & OPEN_EXCLUSIVE) == 0)
        return path_step(walk, name, false); /* Somebody was faster. */
    if (status != STATUS_OK)
        return status;
    status = path_step(walk, name, false);
    vnode_unref(vnode);
    *out_created = true;
    return status;
}

/* A link that leads nowhere is NOT_FOUND: nothing is made through it. */
static status_t walk_open_or_create(struct path_walk *walk, const struct open_request *request,
                                    bool *out_created)
{
    struct const_span name;
    bool is_directory;
    status_t status = path_walk_parent(walk, request->path, &name, &is_directory);
    if (status != STATUS_OK)
        return status;
    if (is_directory)
        return STATUS_IS_DIRECTORY;
    status = path_step(walk, name, false);
    if (status == STATUS_NOT_FOUND)
        return walk_create(walk, name, request, out_created);
    if (status == STATUS_OK && (request->flags & OPEN_EXCLUSIVE))
        return STATUS_EXISTS;
    bool follow = (request->flags & OPEN_NOFOLLOW) == 0;
    return status == STATUS_OK && follow && path_vnode(walk)->kind == FILE_LINK ? path_follow(walk)
                                                                                : status;
}

static struct path_place place_of(const struct path_walk *walk)
{
    return (struct path_place){ path_vnode(walk), walk->grant, walk->rights };
}

static status_t open_check(const struct path_place *place, const struct open_request *request)
{
    const struct vnode *vnode = place->vnode;
    bool is_directory = vnode->kind == FILE_DIRECTORY;
    if (vnode->kind == FILE_LINK)
        return STATUS_LOOP;
    if ((request->flags & OPEN_DIRECTORY) && !is_directory)
        return STATUS_NOT_DIRECTORY;
    if ((request->flags & (OPEN_CREATE | OPEN_TRUNCATE | OPEN_APPEND)) && is_directory)
        return STATUS_IS_DIRECTORY;
    if (request->is_posix && is_directory && (request->rights & RIGHT_WRITE))
        return STATUS_IS_DIRECTORY;
    if ((request->rights & ~place->rights) != 0)
        return STATUS_NO_RIGHT;
    if (is_directory)
        return STATUS_OK;
    if ((request->rights & RIGHT_EXECUTE) && !vnode_is_executable(vnode))
        return STATUS_NO_RIGHT;
    if (vnode->kind != FILE_REGULAR)
        return STATUS_OK;
    if ((request->flags & OPEN_TRUNCATE) && (request->rights & RIGHT_WRITE) == 0)
        return STATUS_NO_RIGHT;
    if ((request->rights & RIGHT_WRITE) && vnode->filesystem->read_only)
        return STATUS_READ_ONLY;
    return STATUS_OK;
}

/* Who makes a file may write it, whatever its mode. */
static bool mode_allows(const struct path_place *place, const struct open_request *request,
                        bool created)
{
    return !request->is_posix || created ||
           vnode_mode_allows(place->vnode, request->rights, request->cell->identity);
}

static status_t open_file(struct vnode *vnode, const struct open_request *request,
                          struct object **out_object)
{
    struct file *file;
    status_t status = file_create(vnode, request->flags, request->cell, &file);
    if (status != STATUS_OK)
        return status;
    if ((request->flags & OPEN_TRUNCATE) && vnode->kind == FILE_REGULAR)
        status = vnode_truncate(vnode, 0);
    if (status == STATUS_OK)
        *out_object = &file->object;
    else
        object_unref(&file->object);
    return status;
}

static status_t open_directory(const struct path_walk *walk, const struct open_request *request,
                               struct object **out_object)
{
    struct directory *directory;
    bool keeps_root = request->is_posix || (request->flags & OPEN_KEEP_ROOT) != 0;
    status_t status = directory_create_from_walk(walk, keeps_root, request->cell, &directory);
    if (status == STATUS_OK)
        *out_object = &directory->object;
    return status;
}

/* What is asked for, and of the wishes what the place leaves: who may write there may change a file's
 * attributes. */
static rights_t open_rights(const struct path_place *place, const struct open_request *request)
{
    const struct vnode *vnode = place->vnode;
    rights_t left = place->rights & ~(rights_t)RIGHT_CONTROL;
    if (vnode->kind != FILE_DIRECTORY && (place->rights & RIGHT_WRITE))
        left |= RIGHT_CONTROL;
    if (vnode->kind != FILE_DIRECTORY && !vnode_is_executable(vnode))
        left &= ~(rights_t)RIGHT_EXECUTE;
    if (vnode->kind != FILE_DIRECTORY) /* These must be asked for. */
        left &= ~(rights_t)(RIGHT_READ | RIGHT_WRITE);
    return request->rights | (request->wishes & left);
}

/* The long way. */
static status_t open_by_walk(struct directory *directory, const struct open_request *request,
                             struct opened *out_opened)
{
    struct path_walk walk;
    bool created = false;
    status_t status = path_begin(&walk, directory, request->allowed, request->grant);
    if (status == STATUS_OK)
        status = request->flags & OPEN_CREATE
                     ? walk_open_or_create(&walk, request, &created)
                     : path_walk(&walk, request->path, (request->flags & OPEN_NOFOLLOW) == 0);
    struct path_place place = place_of(&walk);
    if (status == STATUS_OK)
        status = open_check(&place, request);
    if (status == STATUS_OK && !mode_allows(&place, request, created))
        status = STATUS_NO_RIGHT;
    if (status == STATUS_OK)
        status = place.vnode->kind == FILE_DIRECTORY
                     ? open_directory(&walk, request, &out_opened->object)
                     : open_file(place.vnode, request, &out_opened->object);
    if (status == STATUS_OK) {
        out_opened->rights = open_rights(&place, request);
        out_opened->grant = place.grant;
        if (place.grant != NULL)
            object_ref(&place.grant->object);
    }
    path_end(&walk);
    return status;
}

/* Make a file where there was none. @return false: something is there, or came to be, or it is to be told why not. */
static bool create_at(struct path_place *parent, struct const_span name,
                      const struct open_request *request, struct path_place *out_place)
{
    struct vnode *vnode;
    struct vnode_spec spec = { .kind = FILE_REGULAR,
                               .mode = (uint16_t)request->mode,
                               .has_mode = request->is_posix,
                               .owner = request->cell->identity };
    if ((parent->rights & RIGHT_WRITE) == 0 ||
        vnode_create(parent->vnode, name, &spec, &vnode) != STATUS_OK)
        return false;
    *out_place = (struct path_place){ vnode, parent->grant, parent->rights };
    if (parent->grant != NULL)
        object_ref(&parent->grant->object);
    return true;
}

/* The short way. @return false: the long one shall be gone. */
static inline bool place_find(struct directory *directory, const struct open_request *request,
                              struct path_place *out_place, bool *out_created)
{
    struct path_place parent;
    struct const_span name;
    *out_created = false;
    if ((request->flags & (OPEN_CREATE | OPEN_EXCLUSIVE)) != (OPEN_CREATE | OPEN_EXCLUSIVE) &&
        path_take(directory, request->path, request->allowed, request->grant, out_place)) {
        if (out_place->vnode->kind != FILE_DIRECTORY)
            return true;
        path_place_end(out_place); /* What is above it counts as well. */
        return false;
    }
    if ((request->flags & OPEN_CREATE) == 0 ||
        !path_take_parent(directory, request->path, request->allowed, request->grant, &parent,
                          &name))
        return false;
    *out_created = create_at(&parent, name, request, out_place);
    path_place_end(&parent);
    return *out_created;
}

/* With a failure the place's references are given back. */
static inline status_t place_check(struct path_place *place, const struct open_request *request,
                                   bool created)
{
    status_t status = open_check(place, request);
    if (status == STATUS_OK && !mode_allows(place, request, created))
        status = STATUS_NO_RIGHT;
    if (status == STATUS_OK)
        place->rights = open_rights(place, request);
    else
        path_place_end(place);
    return status;
}

bool directory_find_place(const struct directory *directory, const struct open_request *request,
                          struct path_place *out_place)
{
    const uint32_t making = OPEN_CREATE | OPEN_EXCLUSIVE;
    return (request->flags & making) != making &&
           path_find(directory, request->path, request->allowed, request->grant, out_place) &&
           out_place->vnode->kind == FILE_REGULAR && path_place_ref(out_place);
}

inline status_t directory_check_place(struct path_place *place, const struct open_request *request)
{
    return place_check(place, request, false);
}

inline bool directory_open_place(struct directory *directory, const struct open_request *request,
                                 struct path_place *out_place, status_t *out_status)
{
    bool created;
    if (!place_find(directory, request, out_place, &created))
        return false;
    if (out_place->vnode->kind != FILE_REGULAR) {
        path_place_end(out_place);
        return false;
    }
    *out_status = place_check(out_place, request, created);
    return true;
}

/* A file that was found the short way. The place's references are used up; its grant goes into what was opened. */
static status_t open_at(struct path_place *place, const struct open_request *request, bool created,
                        struct opened *out_opened)
{
    status_t status = place_check(place, request, created);
    if (status != STATUS_OK)
        return status;
    status = open_file(place->vnode, request, &out_opened->object);
    if (status != STATUS_OK) {
        path_place_end(place);
        return status;
    }
    out_opened->rights = place->rights;
    out_opened->grant = place->grant;
    vnode_unref(place->vnode);
    return STATUS_OK;
}

status_t directory_open(struct directory *directory, const struct open_request *request,
                        struct object **out_object, struct grant **out_grant)
{
    struct opened opened;
    status_t status = directory_open_wishing(directory, request, &opened);
    if (status != STATUS_OK)
        return status;
    *out_object = opened.object;
    *out_grant = opened.grant;
    return STATUS_OK;
}

status_t directory_open_wishing(struct directory *directory, const struct open_request *request,
                                struct opened *out_opened)
{
    struct path_place place;
    bool created;
    if (place_find(directory, request, &place, &created))
        return open_at(&place, request, created, out_opened);
    return open_by_walk(directory, request, out_opened);
}

/* --- listing --- */

static size_t entry_size(const struct vnode_entry *entry)
{
    return (offsetof(struct directory_entry, name) + entry->name_len + 1 + 7) & ~(size_t)7;
}

static void entry_put(struct span buffer, size_t at, const struct vnode_entry *entry)
{
    struct directory_entry header = {
        .number = entry->number,
        .next = entry->next,
        .size_bytes = (uint16_t)entry_size(entry),
        .kind = entry->kind,
        .name_len = entry->name_len,
    };
    memset(buffer.data + at, 0, header.size_bytes);
    memcpy(buffer.data + at, &header, offsetof(struct directory_entry, name));
    memcpy(buffer.data + at + offsetof(struct directory_entry, name), entry->name, entry->name_len);
}

static status_t vnode_list(struct vnode *vnode, uint64_t cookie, struct span buffer,
                           size_t *out_len, uint64_t *out_next)
{
    struct vnode_entry entry;
    size_t len = 0;
    status_t status;
    while ((status = vnode_entry(vnode, cookie, &entry)) == STATUS_OK) {
        if (entry_size(&entry) > buffer.len - len)
            break;
        entry_put(buffer, len, &entry);
        len += entry_size(&entry);
        cookie = entry.next;
    }
    if (len == 0 && status == STATUS_OK)
        return STATUS_INVALID;
    if (len == 0 && status != STATUS_NOT_FOUND)
        return status;
    *out_len = len;
    *out_next = cookie;
    return STATUS_OK;
}

status_t directory_list(struct directory *directory, uint64_t cookie, struct span buffer,
                        size_t *out_len, uint64_t *out_next)
{
    rights_t rights = RIGHT_READ;
    struct grant *grant = NULL;
    struct vnode *vnode;
    status_t status = directory_shown(directory, &rights, &grant, &vnode);
    if (status != STATUS_OK)
        return status;
    status = rights & RIGHT_READ ? vnode_list(vnode, cookie, buffer, out_len, out_next)
                                 : STATUS_NO_RIGHT;
    vnode_unref(vnode);
    return status;
}

static const struct object_ops directory_object_ops = {
    .kind = OBJECT_DIRECTORY,
    .version = 1,
    .name = "directory",
    .destroy = directory_destroy,
};
