/* The path of a directory: from each directory on the way up, the name in its parent of what has its number.
 * What is mounted has none; the directory that the mount covers has. */
#include <string.h>

#include "kernel/mm/slab.h"
#include "kernel/sched/preempt.h"
#include "kernel/vfs/directory.h"

struct path_text {
    struct span buffer;
    size_t at; /* The text goes from here to the end. */
};

static status_t text_prepend(struct path_text *text, const void *bytes, size_t len)
{
    if (len > text->at)
        return STATUS_TOO_BIG;
    text->at -= len;
    memcpy(text->buffer.data + text->at, bytes, len);
    return STATUS_OK;
}

/* The entry of `parent` that is the child, as its number says. @return NOT_FOUND. */
static status_t entry_find(struct vnode *parent, const struct vnode *child,
                           struct vnode_entry *out_entry)
{
    uint64_t cookie = 0;
    for (;;) {
        status_t status = vnode_entry(parent, cookie, out_entry);
        if (status != STATUS_OK || out_entry->number == child->number)
            return status;
        cookie = out_entry->next;
        preempt_point();
    }
}

/* What the parent has at the child's place: a directory that a mount covers with the child, or the child. */
static status_t place_find(struct namespace *namespace, struct vnode *parent,
                           const struct vnode *child, struct vnode_entry *out_entry)
{
    const struct vnode *covered;
    for (uint32_t i = 0;
         (covered = namespace_covered(namespace, child, parent->filesystem, i)) != NULL; i++) {
        status_t status = entry_find(parent, covered, out_entry);
        if (status != STATUS_NOT_FOUND)
            return status;
    }
    return parent->filesystem == child->filesystem ? entry_find(parent, child, out_entry)
                                                   : STATUS_NOT_FOUND;
}

static status_t name_prepend(struct directory *directory, struct vnode *parent, struct vnode *child,
                             struct vnode_entry *entry, struct path_text *text)
{
    status_t status = place_find(directory->namespace, parent, child, entry);
    if (status == STATUS_OK)
        status = text_prepend(text, entry->name, entry->name_len);
    return status == STATUS_OK ? text_prepend(text, "/", 1) : status;
}

status_t directory_path(struct directory *directory, struct span buffer, size_t *out_at)
{
    struct path_text text = { .buffer = buffer, .at = buffer.len };
    struct vnode_entry *entry = kmalloc(sizeof *entry);
    if (entry == NULL)
        return STATUS_NO_MEMORY;
    status_t status = directory->ancestor_count == 0 ? text_prepend(&text, "/", 1) : STATUS_OK;
    struct vnode *child = directory->vnode;
    for (uint32_t i = directory->ancestor_count; status == STATUS_OK && i > 0; i--) {
        struct vnode *parent = directory->ancestors[i - 1];
        status = name_prepend(directory, parent, child, entry, &text);
        child = parent;
    }
    kfree(entry, sizeof *entry);
    if (status == STATUS_OK)
        *out_at = text.at;
    return status;
}
