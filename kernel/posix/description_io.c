/* See description_io.h. */
#include "kernel/posix/description_io.h"

#include <abi/file.h>
#include <abi/stream.h>

#include <kernel_gen/syscall_handlers.h>

#include "kernel/ipc/counter.h"
#include "kernel/posix/descriptors.h"
#include "kernel/posix/signals.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/stream/stream.h"
#include "kernel/stream/stream_record.h"
#include "kernel/tty/tty.h"
#include "kernel/vfs/file.h"

_Static_assert(DESCRIPTOR_NO_WAIT == STREAM_NO_WAIT && DESCRIPTOR_PEEK == STREAM_PEEK,
               "flags go to streams as they are");

/* Apart from what is called most, so that this is short and lies on few pages. */
#define RARE __attribute__((noinline))

/* --- what a number names, for the time of a call --- */

static rights_t rights_of_mode(uint32_t mode)
{
    return (mode & DESCRIPTION_READ ? RIGHT_READ : 0) |
           (mode & DESCRIPTION_WRITE ? RIGHT_WRITE : 0);
}

/* Inside an epoch. */
static status_t use_look(const struct descriptors *descriptors, uint32_t number, uint32_t mode,
                         struct description_use *out_use)
{
    const struct description *description = descriptors_peek(descriptors, number);
    if (description == NULL)
        return STATUS_BAD_HANDLE;
    uint32_t flags = __atomic_load_n(&description->flags, __ATOMIC_RELAXED);
    struct capability target = description_peek(description);
    rights_t need = rights_of_mode(mode);
    if ((flags & mode) != mode)
        return STATUS_BAD_HANDLE;
    out_use->object = NULL;
    out_use->flags = flags;
    out_use->limit_ns = mode & DESCRIPTION_WRITE
                            ? __atomic_load_n(&description->write_limit_ns, __ATOMIC_RELAXED)
                            : __atomic_load_n(&description->read_limit_ns, __ATOMIC_RELAXED);
    if (target.object == NULL)
        return STATUS_OK;
    if ((target.rights & need) != need)
        return STATUS_NO_RIGHT;
    if (grant_is_revoked(target.grant))
        return STATUS_REVOKED;
    if (!object_try_ref(target.object))
        return STATUS_BAD_HANDLE;
    out_use->object = target.object;
    return STATUS_OK;
}

status_t description_use_begin(const struct process *process, uint32_t number, uint32_t mode,
                               struct description_use *out_use)
{
    const struct descriptors *descriptors =
        __atomic_load_n(&process->handles.segment, __ATOMIC_ACQUIRE);
    if (descriptors == NULL)
        return STATUS_BAD_HANDLE;
    epoch_begin();
    status_t status = use_look(descriptors, number, mode, out_use);
    epoch_end();
    return status;
}

void description_use_end(struct description_use *use)
{
    if (use->object != NULL)
        object_unref(use->object);
}

time_ns_t description_deadline(const struct description_use *use)
{
    if (use->limit_ns == 0)
        return TIME_NEVER;
    time_ns_t now = clock_now();
    return use->limit_ns >= TIME_NEVER - now ? TIME_NEVER : now + use->limit_ns;
}

status_t description_wait_result(const struct description_use *use, status_t status)
{
    return status == STATUS_TIMED_OUT && use->limit_ns != 0 ? STATUS_WOULD_BLOCK : status;
}

/* --- what is common to both directions --- */

/* One transfer, after the number was looked up. */
struct transfer {
    struct thread *caller;
    const struct description_use *use;
    uint64_t offset;
    uint32_t flags; /* DESCRIPTOR_*. */
    time_ns_t deadline;
    enum letter_mode letters;     /* Of a read. */
    struct stream_letter *letter; /* Taken, or to be sent. */
};

