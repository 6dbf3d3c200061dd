/* Any bytes as a request, and as a reply, of the sample protocol. What a decoder takes, the encoder
 * gives back byte for byte: there is one encoding of each message. */
#include <ipc/sample.h>

#include <stdlib.h>

#include "lib/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static status_t serve_every_type(void *context, uint64_t badge,
                                 const struct sample_every_type_request *request, handle_t *handles,
                                 struct sample_every_type_reply *out_reply, handle_t *out_handles)
{
    struct ipc_parcel *seen = (struct ipc_parcel *)context;
    ASSERT(request->yes <= 1 && request->name_len <= 11);
    status_t status = sample_every_type_request_encode(request, seen);
    ASSERT(status == STATUS_OK);
    return STATUS_OK;
}

static status_t serve_lookup(void *context, uint64_t badge,
                             const struct sample_lookup_request *request, const uint8_t *path,
                             struct sample_lookup_reply *out_reply, uint8_t *out_target)
{
    struct ipc_parcel *seen = (struct ipc_parcel *)context;
    status_t status = sample_lookup_request_encode(request, path, seen);
    ASSERT(status == STATUS_OK);
    out_reply->target_len = request->path_len;
    memcpy(out_target, path, request->path_len);
    return STATUS_OK;
}

static const struct sample_ops ops = { .every_type = serve_every_type, .lookup = serve_lookup };

static void check_request(const uint8_t *data, size_t size)
{
    uint8_t seen_bytes[512], reply_bytes[512], request_bytes[512];
    struct ipc_parcel seen = { .bytes = seen_bytes, .capacity = sizeof seen_bytes };
    struct ipc_parcel reply = { .bytes = reply_bytes, .capacity = sizeof reply_bytes };
    struct ipc_parcel request = { .bytes = request_bytes, .len = size };
    request.handle_count = size == sizeof(struct sample_every_type_request) ? 2 : 0;
    memcpy(request_bytes, data, size);
    if (sample_dispatch(&ops, &seen, 0, &request, &reply) != STATUS_OK)
        return;
    ASSERT(seen.len == size && memcmp(seen_bytes, data, size) == 0);
    ASSERT(reply.len <= sizeof reply_bytes);
}

static void check_reply(const uint8_t *data, size_t size)
{
    uint8_t bytes[512];
    struct ipc_parcel again = { .bytes = bytes, .capacity = sizeof bytes };
    struct sample_lookup_reply reply;
    if (sample_lookup_reply_decode(data, size, 0, &reply) != STATUS_OK)
        return;
    status_t status = sample_lookup_reply_encode(&reply, data + sizeof reply, &again);
    ASSERT(status == STATUS_OK);
    ASSERT(again.len == size && memcmp(bytes, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 400)
        return 0;
    /* A buffer of its own, so that one byte too far is seen. */
    uint8_t *copy = (uint8_t *)malloc(size + 1);
    memcpy(copy, data, size);
    check_request(copy, size);
    check_reply(copy, size);
    free(copy);
    return 0;
}
