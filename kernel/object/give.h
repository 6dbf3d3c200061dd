/* The last step of every call that makes an object: a handle for the caller. Thread context. */
#pragma once

#include "kernel/object/handle.h"

/* Put a new object into the table and give up the creator's reference, whatever the outcome: on
 * failure the object goes. @return NO_SLOT, LIMIT, NO_MEMORY. */
static inline status_t handle_give(struct handle_table *table, struct object *created,
                                   rights_t rights, handle_t *out_handle)
{
    struct capability capability = capability_of(created, rights, NULL);
    object_unref(created);
    status_t status = handle_add(table, capability, out_handle);
    if (status != STATUS_OK)
        capability_drop(&capability);
    return status;
}

/* A pair of ends: both handles, or neither. */
static inline status_t handle_give_two(struct handle_table *table, struct object *first,
                                       rights_t first_rights, struct object *second,
                                       rights_t second_rights, handle_t *out_first,
                                       handle_t *out_second)
{
    handle_t handle = HANDLE_NONE;
    status_t status = handle_give(table, first, first_rights, &handle);
    if (status != STATUS_OK) {
        object_unref(second);
        return status;
    }
    status = handle_give(table, second, second_rights, out_second);
    if (status == STATUS_OK) {
        *out_first = handle;
        return STATUS_OK;
    }
    status_t closed = handle_close(table, handle); /* It may have been closed under us: fine. */
    (void)closed;
    return status;
}
