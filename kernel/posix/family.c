/* See family.h. */
#include "kernel/posix/posix.h"

void family_init(struct posix_process *posix)
{
    list_init(&posix->family.children);
    list_init(&posix->family.sibling);
    list_init(&posix->family.group_link);
}

void family_buried(struct posix_process *posix)
{
    (void)posix;
}

void family_note_stop(struct posix_process *posix, uint32_t signal)
{
    (void)posix, (void)signal;
}

void family_note_continue(struct posix_process *posix)
{
    (void)posix;
}

bool family_is_orphaned(const struct posix_process *posix)
{
    return posix->family.group == NULL;
}
