/* Calls on advisory locks: 246, 247. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/mm/user_copy.h"
#include "kernel/posix/record_lock.h"

status_t syscall_descriptor_lock(struct thread *caller, uint32_t number, struct user_in lock,
                                 uint32_t flags)
{
    struct descriptor_lock wanted;
    status_t status = user_read(&wanted, lock.address, sizeof wanted);
    return status == STATUS_OK ? record_lock_set(caller, number, &wanted, flags) : status;
}

status_t syscall_descriptor_lock_test(struct thread *caller, uint32_t number, struct user_in lock,
                                      struct user_out found)
{
    struct descriptor_lock wanted;
    status_t status = user_read(&wanted, lock.address, sizeof wanted);
    if (status == STATUS_OK)
        status = record_lock_test(caller, number, &wanted);
    return status == STATUS_OK ? user_write(found.address, &wanted, sizeof wanted) : status;
}
