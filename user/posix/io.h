/* Bytes in and out of a number, by one call of the kernel that knows what the number names; for the functions
 * of this layer. See call.h for what they answer. */
#pragma once

#include "user/posix/descriptor.h"

struct iovec;

/* @param offset  FILE_OFFSET_CURRENT, or a position, of a file only (-ESPIPE).
 * @param flags   DESCRIPTOR_NO_WAIT and its kin. */
long io_read(int fd, void *buffer, size_t size, uint64_t offset, uint32_t flags);
long io_write(int fd, const void *buffer, size_t size, uint64_t offset, uint32_t flags);

/* The same with several pieces. */
long io_read_vector(int fd, const struct iovec *vector, int count, uint64_t offset, uint32_t flags);
long io_write_vector(int fd, const struct iovec *vector, int count, uint64_t offset,
                     uint32_t flags);
