/* Calls on VMOs and on the caller's address space. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/cell/cell.h"
#include <abi/memory.h>

#include "kernel/device/mmio_object.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/user_copy.h"
#include "kernel/object/give.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/vfs/file.h"

enum {
    COPY_CHUNK = 4096,
    BEGIN_LEN_MAX = 1024 * 1024, /* What is larger may be a reservation, of which little is used. */
};

#define VMO_RIGHTS                                                                             \
    (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | RIGHT_MAP | RIGHT_DUPLICATE | RIGHT_TRANSFER | \
     RIGHT_INSPECT | RIGHT_CONTROL)

status_t syscall_vmo_create(struct thread *caller, uint64_t size, uint32_t flags, handle_t *out_vmo)
{
    return syscall_vmo_create_for(caller, caller->process->cell, size, flags, out_vmo);
}

status_t syscall_vmo_create_for(struct thread *caller, struct cell *cell, uint64_t size,
                                uint32_t flags, handle_t *out_vmo)
{
    struct vmo *vmo;
    if (!cell_is_running(cell))
        return STATUS_DEAD;
    status_t status = flags & VMO_CONTIGUOUS ? vmo_create_contiguous(size, cell, &vmo)
                                             : vmo_create_anon(size, cell, &vmo);
    if (status == STATUS_OK)
        status = handle_give(&caller->process->handles, &vmo->object, VMO_RIGHTS, out_vmo);
    return status;
}

status_t syscall_vmo_size(struct thread *caller, struct vmo *vmo, uint64_t *out_size)
{
    *out_size = vmo->size_bytes;
    return STATUS_OK;
}

/* Page by page through the linear map: the object's page is held while user memory may fault. */
static status_t copy_vmo(struct vmo *vmo, uint64_t offset, uaddr_t user, size_t len, bool write)
{
    if (offset > vmo->size_bytes || len > vmo->size_bytes - offset)
        return STATUS_INVALID;
    while (len > 0) {
        size_t in_page = offset & PAGE_MASK;
        size_t part = PAGE_SIZE - in_page < len ? PAGE_SIZE - in_page : len;
        paddr_t frame;
        status_t status = vmo_pin_page(vmo, offset >> PAGE_SHIFT, write, &frame);
        if (status != STATUS_OK)
            return status;
        uint8_t *data = (uint8_t *)frame_data(frame) + in_page;
        status = write ? user_read(data, user, part) : user_write(user, data, part);
        vmo_unpin_page(vmo, offset >> PAGE_SHIFT);
        if (status != STATUS_OK)
            return status;
        offset += part;
        user.raw += part;
        len -= part;
    }
    return STATUS_OK;
}

status_t syscall_vmo_read(struct thread *caller, struct vmo *vmo, struct user_out dst,
                          uint64_t offset)
{
    return copy_vmo(vmo, offset, dst.address, dst.len, false);
}

status_t syscall_vmo_write(struct thread *caller, struct vmo *vmo, struct user_in src,
                           uint64_t offset)
{
    return copy_vmo(vmo, offset, src.address, src.len, true);
}

/* Handle rights bound the access that a mapping may ever have. */
static uint32_t access_max(rights_t rights)
{
    return (rights & RIGHT_READ ? MAP_READ : 0) | (rights & RIGHT_WRITE ? MAP_WRITE : 0) |
           (rights & RIGHT_EXECUTE ? MAP_EXECUTE : 0);
}

static status_t map_capability(struct aspace *aspace, const struct capability *capability,
                               uint64_t offset, uint64_t len, uint64_t address, uint32_t flags,
                               uint64_t *out_mapped)
{
    struct vmo *vmo;
    switch (object_kind(capability->object)) {
    case OBJECT_VMO: vmo = (struct vmo *)capability->object; break;
    case OBJECT_MMIO: vmo = mmio_vmo((struct mmio *)capability->object); break;
    default: return STATUS_WRONG_KIND;
    }
    if (offset > vmo->size_bytes || len > vmo->size_bytes - offset)
        return STATUS_INVALID;
    return aspace_map(aspace, vmo, offset, len, address, flags, access_max(capability->rights),
                      out_mapped);
}

