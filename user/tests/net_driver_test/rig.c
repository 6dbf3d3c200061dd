/* See rig.h. */
#include "user/tests/net_driver_test/rig.h"

#include <string.h>

#include <abi/device.h>
#include <abi/memory.h>
#include <abi/objects.h>
#include <abi/service.h>
#include <abi/signals.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "user/rt/clock.h"
#include "user/rt/spawn.h"
#include "user/rt/start.h"

enum { DEVICES_MAX = 32, VIRTIO_VENDOR = 0x1af4, VIRTIO_NET_DEVICE = 0x1041 };

static const struct net_ring_depths depths = { RIG_CHUNKS, RIG_PIECES, RIG_FRAMES };
static const char driver_path[] = "/bin/virtio_net";

static struct spawn_plan plan;

static void need(struct rig *rig, status_t status, const char *what)
{
    if (status != STATUS_OK)
        test_fail(rig->claim, "%s: status %u", what, status);
}

/* Pages of the pool come with their first use, before the driver opens its window and after. A chunk
 * on a page that is not there is none to receive into. */
static void post_free(struct rig *rig)
{
    for (uint32_t i = 0; i < RIG_CHUNKS; i++) {
        if (rig->chunks[i] != 0)
            continue;
        rig->memory[i * NET_CHUNK_BYTES] = 0;
        need(rig, net_link_post(&rig->link, i * NET_CHUNK_BYTES), "post");
    }
}

static void pool_open(struct rig *rig)
{
    uint64_t mapped = 0;
    need(rig, sys_vmo_create(RIG_POOL_BYTES, 0, &rig->pool), "vmo_create");
    need(rig,
         sys_memory_map(rig->pool.raw, 0, RIG_POOL_BYTES, 0, MEMORY_READ | MEMORY_WRITE, &mapped),
         "memory_map");
    rig->memory = (uint8_t *)(uintptr_t)mapped;
}

static void link_open(struct rig *rig)
{
    uint64_t area = 0, size = 0;
    need(rig, sys_ring_create(net_area_size(&depths), &rig->ring, &rig->ring_driver),
         "ring_create");
    need(rig, sys_ring_map(rig->ring, &area, &size), "ring_map");
    const struct net_link_config config = {
        .area = (void *)(uintptr_t)area,
        .depths = depths,
        .pool_bytes = RIG_POOL_BYTES,
        .chunks = rig->chunks,
        .pieces = rig->pieces,
        .frames = rig->frames,
    };
    net_link_open(&rig->link, &config, 1);
}

void rig_open(struct rig *rig)
{
    rig->devices = start_handle_need("devices", OBJECT_DEVICE);
    rig->root = start_handle_need("root", OBJECT_DIRECTORY);
    rig->cell = start_handle_need("cell", OBJECT_CELL);
    pool_open(rig);
    link_open(rig);
    need(rig, sys_endpoint_create(&rig->endpoint), "endpoint_create");
    need(rig, sys_channel_mint(rig->endpoint, badge_of(ROLE_SUPERVISOR, 1, 0), &rig->control),
         "channel_mint");
    need(rig, sys_channel_mint(rig->endpoint, badge_of(ROLE_CLIENT, 1, 1), &rig->other),
         "channel_mint");
    need(rig, sys_event_create(&rig->stop), "event_create");
}

/* --- the driver's process --- */

static uint64_t device_number(struct rig *rig)
{
    static struct device_info devices[DEVICES_MAX];
    size_t count = 0;
    need(rig, sys_device_list(rig->devices, devices, DEVICES_MAX, &count), "device_list");
    for (size_t i = 0; i < count && i < DEVICES_MAX; i++)
        if (devices[i].vendor == VIRTIO_VENDOR && devices[i].device == VIRTIO_NET_DEVICE)
            return devices[i].id;
    test_fail(rig->claim, "there is no network device");
    return UINT64_MAX;
}

static void plan_give(const char *name, handle_t handle, rights_t rights)
{
    spawn_give(&plan, name, strlen(name), handle, rights);
}

static void spawn_driver(struct rig *rig, handle_t device)
{
    handle_t image = HANDLE_NONE;
    uint32_t kind = 0;
    need(rig,
         sys_file_open(rig->root, driver_path, sizeof driver_path - 1, 0, RIGHT_EXECUTE, &image,
                       &kind),
         driver_path);
    spawn_begin(&plan, "virtio-net");
    spawn_argument(&plan, driver_path, sizeof driver_path - 1);
    plan_give(START_DEVICE, device, RIGHT_CONTROL | RIGHT_INSPECT);
    plan_give(START_NET_POOL, rig->pool, RIGHT_READ | RIGHT_WRITE | RIGHT_MAP);
    plan_give(START_NET_RING, rig->ring_driver, RIGHT_WRITE | RIGHT_MAP | RIGHT_WAIT);
    plan_give("ipc:serve:virtio-net", rig->endpoint, RIGHT_ENDPOINT_RECEIVE | RIGHT_WAIT);
    plan_give(START_STOP, rig->stop, RIGHT_WAIT);
    need(rig, spawn_run(&plan, rig->cell, image, &rig->process), "spawn");
    (void)sys_handle_close(image.raw);
}

