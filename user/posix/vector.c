/* Scattered reads and writes, and sendfile. The kernel's calls take one range each; a short list of small
 * pieces is gathered first, so that what a program writes at once stays together. */
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

enum { GATHER_MAX = STREAM_ATOMIC_MAX };

/* @return the bytes of all pieces, or -EINVAL. */
static long vector_size(const struct iovec *vector, int count)
{
    size_t size = 0;
    if (count < 0 || count > IOV_MAX)
        return -EINVAL;
    for (int i = 0; i < count; i++) {
        if (vector[i].iov_len > SSIZE_MAX - size)
            return -EINVAL;
        size += vector[i].iov_len;
    }
    return (long)size;
}

typedef long piece_function(const struct description *description, const struct iovec *piece,
                            uint64_t offset);

static long piece_read(const struct description *description, const struct iovec *piece,
                       uint64_t offset)
{
    return io_read(description, piece->iov_base, piece->iov_len, offset);
}

static long piece_write(const struct description *description, const struct iovec *piece,
                        uint64_t offset)
{
    return io_write(description, piece->iov_base, piece->iov_len, offset);
}

/* Piece by piece until one falls short. After the first bytes nothing waits: they are the answer. */
static long each_piece(struct description *description, const struct iovec *vector, int count,
                       uint64_t offset, piece_function *transfer)
{
    long total = 0;
    for (int i = 0; i < count; i++) {
        if (vector[i].iov_len == 0)
            continue;
        uint64_t at = offset == FILE_OFFSET_CURRENT ? offset : offset + (uint64_t)total;
        long done = transfer(description, &vector[i], at);
        if (done < 0)
            return total > 0 ? total : done;
        total += done;
        if ((size_t)done < vector[i].iov_len)
            break;
        if (transfer == piece_read)
            description->flags |= O_NONBLOCK; /* Of this copy. */
    }
    return total;
}

static long gather_write(const struct description *description, const struct iovec *vector,
                         int count, uint64_t offset)
{
    char bytes[GATHER_MAX];
    size_t len = 0;
    for (int i = 0; i < count; i++) {
        memcpy(bytes + len, vector[i].iov_base, vector[i].iov_len);
        len += vector[i].iov_len;
    }
    return io_write(description, bytes, len, offset);
}

static int pieces_in_use(const struct iovec *vector, int count)
{
    int used = 0;
    for (int i = 0; i < count; i++)
        used += vector[i].iov_len > 0;
    return used;
}

static long write_all(int fd, const struct iovec *vector, int count, uint64_t offset)
{
    struct description description;
    if (descriptor_get(fd, &description) != 0)
        return -EBADF;
    long size = vector_size(vector, count);
    if (size < 0)
        return size;
    if (size <= GATHER_MAX && pieces_in_use(vector, count) > 1)
        return gather_write(&description, vector, count, offset);
    return each_piece(&description, vector, count, offset, piece_write);
}

static long read_all(int fd, const struct iovec *vector, int count, uint64_t offset)
{
    struct description description;
    if (descriptor_get(fd, &description) != 0)
        return -EBADF;
    long size = vector_size(vector, count);
    return size < 0 ? size : each_piece(&description, vector, count, offset, piece_read);
}

long __posix_readv(int fd, const struct iovec *vector, int count)
{
    return read_all(fd, vector, count, FILE_OFFSET_CURRENT);
}

long __posix_writev(int fd, const struct iovec *vector, int count)
{
    return write_all(fd, vector, count, FILE_OFFSET_CURRENT);
}

long __posix_preadv(int fd, const struct iovec *vector, int count, int64_t offset)
{
    return offset < 0 ? -EINVAL : read_all(fd, vector, count, (uint64_t)offset);
}

long __posix_pwritev(int fd, const struct iovec *vector, int count, int64_t offset)
{
    return offset < 0 ? -EINVAL : write_all(fd, vector, count, (uint64_t)offset);
}

/* From a file into a stream, by the kernel's splice. @param offset  where to begin, and then where it
 * ended; NULL: the file's own position. */
long __posix_sendfile(int out_fd, int in_fd, int64_t *offset, size_t len)
{
    struct description out, in;
    uint64_t position;
    if (descriptor_get(out_fd, &out) != 0 || descriptor_get(in_fd, &in) != 0)
        return -EBADF;
    if (out.kind != OBJECT_STREAM || in.kind != OBJECT_FILE)
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
    struct io_manner manner = io_manner_of(&out, out.write_max_ns);
    struct blocking_call call = {
        .number = SYSCALL_stream_splice,
        .in = { out.handle.raw, in.handle.raw, position, len, manner.flags, manner.deadline },
    };
    long done = blocking_call_value(&call);
    if (done > 0 && offset != NULL)
        *offset += done;
    else if (done > 0)
        (void)sys_file_seek(in.handle, done, FILE_SEEK_CURRENT, &position);
    return done == -ETIMEDOUT ? -EAGAIN : done;
}
