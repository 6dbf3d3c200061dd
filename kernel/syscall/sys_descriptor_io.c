/* Calls through numbers: 231 to 234, 236, 237, 240, 241, 252. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/ipc/port.h"
#include "kernel/mm/slab.h"
#include "kernel/posix/description_now.h"
#include "kernel/posix/description_poll.h"
#include "kernel/posix/posix.h"
#include "kernel/posix/signals.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/stream/listener.h"
#include "kernel/stream/stream.h"
#include "kernel/syscall/descriptor_give.h"
#include "kernel/syscall/pieces.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/file.h"

enum {
    LIST_BUFFER_SIZE = 2048, /* Entries are gathered here, then copied out. */
    POLL_ON_STACK = 32,
};

/* --- bytes --- */

status_t syscall_descriptor_read(struct thread *caller, uint32_t number, struct user_out dst,
                                 uint64_t offset, uint32_t flags, size_t *out_actual)
{
    if (flags == 0 && description_read_now(caller->process, number, dst, offset, out_actual))
        return STATUS_OK;
    return description_read(caller, number, &dst, 1, offset, flags, out_actual);
}

status_t syscall_descriptor_write(struct thread *caller, uint32_t number, struct user_in src,
                                  uint64_t offset, uint32_t flags, size_t *out_actual)
{
    if (flags == 0 && description_write_now(caller->process, number, src, offset, out_actual))
        return STATUS_OK;
    return description_write(caller, number, &src, 1, offset, flags, out_actual);
}

status_t syscall_descriptor_read_vector(struct thread *caller, uint32_t number,
                                        struct user_in pieces, uint64_t offset, uint32_t flags,
                                        size_t *out_actual)
{
    struct pieces copy;
    status_t status = pieces_read(&copy, pieces);
    if (status != STATUS_OK)
        return status;
    status =
        description_read(caller, number, &copy.list->out, copy.count, offset, flags, out_actual);
    pieces_free(&copy);
    return status;
}

status_t syscall_descriptor_write_vector(struct thread *caller, uint32_t number,
                                         struct user_in pieces, uint64_t offset, uint32_t flags,
                                         size_t *out_actual)
{
    struct pieces copy;
    status_t status = pieces_read(&copy, pieces);
    if (status != STATUS_OK)
        return status;
    status =
        description_write(caller, number, &copy.list->in, copy.count, offset, flags, out_actual);
    pieces_free(&copy);
    return status;
}

/* --- accepting --- */

status_t syscall_descriptor_accept(struct thread *caller, uint32_t number, struct user_out out_peer,
                                   uint32_t flags, uint32_t *out_new)
{
    struct description *description;
    struct description_use use;
    struct arrival *arrival = NULL;
    struct posix_process *posix = __atomic_load_n(&caller->process->posix, __ATOMIC_ACQUIRE);
    if (posix == NULL)
        return STATUS_BAD_HANDLE;
    status_t status = descriptors_get(&posix->descriptors, number, &description);
    if (status != STATUS_OK)
        return status;
    struct descriptor_words words = description->words;
    object_unref(&description->object);
    status = description_use_begin(caller->process, number, 0, &use);
    if (status != STATUS_OK)
        return status;
    if ((use.flags & DESCRIPTION_SOCKET) == 0)
        status = STATUS_NOT_SOCKET;
    else if (use.object == NULL || object_kind(use.object) != OBJECT_LISTENER)
        status = STATUS_INVALID;
    struct listener *listener = (struct listener *)use.object;
    if (status == STATUS_OK)
        status = listener_take(listener, (use.flags & DESCRIPTION_NO_WAIT) != 0,
                               description_deadline(&use), &arrival);
    if (status == STATUS_OK) {
        status = user_write(out_peer.address, &arrival->peer, sizeof arrival->peer);
        if (status == STATUS_OK)
            status = stream_move_charges((struct stream *)arrival->capability.object,
                                         caller->process->cell);
        if (status == STATUS_OK)
            status =
                descriptor_give(caller, &arrival->capability, &words,
                                flags | DESCRIPTION_READ | DESCRIPTION_WRITE | DESCRIPTION_SOCKET,
                                0, out_new);
        if (status == STATUS_OK)
            arrival_free(arrival);
        else
            listener_return(listener, arrival);
    }
    description_use_end(&use);
    return description_wait_result(&use, status);
}

/* --- places --- */

/* The position of a directory is the cookie of its next entry. */
static status_t directory_seek(struct thread *caller, uint32_t number, int64_t offset,
                               uint32_t whence, uint64_t *out_position)
{
    struct description *description;
    status_t status = descriptors_get(&caller->process->posix->descriptors, number, &description);
    if (status != STATUS_OK)
        return status;
    int64_t target = offset;
    if (whence == FILE_SEEK_CURRENT &&
        __builtin_add_overflow((int64_t)description->position, offset, &target))
        status = STATUS_INVALID;
    if (whence > FILE_SEEK_CURRENT || target < 0)
        status = STATUS_INVALID;
    if (status == STATUS_OK) {
        __atomic_store_n(&description->position, (uint64_t)target, __ATOMIC_RELAXED);
        *out_position = (uint64_t)target;
    }
    object_unref(&description->object);
    return status;
}

status_t syscall_descriptor_seek(struct thread *caller, uint32_t number, int64_t offset,
                                 uint32_t whence, uint64_t *out_position)
{
    struct description_use use;
    status_t status = description_use_begin(caller->process, number, 0, &use);
    if (status != STATUS_OK)
        return status;
    uint32_t kind = use.object == NULL ? OBJECT_NONE : object_kind(use.object);
    if (kind == OBJECT_FILE)
        status = file_seek((struct file *)use.object, offset, whence, out_position);
    else if (kind == OBJECT_DIRECTORY)
        status = directory_seek(caller, number, offset, whence, out_position);
    else
        status = STATUS_NOT_SEEKABLE;
    description_use_end(&use);
    return status;
}