static bool driver_has_ended(struct rig *rig)
{
    uint32_t seen = 0;
    return sys_object_wait(rig->process, SIGNAL_TERMINATED, TIME_NOW, &seen) == STATUS_OK;
}

void rig_start_driver(struct rig *rig)
{
    handle_t device = HANDLE_NONE;
    struct net_device_info info;
    need(rig, sys_device_open(rig->devices, device_number(rig), &device), "device_open");
    spawn_driver(rig, device);
    (void)sys_handle_close(device.raw); /* The driver's alone now. */
    time_ns_t deadline = clock_after(5000000000);
    post_free(rig);
    while (net_link_device(&rig->link, &info) != STATUS_OK) {
        if (driver_has_ended(rig) || !rig_turn(rig, deadline)) {
            test_fail(rig->claim, "the driver has not come up");
            return;
        }
    }
}

uint32_t rig_driver_ended(struct rig *rig)
{
    struct process_info info = { 0 };
    handle_t device = HANDLE_NONE;
    uint32_t seen = 0;
    need(rig, sys_object_wait(rig->process, SIGNAL_TERMINATED, clock_after(5000000000), &seen),
         "the driver's end");
    need(rig, sys_process_info(rig->process, &info), "process_info");
    (void)sys_handle_close(rig->process.raw);
    /* Opening waits for the release of the last claim, and so for the reset. */
    need(rig, sys_device_open(rig->devices, device_number(rig), &device), "device_open");
    (void)sys_handle_close(device.raw);
    return info.exit_code;
}

void rig_restart(struct rig *rig)
{
    net_link_restart(&rig->link);
    (void)net_link_flush(&rig->link);
}

/* --- netd's side --- */

static uint8_t *frame_room(struct rig *rig, uint32_t number)
{
    return rig->memory + (RIG_CHUNKS * NET_CHUNK_BYTES) + number * RIG_FRAME_BYTES;
}

status_t rig_send(struct rig *rig, const uint8_t *frame, uint32_t len)
{
    uint32_t number = 0;
    while (number < RIG_FRAMES && rig->frame_busy[number])
        number++;
    if (number == RIG_FRAMES)
        return STATUS_WOULD_BLOCK;
    ASSERT(len + NET_TX_HEADROOM <= RIG_FRAME_BYTES);
    uint8_t *room = frame_room(rig, number) + NET_TX_HEADROOM;
    memcpy(room, frame, len);
    /* Two pieces, as netd sends them: headers, then payload. */
    uint32_t at = (uint32_t)(room - rig->memory);
    const struct net_link_piece pieces[2] = { { at, 14 }, { at + 14, len - 14 } };
    const struct net_link_send send = { .pieces = pieces, .piece_count = 2, .cookie = number };
    status_t status = net_link_send(&rig->link, &send);
    if (status == STATUS_OK)
        rig->frame_busy[number] = true;
    return status;
}

static bool take_received(struct rig *rig)
{
    static struct net_link_received frame;
    status_t status = net_link_receive(&rig->link, &frame);
    if (status == STATUS_WOULD_BLOCK)
        return false;
    need(rig, status, "receive");
    if (status == STATUS_OK && frame.chunk_count == 1 && frame.len > 0 && rig->received != NULL)
        rig->received(rig, rig->memory + frame.chunks[0].offset, frame.chunks[0].len);
    return status == STATUS_OK;
}

static bool take_sent(struct rig *rig)
{
    uint64_t cookie = 0;
    bool sent = false;
    status_t status = net_link_sent(&rig->link, &cookie, &sent);
    if (status == STATUS_WOULD_BLOCK)
        return false;
    need(rig, status, "sent");
    if (status != STATUS_OK)
        return false;
    TEST_CHECK(rig->claim, cookie < RIG_FRAMES && rig->frame_busy[cookie]);
    rig->frame_busy[cookie % RIG_FRAMES] = false;
    rig->refused += !sent;
    return true;
}

bool rig_turn(struct rig *rig, time_ns_t deadline)
{
    bool came = false;
    uint32_t seen = 0;
    while (take_received(rig))
        came = true;
    while (take_sent(rig))
        came = true;
    post_free(rig);
    if (net_link_flush(&rig->link))
        need(rig, sys_ring_notify(rig->ring), "ring_notify");
    if (came || !net_link_may_sleep(&rig->link, true))
        return true;
    status_t status = sys_object_wait(rig->ring, SIGNAL_EVENT, deadline, &seen);
    if (status == STATUS_TIMED_OUT)
        return false;
    need(rig, status, "object_wait");
    need(rig, sys_ring_clear(rig->ring), "ring_clear");
    return status == STATUS_OK;
}

bool rig_is_idle(const struct rig *rig)
{
    bool busy = rig->link.chunks_out != RIG_CHUNKS;
    for (uint32_t i = 0; i < RIG_FRAMES; i++)
        busy |= rig->frame_busy[i];
    return !busy;
}
