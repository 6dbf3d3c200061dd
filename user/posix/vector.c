/* Scattered reads and writes, and from number to number. What is written at once to a stream stays together as far as one
 * call of the kernel carries it undivided; so a short list of small pieces is gathered first. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/uio.h>

#include <abi/file.h>
#include <abi/stream.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/io.h"
#include "user/posix/posix.h"
#include "user/rt/clock.h"

enum { GATHER_MAX = STREAM_ATOMIC_MAX, COPY_PIECE = 16 << 10 };

/* The bytes of all pieces, if they are few enough to be gathered; else 0. */
static size_t gather_size(const struct iovec *vector, int count)
{
    size_t size = 0;
    if (count < 2 || count > IOV_MAX)
        return 0;
    for (int i = 0; i < count; i++) {
        if (vector[i].iov_len > GATHER_MAX - size)
            return 0;
        size += vector[i].iov_len;
    }
    return size;
}

static long gather_write(int fd, const struct iovec *vector, int count)
{
    char bytes[GATHER_MAX];
    size_t len = 0;
    for (int i = 0; i < count; i++) {
        memcpy(bytes + len, vector[i].iov_base, vector[i].iov_len);
        len += vector[i].iov_len;
    }
    return io_write(fd, bytes, len, FILE_OFFSET_CURRENT, 0);
}

long __posix_readv(int fd, const struct iovec *vector, int count)
{
    return io_read_vector(fd, vector, count, FILE_OFFSET_CURRENT, 0);
}

long __posix_writev(int fd, const struct iovec *vector, int count)
{
    if (gather_size(vector, count) > 0)
        return gather_write(fd, vector, count);
    return io_write_vector(fd, vector, count, FILE_OFFSET_CURRENT, 0);
}

long __posix_preadv(int fd, const struct iovec *vector, int count, int64_t offset)
{
    return offset < 0 ? -EINVAL : io_read_vector(fd, vector, count, (uint64_t)offset, 0);
}

long __posix_pwritev(int fd, const struct iovec *vector, int count, int64_t offset)
{
    return offset < 0 ? -EINVAL : io_write_vector(fd, vector, count, (uint64_t)offset, 0);
}

static long file_to_stream(const struct description *out, const struct description *in,
                           uint64_t position, size_t len)
{
    struct blocking_call call = {
        .number = SYSCALL_stream_splice,
        .in = { out->handle.raw, in->handle.raw, position, len,
                out->flags & O_NONBLOCK ? STREAM_NO_WAIT : 0,
                out->write_max_ns != 0 ? clock_after(out->write_max_ns) : TIME_NEVER },
    };
    long done = blocking_call_value(&call);
    return done == -ETIMEDOUT ? -EAGAIN : done;
}

/* By way of a piece on the stack. @return how much was written; an error only if that is nothing. */
static long file_to_file(int out_fd, int in_fd, uint64_t position, size_t len)
{
    char bytes[COPY_PIECE];
    size_t done = 0;
    while (done < len) {
        size_t piece = len - done < sizeof bytes ? len - done : sizeof bytes;
        long got = io_read(in_fd, bytes, piece, position + done, 0);
        long put = got > 0 ? io_write(out_fd, bytes, (size_t)got, FILE_OFFSET_CURRENT, 0) : got;
        if (put <= 0)
            return done > 0 ? (long)done : put;
        done += (size_t)put;
        if (put < (long)piece)
            break;
    }
    return (long)done;
}

/* From a file into a stream, by the kernel's splice, or into another file. @param offset  where to begin, and
 * then where it ended; NULL: the file's own position. */
long __posix_sendfile(int out_fd, int in_fd, int64_t *offset, size_t len)
{
    struct description out, in;
    uint64_t position;
    if (descriptor_get(out_fd, &out) != 0 || descriptor_get(in_fd, &in) != 0)
        return -EBADF;
    if ((out.kind != OBJECT_STREAM && out.kind != OBJECT_FILE) || in.kind != OBJECT_FILE)
        return -EINVAL;
    status_t status = STATUS_OK;
    if (offset == NULL)
        status = sys_file_seek(in.handle, 0, FILE_SEEK_CURRENT, &position);
    else if (*offset < 0)
        status = STATUS_INVALID;
    else
        position = (uint64_t)*offset;
    if (status != STATUS_OK)
        return posix_error(status);
    long done = out.kind == OBJECT_FILE ? file_to_file(out_fd, in_fd, position, len)
                                        : file_to_stream(&out, &in, position, len);
    if (done > 0 && offset != NULL)
        *offset += done;
    else if (done > 0)
        (void)sys_file_seek(in.handle, done, FILE_SEEK_CURRENT, &position);
    return done;
}

/* The position of one side: where its word says, or the description's own when there is none. */
static uint64_t side_offset(const int64_t *offset, long done)
{
    return offset == NULL ? FILE_OFFSET_CURRENT : (uint64_t)(*offset + done);
}

/* A piece by way of this layer. What was read from the file's own position and could not be written is given
 * back to it. @return the bytes. */
static long copy_piece(int in_fd, const int64_t *in_offset, int out_fd, const int64_t *out_offset,
                       long done, size_t len)
{
    char bytes[GATHER_MAX];
    size_t size = len < sizeof bytes ? len : sizeof bytes;
    uint64_t position;
    long got = io_read(in_fd, bytes, size, side_offset(in_offset, done), 0);
    if (got <= 0)
        return got;
    long put = io_write(out_fd, bytes, (size_t)got, side_offset(out_offset, done), 0);
    long left = put < 0 ? got : got - put;
    if (left > 0 && in_offset == NULL)
        (void)sys_descriptor_seek((uint32_t)in_fd, -left, FILE_SEEK_CURRENT, &position);
    return put;
}

static long check_copy(int in_fd, int out_fd)
{
    struct description in, out;
    if (descriptor_get(in_fd, &in) != 0 || descriptor_get(out_fd, &out) != 0)
        return -EBADF;
    if (in.kind == OBJECT_DIRECTORY || out.kind == OBJECT_DIRECTORY)
        return -EISDIR;
    return in.kind == OBJECT_FILE && out.kind == OBJECT_FILE ? 0 : -EINVAL;
}

/* Files do not make who copies wait, so this is no cancellation point. */
long __posix_copy_file_range(int in_fd, int64_t *in_offset, int out_fd, int64_t *out_offset,
                             size_t len, unsigned flags)
{
    long done = 0, piece = check_copy(in_fd, out_fd);
    if (piece == 0 && (flags != 0 || (in_offset != NULL && *in_offset < 0) ||
                       (out_offset != NULL && *out_offset < 0) || len > SSIZE_MAX))
        piece = -EINVAL;
    if (piece < 0)
        return piece;
    while ((size_t)done < len &&
           (piece = copy_piece(in_fd, in_offset, out_fd, out_offset, done, len - (size_t)done)) > 0)
        done += piece;
    if (in_offset != NULL)
        *in_offset += done;
    if (out_offset != NULL)
        *out_offset += done;
    return done > 0 ? done : piece;
}
