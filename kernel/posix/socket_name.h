/* Names of local sockets: a vnode of kind FILE_SOCKET keeps the posting end of a listener for as long as it
 * lives, so that who reaches the name can post an end of a stream there. When nobody accepts any more the
 * name stays, as POSIX has it, and posting answers PEER_CLOSED. Thread context. */
#pragma once

#include "kernel/object/handle.h"

struct vnode;

/* Tie a posting end to a new name; it is taken over with OK. @return EXISTS (it has one), NO_MEMORY, LIMIT. */
status_t socket_name_tie(struct vnode *vnode, const struct capability *gate);

/* The listener behind a name, with a reference for the caller. @return REFUSED for any other name, and for
 * one that has none yet. */
status_t socket_name_find(const struct vnode *vnode, struct object **out_gate);
