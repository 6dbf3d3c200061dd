/* A link joins a network device's driver with the network service: a packet pool and a ring area that
 * both map (docs/design/driver_net.md). It lives as long as one life of the network service; drivers
 * come and go within. The device itself goes to the driver alone: when the driver's last handle to it
 * closes, the kernel resets it, so the supervisor keeps none. */
#include <string.h>

#include <abi/device.h>
#include <ipc/net_client.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/log.h"
#include "user/supervisor/supervisor.h"

enum {
    POOL_BYTES = 32 << 20, /* Address space; pages come with use. */
    RING_BYTES = 256 << 10,
    DEVICES_MAX = 64,
};

#define RESET_PATIENCE_NS 500000000ull

#define POOL_RIGHTS (RIGHT_READ | RIGHT_WRITE | RIGHT_MAP | RIGHT_DUPLICATE | RIGHT_INSPECT)
#define RING_RIGHTS (RIGHT_READ | RIGHT_WRITE | RIGHT_MAP | RIGHT_WAIT | RIGHT_INSPECT)

static void drop(handle_t *handle)
{
    if (handle->raw != 0)
        (void)sys_handle_close(handle->raw);
    *handle = HANDLE_NONE;
}

static void link_drop(struct link *link)
{
    drop(&link->pool);
    drop(&link->ring_service);
    drop(&link->ring_driver);
    link->exists = false;
}

/* Charged to the network service's cell: it is what the service works with. */
static status_t link_make(struct link *link, handle_t cell)
{
    status_t status = sys_vmo_create_for(cell, POOL_BYTES, 0, &link->pool);
    if (status == STATUS_OK)
        status = sys_ring_create_for(cell, RING_BYTES, &link->ring_service, &link->ring_driver);
    link->exists = status == STATUS_OK;
    if (status != STATUS_OK)
        link_drop(link);
    return status;
}

void links_end(struct supervisor *supervisor, uint32_t service)
{
    for (uint32_t i = 0; i < LINKS_MAX; i++)
        if (supervisor->links[i].exists && supervisor->links[i].service == service)
            link_drop(&supervisor->links[i]);
}

status_t link_give_service(struct supervisor *supervisor, struct spawning *spawning,
                           uint32_t number)
{
    if (number >= LINKS_MAX)
        return STATUS_NOT_SUPPORTED;
    struct link *link = &supervisor->links[number];
    link_drop(link);
    status_t status = link_make(link, supervisor->services[spawning->service].cell);
    if (status != STATUS_OK)
        return status;
    link->service = spawning->service;
    grant_handle(spawning, START_NET_POOL, link->pool, POOL_RIGHTS);
    grant_handle(spawning, START_NET_RING, link->ring_service, RING_RIGHTS);
    return STATUS_OK;
}

/* --- the device --- */

static bool matches(const struct manifest_match *match, const struct device_info *device)
{
    if (match->by_class)
        return device->class_code == match->class_code;
    return device->vendor == match->vendor && device->device == match->device;
}

static bool is_for(const struct supervisor *supervisor, const struct manifest_service *driver,
                   const struct device_info *device)
{
    struct manifest_match match;
    if (device->bus != DEVICE_BUS_PCI)
        return false;
    for (uint32_t i = 0; i < driver->match_count; i++)
        if (manifest_match(&supervisor->manifest, driver, i, &match) == STATUS_OK &&
            matches(&match, device))
            return true;
    return false;
}

/* The number-th device that the driver is for, in the order of the registry. */
static status_t open_device(struct supervisor *supervisor, const struct manifest_service *driver,
                            uint32_t number, handle_t *out_device)
{
    struct device_info devices[DEVICES_MAX];
    size_t count = 0;
    if (supervisor->handles.devices.raw == 0)
        return STATUS_NOT_FOUND;
    status_t status = sys_device_list(supervisor->handles.devices, devices, DEVICES_MAX, &count);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count && i < DEVICES_MAX; i++)
        if (is_for(supervisor, driver, &devices[i]) && number-- == 0)
            return sys_device_open(supervisor->handles.devices, devices[i].id, out_device);
    return STATUS_NOT_FOUND;
}

status_t link_give_driver(struct supervisor *supervisor, struct spawning *spawning, uint32_t number)
{
    const struct supervised *driver = &supervisor->services[spawning->service];
    handle_t device;
    if (number >= LINKS_MAX || !supervisor->links[number].exists)
        return STATUS_NOT_FOUND;
    status_t status = open_device(supervisor, &driver->manifest, number, &device);
    if (status == STATUS_OK)
        status = spawning_lend(spawning, device);
    if (status != STATUS_OK)
        return status;
    struct link *link = &supervisor->links[number];
    grant_handle(spawning, START_DEVICE, device, RIGHT_CONTROL | RIGHT_INSPECT);
    grant_handle(spawning, START_NET_POOL, link->pool, POOL_RIGHTS);
    grant_handle(spawning, START_NET_RING, link->ring_driver, RING_RIGHTS);
    return STATUS_OK;
}

/* --- the driver's death --- */

static bool has_link(const struct supervisor *supervisor, const struct supervised *driver,
                     uint32_t number)
{
    for (uint32_t i = 0; i < driver->manifest.grant_count; i++) {
        struct grant grant;
        if (manifest_grant(&supervisor->manifest, &driver->manifest, i, &grant) == STATUS_OK &&
            grant.kind == GRANT_DEVICE && grant.number == number)
            return true;
    }
    return false;
}

static void reset_link(struct supervisor *supervisor, uint32_t number)
{
    struct place *network = place_of_network(supervisor);
    if (network == NULL)
        return; /* The link ends with it. */
    struct net_link_reset_request request = { .link = number };
    status_t status = net_link_reset(network->channel, clock_after(RESET_PATIENCE_NS), &request);
    if (status == STATUS_OK)
        return;
    log_line("link %u cannot be reset: status %d", number, status);
    if (status != STATUS_TIMED_OUT)
        return;
    struct core_event event = { .kind = CORE_EVENT_KILL, .service = network->owner };
    (void)core_step(&supervisor->core, &event, clock_now());
}

void link_driver_died(struct supervisor *supervisor, uint32_t service)
{
    const struct supervised *driver = &supervisor->services[service];
    for (uint32_t i = 0; i < LINKS_MAX; i++)
        if (supervisor->links[i].exists && has_link(supervisor, driver, i))
            reset_link(supervisor, i);
}
