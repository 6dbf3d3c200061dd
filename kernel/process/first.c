/* See first.h. The disk is the first virtio-mmio slot that has one: probing a slot reads two
 * registers, and only as many slots are looked at as it takes. */
#include "kernel/process/first.h"

#include <string.h>

#include "kernel/base/boot_level.h"
#include "kernel/base/log.h"
#include "kernel/device/machine.h"
#include "kernel/drivers/virtio_blk.h"
#include "kernel/process/services.h"
#include "kernel/process/spawn.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/file.h"
#include "kernel/vfs/vfs.h"

enum { FIRST_HANDLES_MAX = 16 };

static const struct first_service {
    enum object_kind kind;
    rights_t rights;
    const char *name;
} services[] = {
    { OBJECT_DEVICE, RIGHTS_DEVICE, "devices" },
    { OBJECT_TTY, RIGHTS_TTY, "tty" },
    { OBJECT_LOG, RIGHTS_LOG, "log" },
    { OBJECT_CLOCK, RIGHTS_CLOCK, "clock" },
    { OBJECT_ENTROPY, RIGHTS_ENTROPY, "entropy" },
    { OBJECT_POWER, RIGHTS_POWER, "power" },
    { OBJECT_SYSTEM, RIGHTS_SYSTEM, "system" },
    { OBJECT_TRACE, RIGHTS_TRACE, "trace" },
};

/* QEMU places the first device of its command line in the last slot. */
static struct block_device *find_disk(void)
{
    for (uint32_t i = machine.virtio_count; i > 0; i--) {
        const struct virtio_slot *slot = &machine.virtio[i - 1];
        struct block_device *disk;
        status_t status = virtio_blk_probe(slot->base, slot->size_bytes, slot->intid, &disk);
        if (status == STATUS_OK)
            return disk;
        if (status != STATUS_NOT_FOUND)
            klog("disk at %#llx: status %d", (unsigned long long)slot->base.raw, status);
    }
    panic("no disk: the base image must be on a virtio-blk device");
}

struct first_handles {
    struct process *process;
    struct start_handle list[FIRST_HANDLES_MAX];
    uint32_t count;
};

static void add(struct first_handles *handles, struct object *object, rights_t rights,
                const char *name)
{
    if (object == NULL)
        return;
    handle_t handle;
    struct capability capability = capability_of(object, rights, NULL);
    if (handle_add(&handles->process->handles, capability, &handle) != STATUS_OK)
        panic("no memory for the first process");
    struct start_handle *start = &handles->list[handles->count++];
    *start = (struct start_handle){ .handle = handle.raw,
                                    .kind = object_kind(object),
                                    .rights = capability.rights };
    memcpy(start->name, name, strlen(name));
}

static struct file *open_program(struct directory *root, struct const_span path)
{
    struct open_request request = {
        .path = path, .rights = RIGHT_EXECUTE, .allowed = RIGHTS_DIRECTORY, .cell = cell_root()
    };
    struct object *program;
    struct grant *grant;
    status_t status = directory_open(root, &request, &program, &grant);
    if (status == STATUS_OK && object_kind(program) == OBJECT_FILE)
        return (struct file *)program;
    panic("cannot open %.*s: status %d", (int)path.len, (const char *)path.data, status);
}

static void start(struct directory *root, struct const_span path)
{
    struct first_handles handles = { 0 };
    struct file *program = open_program(root, path);
    if (process_create(cell_root(), "init", &handles.process) != STATUS_OK)
        panic("no memory for the first process");
    add(&handles, &root->object, RIGHTS_DIRECTORY, "root");
    add(&handles, &cell_root()->object, RIGHTS_CELL, "cell");
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        add(&handles, service_object(services[i].kind), services[i].rights, services[i].name);
    const struct start_block block = {
        .arguments = "init",
        .arguments_len = sizeof "init",
        .handles = handles.list,
        .handle_count = handles.count,
    };
    status_t status = spawn_program(handles.process, program->vnode, &block);
    if (status != STATUS_OK)
        panic("cannot start %.*s: status %d", (int)path.len, (const char *)path.data, status);
    object_unref(&program->object);
    object_unref(&handles.process->object);
}

void first_process_start(void)
{
    struct directory *root;
    status_t status = vfs_mount_base(find_disk(), &root);
    if (status != STATUS_OK)
        panic("the base image cannot be mounted: status %d", status);
    boot_level(BOOT_ROOT);
    struct const_span path = machine_argument("init");
    if (path.len == 0)
        path = (struct const_span){ (const uint8_t *)"/bin/init", sizeof "/bin/init" - 1 };
    start(root, path);
    object_unref(&root->object);
}
