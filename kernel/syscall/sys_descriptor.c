/* Calls on numbers themselves: 224 to 230, 238, 239, 255. What goes through them is in sys_descriptor_io.c. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/base/epoch.h"
#include "kernel/mm/user_copy.h"
#include "kernel/posix/description.h"
#include "kernel/posix/posix.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/stream/listener.h"
#include "kernel/stream/stream.h"
#include "kernel/syscall/descriptor_give.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/file.h"

static const struct descriptors *segment_of(const struct thread *caller)
{
    return __atomic_load_n(&caller->process->handles.segment, __ATOMIC_ACQUIRE);
}

static status_t number_get(const struct thread *caller, uint32_t number,
                           struct description **out_description)
{
    return descriptors_get(segment_of(caller), number, out_description);
}

/* --- how numbers come --- */

status_t descriptor_give(struct thread *caller, const struct capability *target,
                         const struct descriptor_words *words, uint32_t flags, uint32_t lowest,
                         uint32_t *out_number)
{
    struct posix_process *posix;
    struct description *description;
    status_t status = posix_of(caller->process, &posix);
    if (status != STATUS_OK)
        return status;
    status =
        description_create(caller->process->cell, target, flags & DESCRIPTION_FLAGS, &description);
    if (status != STATUS_OK)
        return status;
    description->words = *words;
    status = descriptors_add(&posix->descriptors, description, lowest,
                             (flags & DESCRIPTOR_CLOSE_ON_EXEC) != 0, out_number);
    if (status != STATUS_OK)
        __atomic_store_n(&description->target, NULL, __ATOMIC_RELEASE); /* The caller's still. */
    object_unref(&description->object);
    return status;
}

status_t syscall_descriptor_begin(struct thread *caller)
{
    struct posix_process *posix;
    status_t status = posix_of(caller->process, &posix);
    if (status != STATUS_OK)
        return status;
    bool begun = __atomic_exchange_n(&posix->descriptors.begun, true, __ATOMIC_RELAXED);
    return begun ? STATUS_EXISTS : STATUS_OK;
}

static status_t words_read(struct user_in words, struct descriptor_words *out_words)
{
    *out_words = (struct descriptor_words){ 0 };
    return words.len == 0 ? STATUS_OK : user_read(out_words, words.address, sizeof *out_words);
}

status_t syscall_descriptor_install(struct thread *caller, uint64_t handle, uint32_t lowest,
                                    uint32_t flags, struct user_in words, uint32_t *out_number)
{
    struct descriptor_words kept;
    struct capability target = { 0 };
    status_t status = words_read(words, &kept);
    if (status == STATUS_OK && handle != 0)
        status = handle_copy(&caller->process->handles, (handle_t){ handle }, 0, &target);
    if (status != STATUS_OK)
        return status;
    status = descriptor_give(caller, &target, &kept, flags, lowest, out_number);
    if (status != STATUS_OK && target.object != NULL)
        capability_drop(&target);
    if (status == STATUS_OK && handle != 0) {
        status_t closed = handle_close(&caller->process->handles, (handle_t){ handle });
        (void)closed; /* It may have been closed under us: fine. */
    }
    return status;
}

status_t syscall_descriptor_attach(struct thread *caller, uint32_t number, uint64_t handle,
                                   uint32_t flags)
{
    struct description *description;
    struct capability target;
    status_t status = number_get(caller, number, &description);
    if (status != STATUS_OK)
        return status;
    status = handle_copy(&caller->process->handles, (handle_t){ handle }, 0, &target);
    if (status == STATUS_OK) {
        status = description_attach(description, &target, flags);
        if (status != STATUS_OK)
            capability_drop(&target);
    }
    if (status == STATUS_OK)
        status = handle_close(&caller->process->handles, (handle_t){ handle });
    object_unref(&description->object);
    return status;
}

