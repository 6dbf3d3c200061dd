/* See description_now.h. */
#include "kernel/posix/description_now.h"

#include <abi/file.h>

#include "kernel/base/epoch.h"
#include "kernel/posix/description.h"
#include "kernel/posix/descriptors.h"
#include "kernel/process/process.h"
#include "kernel/stream/stream.h"
#include "kernel/vfs/file.h"

/* What a number names. Inside an epoch. NULL: nothing, or it may not be used so. @param mode, need  what the number must
 * have. */
static inline struct object *object_peek(const struct process *process, uint32_t number,
                                         uint32_t mode, rights_t need)
{
    const struct descriptors *descriptors =
        __atomic_load_n(&process->handles.segment, __ATOMIC_ACQUIRE);
    const struct description *description =
        descriptors == NULL ? NULL : descriptors_peek(descriptors, number);
    if (description == NULL || (__atomic_load_n(&description->flags, __ATOMIC_RELAXED) & mode) == 0)
        return NULL;
    struct capability target = description_peek(description);
    if (target.object == NULL || (target.rights & need) == 0 || grant_is_revoked(target.grant))
        return NULL;
    return target.object;
}

static inline bool read_now(struct object *object, struct user_out dst, uint64_t offset,
                            size_t *out_actual)
{
    if (object == NULL)
        return false;
    enum object_kind kind = object_kind(object);
    if (kind == OBJECT_FILE)
        return file_read_now((struct file *)object, dst, offset, out_actual);
    return kind == OBJECT_STREAM && offset == FILE_OFFSET_CURRENT &&
           stream_read_now((struct stream *)object, dst, out_actual);
}

static inline bool write_now(struct object *object, struct user_in src, uint64_t offset,
                             size_t *out_actual)
{
    if (object == NULL)
        return false;
    enum object_kind kind = object_kind(object);
    if (kind == OBJECT_FILE)
        return file_write_now((struct file *)object, src, out_actual);
    if (kind != OBJECT_STREAM || offset != FILE_OFFSET_CURRENT ||
        !stream_write_now((struct stream *)object, src))
        return false;
    *out_actual = src.len;
    return true;
}

bool description_read_now(const struct process *process, uint32_t number, struct user_out dst,
                          uint64_t offset, size_t *out_actual)
{
    epoch_begin();
    bool done = read_now(object_peek(process, number, DESCRIPTION_READ, RIGHT_READ), dst, offset,
                         out_actual);
    epoch_end();
    return done;
}

bool description_write_now(const struct process *process, uint32_t number, struct user_in src,
                           uint64_t offset, size_t *out_actual)
{
    epoch_begin();
    bool done = write_now(object_peek(process, number, DESCRIPTION_WRITE, RIGHT_WRITE), src, offset,
                          out_actual);
    epoch_end();
    return done;
}
