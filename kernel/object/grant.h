/* Grants: who let whom reach an object. A slot's grant is kept by duplicating, sending, narrowing
 * and opening below a directory; grant_create makes a child. Revoking marks the subtree, so that a
 * look-up through any slot of it answers REVOKED from then on. */
#pragma once

#include <stdbool.h>

#include "kernel/object/object.h"

struct grant {
    struct object object; /* OBJECT_GRANT. */
    struct grant *parent; /* One reference, or NULL at a root. */
    struct list children; /* Guarded by the lock of all grants. */
    struct list sibling;
    bool revoked; /* Never goes back to false. */
};

/* A child of `parent` (NULL: a root), charged to the cell. */
status_t grant_create(struct grant *parent, struct cell *cell, struct grant **out_grant);
/* Mark the subtree and wait until no call begun before still acts through it. May sleep. */
void grant_revoke(struct grant *grant);

static inline bool grant_is_revoked(const struct grant *grant)
{
    return grant != NULL && __atomic_load_n(&grant->revoked, __ATOMIC_ACQUIRE);
}

/* Boot. */
void grant_setup(void);