static status_t transfer_begin(struct transfer *transfer, struct thread *caller,
                               const struct description_use *use, uint64_t offset, uint32_t flags)
{
    bool is_file = use->object != NULL && object_kind(use->object) == OBJECT_FILE;
    if ((flags & DESCRIPTOR_ONLY_SOCKET) && (use->flags & DESCRIPTION_SOCKET) == 0)
        return STATUS_NOT_SOCKET;
    if (offset != FILE_OFFSET_CURRENT && !is_file)
        return STATUS_NOT_SEEKABLE;
    if (use->object == NULL)
        return use->flags & DESCRIPTION_SOCKET ? STATUS_NOT_CONNECTED : STATUS_NO_DEVICE;
    *transfer = (struct transfer){
        .caller = caller,
        .use = use,
        .offset = offset,
        .flags = flags | (use->flags & DESCRIPTION_NO_WAIT ? DESCRIPTOR_NO_WAIT : 0),
        .deadline = description_deadline(use),
    };
    return STATUS_OK;
}

/* --- reading --- */

/* An application's end. */
static status_t stream_begin(const struct transfer *transfer)
{
    struct stream *stream = (struct stream *)transfer->use->object;
    if (stream->is_net)
        return STATUS_INVALID;
    return stream_claim(stream, transfer->caller->process->cell);
}

static bool has_records(const struct transfer *transfer)
{
    return object_kind(transfer->use->object) == OBJECT_STREAM &&
           ((struct stream *)transfer->use->object)->pair->records;
}

/* However many pieces, it is one record. */
RARE static status_t read_record(const struct transfer *transfer, const struct user_out *pieces,
                                 size_t count, size_t *out_done)
{
    static const struct user_out nowhere;
    size_t record_len;
    status_t status = stream_begin(transfer);
    if (status != STATUS_OK)
        return status;
    return stream_receive((struct stream *)transfer->use->object, pieces, count, nowhere,
                          transfer->flags & (STREAM_NO_WAIT | STREAM_PEEK), transfer->deadline,
                          out_done, &record_len);
}

/* After the first bytes a letter is a border. */
static status_t read_stream(struct transfer *transfer, struct user_out dst, size_t *out_done)
{
    struct stream *stream = (struct stream *)transfer->use->object;
    struct stream_letter *letter = NULL;
    status_t status = stream_begin(transfer);
    if (status != STATUS_OK)
        return status;
    status = stream_read_letter(stream, dst, transfer->flags & (STREAM_NO_WAIT | STREAM_PEEK),
                                transfer->deadline, transfer->letters, out_done, &letter);
    if (transfer->letters == LETTERS_TAKE && status == STATUS_OK && *out_done > 0) {
        transfer->letter = letter;
        transfer->letters = LETTERS_STOP;
    }
    return status;
}

/* A value that cannot be told is lost: the buffer was bad, not too small. */
RARE static status_t read_counter(const struct transfer *transfer, struct user_out dst,
                                  size_t *out_done)
{
    uint64_t value;
    if (dst.len < sizeof value)
        return STATUS_INVALID;
    status_t status =
        counter_take((struct counter *)transfer->use->object,
                     (transfer->flags & DESCRIPTOR_NO_WAIT) != 0, transfer->deadline, &value);
    if (status == STATUS_OK)
        status = user_write(dst.address, &value, sizeof value);
    if (status == STATUS_OK)
        *out_done = sizeof value;
    return status;
}

static inline __attribute__((always_inline)) status_t read_once(struct transfer *transfer,
                                                                struct user_out dst,
                                                                size_t *out_done)
{
    struct object *object = transfer->use->object;
    switch (object_kind(object)) {
    case OBJECT_FILE: return file_read((struct file *)object, dst, transfer->offset, out_done);
    case OBJECT_STREAM: return read_stream(transfer, dst, out_done);
    case OBJECT_TTY:
        return tty_read((struct tty *)object, dst, transfer->flags & STREAM_NO_WAIT,
                        transfer->deadline, out_done);
    case OBJECT_COUNTER: return read_counter(transfer, dst, out_done);
    case OBJECT_DIRECTORY: return STATUS_IS_DIRECTORY;
    case OBJECT_LISTENER: return STATUS_NOT_CONNECTED;
    default: return STATUS_INVALID;
    }
}