/* The description holds its claim to the address from here on, and last_closed gives it up. */
static status_t description_listen(struct description *description,
                                   const struct capability *listener,
                                   const struct socket_address *address)
{
    struct listener *object = (struct listener *)listener->object;
    status_t status = listener_claim(object, description, address);
    if (status != STATUS_OK)
        return status;
    struct capability copy = capability_of(listener->object, listener->rights, listener->grant);
    status = description_attach(description, &copy, 0);
    if (status != STATUS_OK) {
        capability_drop(&copy);
        listener_unclaim(object, description);
    }
    return status;
}

status_t syscall_descriptor_listen(struct thread *caller, uint32_t number,
                                   struct capability *listener, struct user_in address)
{
    struct description *description;
    struct socket_address name;
    status_t status = user_read(&name, address.address, sizeof name);
    if (status == STATUS_OK)
        status = number_get(caller, number, &description);
    if (status != STATUS_OK)
        return status;
    status = description_listen(description, listener, &name);
    object_unref(&description->object);
    return status;
}

status_t syscall_descriptor_duplicate(struct thread *caller, uint32_t number, uint32_t target,
                                      uint32_t flags, uint32_t *out_new)
{
    struct description *description;
    status_t status = descriptors_hold(segment_of(caller), number, &description);
    if (status != STATUS_OK)
        return status;
    struct descriptors *descriptors = &caller->process->posix->descriptors;
    bool close_on_exec = (flags & DESCRIPTOR_CLOSE_ON_EXEC) != 0;
    *out_new = target;
    if (flags & DESCRIPTOR_EXACT)
        status = descriptors_put(descriptors, description, target, close_on_exec);
    else if (target >= descriptors->limit)
        status = STATUS_INVALID;
    else
        status = descriptors_add(descriptors, description, target, close_on_exec, out_new);
    descriptors_release(descriptors, description);
    return status;
}

status_t syscall_descriptor_close(struct thread *caller, uint32_t number)
{
    struct posix_process *posix = __atomic_load_n(&caller->process->posix, __ATOMIC_ACQUIRE);
    return posix == NULL ? STATUS_BAD_HANDLE : descriptors_close(&posix->descriptors, number);
}

/* Both ends or none. */
static status_t pipe_give(struct thread *caller, const struct capability ends[2],
                          const struct descriptor_words *words, uint32_t flags,
                          uint32_t out_numbers[2])
{
    bool is_socket = (flags & DESCRIPTION_SOCKET) != 0;
    uint32_t both = DESCRIPTION_READ | DESCRIPTION_WRITE;
    status_t status =
        descriptor_give(caller, &ends[0], words, flags | (is_socket ? both : DESCRIPTION_READ), 0,
                        &out_numbers[0]);
    if (status != STATUS_OK) {
        struct capability first = ends[0], second = ends[1];
        capability_drop(&first);
        capability_drop(&second);
        return status;
    }
    status = descriptor_give(caller, &ends[1], words,
                             flags | (is_socket ? both : DESCRIPTION_WRITE), 0, &out_numbers[1]);
    if (status != STATUS_OK) {
        struct capability second = ends[1];
        capability_drop(&second);
        status_t closed = descriptors_close(&caller->process->posix->descriptors, out_numbers[0]);
        (void)closed; /* It may have been closed under us: fine. */
    }
    return status;
}

status_t syscall_descriptor_pipe(struct thread *caller, uint32_t flags, struct user_in words,
                                 uint32_t *out_first, uint32_t *out_second)
{
    static const struct stream_params local = { .pool = NULL };
    enum { COMMON = RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_WAIT | RIGHT_INSPECT };
    struct descriptor_words kept;
    struct stream *streams[2];
    uint32_t numbers[2];
    status_t status = words_read(words, &kept);
    if (status == STATUS_OK)
        status = stream_create(caller->process->cell, &local, streams);
    if (status != STATUS_OK)
        return status;
    rights_t both = flags & DESCRIPTION_SOCKET ? RIGHT_READ | RIGHT_WRITE : 0;
    const struct capability ends[2] = {
        capability_of(&streams[0]->object, COMMON | both | RIGHT_READ, NULL),
        capability_of(&streams[1]->object, COMMON | both | RIGHT_WRITE, NULL),
    };
    object_unref(&streams[0]->object);
    object_unref(&streams[1]->object);
    status = pipe_give(caller, ends, &kept, flags, numbers);
    if (status == STATUS_OK) {
        *out_first = numbers[0];
        *out_second = numbers[1];
    }
    return status;
}