status_t syscall_memory_map(struct thread *caller, uint64_t object, uint64_t offset, uint64_t len,
                            uint64_t address, uint32_t flags, uint64_t *out_mapped)
{
    struct capability capability;
    status_t status =
        handle_copy(&caller->process->handles, (handle_t){ object }, RIGHT_MAP, &capability);
    if (status != STATUS_OK)
        return status;
    status = map_capability(caller->process->aspace, &capability, offset, len, address, flags,
                            out_mapped);
    capability_drop(&capability);
    return status;
}

status_t syscall_memory_map_anon(struct thread *caller, uint64_t len, uint64_t address,
                                 uint32_t flags, uint64_t *out_mapped)
{
    struct vmo *vmo;
    uint32_t own = flags & MEMORY_SHARED ? 0 : MAP_PRIVATE;
    if (own && len <= BEGIN_LEN_MAX)
        own |= MAP_BEGIN;
    status_t status = own ? vmo_create_private(len, caller->process->cell, &vmo)
                          : vmo_create_anon(len, caller->process->cell, &vmo);
    if (status != STATUS_OK)
        return status;
    /* Anonymous memory may become executable only by giving up write: never both. */
    status = aspace_map(caller->process->aspace, vmo, 0, page_up(len), address,
                        (flags & ~(uint32_t)MEMORY_SHARED) | own, MAP_READ | MAP_WRITE, out_mapped);
    object_unref(&vmo->object);
    return status;
}

status_t syscall_memory_unmap(struct thread *caller, uint64_t address, uint64_t len)
{
    return aspace_unmap(caller->process->aspace, address, page_up(len));
}

status_t syscall_memory_discard(struct thread *caller, uint64_t address, uint64_t len)
{
    return aspace_discard(caller->process->aspace, address, page_up(len));
}

status_t syscall_memory_check(struct thread *caller, uint64_t address, uint64_t len)
{
    return aspace_check(caller->process->aspace, address, page_up(len));
}

status_t syscall_memory_resize(struct thread *caller, uint64_t address, uint64_t len,
                               uint64_t new_len, uint64_t target, uint32_t flags,
                               uint64_t *out_moved)
{
    return aspace_resize(caller->process->aspace, address, page_up(len), page_up(new_len),
                         (flags & 1) != 0, target, out_moved);
}

status_t syscall_memory_protect(struct thread *caller, uint64_t address, uint64_t len,
                                uint32_t flags)
{
    return aspace_protect(caller->process->aspace, address, page_up(len), flags);
}

static status_t map_file(struct process *process, const struct capability *capability,
                         uint64_t offset, uint64_t len, uint64_t address, uint32_t flags,
                         uint64_t *out_mapped)
{
    if (object_kind(capability->object) != OBJECT_FILE)
        return STATUS_WRONG_KIND;
    struct file *file = (struct file *)capability->object;
    struct vmo *vmo;
    status_t status = vnode_vmo(file->vnode, &vmo);
    if (status != STATUS_OK)
        return status;
    uint32_t max = access_max(capability->rights);
    uint32_t map_flags = flags & ~(uint32_t)MEMORY_PRIVATE;
    if (flags & MEMORY_PRIVATE) {
        struct vmo *copy;
        status = vmo_create_cow(vmo, offset, len, process->cell, &copy);
        if (status != STATUS_OK)
            return status;
        vmo = copy;
        offset = 0;
        map_flags |= MAP_PRIVATE;
        max |= MAP_WRITE; /* The copy is the caller's own. */
    }
    status =
        aspace_map(process->aspace, vmo, offset, page_up(len), address, map_flags, max, out_mapped);
    if (flags & MEMORY_PRIVATE)
        object_unref(&vmo->object); /* The file's own VMO is borrowed. */
    return status;
}

status_t syscall_memory_map_file(struct thread *caller, uint64_t file, uint64_t offset,
                                 uint64_t len, uint64_t address, uint32_t flags,
                                 uint64_t *out_mapped)
{
    struct capability capability;
    status_t status =
        handle_copy(&caller->process->handles, (handle_t){ file }, RIGHT_MAP, &capability);
    if (status != STATUS_OK)
        return status;
    status = map_file(caller->process, &capability, offset, len, address, flags, out_mapped);
    capability_drop(&capability);
    return status;
}
