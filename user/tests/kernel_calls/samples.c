/* See samples.h. */
#include "user/tests/kernel_calls/samples.h"

#include <string.h>

#include <abi/descriptor.h>
#include <abi/device.h>
#include <abi/file.h>
#include <abi/ipc.h>
#include <abi/net.h>
#include <abi/system.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "user/ipc/channel.h"
#include "user/rt/start.h"
#include "user/tests/support/child.h"
#include "user/tests/support/threads.h"

enum {
    PAGE = 4096,
    POOL_CHUNKS = 8,
    DEVICES_MAX = 16,
    VIRTIO_ENTROPY = 0x1044,
    VIRTIO_ENTROPY_OLD = 0x1005
};

static struct {
    struct sample list[SAMPLES_MAX];
    uint32_t count;
    uint32_t parked; /* The sample thread waits for it to change, for ever. */
    struct test_thread parked_thread;
    struct test_thread caller; /* Its call is the sample of a reply; it is never answered. */
    handle_t caller_channel;
} samples;

static void must(status_t status)
{
    ASSERT(status == STATUS_OK);
}

static handle_t add(handle_t handle)
{
    uint32_t kind, rights;
    uint64_t id;
    must(sys_handle_info(handle.raw, &kind, &rights, &id));
    ASSERT(samples.count < SAMPLES_MAX);
    samples.list[samples.count++] =
        (struct sample){ .kind = (enum object_kind)kind, .rights = rights, .handle = handle };
    return handle;
}

void sample_process_main(void)
{
    (void)sys_thread_sleep(TIME_NEVER);
}

static void park(void *argument)
{
    word_wait_while(argument, 0);
}

static void call_for_ever(void *argument)
{
    struct channel_words words = { .count = 1 };
    (void)sys_channel_call(samples.caller_channel, TIME_NEVER, &words);
}

static void add_processes(void)
{
    struct cell_params params = { .name = "sample" };
    for (int i = 0; i < CELL_RESOURCES; i++)
        params.limits[i] = CELL_NO_LIMIT;
    handle_t handle;
    must(child_start("sample", NULL, 0, &handle));
    add(handle);
    must(thread_begin(&samples.parked_thread, park, &samples.parked));
    add(samples.parked_thread.handle);
    must(sys_cell_create(start_handle_need("cell", OBJECT_CELL), &params, &handle));
    add(handle);
}

static void add_files(void)
{
    handle_t tree, file;
    uint32_t kind;
    must(sys_tmpfs_create(PAGE * 4ul, &tree));
    add(tree);
    must(sys_file_open(tree, "f", 1, OPEN_CREATE, RIGHTS_FILE & RIGHTS_DIRECTORY, &file, &kind));
    add(file);
}

static void add_streams(void)
{
    handle_t first, second, vmo;
    struct socket_address address = { 0 };
    must(sys_stream_create(&first, &second));
    add(first);
    must(sys_listener_create(&address, 4, &first, &second));
    add(first);
    add(second);
    must(sys_vmo_create(POOL_CHUNKS * STREAM_CHUNK_SIZE, 0, &vmo));
    must(sys_pool_create(vmo, POOL_CHUNKS, POOL_CHUNKS / 2, &first));
    add(first);
    add(vmo);
}

static void add_calls(void)
{
    handle_t endpoint, reply;
    struct channel_words words = { .count = ENDPOINT_NO_REPLY };
    uint64_t badge;
    must(sys_endpoint_create(&endpoint));
    must(sys_channel_mint(endpoint, 7, &samples.caller_channel));
    must(thread_begin(&samples.caller, call_for_ever, NULL));
    must(sys_endpoint_receive(endpoint, TIME_NEVER, STATUS_OK, &words, &badge));
    must(sys_reply_save(&reply));
    add(endpoint);
    add(samples.caller_channel);
    add(reply);
}

static void add_waitables(void)
{
    handle_t first, second;
    must(sys_event_create(&first));
    add(first);
    must(sys_port_create(&first));
    add(first);
    must(sys_timer_create(&first));
    add(first);
    must(sys_ring_create(PAGE, &first, &second));
    add(first);
}

/* What numbers of POSIX stand for. */
static void add_numbers(void)
{
    uint32_t number;
    handle_t counter;
    must(sys_descriptor_counter(0, 0, &number));
    must(sys_handle_duplicate(descriptor_handle(number).raw, RIGHTS_COUNTER, &counter));
    add(counter);
    must(sys_descriptor_close(number)); /* So that no number is a good argument by chance. */
}

/* What a driver has: the scenario gives the machine an entropy device. */
static void add_devices(void)
{
    static struct device_info infos[DEVICES_MAX];
    handle_t devices = add(start_handle_need("devices", OBJECT_DEVICE)), device, handle, vmo;
    size_t count = 0, at = 0;
    must(sys_device_list(devices, infos, DEVICES_MAX, &count));
    while (at < count && infos[at].device != VIRTIO_ENTROPY &&
           infos[at].device != VIRTIO_ENTROPY_OLD)
        at++;
    ASSERT(at < count);
    must(sys_device_open(devices, infos[at].id, &device));
    add(device);
    must(sys_device_mmio(device, 4, 0, PAGE, &handle));
    add(handle);
    must(sys_device_irq(device, 0, &handle));
    add(handle);
    must(sys_vmo_create(PAGE, 0, &vmo));
    must(sys_device_dma(device, vmo, &handle));
    add(handle);
}

static void add_singles(void)
{
    static const struct {
        const char *name;
        enum object_kind kind;
    } singles[] = {
        { "tty", OBJECT_TTY },       { "log", OBJECT_LOG },         { "trace", OBJECT_TRACE },
        { "clock", OBJECT_CLOCK },   { "entropy", OBJECT_ENTROPY }, { "power", OBJECT_POWER },
        { "system", OBJECT_SYSTEM },
    };
    for (size_t i = 0; i < sizeof singles / sizeof singles[0]; i++)
        add(start_handle_need(singles[i].name, singles[i].kind));
}

void samples_make(void)
{
    handle_t granted, grant;
    add_processes();
    add_files();
    add_streams();
    add_calls();
    add_waitables();
    add_numbers();
    add_devices();
    add_singles();
    must(sys_grant_create(samples.list[0].handle.raw, RIGHT_INSPECT, &granted, &grant));
    add(grant);
}

const struct sample *samples_next(uint32_t *at)
{
    return *at < samples.count ? &samples.list[(*at)++] : NULL;
}

const struct sample *sample_find(uint64_t kinds, rights_t rights)
{
    for (uint32_t i = 0; i < samples.count; i++) {
        const struct sample *sample = &samples.list[i];
        if ((kinds & OBJECT_BIT(sample->kind)) != 0 && (sample->rights & rights) == rights)
            return sample;
    }
    return NULL;
}

handle_t sample_narrowed(const struct sample *sample, rights_t rights)
{
    handle_t narrowed;
    must(sys_handle_duplicate(sample->handle.raw, rights, &narrowed));
    return narrowed;
}