/* One piece: once, or with WAIT_ALL until it is full. */
RARE static status_t read_piece(struct transfer *transfer, struct user_out dst, size_t *out_done)
{
    bool waits_all =
        (transfer->flags & (DESCRIPTOR_WAIT_ALL | DESCRIPTOR_PEEK)) == DESCRIPTOR_WAIT_ALL;
    *out_done = 0;
    for (;;) {
        size_t done = 0;
        status_t status = read_once(transfer, dst, &done);
        *out_done += done;
        if (status != STATUS_OK)
            return *out_done > 0 ? STATUS_OK : status;
        if (!waits_all || done == 0 || done == dst.len)
            return STATUS_OK;
        dst.address.raw += done;
        dst.len -= done;
        if (transfer->offset != FILE_OFFSET_CURRENT)
            transfer->offset += done;
    }
}

/* Piece by piece until one falls short. After the first bytes nothing waits: they are the answer. */
RARE static status_t read_pieces(struct transfer *transfer, const struct user_out *pieces,
                                 size_t count, size_t *out_actual)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t done;
        if (pieces[i].len == 0)
            continue;
        status_t status = read_piece(transfer, pieces[i], &done);
        if (status != STATUS_OK && total == 0)
            return status;
        total += status == STATUS_OK ? done : 0;
        if (status != STATUS_OK || done < pieces[i].len || (transfer->flags & DESCRIPTOR_PEEK))
            break;
        if (transfer->offset != FILE_OFFSET_CURRENT)
            transfer->offset += done;
        if (!(transfer->flags & DESCRIPTOR_WAIT_ALL))
            transfer->flags |= DESCRIPTOR_NO_WAIT;
    }
    *out_actual = total;
    return STATUS_OK;
}

static bool is_byte_stream(const struct description_use *use)
{
    return use->object != NULL && object_kind(use->object) == OBJECT_STREAM &&
           !((struct stream *)use->object)->pair->records;
}

status_t description_receive(struct thread *caller, uint32_t number, const struct user_out *pieces,
                             size_t count, uint32_t flags, size_t *out_actual,
                             struct stream_letter **out_letter)
{
    struct description_use use;
    struct transfer transfer;
    status_t status = description_use_begin(caller->process, number, DESCRIPTION_READ, &use);
    if (status != STATUS_OK)
        return status;
    status = transfer_begin(&transfer, caller, &use, FILE_OFFSET_CURRENT, flags);
    if (status == STATUS_OK && !is_byte_stream(&use))
        status = STATUS_NOT_SUPPORTED;
    if (status == STATUS_OK) {
        transfer.letters = LETTERS_TAKE;
        status = read_pieces(&transfer, pieces, count, out_actual);
        *out_letter = transfer.letter;
    }
    description_use_end(&use);
    return description_wait_result(&use, status);
}

status_t description_read(struct thread *caller, uint32_t number, const struct user_out *pieces,
                          size_t count, uint64_t offset, uint32_t flags, size_t *out_actual)
{
    struct description_use use;
    struct transfer transfer;
    status_t status = description_use_begin(caller->process, number, DESCRIPTION_READ, &use);
    if (status != STATUS_OK)
        return status;
    status = transfer_begin(&transfer, caller, &use, offset, flags);
    if (status == STATUS_OK && has_records(&transfer))
        status = read_record(&transfer, pieces, count, out_actual);
    else if (status == STATUS_OK && count == 1 && !(flags & DESCRIPTOR_WAIT_ALL))
        status = read_once(&transfer, pieces[0], out_actual);
    else if (status == STATUS_OK)
        status = read_pieces(&transfer, pieces, count, out_actual);
    description_use_end(&use);
    return description_wait_result(&use, status);
}

/* --- writing --- */

RARE static status_t write_record(const struct transfer *transfer, const struct user_in *pieces,
                                  size_t count, size_t *out_done)
{
    status_t status = stream_begin(transfer);
    if (status != STATUS_OK)
        return status;
    return stream_send((struct stream *)transfer->use->object, pieces, count, NULL,
                       transfer->flags & STREAM_NO_WAIT, transfer->deadline, out_done);
}

