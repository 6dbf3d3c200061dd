/* See devfs.h. The tree is a table: each row is a name, the directory it is in, and what it is. */
#include "kernel/fs/devfs.h"

#include <string.h>

#include "kernel/base/entropy.h"
#include "kernel/mm/user_copy.h"
#include "kernel/sched/preempt.h"
#include "kernel/vfs/vfs.h"
#include "lib/base/assert.h"

enum devfs_index { ROOT, NODE_NULL, NODE_ZERO, NODE_FULL, RANDOM, URANDOM, TTY, PTMX, SHM, NODES };

struct devfs_node {
    struct vnode vnode;
    const struct devfs_row *row;
};

static struct devfs {
    struct filesystem filesystem;
    struct devfs_node nodes[NODES];
} devfs;

struct devfs_row {
    const char *name;
    const struct vnode_ops *ops;
    uint8_t kind;
    uint8_t device; /* enum devfs_device */
    uint16_t mode;
};

static const struct vnode_ops directory_ops, null_ops, zero_ops, full_ops, random_ops, opened_ops;

/* `shm` is where a scratch tree is mounted for shared memory with names. */
static const struct devfs_row rows[NODES] = {
    [ROOT] = { "", &directory_ops, FILE_DIRECTORY, 0, 0755 },
    [NODE_NULL] = { "null", &null_ops, FILE_CHARACTER, DEVFS_NULL, 0666 },
    [NODE_ZERO] = { "zero", &zero_ops, FILE_CHARACTER, DEVFS_ZERO, 0666 },
    [NODE_FULL] = { "full", &full_ops, FILE_CHARACTER, DEVFS_FULL, 0666 },
    [RANDOM] = { "random", &random_ops, FILE_CHARACTER, DEVFS_RANDOM, 0666 },
    [URANDOM] = { "urandom", &random_ops, FILE_CHARACTER, DEVFS_RANDOM, 0666 },
    [TTY] = { "tty", &opened_ops, FILE_CHARACTER, DEVFS_TTY, 0666 },
    [PTMX] = { "ptmx", &opened_ops, FILE_CHARACTER, DEVFS_PTMX, 0666 },
    [SHM] = { "shm", &directory_ops, FILE_DIRECTORY, 0, 0755 },
};

static const struct devfs_row *row_of(const struct vnode *vnode)
{
    return CONTAINER_OF(vnode, const struct devfs_node, vnode)->row;
}

struct vnode *devfs_root(void)
{
    return vnode_ref(&devfs.nodes[ROOT].vnode);
}

uint32_t devfs_device_of(const struct vnode *vnode)
{
    return vnode->filesystem == &devfs.filesystem ? row_of(vnode)->device : 0;
}

/* --- names --- */

/* Everything is in the root. */
static status_t devfs_lookup(struct vnode *directory, struct const_span name,
                             struct vnode **out_vnode)
{
    if (directory != &devfs.nodes[ROOT].vnode)
        return STATUS_NOT_FOUND;
    for (uint32_t i = ROOT + 1; i < NODES; i++)
        if (strlen(rows[i].name) == name.len && memcmp(rows[i].name, name.data, name.len) == 0) {
            *out_vnode = vnode_ref(&devfs.nodes[i].vnode);
            return STATUS_OK;
        }
    return STATUS_NOT_FOUND;
}

/* The cookie is the index of the last row listed. */
static status_t devfs_entry(struct vnode *directory, uint64_t cookie, struct vnode_entry *out_entry)
{
    if (directory != &devfs.nodes[ROOT].vnode || cookie >= NODES - 1)
        return STATUS_NOT_FOUND;
    const struct devfs_row *row = &rows[cookie + 1];
    out_entry->number = devfs.nodes[cookie + 1].vnode.number;
    out_entry->next = cookie + 1;
    out_entry->kind = row->kind;
    out_entry->name_len = (uint8_t)strlen(row->name);
    memcpy(out_entry->name, row->name, out_entry->name_len);
    return STATUS_OK;
}

static void devfs_stat(struct vnode *vnode, struct file_stat *stat)
{
    stat->allocated_bytes = 0;
    stat->device = row_of(vnode)->device;
}

/* --- devices --- */

static status_t null_read(struct vnode *device, struct user_out dst, size_t *out_done)
{
    *out_done = 0;
    return STATUS_OK;
}

static status_t sink_write(struct vnode *device, struct user_in src, size_t *out_done)
{
    *out_done = src.len;
    return STATUS_OK;
}

static status_t full_write(struct vnode *device, struct user_in src, size_t *out_done)
{
    return src.len == 0 ? sink_write(device, src, out_done) : STATUS_NO_SPACE;
}

static status_t zero_read(struct vnode *device, struct user_out dst, size_t *out_done)
{
    status_t status = user_zero(dst.address, dst.len);
    if (status == STATUS_OK)
        *out_done = dst.len;
    return status;
}

static status_t random_read(struct vnode *device, struct user_out dst, size_t *out_done)
{
    uint8_t bytes[256];
    for (size_t at = 0; at < dst.len;) {
        size_t len = dst.len - at < sizeof bytes ? dst.len - at : sizeof bytes;
        entropy_fill(bytes, len);
        status_t status = user_write((uaddr_t){ dst.address.raw + at }, bytes, len);
        if (status != STATUS_OK)
            return status;
        at += len;
        preempt_point();
    }
    *out_done = dst.len;
    return STATUS_OK;
}

/* --- boot --- */

/* The tree keeps a reference to each of its nodes. */
static void devfs_destroy(struct filesystem *filesystem)
{
    ASSERT(filesystem == NULL);
}

static const struct filesystem_ops devfs_filesystem_ops = {
    .name = "devfs",
    .destroy = devfs_destroy,
};

void devfs_setup(void)
{
    filesystem_init(&devfs.filesystem, &devfs_filesystem_ops);
    devfs.filesystem.read_only = true;
    for (uint32_t i = 0; i < NODES; i++) {
        struct devfs_node *node = &devfs.nodes[i];
        vnode_init(&node->vnode, rows[i].ops, &devfs.filesystem, rows[i].kind, i + 1);
        node->vnode.mode = rows[i].mode;
        node->row = &rows[i];
        vnode_use(&node->vnode);
    }
}

static const struct vnode_ops directory_ops = {
    .name = "devfs directory",
    .lookup = devfs_lookup,
    .entry = devfs_entry,
    .stat = devfs_stat,
};

static const struct vnode_ops null_ops = {
    .name = "null",
    .device_read = null_read,
    .device_write = sink_write,
    .device_never_waits = true,
    .stat = devfs_stat,
};

static const struct vnode_ops zero_ops = {
    .name = "zero",
    .device_read = zero_read,
    .device_write = sink_write,
    .device_never_waits = true,
    .stat = devfs_stat,
};

static const struct vnode_ops full_ops = {
    .name = "full",
    .device_read = zero_read,
    .device_write = full_write,
    .device_never_waits = true,
    .stat = devfs_stat,
};

static const struct vnode_ops random_ops = {
    .name = "random",
    .device_read = random_read,
    .device_write = sink_write,
    .stat = devfs_stat,
};

/* What is opened into something else. */
static const struct vnode_ops opened_ops = {
    .name = "opened",
    .stat = devfs_stat,
};
