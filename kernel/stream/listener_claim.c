/* Who listens. A listener at a granted port outlives those who accept from it: it is one object, and the right to it may be
 * held many times over, by a service and its children, across restarts. So an open socket is not the listener. It is a claim
 * to an address at it, which goes when the socket is closed; then the next may listen there. */
#include <string.h>

#include "kernel/stream/listener.h"

#include "lib/base/assert.h"

static bool is_same(const struct socket_address *one, const struct socket_address *other)
{
    return memcmp(one, other, sizeof *one) == 0; /* It has no padding. */
}

/* A free place, or the reason why there is none. */
static status_t claim_place(struct listener_core *core, const struct socket_address *address,
                            struct listener_claim **out_place)
{
    struct listener_claim *place = NULL;
    ASSERT(spin_held(&core->lock));
    for (size_t i = 0; i < LISTENER_CLAIMS_MAX; i++) {
        struct listener_claim *claim = &core->claims[i];
        if (claim->holder == NULL)
            place = claim;
        else if (is_same(&claim->address, address))
            return STATUS_IN_USE;
    }
    if (place == NULL)
        return STATUS_LIMIT;
    *out_place = place;
    return STATUS_OK;
}

status_t listener_claim(struct listener *listener, const void *holder,
                        const struct socket_address *address)
{
    struct listener_core *core = listener->core;
    struct listener_claim *place;
    ASSERT(holder != NULL);
    spin_lock(&core->lock);
    status_t status = claim_place(core, address, &place);
    if (status == STATUS_OK)
        *place = (struct listener_claim){ .holder = holder, .address = *address };
    spin_unlock(&core->lock);
    return status;
}

void listener_unclaim(struct listener *listener, const void *holder)
{
    struct listener_core *core = listener->core;
    ASSERT(holder != NULL);
    spin_lock(&core->lock);
    for (size_t i = 0; i < LISTENER_CLAIMS_MAX; i++)
        if (core->claims[i].holder == holder)
            core->claims[i].holder = NULL;
    spin_unlock(&core->lock);
}
