/* Any bytes as a disk with a base image, to keep inputs small without what is padding: the first 512
 * are the header, the rest begins with the second block, zeros follow. Mount it, list and open what it shows to a bounded depth,
 * read a page of each file here and there, follow its links, unmount. Sizes and places that it tells
 * may be anything; nothing outside the disk is read and nothing is left. */
#include <stdlib.h>
#include <string.h>

#include "kernel/fs/basefs.h"
#include "kernel/mm/vmo.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/vfs.h"
#include "tests/doubles/files/memory.h"
#include "tests/doubles/files/memory_disk.h"
#include "tests/doubles/files/threads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ENTRIES_MAX = 200, DISK_BYTES = 128 * 1024, HEADER_BYTES = 512 };

static struct memory_disk disk;
static uint8_t disk_bytes[DISK_BYTES];
static struct directory *root;
static uint32_t budget;

static void complete_one(void)
{
    if (!memory_disk_run(&disk))
        abort();
}

static void read_some(struct vnode *vnode)
{
    uint8_t bytes[32];
    size_t len;
    uint64_t size = vnode_size(vnode);
    const uint64_t places[] = { 0, 4095, size / 2, size - sizeof bytes, size - 1, size };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (vnode_read(vnode, span_of(bytes, sizeof bytes), places[i], &len) == STATUS_OK &&
            len > sizeof bytes)
            abort();
}

static void follow(struct const_span path)
{
    struct path_walk walk;
    if (path_begin(&walk, root, RIGHT_READ, NULL) == STATUS_OK)
        (void)path_walk(&walk, path, true);
    path_end(&walk);
}

static void visit(struct vnode *vnode)
{
    struct vnode_entry entry;
    struct file_stat stat;
    uint8_t target[256];
    size_t len;
    vnode_stat(vnode, &stat);
    if (vnode->kind == FILE_REGULAR)
        read_some(vnode);
    if (vnode->kind == FILE_LINK &&
        vnode_link_read(vnode, span_of(target, sizeof target), &len) == STATUS_OK)
        follow(const_span_of(target, len));
    for (uint64_t cookie = 0; budget > 0; cookie = entry.next) {
        struct vnode *child;
        if (vnode->kind != FILE_DIRECTORY || vnode_entry(vnode, cookie, &entry) != STATUS_OK)
            return;
        budget--;
        if (vnode_lookup(vnode, const_span_of(entry.name, entry.name_len), &child) != STATUS_OK)
            continue;
        visit(child);
        vnode_unref(child);
    }
}

static void disk_make(const uint8_t *data, size_t size)
{
    memset(disk_bytes, 0, sizeof disk_bytes);
    size_t header = size < HEADER_BYTES ? size : HEADER_BYTES;
    size_t rest = size - header < DISK_BYTES - PAGE_SIZE ? size - header : DISK_BYTES - PAGE_SIZE;
    memcpy(disk_bytes, data, header);
    memcpy(disk_bytes + PAGE_SIZE, data + header, rest);
    memory_disk_init(&disk, disk_bytes, sizeof disk_bytes);
    disk.device.read_only = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_set_up;
    if (!is_set_up)
        vfs_init();
    is_set_up = true;
    kernel_threads.idle = complete_one;
    budget = ENTRIES_MAX;
    disk_make(data, size);
    if (vfs_mount_base(&disk.device, &root) == STATUS_OK) {
        visit(root->vnode);
        object_unref(&root->object);
    }
    page_cache_drop_clean();
    if (kernel_memory.objects_out != 0 || kernel_memory.frames_out != 0)
        abort();
    return 0;
}