/* One buffer of entries at a time, since entries are found with locks held and user memory may fault. */
static status_t list_copy(struct directory *directory, struct user_out buffer, uint64_t *cookie,
                          size_t *out_actual)
{
    uint8_t *entries = kmalloc(LIST_BUFFER_SIZE);
    if (entries == NULL)
        return STATUS_NO_MEMORY;
    size_t room = buffer.len < LIST_BUFFER_SIZE ? buffer.len : LIST_BUFFER_SIZE;
    size_t len = 0;
    uint64_t next = *cookie;
    status_t status = directory_list(directory, *cookie, span_of(entries, room), &len, &next);
    if (status == STATUS_OK && len > 0)
        status = user_write(buffer.address, entries, len);
    kfree(entries, LIST_BUFFER_SIZE);
    if (status != STATUS_OK)
        return status;
    *cookie = next;
    *out_actual = len;
    return STATUS_OK;
}

status_t syscall_descriptor_list(struct thread *caller, uint32_t number, struct user_out buffer,
                                 size_t *out_actual)
{
    struct capability target;
    struct description *description;
    struct posix_process *posix = __atomic_load_n(&caller->process->posix, __ATOMIC_ACQUIRE);
    if (posix == NULL)
        return STATUS_BAD_HANDLE;
    status_t status = descriptors_get(&posix->descriptors, number, &description);
    if (status != STATUS_OK)
        return status;
    status = description_copy(description, &target);
    if (status == STATUS_OK) {
        uint64_t cookie = __atomic_load_n(&description->position, __ATOMIC_RELAXED);
        if (object_kind(target.object) != OBJECT_DIRECTORY)
            status = STATUS_NOT_DIRECTORY;
        else if ((target.rights & RIGHT_READ) == 0)
            status = STATUS_NO_RIGHT;
        else if (grant_is_revoked(target.grant))
            status = STATUS_REVOKED;
        else
            status = list_copy((struct directory *)target.object, buffer, &cookie, out_actual);
        if (status == STATUS_OK)
            __atomic_store_n(&description->position, cookie, __ATOMIC_RELAXED);
        capability_drop(&target);
    }
    object_unref(&description->object);
    return status;
}

/* --- waiting --- */

static status_t poll_in_kernel(struct thread *caller, uaddr_t address, uint32_t count,
                               time_ns_t deadline, struct descriptor_poll *entries,
                               uint32_t *out_ready)
{
    size_t size = count * sizeof *entries;
    status_t status = user_read(entries, address, size);
    if (status == STATUS_OK)
        status =
            description_poll(__atomic_load_n(&caller->process->handles.segment, __ATOMIC_ACQUIRE),
                             entries, count, deadline, out_ready);
    if (status == STATUS_OK)
        status = user_write(address, entries, size);
    return status;
}

/* The mask that a call holds for its time. @param mask  its address, 0: none. */
static status_t mask_take(struct thread *caller, uint64_t mask)
{
    uint64_t signals;
    struct posix_process *posix;
    if (mask == 0)
        return STATUS_OK;
    if (!user_range_ok((uaddr_t){ mask }, sizeof signals))
        return STATUS_BAD_ADDRESS;
    status_t status = user_read(&signals, (uaddr_t){ mask }, sizeof signals);
    if (status == STATUS_OK)
        status = posix_of(caller->process, &posix);
    if (status == STATUS_OK)
        signal_mask_for_call(caller, signals);
    return status;
}

status_t syscall_descriptor_port_wait(struct thread *caller, uint32_t number,
                                      struct user_out packets, time_ns_t deadline, uint64_t mask,
                                      size_t *out_actual)
{
    struct port_packet taken[PORT_BATCH_MAX];
    struct object *port;
    size_t count = packets.len / sizeof taken[0];
    if (count == 0)
        return STATUS_INVALID;
    if (count > PORT_BATCH_MAX)
        count = PORT_BATCH_MAX;
    status_t status = handle_resolve(&caller->process->handles, descriptor_handle(number),
                                     OBJECT_PORT, RIGHT_READ, &port);
    if (status != STATUS_OK)
        return status;
    status = mask_take(caller, mask);
    if (status == STATUS_OK)
        status = port_wait((struct port *)port, taken, count, deadline, out_actual);
    object_unref(port);
    if (status == STATUS_TIMED_OUT) {
        *out_actual = 0;
        return STATUS_OK;
    }
    return status == STATUS_OK ? user_write(packets.address, taken, *out_actual * sizeof taken[0])
                               : status;
}

status_t syscall_descriptor_poll(struct thread *caller, uint64_t entries, uint32_t count,
                                 time_ns_t deadline, uint64_t mask, uint32_t *out_ready)
{
    struct descriptor_poll on_stack[POLL_ON_STACK];
    struct descriptor_poll *copy = on_stack;
    uaddr_t address = { entries };
    if (count > DESCRIPTORS_MAX)
        return STATUS_INVALID;
    if (!user_range_ok(address, count * sizeof *copy))
        return STATUS_BAD_ADDRESS;
    if (count > POLL_ON_STACK)
        copy = kmalloc(count * sizeof *copy);
    if (copy == NULL)
        return STATUS_NO_MEMORY;
    status_t status = mask_take(caller, mask);
    if (status == STATUS_OK)
        status = poll_in_kernel(caller, address, count, deadline, copy, out_ready);
    if (copy != on_stack)
        kfree(copy, count * sizeof *copy);
    return status;
}
