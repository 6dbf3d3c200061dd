/* Calls that turn paths into numbers, and those on the places where paths begin: 235, 242 to 245. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/mm/slab.h"
#include "kernel/posix/posix.h"
#include "kernel/posix/special.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/syscall/descriptor_give.h"
#include "kernel/syscall/path_argument.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/path_find.h"

/* What is taken along where it is to be had: to map a file, to execute it, to give it on; and a directory
 * is a place to open and make files from. */
enum {
    OPEN_WISHES = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | RIGHT_MAP | RIGHT_DUPLICATE |
                  RIGHT_TRANSFER | RIGHT_INSPECT | RIGHT_CONTROL
};

static rights_t open_rights(uint32_t flags)
{
    return (flags & DESCRIPTION_READ ? RIGHT_READ : 0) |
           (flags & DESCRIPTION_WRITE ? RIGHT_WRITE : 0);
}

static uint32_t mask_of(const struct thread *caller)
{
    const struct descriptors *descriptors =
        __atomic_load_n(&caller->process->handles.segment, __ATOMIC_ACQUIRE);
    return descriptors == NULL ? 0 : __atomic_load_n(&descriptors->mask, __ATOMIC_RELAXED);
}

/* Opening in POSIX's manner. */
static struct open_request request_of(struct thread *caller, const struct capability *directory,
                                      struct const_span path, uint32_t flags, uint32_t mode)
{
    return (struct open_request){
        .path = path,
        .flags = (flags & OPEN_FLAGS) | (flags & DESCRIPTION_APPEND ? OPEN_APPEND : 0),
        .rights = open_rights(flags),
        .wishes = OPEN_WISHES,
        .allowed = directory->rights,
        .mode = mode,
        .grant = directory->grant,
        .cell = caller->process->cell,
        .is_posix = true,
    };
}

/* Of whatever kind. The caller owns the capability. */
static status_t open_object(const struct capability *directory, const struct open_request *request,
                            struct capability *out_target)
{
    struct opened opened;
    status_t status =
        directory_open_wishing((struct directory *)directory->object, request, &opened);
    if (status != STATUS_OK)
        return status;
    *out_target = capability_of(opened.object, opened.rights, opened.grant);
    object_unref(opened.object);
    if (opened.grant != NULL)
        object_unref(&opened.grant->object);
    return STATUS_OK;
}

/* A description of a regular file that was found; the place's references are used up. */
static status_t place_describe(struct path_place *place, const struct open_request *request,
                               uint32_t flags, struct description **out_description)
{
    status_t status =
        description_create_file(request->cell, place->vnode, place->grant, place->rights,
                                flags & DESCRIPTION_FLAGS, out_description);
    if (status != STATUS_OK) {
        path_place_end(place);
        return status;
    }
    if (flags & OPEN_TRUNCATE)
        status = vnode_truncate(place->vnode, 0);
    if (status != STATUS_OK) {
        description_abandon(*out_description);
        object_unref(&(*out_description)->object);
    }
    return status;
}

/* The first of the pages with the functions of files (hot.order): aligned, so that their order within these holds whatever
 * lies before. */
static __attribute__((aligned(4096))) status_t place_give(struct thread *caller,
                                                          struct path_place *place,
                                                          const struct open_request *request,
                                                          uint32_t flags, uint32_t *out_number)
{
    struct posix_process *posix;
    struct description *description;
    status_t status = place_describe(place, request, flags, &description);
    if (status != STATUS_OK)
        return status;
    status = posix_of(caller->process, &posix);
    if (status == STATUS_OK)
        status = descriptors_give(&posix->descriptors, description, 0,
                                  (flags & DESCRIPTOR_CLOSE_ON_EXEC) != 0, out_number);
    if (status != STATUS_OK) {
        description_abandon(description);
        object_unref(&description->object);
    }
    return status;
}

/* What is no regular file, or takes the long way. */
static __attribute__((noinline)) status_t object_give(struct thread *caller,
                                                      const struct capability *directory,
                                                      const struct open_request *request,
                                                      uint32_t flags, uint32_t *out_number)
{
    static const struct descriptor_words no_words;
    struct capability target;
    status_t status = open_object(directory, request, &target);
    if (status != STATUS_OK)
        return status;
    status = special_open(caller, flags, &target);
    if (status == STATUS_OK)
        status = descriptor_give(caller, &target, &no_words, flags, 0, out_number);
    if (status != STATUS_OK)
        capability_drop(&target);
    return status;
}

