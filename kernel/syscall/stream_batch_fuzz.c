/* The transport's batch, byte-driven: any sequence of operations on three streams (the last one of records),
 * of chunks taken and given, of application reads, writes and closes. After each step every chunk of the pool has
 * exactly one owner and the queues add up; at the end nothing is left. */
#include <kernel_gen/syscall_handlers.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/object/handle.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/stream/stream_net.h"
#include "kernel/stream/stream_record.h"
#include "kernel/stream/streams.h"
#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "tests/doubles/kernel_object.h"
#include "tests/doubles/kernel_sched.h"
#include "tests/doubles/kernel_slab.h"
#include "tests/doubles/kernel_vmo.h"

enum { STREAMS = 3, CHUNKS = 24, OWN = 12, STEPS_MAX = 400 };

static struct cell cell;
static struct process process;
static struct thread self = { .process = &process };
static struct pool *pool;
static struct vmo *vmo;
static struct stream *apps[STREAMS], *nets[STREAMS];
static handle_t app_handles[STREAMS], net_handles[STREAMS];
static uint8_t scratch[65536];

static handle_t give(struct object *object)
{
    handle_t handle = HANDLE_NONE;
    status_t status =
        handle_add(&process.handles, capability_of(object, UINT32_MAX, NULL), &handle);
    ASSERT(status == STATUS_OK);
    return handle;
}

static void world_begin(void)
{
    sim_begin(0);
    streams_init();
    double_process_init(&process, &cell);
    status_t status = vmo_create_anon(CHUNKS * STREAM_CHUNK_SIZE, &cell, &vmo);
    ASSERT(status == STATUS_OK);
    status = pool_create(&cell, vmo, CHUNKS, OWN, &pool);
    ASSERT(status == STATUS_OK);
    for (int i = 0; i < STREAMS; i++) {
        struct stream *ends[2];
        struct stream_params params = {
            .pool = pool,
            .limits = { 8192, 8192 },
            .chunk_fill = 1000,
            .connecting = i == 1,
            .records = i == STREAMS - 1,
        };
        status = stream_create(&cell, &params, ends);
        ASSERT(status == STATUS_OK);
        apps[i] = ends[0];
        nets[i] = ends[1];
        app_handles[i] = give(&ends[0]->object);
        net_handles[i] = give(&ends[1]->object);
    }
}

static void world_end(void)
{
    handle_table_clear(&process.handles);
    for (int i = 0; i < STREAMS; i++) {
        object_unref(&apps[i]->object);
        object_unref(&nets[i]->object);
    }
    sim_reap();
    ASSERT(pool->held_count == 0);
    object_unref(&pool->object);
    sim_reap();
    ASSERT(double_vmo_pins(vmo) == 0);
    object_unref(&vmo->object);
    sim_reap();
    ASSERT(double_memory_in_use() == 0);
    ASSERT(cell.used[CELL_MEMORY] == 0 && cell.used[CELL_SEGMENTS] == 0);
    double_process_end(&process);
}

/* One owner for each chunk: a segment, the transport, a list of free ones, or none while absent. */
static void check_queue(const struct stream_queue *queue, uint8_t *owners)
{
    uint32_t bytes = 0, count = 0, unshown = 0;
    bool is_unshown = false;
    LIST_FOR_EACH (node, &queue->segments) {
        const struct segment *segment = CONTAINER_OF(node, struct segment, link);
        is_unshown |= segment == queue->unshown;
        unshown += is_unshown ? segment->len : 0;
        bytes += segment->len;
        count++;
        ASSERT(segment->len > 0);
        ASSERT(segment->offset + segment->len <= STREAM_CHUNK_SIZE);
        ASSERT(segment->chunk < CHUNKS);
        ASSERT(pool->states[segment->chunk] == POOL_CHUNK_HELD);
        owners[segment->chunk]++;
    }
    ASSERT(bytes == queue->bytes && count == queue->segment_count);
    ASSERT(unshown == queue->unshown_bytes);
    ASSERT(is_unshown == (queue->unshown != NULL));
    ASSERT(queue->bytes <= queue->limit && count <= queue->segment_max);
    ASSERT(!queue->read_turn && !queue->write_turn);
}

/* A list of free chunks holds those of its part alone. */
static void check_free(const struct pool_list *list, uint32_t first, uint32_t end, uint8_t *owners)
{
    uint32_t count = 0;
    for (uint32_t c = list->first; c != POOL_CHUNK_END; c = pool->states[c]) {
        ASSERT(c >= first && c < end);
        owners[c]++;
        count++;
    }
    ASSERT(count == list->count);
}

static void check_world(void)
{
    uint8_t owners[CHUNKS] = { 0 };
    uint32_t taken = 0, held = 0;
    for (int i = 0; i < STREAMS; i++)
        for (int q = 0; q < 2; q++)
            check_queue(&apps[i]->pair->queues[q], owners);
    check_free(&pool->own, 0, OWN, owners);
    check_free(&pool->rest, OWN, CHUNKS, owners);
    for (uint32_t c = 0; c < CHUNKS; c++) {
        bool is_absent = pool->states[c] == POOL_CHUNK_ABSENT;
        taken += pool->states[c] == POOL_CHUNK_TAKEN;
        held += pool->states[c] == POOL_CHUNK_HELD;
        owners[c] += pool->states[c] == POOL_CHUNK_TAKEN;
        ASSERT(owners[c] == (is_absent ? 0 : 1));
        ASSERT(is_absent == (pool->pages[c] == NULL));
    }
    ASSERT(taken == pool->taken_count && held == pool->held_count);
}

