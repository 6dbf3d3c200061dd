/* What callers may reach. A channel of ROLE_NET says by its badge which grant of which service it stands
 * for, and the compiled manifests, part of the verified image, say what that is. So a new life of this
 * process knows what the last one knew, before the first call. */
#include <abi/file.h>
#include <abi/service.h>
#include <swos/syscalls.h>

#include "user/netd/netd.h"
#include "user/rt/file.h"
#include "user/rt/log.h"
#include "user/rt/start.h"

enum { MANIFESTS_BYTES_MAX = 1 << 20 };

void grants_open(struct netd *netd)
{
    handle_t file = start_handle("fs:read:/etc/services.bin", OBJECT_FILE);
    struct const_span bytes;
    if (file.raw == 0)
        return; /* Then nobody may reach anything. */
    status_t status = file_load(file, MANIFESTS_BYTES_MAX, &bytes);
    if (status == STATUS_OK)
        status = manifest_open(bytes, &netd->manifest);
    if (status != STATUS_OK)
        netd_fail("manifests", status);
}

/* Manifests do not change, and reading them is most of the work of a connect to this machine: what was
 * read last for each of a few badges is kept. */
status_t grant_reach(struct netd *netd, uint64_t badge, struct reach *out_reach)
{
    struct known_grant *known =
        &netd->known_grants[(badge_service(badge) * 7 + badge_grant(badge)) % KNOWN_GRANTS];
    if (known->badge != badge) {
        struct reach reach;
        status_t status = reach_of_badge(&netd->manifest, badge, &reach);
        if (status != STATUS_OK)
            return status;
        *known = (struct known_grant){ badge, reach };
    }
    *out_reach = known->reach;
    return STATUS_OK;
}
