/* A whole connection: the first bytes of the input choose how reads and writes are cut, the rest is
 * what the client sends. The same bytes sent at once and cut must be answered with the same bytes
 * and the same records, and a connection that ends must hold no file. */
#include "lib/base/assert.h"
#include "tests/doubles/http_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct http_rig whole, cut;

static void run(struct http_rig *rig, const uint8_t *data, size_t size, size_t read_max,
                size_t write_max)
{
    http_rig_open(rig, false);
    rig->read_max = read_max;
    rig->write_max = write_max;
    http_rig_send(rig, data, size);
    http_rig_end(rig);
    ASSERT(rig->file == NULL);
    ASSERT(rig->is_closed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    run(&whole, data + 2, size - 2, 0, 0);
    run(&cut, data + 2, size - 2, 1 + data[0] % 64, 1 + data[1] * 8u);
    ASSERT(whole.out_len == cut.out_len);
    ASSERT(whole.record_count == cut.record_count);
    size_t kept = whole.out_len < HTTP_RIG_OUT_BYTES ? whole.out_len : HTTP_RIG_OUT_BYTES;
    ASSERT(memcmp(whole.out, cut.out, kept) == 0);
    ASSERT(memcmp(whole.statuses, cut.statuses, sizeof whole.statuses) == 0);
    return 0;
}