/* --- what they are --- */

status_t syscall_descriptor_info(struct thread *caller, uint32_t number, struct user_out out_info)
{
    struct description *description;
    bool close_on_exec = false;
    status_t status = number_get(caller, number, &description);
    if (status != STATUS_OK)
        return status;
    status = descriptors_close_on_exec(segment_of(caller), number, &close_on_exec);
    struct descriptor_info info = {
        .flags = __atomic_load_n(&description->flags, __ATOMIC_RELAXED) |
                 (close_on_exec ? DESCRIPTOR_CLOSE_ON_EXEC : 0),
        .position = description->position,
        .read_limit_ns = description->read_limit_ns,
        .write_limit_ns = description->write_limit_ns,
    };
    for (size_t i = 0; i < DESCRIPTION_WORDS; i++)
        info.words[i] = __atomic_load_n(&description->words.words[i], __ATOMIC_RELAXED);
    epoch_begin();
    struct capability target = description_peek(description);
    info.kind = target.object == NULL ? OBJECT_NONE : object_kind(target.object);
    info.rights = target.rights;
    epoch_end();
    object_unref(&description->object);
    return status == STATUS_OK ? user_write(out_info.address, &info, sizeof info) : status;
}

/* Appending belongs to the kernel's file, which all descriptions of it share. */
static void append_set(struct description *description, bool appends)
{
    epoch_begin();
    struct object *target = description_peek(description).object;
    if (target != NULL && object_kind(target) == OBJECT_FILE)
        __atomic_store_n(&((struct file *)target)->flags, appends ? OPEN_APPEND : 0,
                         __ATOMIC_RELAXED);
    epoch_end();
}

static status_t flags_set(struct description *description, uint64_t value)
{
    enum { SETTABLE = DESCRIPTION_NO_WAIT | DESCRIPTION_APPEND };
    if ((value & ~(uint64_t)SETTABLE) != 0)
        return STATUS_INVALID;
    spin_lock(&description->lock);
    uint32_t flags = (description->flags & ~(uint32_t)SETTABLE) | (uint32_t)value;
    bool append_changes = ((flags ^ description->flags) & DESCRIPTION_APPEND) != 0;
    __atomic_store_n(&description->flags, flags, __ATOMIC_RELAXED);
    spin_unlock(&description->lock);
    if (append_changes)
        append_set(description, (flags & DESCRIPTION_APPEND) != 0);
    return STATUS_OK;
}

static status_t item_set(struct description *description, uint32_t item, uint64_t value)
{
    uint64_t *place;
    switch (item) {
    case DESCRIPTOR_SET_FLAGS: return flags_set(description, value);
    case DESCRIPTOR_SET_POSITION: place = &description->position; break;
    case DESCRIPTOR_SET_READ_LIMIT: place = &description->read_limit_ns; break;
    case DESCRIPTOR_SET_WRITE_LIMIT: place = &description->write_limit_ns; break;
    default:
        if (item < DESCRIPTOR_SET_WORD || item >= DESCRIPTOR_SET_END)
            return STATUS_INVALID;
        place = &description->words.words[item - DESCRIPTOR_SET_WORD];
    }
    __atomic_store_n(place, value, __ATOMIC_RELAXED);
    return STATUS_OK;
}

