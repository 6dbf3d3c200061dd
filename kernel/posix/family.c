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
