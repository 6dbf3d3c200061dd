/* See description_now.h. */
#include "kernel/posix/description_now.h"

#include "kernel/base/epoch.h"
#include "kernel/posix/description.h"
#include "kernel/posix/descriptors.h"
#include "kernel/process/process.h"
#include "kernel/vfs/file.h"

/* Inside an epoch. NULL: no file, or it may not be used so. @param mode, need  what the number must have. */
static struct file *file_peek(const struct process *process, uint32_t number, uint32_t mode,
                              rights_t need)
{
    const struct descriptors *descriptors =
        __atomic_load_n(&process->handles.segment, __ATOMIC_ACQUIRE);
    const struct description *description =
        descriptors == NULL ? NULL : descriptors_peek(descriptors, number);
    if (description == NULL || (__atomic_load_n(&description->flags, __ATOMIC_RELAXED) & mode) == 0)
        return NULL;
    struct capability target = description_peek(description);
    if (target.object == NULL || object_kind(target.object) != OBJECT_FILE ||
        (target.rights & need) == 0 || grant_is_revoked(target.grant))
        return NULL;
    return (struct file *)target.object;
}

bool description_read_now(const struct process *process, uint32_t number, struct user_out dst,
                          uint64_t offset, size_t *out_actual)
{
    epoch_begin();
    struct file *file = file_peek(process, number, DESCRIPTION_READ, RIGHT_READ);
    bool done = file != NULL && file_read_now(file, dst, offset, out_actual);
    epoch_end();
    return done;
}

bool description_write_now(const struct process *process, uint32_t number, struct user_in src,
                           size_t *out_actual)
{
    epoch_begin();
    struct file *file = file_peek(process, number, DESCRIPTION_WRITE, RIGHT_WRITE);
    bool done = file != NULL && file_write_now(file, src, out_actual);
    epoch_end();
    return done;
}
