/* See pieces.h. */
#include "kernel/syscall/pieces.h"

#include "kernel/mm/slab.h"

void pieces_free(struct pieces *pieces)
{
    if (pieces->list != pieces->on_stack)
        kfree(pieces->list, pieces->count * sizeof *pieces->list);
}

static status_t pieces_check(const struct pieces *pieces)
{
    uint64_t total = 0;
    for (size_t i = 0; i < pieces->count; i++) {
        const struct descriptor_piece *piece = &pieces->list[i].raw;
        if (__builtin_add_overflow(total, piece->len, &total) || total > INT64_MAX)
            return STATUS_INVALID;
        if (!user_range_ok((uaddr_t){ piece->address }, piece->len))
            return STATUS_BAD_ADDRESS;
    }
    return STATUS_OK;
}

status_t pieces_read(struct pieces *pieces, struct user_in from)
{
    pieces->count = from.len / sizeof *pieces->list;
    pieces->list = pieces->on_stack;
    if (pieces->count > DESCRIPTOR_VECTOR_MAX)
        return STATUS_TOO_BIG;
    if (pieces->count > PIECES_ON_STACK)
        pieces->list = kmalloc(from.len);
    if (pieces->list == NULL)
        return STATUS_NO_MEMORY;
    status_t status = user_read(pieces->list, from.address, from.len);
    if (status == STATUS_OK)
        status = pieces_check(pieces);
    if (status != STATUS_OK)
        pieces_free(pieces);
    return status;
}
