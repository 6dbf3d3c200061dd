/* Bytes in and out of what a description names; for the functions of this layer. See call.h for what
 * they answer. */
#pragma once

#include "user/posix/descriptor.h"

/* Whether and how long to wait. */
struct io_manner {
    uint32_t flags; /* STREAM_NO_WAIT, STREAM_PEEK. */
    time_ns_t deadline;
};

/* As the description's own flags and limits say. */
struct io_manner io_manner_of(const struct description *description, time_ns_t max_ns);

/* @param offset  FILE_OFFSET_CURRENT, or a position, of a file only (-ESPIPE). */
long io_read(const struct description *description, void *buffer, size_t size, uint64_t offset);
long io_write(const struct description *description, const void *buffer, size_t size,
              uint64_t offset);

/* The same of a STREAM, in a manner. */
long stream_take(handle_t stream, void *buffer, size_t size, struct io_manner manner);
long stream_put(handle_t stream, const void *buffer, size_t size, struct io_manner manner);