/* With references: what is not there or no plain file. */
static __attribute__((noinline)) status_t open_kept(struct thread *caller,
                                                    const struct capability *borrowed,
                                                    struct user_in path, uint32_t flags,
                                                    uint32_t mode, uint32_t *out_number)
{
    struct path_argument argument;
    struct path_place place;
    struct capability directory = *borrowed;
    status_t status = capability_keep(&directory);
    if (status != STATUS_OK)
        return status;
    status = path_argument_read(&argument, path);
    if (status == STATUS_OK) {
        struct open_request request = request_of(caller, &directory, argument.path, flags, mode);
        if (!directory_open_place((struct directory *)directory.object, &request, &place, &status))
            status = object_give(caller, &directory, &request, flags, out_number);
        else if (status == STATUS_OK)
            status = place_give(caller, &place, &request, flags, out_number);
    }
    capability_drop(&directory);
    return status;
}

inline status_t syscall_descriptor_open(struct thread *caller, const struct capability *directory,
                                        struct user_in path, uint32_t flags, uint32_t mode,
                                        uint32_t *out_number)
{
    struct path_argument argument;
    struct path_place place;
    mode &= 07777 & ~mask_of(caller);
    if (path_argument_read_now(&argument, path) != STATUS_OK)
        return open_kept(caller, directory, path, flags, mode, out_number);
    struct open_request request = request_of(caller, directory, argument.path, flags, mode);
    if (!directory_find_place((struct directory *)directory->object, &request, &place))
        return open_kept(caller, directory, path, flags, mode, out_number);
    epoch_end();
    status_t status = directory_check_place(&place, &request);
    return status == STATUS_OK ? place_give(caller, &place, &request, flags, out_number) : status;
}

status_t syscall_descriptor_mask(struct thread *caller, uint32_t mask, uint32_t *out_old)
{
    struct posix_process *posix;
    status_t status = posix_of(caller->process, &posix);
    if (status != STATUS_OK)
        return status;
    *out_old = mask <= 0777
                   ? __atomic_exchange_n(&posix->descriptors.mask, (uint16_t)mask, __ATOMIC_RELAXED)
                   : __atomic_load_n(&posix->descriptors.mask, __ATOMIC_RELAXED);
    return STATUS_OK;
}

/* --- places --- */

/* Takes the capability over, whatever the outcome. */
static status_t place_set(struct thread *caller, struct capability *target, uint32_t number)
{
    struct posix_process *posix;
    struct description *description;
    status_t status = posix_of(caller->process, &posix);
    if (status == STATUS_OK)
        status = description_create(caller->process->cell, target, DESCRIPTION_READ, &description);
    if (status != STATUS_OK) {
        capability_drop(target);
        return status;
    }
    status = descriptors_set_place(&posix->descriptors, description, number);
    object_unref(&description->object);
    return status;
}

static bool place_is_set(const struct thread *caller, uint32_t number)
{
    const struct descriptors *descriptors =
        __atomic_load_n(&caller->process->handles.segment, __ATOMIC_ACQUIRE);
    return descriptors != NULL && descriptors_peek(descriptors, number) != NULL;
}

status_t syscall_descriptor_root(struct thread *caller, struct capability *directory)
{
    status_t status = STATUS_OK;
    if (place_is_set(caller, DESCRIPTOR_ROOT))
        return STATUS_EXISTS;
    for (uint32_t number = DESCRIPTOR_WORKING; status == STATUS_OK && number >= DESCRIPTOR_ROOT;
         number--) {
        struct capability copy =
            capability_of(directory->object, directory->rights, directory->grant);
        status = place_set(caller, &copy, number);
    }
    return status;
}

status_t syscall_descriptor_enter(struct thread *caller, struct capability *directory,
                                  struct user_in path)
{
    struct path_argument argument;
    struct capability target;
    status_t status = path_argument_read(&argument, path);
    if (status != STATUS_OK)
        return status;
    struct open_request request =
        request_of(caller, directory, argument.path, OPEN_DIRECTORY | DESCRIPTION_READ, 0);
    status = open_object(directory, &request, &target);
    return status == STATUS_OK ? place_set(caller, &target, DESCRIPTOR_WORKING) : status;
}

status_t syscall_directory_path(struct thread *caller, struct directory *directory,
                                struct user_out buffer, size_t *out_actual)
{
    uint8_t *text = kmalloc(FILE_PATH_MAX);
    if (text == NULL)
        return STATUS_NO_MEMORY;
    size_t at = 0;
    status_t status = directory_path(directory, span_of(text, FILE_PATH_MAX), &at);
    size_t len = FILE_PATH_MAX - at;
    if (status == STATUS_OK && len > buffer.len)
        status = STATUS_TOO_BIG;
    if (status == STATUS_OK)
        status = user_write(buffer.address, text + at, len);
    kfree(text, FILE_PATH_MAX);
    if (status == STATUS_OK)
        *out_actual = len;
    return status;
}
