/* Grants: see grant.h. One lock for the whole forest: it changes seldom. */
#include "kernel/object/grant.h"

#include "kernel/cell/charge.h"

static struct grants {
    struct spinlock lock;
    struct slab_cache cache;
} grants;

static const struct object_ops grant_object_ops;

status_t grant_create(struct grant *parent, struct cell *cell, struct grant **out_grant)
{
    void *memory;
    status_t status = charged_alloc(cell, &grants.cache, &memory);
    if (status != STATUS_OK)
        return status;
    struct grant *grant = memory;
    object_init(&grant->object, &grant_object_ops, cell);
    list_init(&grant->children);
    list_init(&grant->sibling);
    grant->parent = parent;
    spin_lock(&grants.lock);
    if (parent != NULL) {
        object_ref(&parent->object);
        list_push_back(&parent->children, &grant->sibling);
        grant->revoked = parent->revoked;
    }
    spin_unlock(&grants.lock);
    *out_grant = grant;
    return STATUS_OK;
}

/* The next of the subtree in depth-first order, or NULL. */
static struct grant *next_in_subtree(struct grant *root, struct grant *at)
{
    if (!list_is_empty(&at->children))
        return CONTAINER_OF(at->children.next, struct grant, sibling);
    while (at != root) {
        if (at->sibling.next != &at->parent->children)
            return CONTAINER_OF(at->sibling.next, struct grant, sibling);
        at = at->parent;
    }
    return NULL;
}

void grant_revoke(struct grant *grant)
{
    spin_lock(&grants.lock);
    for (struct grant *at = grant; at != NULL; at = next_in_subtree(grant, at))
        __atomic_store_n(&at->revoked, true, __ATOMIC_RELEASE);
    spin_unlock(&grants.lock);
    epoch_synchronize();
}

static void grant_destroy(struct object *object)
{
    struct grant *grant = (struct grant *)object;
    spin_lock(&grants.lock);
    list_remove(&grant->sibling); /* Children hold a reference: there are none. */
    spin_unlock(&grants.lock);
    if (grant->parent != NULL)
        object_unref(&grant->parent->object);
    charged_free(object->cell, &grants.cache, grant);
}

void grant_setup(void)
{
    spin_init(&grants.lock, LOCK_HANDLES);
    slab_cache_init(&grants.cache, "grant", sizeof(struct grant));
}

static const struct object_ops grant_object_ops = {
    .kind = OBJECT_GRANT,
    .version = 1,
    .name = "grant",
    .destroy = grant_destroy,
};