status_t syscall_descriptor_set(struct thread *caller, uint32_t number, uint32_t item,
                                uint64_t value)
{
    struct description *description;
    status_t status = number_get(caller, number, &description);
    if (status != STATUS_OK)
        return status;
    if (item == DESCRIPTOR_SET_CLOSE_ON_EXEC)
        status =
            descriptors_set_close_on_exec(&caller->process->posix->descriptors, number, value != 0);
    else
        status = item_set(description, item, value);
    object_unref(&description->object);
    return status;
}

/* What is no file has a kind, and a number of its own. */
static void other_stat(const struct object *object, uint32_t flags, struct identity owner,
                       struct file_stat *out_stat)
{
    uint32_t kind = flags & DESCRIPTION_SOCKET ? FILE_SOCKET : FILE_CHARACTER;
    if (kind == FILE_CHARACTER && object != NULL && object_kind(object) == OBJECT_STREAM)
        kind = FILE_PIPE;
    *out_stat = (struct file_stat){
        .number = object == NULL ? 1 : object_number(object),
        .kind = kind,
        .mode = 0600,
        .owner = owner.user,
        .group = owner.group,
        .links = 1,
        .block_bytes = 4096,
    };
}

status_t object_stat(struct object *object, struct file_stat *out_stat)
{
    if (object_kind(object) == OBJECT_FILE) {
        vnode_stat(((struct file *)object)->vnode, out_stat);
        return STATUS_OK;
    }
    rights_t rights = 0;
    struct grant *grant = NULL;
    struct vnode *vnode;
    status_t status = directory_shown((struct directory *)object, &rights, &grant, &vnode);
    if (status != STATUS_OK)
        return status;
    vnode_stat(vnode, out_stat);
    vnode_unref(vnode);
    return STATUS_OK;
}

/* Inside an epoch: nothing is held. A directory may have been mounted on: that is looked at with a reference.
 * @return false: that, or a failure. */
static bool description_stat_now(const struct description *description, struct identity owner,
                                 struct file_stat *out_stat)
{
    struct capability target = description_peek(description);
    uint32_t kind = target.object == NULL ? OBJECT_NONE : object_kind(target.object);
    if (kind == OBJECT_DIRECTORY || grant_is_revoked(target.grant))
        return false;
    if (kind == OBJECT_FILE)
        vnode_stat(((struct file *)target.object)->vnode, out_stat);
    else
        other_stat(target.object, __atomic_load_n(&description->flags, __ATOMIC_RELAXED), owner,
                   out_stat);
    return true;
}

static bool stat_now(const struct thread *caller, uint32_t number, struct file_stat *out_stat)
{
    const struct descriptors *descriptors = segment_of(caller);
    if (descriptors == NULL)
        return false;
    epoch_begin();
    const struct description *description = descriptors_peek(descriptors, number);
    bool done = description != NULL &&
                description_stat_now(description, caller->process->cell->identity, out_stat);
    epoch_end();
    return done;
}

static __attribute__((noinline)) status_t stat_held(struct thread *caller, uint32_t number,
                                                    struct file_stat *out_stat)
{
    struct description_use use;
    status_t status = description_use_begin(caller->process, number, 0, &use);
    if (status != STATUS_OK)
        return status;
    uint32_t kind = use.object == NULL ? OBJECT_NONE : object_kind(use.object);
    if (kind == OBJECT_FILE || kind == OBJECT_DIRECTORY)
        status = object_stat(use.object, out_stat);
    else
        other_stat(use.object, use.flags, caller->process->cell->identity, out_stat);
    description_use_end(&use);
    return status;
}

status_t syscall_descriptor_stat(struct thread *caller, uint32_t number, struct user_out out_stat)
{
    struct file_stat stat;
    status_t status =
        stat_now(caller, number, &stat) ? STATUS_OK : stat_held(caller, number, &stat);
    return status == STATUS_OK ? user_write(out_stat.address, &stat, sizeof stat) : status;
}