static void step_batch(struct reader *in)
{
    struct stream_operation operations[6];
    struct stream_result results[8];
    size_t count = 1 + reader_u8(in) % 6, done = 0, used = 0;
    size_t room = reader_u8(in) % 9;
    for (size_t i = 0; i < count; i++) {
        operations[i] = (struct stream_operation){
            .stream = net_handles[reader_u8(in) % STREAMS],
            .kind = reader_u8(in) % 10,
            .flags = reader_u8(in) % 4,
            .offset = reader_le16(in),
            .len = reader_le16(in) % 4096,
            .cookie = i,
        };
    }
    struct user_in user = { { (uintptr_t)operations }, count * sizeof operations[0] };
    struct user_out out = { { (uintptr_t)results }, room * sizeof results[0] };
    status_t status = syscall_stream_batch(&self, pool, user, out, &done, &used);
    ASSERT(status == STATUS_OK);
    ASSERT(done <= count && used <= room);
    for (size_t i = 0; i < used; i++)
        if (results[i].kind & STREAM_RESULT_SLICE)
            ASSERT(results[i].len > 0 && results[i].offset / STREAM_CHUNK_SIZE < CHUNKS);
}

static void step_records(struct stream *app, uint8_t what, size_t len)
{
    struct socket_address address = { .port = (uint16_t)len };
    struct user_in src = { { (uintptr_t)scratch }, len };
    struct user_out dst = { { (uintptr_t)scratch }, len }, from = { { (uintptr_t)&address }, 24 };
    size_t actual = 0, record_len = 0;
    status_t status = STATUS_OK;
    switch (what % 7) {
    case 0:
    case 1:
        status = stream_send(app, &src, 1, &address, STREAM_NO_WAIT, TIME_NEVER, &actual);
        break;
    case 2: status = stream_send(app, &src, 1, NULL, STREAM_NO_WAIT, TIME_NEVER, &actual); break;
    case 3:
    case 4:
        status = stream_receive(app, &dst, 1, from,
                                what & 8 ? STREAM_NO_WAIT | STREAM_PEEK : STREAM_NO_WAIT,
                                TIME_NEVER, &actual, &record_len);
        break;
    case 5: status = stream_connect(app, len & 1 ? &address : NULL); break;
    case 6: stream_shutdown(app, len % 4); break;
    }
    ASSERT(status != STATUS_OK || actual <= len);
    ASSERT(status != STATUS_OK || what % 7 < 3 || actual <= record_len);
}

static void step_application(struct reader *in)
{
    struct stream *app = apps[reader_u8(in) % STREAMS];
    uint8_t what = reader_u8(in);
    size_t len = reader_le16(in), actual = 0;
    struct user_in src = { { (uintptr_t)scratch }, len };
    struct user_out dst = { { (uintptr_t)scratch }, len };
    status_t status = STATUS_OK;
    if (app->pair->records) {
        step_records(app, what, len);
        return;
    }
    switch (what % 5) {
    case 0:
    case 1: status = stream_write(app, src, STREAM_NO_WAIT, TIME_NEVER, &actual); break;
    case 2: status = stream_read(app, dst, STREAM_NO_WAIT, TIME_NEVER, &actual); break;
    case 3:
        status = stream_read(app, dst, STREAM_NO_WAIT | STREAM_PEEK, TIME_NEVER, &actual);
        break;
    case 4: stream_shutdown(app, len % 4); break;
    }
    ASSERT(status != STATUS_OK || actual <= len);
}

static void step_pool(struct reader *in)
{
    uint32_t chunk = reader_u8(in) % (CHUNKS + 2);
    if (chunk == CHUNKS + 1)
        pool_trim(pool);
    status_t status = chunk % 3 == 0 ? pool_give(pool, reader_u8(in)) : pool_take(pool, &chunk);
    (void)status; /* Either is fine; what it did is checked. */
}

static void step_close(struct reader *in)
{
    uint8_t which = reader_u8(in);
    handle_t handle = which & 8 ? net_handles[which % STREAMS] : app_handles[which % STREAMS];
    status_t status = handle_close(&process.handles, handle);
    (void)status; /* It may be closed already. */
    sim_reap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader in = reader_of(data, size);
    world_begin();
    for (int i = 0; i < STEPS_MAX && reader_left(&in) > 0; i++) {
        switch (reader_u8(&in) % 8) {
        case 0:
        case 1:
        case 2: step_batch(&in); break;
        case 3:
        case 4: step_application(&in); break;
        case 5:
        case 6: step_pool(&in); break;
        default: step_close(&in); break;
        }
        check_world();
    }
    world_end();
    return 0;
}
