/* Handle tables. A handle is a slot's index (low 32 bits) and its generation (high 32 bits), so a
 * stale handle cannot reach a new object. A slot holds one reference to its object, and names the
 * grant that it came by. Look-ups take no lock: they run inside an epoch and re-check the
 * generation. Changes take the table's lock (LOCK_HANDLES).
 *
 * Chunks of slots come from whole frames and are never moved; the table grows to its cell's limit.
 * A value with bit 63 set is a number of the process's POSIX segment (kernel/posix/descriptors.h), and
 * stands for the capability of the description that the number names; generations stay below that bit. */
#pragma once

#include "kernel/object/grant.h"
#include "kernel/object/object.h"

/* What a slot or a message carries: one reference, counted in object->handles. */
struct capability {
    struct object *object;
    struct grant *grant; /* One reference, or NULL: never revoked. */
    rights_t rights;
};

struct handle_slot {
    struct object *object; /* NULL: free. */
    struct grant *grant;
    rights_t rights;
    uint32_t generation; /* Of the slot; starts at 1, raised when it is freed. */
};
_Static_assert(sizeof(struct handle_slot) == 24, "slots are dense");

enum {
    HANDLE_CHUNK_SLOTS = 4096 / sizeof(struct handle_slot),
    HANDLE_CHUNKS_MAX = 64, /* 10,880 handles. */
};

struct handle_table {
    struct spinlock lock;
    struct handle_slot *chunks[HANDLE_CHUNKS_MAX];
    uint32_t chunk_count;
    uint32_t used;
    uint32_t first_free;         /* No free slot lies below this index. */
    struct cell *cell;           /* Charged for slots. */
    struct descriptors *segment; /* Atomic; NULL: the process has no numbers. */
};

void handle_table_init(struct handle_table *table, struct cell *cell);
/* Close all and free the chunks; no other thread uses the table any more. */
void handle_table_clear(struct handle_table *table);
/* For fork: an empty table gets what carries DUPLICATE of another one, under the same values, so that
 * variables that hold handles stay right; a value of the original that is not handed down stays stale in
 * the copy for ever. On failure the copy is part filled. @return LIMIT, NO_MEMORY. */
status_t handle_table_fork(struct handle_table *table, struct handle_table *copy);
/* Up to `count` handles from slot *index on, which moves past them. @return how many. */
uint32_t handle_enumerate(struct handle_table *table, uint32_t *index, handle_t *out_handles,
                          uint32_t count);

/* Put a capability into a slot: the table takes over its references on OK, and only then.
 * @return NO_SLOT (table full), LIMIT (the cell's handles), NO_MEMORY. */
status_t handle_add(struct handle_table *table, struct capability capability, handle_t *out_handle);

/* Make a capability of an object: takes a reference of its own, and counts a handle. */
struct capability capability_of(struct object *object, rights_t rights, struct grant *grant);
/* Give a capability's references back; tells the object when its last handle went. */
void capability_drop(struct capability *capability);

/* Resolve a handle to an object of one kind, holding one reference for the caller.
 * @param kind  OBJECT_NONE accepts any.
 * @param need  rights the handle must carry, all of them.
 * @return BAD_HANDLE, then WRONG_KIND, then NO_RIGHT, then REVOKED. Does not sleep. */
status_t handle_resolve(struct handle_table *table, handle_t handle, enum object_kind kind,
                        rights_t need, struct object **out_object);
/* The same without a reference, for a caller inside an epoch (base/epoch.h): the object stays until
 * the section ends. */
status_t handle_borrow(struct handle_table *table, handle_t handle, enum object_kind kind,
                       rights_t need, struct object **out_object);
/* The same with rights and grant, for a caller outside one: with OK, and only then, an epoch has begun. */
status_t capability_borrow(struct handle_table *table, handle_t handle, enum object_kind kind,
                           rights_t need, struct capability *out_capability);
/* End the epoch in which it was borrowed; with OK it is a duplicate, for capability_drop. @return BAD_HANDLE: the last
 * handle was closed meanwhile. */
status_t capability_keep(const struct capability *borrowed);
/* The same, as a capability (a duplicate: same rights and grant). */
status_t handle_copy(struct handle_table *table, handle_t handle, rights_t need,
                     struct capability *out_capability);
/* Take a capability out of its slot. */
status_t handle_take(struct handle_table *table, handle_t handle, rights_t need,
                     struct capability *out_capability);
status_t handle_close(struct handle_table *table, handle_t handle);
