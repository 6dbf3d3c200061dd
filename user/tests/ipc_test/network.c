/* A transport in small: what the application writes comes back, by reference all the way. */
#include <abi/objects.h>
#include <abi/port.h>
#include <abi/signals.h>
#include <abi/stream.h>
#include <string.h>
#include <swos/syscalls.h>

#include "lib/base/sum.h"
#include "user/rt/test.h"
#include "user/tests/ipc_test/claims.h"
#include "user/tests/support/threads.h"

enum {
    CHUNKS = 256,
    POOL_SIZE = CHUNKS * STREAM_CHUNK_SIZE,
    TOTAL = 1024 * 1024,
    OPERATIONS = 64,
    RESULTS = 64,
    FILL = 1448,
};

static struct test_claim claim;
static handle_t pool, app, net;
static uint8_t *memory;
static uint8_t outgoing[20000], incoming[20000];

static uint8_t pattern(uint64_t at)
{
    return (uint8_t)(at * 11 + at / 241);
}

static void writer_body(void *argument)
{
    for (uint64_t done = 0; done < TOTAL;) {
        size_t actual = 0, len = 1 + (done * 29) % sizeof outgoing;
        if (len > TOTAL - done)
            len = TOTAL - done;
        for (size_t i = 0; i < len; i++)
            outgoing[i] = pattern(done + i);
        TEST_EQ(&claim, sys_stream_write(app, outgoing, len, 0, TIME_NEVER, &actual), STATUS_OK);
        done += actual;
    }
    TEST_EQ(&claim, sys_stream_shutdown(app, STREAM_SHUT_WRITE), STATUS_OK);
}

static void batch(struct stream_operation *operations, size_t count, struct stream_result *results,
                  size_t *out_used)
{
    size_t done = 0;
    TEST_EQ(&claim, sys_stream_batch(pool, operations, count, results, RESULTS, &done, out_used),
            STATUS_OK);
    TEST_EQ(&claim, done, count);
}

/* Send one slice back: a chunk of the transport's own, pushed when there is room. */
static void loop_back(const struct stream_result *slice)
{
    static uint8_t scratch[STREAM_CHUNK_SIZE];
    struct stream_result results[RESULTS];
    size_t used = 0, taken = 0;
    uint32_t chunk = 0, status = STATUS_OK;
    TEST_EQ(&claim, sys_pool_take(pool, &chunk, 1, &taken), STATUS_OK);
    uint32_t offset = chunk * STREAM_CHUNK_SIZE + 66;
    uint16_t sum = sum_copy(scratch, memory + slice->offset, slice->len);
    TEST_EQ(&claim, sum % 0xffff, slice->sum % 0xffff);
    memcpy(memory + offset, scratch, slice->len);
    struct stream_operation operations[2] = {
        { .stream = net, .kind = STREAM_OP_PUSH, .offset = offset, .len = slice->len },
        { .stream = net, .kind = STREAM_OP_CONSUME, .len = slice->len },
    };
    do {
        uint32_t seen = 0;
        batch(operations, 1, results, &used);
        status = results[0].status;
        if (status == STATUS_LIMIT)
            TEST_EQ(&claim, sys_object_wait(net, SIGNAL_WRITABLE, TIME_NEVER, &seen), STATUS_OK);
    } while (status == STATUS_LIMIT);
    TEST_EQ(&claim, status, STATUS_OK);
    batch(operations + 1, 1, results, &used);
    TEST_EQ(&claim, results[0].status, STATUS_OK);
}