static status_t write_stream(struct transfer *transfer, struct user_in src, size_t *out_done)
{
    struct stream *stream = (struct stream *)transfer->use->object;
    status_t status = stream_begin(transfer);
    if (status != STATUS_OK)
        return status;
    if (src.len == 0) {
        *out_done = 0;
        return STATUS_OK;
    }
    return stream_write_letter(stream, src, transfer->flags & STREAM_NO_WAIT, transfer->deadline,
                               &transfer->letter, out_done);
}

RARE static status_t write_counter(const struct transfer *transfer, struct user_in src,
                                   size_t *out_done)
{
    uint64_t value;
    if (src.len < sizeof value)
        return STATUS_INVALID;
    status_t status = user_read(&value, src.address, sizeof value);
    if (status == STATUS_OK)
        status = counter_put((struct counter *)transfer->use->object, value,
                             (transfer->flags & DESCRIPTOR_NO_WAIT) != 0, transfer->deadline);
    if (status == STATUS_OK)
        *out_done = sizeof value;
    return status;
}

static status_t write_once(struct transfer *transfer, struct user_in src, size_t *out_done)
{
    struct object *object = transfer->use->object;
    switch (object_kind(object)) {
    case OBJECT_STREAM: return write_stream(transfer, src, out_done);
    case OBJECT_TTY:
        return tty_write((struct tty *)object, src, transfer->flags & STREAM_NO_WAIT,
                         transfer->deadline, out_done);
    case OBJECT_COUNTER: return write_counter(transfer, src, out_done);
    case OBJECT_LISTENER: return STATUS_NOT_CONNECTED;
    default: return STATUS_INVALID;
    }
}

static status_t write_pieces(struct transfer *transfer, const struct user_in *pieces, size_t count,
                             size_t *out_actual)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t done = 0;
        status_t status = write_once(transfer, pieces[i], &done);
        if (status != STATUS_OK && total == 0)
            return status;
        total += done;
        if (status != STATUS_OK || done < pieces[i].len)
            break;
    }
    *out_actual = total;
    return STATUS_OK;
}

status_t description_send(struct thread *caller, uint32_t number, const struct user_in *pieces,
                          size_t count, uint32_t flags, struct stream_letter **letter,
                          size_t *out_actual)
{
    struct description_use use;
    struct transfer transfer;
    status_t status = description_use_begin(caller->process, number, DESCRIPTION_WRITE, &use);
    if (status != STATUS_OK)
        return status;
    status = transfer_begin(&transfer, caller, &use, FILE_OFFSET_CURRENT, flags);
    if (status == STATUS_OK && !is_byte_stream(&use))
        status = STATUS_NOT_SUPPORTED;
    if (status == STATUS_OK) {
        transfer.letter = *letter;
        status = write_pieces(&transfer, pieces, count, out_actual);
        *letter = transfer.letter;
    }
    if (status == STATUS_PEER_CLOSED && (flags & DESCRIPTOR_NO_SIGNAL) == 0)
        signal_broken_pipe(caller);
    description_use_end(&use);
    return description_wait_result(&use, status);
}

status_t description_write(struct thread *caller, uint32_t number, const struct user_in *pieces,
                           size_t count, uint64_t offset, uint32_t flags, size_t *out_actual)
{
    struct description_use use;
    struct transfer transfer;
    status_t status = description_use_begin(caller->process, number, DESCRIPTION_WRITE, &use);
    if (status != STATUS_OK)
        return status;
    status = transfer_begin(&transfer, caller, &use, offset, flags);
    if (status == STATUS_OK && object_kind(use.object) == OBJECT_FILE)
        status = file_write_vector((struct file *)use.object, pieces, count, offset, out_actual);
    else if (status == STATUS_OK && has_records(&transfer))
        status = write_record(&transfer, pieces, count, out_actual);
    else if (status == STATUS_OK)
        status = write_pieces(&transfer, pieces, count, out_actual);
    if (status == STATUS_PEER_CLOSED && (flags & DESCRIPTOR_NO_SIGNAL) == 0)
        signal_broken_pipe(caller);
    description_use_end(&use);
    return description_wait_result(&use, status);
}
