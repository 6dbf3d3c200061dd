/* The driver's endpoint: what it has done, ending in order, and failing on purpose, by which the
 * tests see that a driver's death costs nothing. */
#include <string.h>

#include <abi/service.h>
#include <ipc/driver.h>

#include "lib/base/assert.h"
#include "user/drivers/virtio_net/process.h"
#include "user/rt/exit_codes.h"
#include "user/rt/log.h"
#include "user/rt/start.h"

enum { FAULT_READ = 1, FAULT_ASSERT = 2, FAULT_EXIT = 3 };

static status_t control_status(void *server, uint64_t badge,
                               const struct driver_status_request *request,
                               struct driver_status_reply *reply)
{
    const struct driver *driver = server;
    const struct virtio_net_counters *counters = &driver->net.counters;
    reply->link_up = driver->net.info.link_up != 0;
    memcpy(reply->mac, driver->net.info.mac, sizeof reply->mac);
    reply->features = driver->net.info.features;
    reply->rx_frames = counters->rx_frames;
    reply->rx_bytes = counters->rx_bytes;
    reply->rx_dropped = counters->rx_dropped;
    reply->tx_frames = counters->tx_frames;
    reply->tx_bytes = counters->tx_bytes;
    reply->tx_refused = counters->tx_refused;
    reply->interrupts = driver->interrupts;
    reply->notices = driver->notices;
    return STATUS_OK;
}

/* The answer leaves before the loop looks at is_ending. */
static status_t control_quiesce(void *server, uint64_t badge,
                                const struct driver_quiesce_request *request)
{
    struct driver *driver = server;
    if (badge_role(badge) != ROLE_SUPERVISOR)
        return STATUS_NO_RIGHT;
    status_t status = virtio_net_close(&driver->net);
    driver->is_ending = true;
    return status;
}

static status_t control_fault(void *server, uint64_t badge,
                              const struct driver_fault_request *request)
{
    const struct driver *driver = server;
    if (badge_role(badge) != ROLE_SUPERVISOR)
        return STATUS_NO_RIGHT;
    log_line("fault %u was asked for", request->kind);
    switch (request->kind) {
    case FAULT_READ: {
        /* Through a variable, since a compiler may drop what it sees to be undefined. */
        const volatile uint8_t *volatile nothing = NULL;
        (void)*nothing;
        break;
    }
    case FAULT_ASSERT: ASSERT(driver->is_ending); break;
    case FAULT_EXIT: program_exit(EXIT_FAILED);
    }
    return STATUS_INVALID;
}

static const struct driver_ops control_ops = {
    .status = control_status,
    .quiesce = control_quiesce,
    .fault = control_fault,
};

static status_t control_dispatch(void *server, uint64_t badge, struct ipc_parcel *request,
                                 struct ipc_parcel *reply)
{
    return driver_dispatch(&control_ops, server, badge, request, reply);
}

void control_open(struct driver *driver)
{
    driver->control = (struct ipc_server){
        .endpoint = driver->handles.endpoint,
        .request_bytes = driver->control_request,
        .reply_bytes = driver->control_reply,
        .capacity = DRIVER_MESSAGE_BYTES,
        .dispatch = control_dispatch,
        .argument = driver,
    };
}