static void transport_body(void *argument)
{
    handle_t port = HANDLE_NONE;
    bool has_fin = false;
    TEST_EQ(&claim, sys_port_create(&port), STATUS_OK);
    TEST_EQ(&claim, sys_port_bind(port, net, 1, SIGNAL_READABLE, PORT_EDGE), STATUS_OK);
    while (!has_fin && !claim.failed) {
        struct port_packet packet;
        struct stream_result results[RESULTS];
        struct stream_operation peek = { .stream = net, .kind = STREAM_OP_PEEK, .len = 16 };
        size_t actual = 0, used = 0;
        TEST_EQ(&claim, sys_port_wait(port, &packet, 1, TIME_NEVER, &actual), STATUS_OK);
        do {
            batch(&peek, 1, results, &used);
            for (size_t i = 0; i + 1 < used; i++)
                loop_back(&results[i]);
            has_fin = (results[used - 1].flags & STREAM_RESULT_FIN) != 0;
        } while (used > 1);
    }
    struct stream_operation end = { .stream = net, .kind = STREAM_OP_CLOSE_WRITE };
    struct stream_result results[RESULTS];
    size_t used = 0;
    batch(&end, 1, results, &used);
    TEST_EQ(&claim, sys_handle_close(port.raw), STATUS_OK);
}

static void world_open(uint64_t *out_address)
{
    handle_t vmo = HANDLE_NONE;
    struct stream_net_params params = { .send_limit = 65536, .receive_limit = 32768, .fill = FILL };
    TEST_EQ(&claim, sys_vmo_create(POOL_SIZE, 0, &vmo), STATUS_OK);
    TEST_EQ(&claim, sys_memory_map(vmo.raw, 0, POOL_SIZE, 0, 3, out_address), STATUS_OK);
    memory = (uint8_t *)(uintptr_t)*out_address;
    TEST_EQ(&claim, sys_pool_create(vmo, CHUNKS, CHUNKS / 2, &pool), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(vmo.raw), STATUS_OK);
    TEST_EQ(&claim, sys_stream_create_net(pool, &params, &app, &net), STATUS_OK);
}

static void bytes_come_back_through_a_transport(void)
{
    uint64_t done = 0, wrong = 0, address = 0;
    size_t actual = 0;
    world_open(&address);
    struct test_thread writer;
    TEST_EQ(&claim, thread_begin(&writer, writer_body, NULL), STATUS_OK);
    struct test_thread transport;
    TEST_EQ(&claim, thread_begin(&transport, transport_body, NULL), STATUS_OK);
    do {
        TEST_EQ(&claim, sys_stream_read(app, incoming, sizeof incoming, 0, TIME_NEVER, &actual),
                STATUS_OK);
        for (size_t i = 0; i < actual; i++)
            wrong += incoming[i] != pattern(done + i);
        done += actual;
    } while (actual > 0);
    TEST_EQ(&claim, done, TOTAL);
    TEST_EQ(&claim, wrong, 0);
    thread_join(&writer);
    thread_join(&transport);
    TEST_EQ(&claim, sys_handle_close(app.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(net.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(pool.raw), STATUS_OK);
    TEST_EQ(&claim, sys_memory_unmap(address, POOL_SIZE), STATUS_OK);
}

static void a_dead_transport_resets(void)
{
    uint64_t address = 0;
    size_t actual = 0;
    world_open(&address);
    TEST_EQ(&claim, sys_stream_write(app, outgoing, 5000, 0, TIME_NEVER, &actual), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(net.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(pool.raw), STATUS_OK);
    TEST_EQ(&claim, sys_stream_write(app, outgoing, 1, 0, TIME_NEVER, &actual), STATUS_RESET);
    TEST_EQ(&claim, sys_stream_read(app, incoming, 1, 0, TIME_NEVER, &actual), STATUS_RESET);
    TEST_EQ(&claim, sys_handle_close(app.raw), STATUS_OK);
    TEST_EQ(&claim, sys_memory_unmap(address, POOL_SIZE), STATUS_OK);
}

void claims_network_streams(void)
{
    claim_run(&claim, "stream_bytes_come_back_through_a_transport",
              bytes_come_back_through_a_transport);
    claim_run(&claim, "stream_is_reset_when_its_transport_dies", a_dead_transport_resets);
}
