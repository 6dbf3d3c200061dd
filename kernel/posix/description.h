/* Open file descriptions: a capability, and what POSIX shares between the numbers that name it. The
 * numbers are slots of a segment (descriptors.h); a description may also lie in a letter of a stream.
 * Each of these counts as a handle, and when the last one goes the capability does, while the structure
 * stays for whoever still looks.
 *
 * `target` is set once, from nothing to something, and cleared once, when the last number goes; `rights`
 * and `grant` are written before it is set and not changed afterwards. So whoever reads `target` first,
 * inside an epoch, reads what belongs to it. */
#pragma once

#include <abi/descriptor.h>

#include "kernel/object/handle.h"

struct vnode;

struct description {
    struct object object;  /* OBJECT_DESCRIPTION. */
    struct spinlock lock;  /* LOCK_OBJECT: target's changes, closed. */
    struct object *target; /* One reference, counted as a handle; NULL: nothing. Atomic. */
    struct grant *grant;   /* One reference, or NULL. */
    rights_t rights;
    uint32_t flags; /* DESCRIPTION_*. Atomic. */
    bool closed;    /* No number names it any more. */
    bool has_file;  /* It was made with the file that it names. */
    uint64_t position;
    time_ns_t read_limit_ns;
    time_ns_t write_limit_ns;
    struct descriptor_words words;
    /* Letters: guarded by letter.c's lock. */
    uint32_t in_flight; /* Letters that hold it, each time that they do. Atomic. */
    uint32_t seen;      /* Of these, in the round of a search. */
    uint64_t round;
    bool only_in_letters;
};

/* A description without a number, charged to the cell; the caller gets its one reference.
 * @param target  taken over with OK, and only then; with a NULL object, a description of nothing.
 * @return LIMIT, NO_MEMORY. */
status_t description_create(struct cell *cell, const struct capability *target, uint32_t flags,
                            struct description **out_description);

/* A description of a file that is being opened, and the file, in one piece of memory; the file keeps it there.
 * @param vnode, grant  one reference each (grant: or NULL), taken over with OK.
 * @param flags  DESCRIPTION_*. @return LIMIT, NO_MEMORY. */
status_t description_create_file(struct cell *cell, struct vnode *vnode, struct grant *grant,
                                 rights_t rights, uint32_t flags,
                                 struct description **out_description);
/* The last number of a description with a file was emptied: end both at once, if nobody uses or looks at either. The one
 * reference of the number goes then. @return false: nothing was done. Thread context without locks; may sleep. */
bool description_close_alone(struct description *description);
/* One that gets no number lets go of what it names. Never sleeps. */
void description_abandon(struct description *description);

/* Put a capability behind a description of nothing; it is taken over with OK.
 * @param flags  DESCRIPTION_READ, DESCRIPTION_WRITE: added. @return BAD_STATE: it has one, or was closed. */
status_t description_attach(struct description *description, const struct capability *target,
                            uint32_t flags);

/* What it names, without a reference; object NULL: nothing. Inside an epoch. */
static inline struct capability description_peek(const struct description *description)
{
    struct object *target = __atomic_load_n(&description->target, __ATOMIC_ACQUIRE);
    if (target == NULL)
        return (struct capability){ 0 };
    return (struct capability){ target, description->grant, description->rights };
}
/* A duplicate of its capability. @return BAD_HANDLE when there is none. Any context. */
status_t description_copy(struct description *description, struct capability *out_capability);

void description_setup(void);
