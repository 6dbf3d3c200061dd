/* The process: what it was given, and the loop. A round looks at everything once, then waits at the port
 * for as long as nothing is left to do, which under load is not at all. */
#include <abi/memory.h>
#include <abi/port.h>
#include <abi/service.h>
#include <abi/signals.h>
#include <string.h>
#include <swos/syscalls.h>

#include "lib/base/seldom.h"
#include "user/netd/netd.h"
#include "user/rt/arena.h"
#include "user/rt/clock.h"
#include "user/rt/exit_codes.h"
#include "user/rt/log.h"
#include "user/rt/start.h"

enum { FRAMES_PER_ROUND = 64, BATCHES_PER_ROUND = 4, PACKETS_MAX = 64 };

static _Alignas(4096) struct netd netd;

SELDOM _Noreturn void netd_fail(const char *what, status_t status)
{
    log_line("%s: status %d", what, status);
    program_exit(EXIT_FAILED);
}

static void need(status_t status, const char *what)
{
    if (status != STATUS_OK)
        netd_fail(what, status);
}

static void pool_open(void)
{
    handle_t vmo = start_handle_need(START_NET_POOL, OBJECT_VMO);
    uint64_t size = 0, address = 0;
    void *chunks = NULL;
    need(sys_vmo_size(vmo, &size), "pool size");
    size -= size % STREAM_CHUNK_SIZE;
    if (size == 0 || size > UINT32_MAX)
        netd_fail("pool size", STATUS_INVALID);
    need(sys_memory_map(vmo.raw, 0, size, 0, MEMORY_READ | MEMORY_WRITE, &address), "pool map");
    need(sys_pool_create(vmo, (uint32_t)(size / STREAM_CHUNK_SIZE), OWN_CHUNKS, &netd.pool),
         "pool");
    need(pages_take(size / STREAM_CHUNK_SIZE, &chunks), "pool table");
    netd.memory = (uint8_t *)(uintptr_t)address;
    netd.pool_bytes = (uint32_t)size;
    netd.link_chunks = chunks;
}

static void watch(handle_t object, uint64_t key, uint32_t signals, uint32_t flags)
{
    if (object.raw != 0)
        need(sys_port_bind(netd.port, object, key, signals, flags), "port");
}

static SELDOM void netd_open(void)
{
    /* What it takes does not depend on load: it is taken now. */
    pages_touch(&netd, sizeof netd);
    stack_touch();
    netd.now = clock_now();
    netd.connecting_until = netd.parked_until = TIME_NEVER;
    netd.ring = start_handle_need(START_NET_RING, OBJECT_RING);
    netd.endpoint = start_handle_need("ipc:serve:net", OBJECT_ENDPOINT);
    netd.entropy = start_handle_need("entropy:read", OBJECT_ENTROPY);
    netd.supervisor = start_handle(START_SUPERVISOR, OBJECT_CHANNEL);
    netd.stop = start_handle(START_STOP, OBJECT_EVENT);
    pool_open();
    rings_open(&netd);
    engine_open(&netd);
    grants_open(&netd);
    control_open(&netd);
    need(sys_port_create(&netd.port), "port");
    /* Each ring of the bell is one packet, and the rings themselves say what there is: nobody has to
     * clear the bell. */
    watch(netd.ring, KEY_RING, SIGNAL_EVENT, PORT_EDGE);
    watch(netd.endpoint, KEY_ENDPOINT, SIGNAL_READABLE, 0);
    watch(netd.stop, KEY_STOP, SIGNAL_EVENT, 0);
    buffers_balance(&netd);
    rings_flush(&netd);
    ready_begin(&netd);
}

static void packet_take(const struct port_packet *packet)
{
    switch (packet->key & 0xff) {
    case KEY_ENDPOINT: control_serve(&netd); break;
    case KEY_STOP: netd.stopping = true; break;
    case KEY_CONNECTION: streams_signal(&netd, packet->key, packet->signals); break;
    case KEY_GATE: listeners_signal(&netd, packet->key, packet->signals); break;
    default: break; /* KEY_RING: every round looks at the rings. */
    }
}

