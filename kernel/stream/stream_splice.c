/* A file into a stream: one copy, from the page cache into chunks, summed in the same pass when somebody needs the sum. */
#include <string.h>

#include "kernel/stream/stream_feed.h"
#include "kernel/vfs/file.h"
#include "lib/base/sum.h"

/* A chunk's bytes may span pages of the file, at odd places. */
static status_t feed_file(struct stream_feed *feed, uint8_t *dst, size_t len, bool needs_sum,
                          struct stream_piece *out_piece)
{
    struct stream_piece piece = { .len = 0 };
    while (piece.len < len) {
        const void *data = NULL;
        size_t part = 0;
        status_t status = file_pin_page(feed->file, feed->offset_bytes + piece.len, &data, &part);
        if (status != STATUS_OK)
            return status;
        if (part == 0) {
            feed->is_over = true;
            break;
        }
        if (part > len - piece.len)
            part = len - piece.len;
        if (needs_sum)
            piece.sum = sum_append(piece.sum, piece.len, sum_copy(dst + piece.len, data, part));
        else
            memcpy(dst + piece.len, data, part);
        file_unpin_page(feed->file, data);
        piece.len = (uint16_t)(piece.len + part);
    }
    feed->offset_bytes += piece.len;
    *out_piece = piece;
    return STATUS_OK;
}

status_t stream_splice(struct stream *stream, struct file *file, uint64_t offset_bytes,
                       uint64_t len, uint32_t flags, time_ns_t deadline, uint64_t *out_actual)
{
    struct stream_feed feed = {
        .copy = feed_file,
        .left = len,
        .file = file,
        .offset_bytes = offset_bytes,
    };
    status_t status = stream_put(stream, &feed, flags, deadline);
    if (status == STATUS_OK)
        *out_actual = feed.done;
    return status;
}
