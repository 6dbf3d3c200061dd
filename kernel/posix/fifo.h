/* Named pipes. A vnode of kind FILE_PIPE keeps one stream for as long as it lives: its first end is what readers
 * hold, the second what writers hold. An end that everybody has closed is opened anew. Thread context. */
#pragma once

#include "kernel/object/handle.h"

struct vnode;

/* A handle's worth of one end. Opening to read waits for a writer, opening to write for a reader; with
 * DESCRIPTION_NO_WAIT neither waits, and a writer without a reader is refused.
 * @return NO_DEVICE, CANCELLED, INTERRUPTED, LIMIT, NO_MEMORY; INVALID for both directions at once. */
status_t fifo_open(struct vnode *vnode, uint32_t flags, struct capability *out_end);