/* Waits for packets until the deadline. */
static void packets_take(time_ns_t deadline)
{
    struct port_packet packets[PACKETS_MAX];
    size_t count = 0;
    status_t status = sys_port_wait(netd.port, packets, PACKETS_MAX, deadline, &count);
    if (status == STATUS_TIMED_OUT)
        return;
    need(status, "port_wait");
    netd.now = clock_now();
    for (size_t i = 0; i < count; i++)
        packet_take(&packets[i]);
}

/* What most rounds have nothing of. */
static void seldom_run(void)
{
    if (netd.listeners_untold)
        listeners_tell(&netd);
    if (netd.connecting_count > 0 && netd.now >= netd.connecting_until)
        connects_expire(&netd);
    if (netd.waiters_due > 0 || netd.parked_until != TIME_NEVER)
        resolve_answer_due(&netd);
}

static void round_run(void)
{
    netd.now = clock_now();
    rings_check(&netd);
    rings_receive(&netd, FRAMES_PER_ROUND);
    seldom_run();
    /* What the streams answer makes the engine send, which may fill and empty streams again. */
    for (int i = 0; i < BATCHES_PER_ROUND; i++) {
        engine_run(&netd);
        if (!streams_run(&netd))
            break;
    }
    engine_run(&netd);
    engine_collect(&netd);
    buffers_balance(&netd);
    rings_flush(&netd);
    if (netd.ready_until != TIME_NEVER)
        ready_check(&netd);
}

/* When to look again if nobody tells: never later than the engine's next deadline. Frames that only
 * wait for room in the rings are told of by the driver. */
static time_ns_t sleep_until(void)
{
    bool more =
        netd.work_count > 0 || netd.operation_count > 0 || netd.stepped || netd.waiters_due > 0;
    if (more || (netd.deadline <= netd.now && !netd.outbox.frames_wanted))
        return TIME_NOW;
    if (!rings_may_sleep(&netd))
        return TIME_NOW;
    time_ns_t engine = netd.deadline <= netd.now ? TIME_NEVER : netd.deadline;
    time_ns_t connects = netd.connecting_count > 0 ? netd.connecting_until : TIME_NEVER;
    time_ns_t next = engine < connects ? engine : connects;
    next = next < netd.ready_until ? next : netd.ready_until;
    return next < netd.parked_until ? next : netd.parked_until;
}

static bool argument_read(const char *name, const char *value, uint32_t *servers)
{
    struct const_span text = const_span_of(value, strlen(value));
    struct net_interface_address *address = &netd.config.address;
    if (strcmp(name, "--dns") == 0)
        return *servers < NET_DNS_SERVERS && name_is_address(text, &netd.config.dns[(*servers)++]);
    if (strcmp(name, "--gateway") == 0)
        return name_is_address(text, &address->gateway);
    if (strcmp(name, "--address") != 0)
        return false;
    netd.waits_for_address = false;
    return strcmp(value, "none") == 0 || address_read(value, address);
}

/* --dns ADDRESS (at most twice): servers to ask instead of those that DHCP tells.
 * --address ADDRESS/BITS or none, --gateway ADDRESS: instead of asking DHCP. */
static SELDOM void arguments_read(int argc, char **argv)
{
    uint32_t servers = 0;
    netd.waits_for_address = true;
    for (int i = 1; i < argc; i += 2)
        if (i + 1 == argc || !argument_read(argv[i], argv[i + 1], &servers))
            netd_fail(argv[i], STATUS_INVALID);
}

int main(int argc, char **argv)
{
    arguments_read(argc, argv);
    netd_open();
    while (!netd.stopping) {
        round_run();
        packets_take(sleep_until());
    }
    return EXIT_OK;
}
