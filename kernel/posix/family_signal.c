/* The signals that families send: of a child to its parent, and to groups that nobody keeps. */
#include "kernel/posix/family_internal.h"

void family_signal_parent(struct posix_process *parent, const struct posix_process *child)
{
}

void family_signal_orphans(struct posix_group *group)
{
}

bool family_discards_children(const struct posix_process *parent)
{
    return false;
}
