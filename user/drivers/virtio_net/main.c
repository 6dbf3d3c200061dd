/* The process of the virtio network driver. It is given a device, the packet pool, its end of the
 * rings, and takes nothing else (docs/design/driver_net.md, "Handles"). The loop: step the engine
 * until it says that nothing is left and that whoever has something next will tell; then wait for the
 * device's interrupt, netd's bell, or the supervisor.
 *
 * An interrupt is cleared before the step that answers it, and a bell is told each time it rings, so what
 * comes during the step is told again. Any failure ends the process: the kernel then resets the device, netd puts the
 * rings into their next life, and a fresh driver takes over. */
#include <string.h>

#include <abi/port.h>
#include <abi/service.h>
#include <abi/signals.h>
#include <ipc/notice_client.h>
#include <swos/syscalls.h>

#include "lib/base/seldom.h"
#include "user/drivers/virtio_net/process.h"
#include "user/rt/clock.h"
#include "user/rt/exit_codes.h"
#include "user/rt/log.h"
#include "user/rt/start.h"

enum {
    STEP_BUDGET = 64, /* Frames in each direction. */
    STEPS_MAX = 16,   /* Without a look at the port. */
    LOOK_AGAIN_NS = 4000000,
    PACKETS_MAX = 8,
    KEY_IRQ = 0, /* And the vector: up to DRIVER_VECTORS. */
    KEY_RING = 16,
    KEY_ENDPOINT,
    KEY_STOP,
    KEY_POOL,
};

static struct driver driver;

static _Noreturn void fail(const char *what, status_t status)
{
    log_line("%s: status %u", what, status);
    program_exit(EXIT_FAILED);
}

static void need(status_t status, const char *what)
{
    if (status != STATUS_OK)
        fail(what, status);
}

static void handles_find(struct driver_handles *handles)
{
    handles->device = start_handle_need(START_DEVICE, OBJECT_DEVICE);
    handles->pool = start_handle_need(START_NET_POOL, OBJECT_VMO);
    handles->ring = start_handle_need(START_NET_RING, OBJECT_RING);
    handles->endpoint = start_handle(START_DRIVER_ENDPOINT, OBJECT_ENDPOINT);
    handles->supervisor = start_handle(START_SUPERVISOR, OBJECT_CHANNEL);
    handles->stop = start_handle(START_STOP, OBJECT_EVENT);
}

static void watch(handle_t object, uint64_t key, uint32_t signals, uint32_t flags)
{
    if (object.raw != 0)
        need(sys_port_bind(driver.port, object, key, signals, flags), "port_bind");
}

static void sources_watch(void)
{
    need(sys_port_create(&driver.port), "port_create");
    for (uint32_t i = 0; i < DRIVER_VECTORS; i++)
        watch(driver.irqs[i], KEY_IRQ + i, SIGNAL_EVENT, 0);
    watch(driver.handles.ring, KEY_RING, SIGNAL_EVENT, PORT_EDGE);
    watch(driver.handles.endpoint, KEY_ENDPOINT, SIGNAL_READABLE, 0);
    watch(driver.handles.stop, KEY_STOP, SIGNAL_EVENT, 0);
    watch(driver.pool_window, KEY_POOL, SIGNAL_EVENT, PORT_EDGE);
}

static void notify_peer(void)
{
    driver.notices++;
    need(sys_ring_notify(driver.handles.ring), "ring_notify");
}

static void interrupt_take(uint32_t vector)
{
    driver.interrupts++;
    need(sys_irq_ack(driver.irqs[vector]), "irq_ack");
    if (vector == DRIVER_VECTOR_CONFIG && virtio_net_link_check(&driver.net))
        notify_peer();
}

/* Tell the kernel which pages that left the pool are free of the device, and begin with those that have
 * left since. */
static SELDOM void pages_look(void)
{
    uint64_t left = 0;
    need(sys_dma_forget(driver.pool_window, driver.forgotten, &left), "dma_forget");
    driver.is_forgetting = left != driver.forgotten;
    if (!driver.is_forgetting)
        return;
    need(virtio_net_forget(&driver.net), "a posted chunk has left the pool");
    driver.forgotten_next = left;
}

static void pages_forget(void)
{
    while (driver.is_forgetting && virtio_net_forgot(&driver.net)) {
        driver.forgotten = driver.forgotten_next;
        pages_look();
    }
}

static void packet_take(const struct port_packet *packet)
{
    switch (packet->key) {
    case KEY_RING:
        break; /* Each ring of the bell is one packet, and the step looks at the rings. */
    case KEY_ENDPOINT: need(ipc_server_drain(&driver.control), "endpoint_receive"); break;
    case KEY_STOP: driver.is_ending = true; break;
    case KEY_POOL:
        if (!driver.is_forgetting)
            pages_look();
        break;
    default: interrupt_take((uint32_t)packet->key - KEY_IRQ); break;
    }
}

static void packets_take(time_ns_t deadline)
{
    struct port_packet packets[PACKETS_MAX];
    size_t count = 0;
    status_t status = sys_port_wait(driver.port, packets, PACKETS_MAX, deadline, &count);
    if (status == STATUS_TIMED_OUT)
        return;
    need(status, "port_wait");
    for (size_t i = 0; i < count; i++)
        packet_take(&packets[i]);
}

/* @return until when to wait for news. */
static time_ns_t steps_run(void)
{
    struct virtio_net_result result = { .may_sleep = false };
    for (uint32_t i = 0; i < STEPS_MAX && !result.may_sleep; i++) {
        need(virtio_net_step(&driver.net, STEP_BUDGET, &result), "step");
        if (result.notify_peer)
            notify_peer();
    }
    if (!result.may_sleep)
        return TIME_NOW;
    return result.look_again ? clock_after(LOOK_AGAIN_NS) : TIME_NEVER;
}

static SELDOM void driver_open(void)
{
    struct virtio_net_config config = { 0 };
    handles_find(&driver.handles);
    need(device_take(&driver), "device");
    need(memory_take(&driver, &config), "memory");
    sources_watch();
    control_open(&driver);
    need(virtio_net_open(&driver.net, &config), "open");
    notify_peer(); /* It is announced. */
    if (driver.handles.supervisor.raw != 0)
        need(notice_ready(driver.handles.supervisor), "notice");
}

int main(int argc, char **argv)
{
    driver_open();
    while (!driver.is_ending) {
        time_ns_t deadline = steps_run();
        pages_forget();
        packets_take(deadline);
    }
    status_t status = virtio_net_close(&driver.net);
    return status == STATUS_OK ? EXIT_OK : EXIT_FAILED;
}
