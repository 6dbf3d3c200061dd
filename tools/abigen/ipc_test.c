/* The protocol generated from sample/sample.idl, client to server and back without a kernel: what
 * one side encodes the other one understands, and what no encoder writes is refused. */
#include <ipc/sample_client.h>

#include "tests/unit.h"

/* The server that ipc_call reaches, and what was on the way. */
static struct server {
    struct sample_every_type_request request;
    char path[128];
    uint32_t notices;
    uint64_t badge;
} server;
static uint8_t wire[512];
static size_t wire_len;
static size_t wire_handle_count;
static int closed;
static int fast_calls;
static size_t reply_cut; /* Bytes that a bad server leaves out. */

static status_t serve_ping(void *context, uint64_t badge, const struct sample_ping_request *request)
{
    return STATUS_OK;
}

static status_t serve_every_type(void *context, uint64_t badge,
                                 const struct sample_every_type_request *request, handle_t *handles,
                                 struct sample_every_type_reply *out_reply, handle_t *out_handles)
{
    EXPECT(context == &server);
    server.request = *request;
    server.badge = badge;
    if (request->wide == 13)
        return STATUS_BUSY;
    out_reply->sum = request->small + request->medium + request->word + request->wide +
                     (uint64_t)request->signed_number;
    out_reply->label_len = 2;
    memcpy(out_reply->label, "ok", 2);
    out_handles[SAMPLE_EVERY_TYPE_OUT_STREAM] = handles[SAMPLE_EVERY_TYPE_IN_GATE];
    handles[SAMPLE_EVERY_TYPE_IN_GATE] = HANDLE_NONE;
    return STATUS_OK;
}

static status_t serve_lookup(void *context, uint64_t badge,
                             const struct sample_lookup_request *request, const uint8_t *path,
                             struct sample_lookup_reply *out_reply, uint8_t *out_target)
{
    memcpy(server.path, path, request->path_len);
    out_reply->found = 1;
    out_reply->target_len = request->path_len + request->depth;
    for (uint32_t i = 0; i < out_reply->target_len && i < 200; i++)
        out_target[i] = (uint8_t)('a' + i % 26);
    return STATUS_OK;
}

static status_t serve_notice(void *context, uint64_t badge,
                             const struct sample_notice_request *request)
{
    server.notices += request->event;
    return STATUS_OK;
}

static const struct sample_ops ops = {
    .ping = serve_ping,
    .every_type = serve_every_type,
    .lookup = serve_lookup,
    .notice = serve_notice,
};

/* As the kernel: the request reaches the server as a copy, the answer comes back as one. */
static status_t carry(struct ipc_parcel *parcel, struct ipc_parcel *reply)
{
    struct ipc_parcel request = *parcel;
    memcpy(wire, parcel->bytes, parcel->len);
    wire_len = parcel->len;
    wire_handle_count = parcel->handle_count;
    request.bytes = wire;
    request.capacity = sizeof wire;
    return sample_dispatch(&ops, &server, 77, &request, reply);
}

status_t ipc_call(handle_t channel, time_ns_t deadline, struct ipc_parcel *parcel)
{
    uint8_t bytes[512];
    struct ipc_parcel reply = { .bytes = bytes, .capacity = sizeof bytes };
    EXPECT_EQ(channel.raw, 5);
    status_t status = carry(parcel, &reply);
    if (status != STATUS_OK)
        return status;
    if (reply.len > parcel->capacity)
        return STATUS_TOO_BIG;
    memcpy(parcel->bytes, reply.bytes, reply.len);
    memcpy(parcel->handles, reply.handles, sizeof reply.handles);
    parcel->len = reply.len - reply_cut;
    parcel->handle_count = reply.handle_count;
    return STATUS_OK;
}

status_t ipc_call_words(handle_t to, time_ns_t deadline, struct ipc_parcel *parcel)
{
    EXPECT(parcel->len <= IPC_PARCEL_INLINE_SIZE && parcel->handle_count == 0);
    fast_calls++;
    return ipc_call(to, deadline, parcel);
}

status_t ipc_send(handle_t channel, struct ipc_parcel *parcel)
{
    struct ipc_parcel reply = { 0 };
    return carry(parcel, &reply);
}

void ipc_parcel_close(struct ipc_parcel *parcel)
{
    closed += (int)parcel->handle_count;
    parcel->handle_count = 0;
}

static const handle_t channel = { 5 };
static const struct sample_every_type_request every_request = {
    .small = 1,
    .wide = 1ull << 40,
    .medium = 2,
    .word = 3,
    .signed_number = -4,
    .when = 99,
    .yes = 1,
    .options = 4,
    .address = { 1, 2, 3, 4, 5, 6 },
    .name_len = 11,
    .name = "elevenbytes",
};
static const handle_t two_handles[2] = { { 11 }, { 12 } };

static void begin(void)
{
    memset(&server, 0, sizeof server);
    closed = 0;
    reply_cut = 0;
}

static status_t call_every_type(const struct sample_every_type_request *request)
{
    struct sample_every_type_reply reply;
    handle_t stream;
    return sample_every_type(channel, TIME_NEVER, request, two_handles, &reply, &stream);
}

TEST(ipc_carries_every_type)
{
    begin();
    struct sample_every_type_reply reply = { 0 };
    handle_t stream = HANDLE_NONE;
    EXPECT_EQ(sample_every_type(channel, TIME_NEVER, &every_request, two_handles, &reply, &stream),
              STATUS_OK);
    EXPECT_EQ(reply.sum, (1ull << 40) + 2);
    EXPECT_EQ(reply.label_len, 2);
    EXPECT_EQ(stream.raw, 11);
    EXPECT_EQ(server.badge, 77);
    EXPECT_EQ(server.request.header.operation, SAMPLE_OP_EVERY_TYPE);
    EXPECT_MEM(&server.request.small, &every_request.small,
               sizeof every_request - sizeof every_request.header);
    EXPECT_EQ(wire_handle_count, 2);
}

TEST(ipc_gives_the_servers_status)
{
    begin();
    struct sample_every_type_request request = every_request;
    request.wide = 13;
    EXPECT_EQ(call_every_type(&request), STATUS_BUSY);
}

TEST(ipc_carries_tails_of_every_length)
{
    begin();
    char path[100];
    uint8_t bytes[256];
    memset(path, 'p', sizeof path);
    for (uint32_t len = 0; len <= 100; len++) {
        struct ipc_parcel parcel = { .bytes = bytes, .capacity = sizeof bytes };
        struct sample_lookup_request request = { .depth = 100, .path_len = len };
        struct sample_lookup_reply reply;
        const uint8_t *target = NULL;
        memset(server.path, 0, sizeof server.path);
        REQUIRE(sample_lookup(channel, TIME_NEVER, &parcel, &request, (const uint8_t *)path, &reply,
                              &target) == STATUS_OK);
        EXPECT_EQ(wire_len % 8, 0);
        EXPECT_EQ(strlen(server.path), len);
        EXPECT_EQ(reply.target_len, len + 100);
        EXPECT_EQ(target[len + 99], 'a' + (len + 99) % 26);
    }
}

TEST(ipc_never_sends_what_would_be_refused)
{
    begin();
    struct sample_every_type_request request = every_request;
    request.yes = 2;
    EXPECT_EQ(call_every_type(&request), STATUS_INVALID);
    request = every_request;
    request.options = 2;
    EXPECT_EQ(call_every_type(&request), STATUS_INVALID);
    request = every_request;
    request.name_len = 12;
    EXPECT_EQ(call_every_type(&request), STATUS_INVALID);
    request.name_len = 10; /* There is an eleventh byte that is not zero. */
    EXPECT_EQ(call_every_type(&request), STATUS_INVALID);
    request = every_request;
    request.name[4] = 0;
    EXPECT_EQ(call_every_type(&request), STATUS_INVALID);
    request = every_request;
    request.padding_9[6] = 1;
    EXPECT_EQ(call_every_type(&request), STATUS_INVALID);
    EXPECT_EQ(server.badge, 0);

    uint8_t bytes[256];
    struct ipc_parcel parcel = { .bytes = bytes, .capacity = sizeof bytes };
    struct sample_lookup_request lookup = { .path_len = 101 };
    EXPECT_EQ(sample_lookup_request_encode(&lookup, bytes, &parcel), STATUS_INVALID);
    lookup.path_len = 17;
    parcel.capacity = 16 + 23;
    EXPECT_EQ(sample_lookup_request_encode(&lookup, bytes + 100, &parcel), STATUS_TOO_BIG);
    parcel.capacity = 16 + 24;
    EXPECT_EQ(sample_lookup_request_encode(&lookup, bytes + 100, &parcel), STATUS_OK);
}

/* A good request on the wire, to be spoilt. */
static struct ipc_parcel good_request(void)
{
    struct ipc_parcel parcel = { .bytes = wire, .capacity = sizeof wire };
    REQUIRE(sample_every_type_request_encode(&every_request, &parcel) == STATUS_OK);
    return parcel;
}

static status_t dispatch(struct ipc_parcel *request)
{
    uint8_t bytes[512];
    struct ipc_parcel reply = { .bytes = bytes, .capacity = sizeof bytes };
    return sample_dispatch(&ops, &server, 0, request, &reply);
}

TEST(ipc_refuses_wrong_lengths_and_counts)
{
    begin();
    for (size_t len = 0; len < 200; len++) {
        struct ipc_parcel request = good_request();
        request.len = len;
        EXPECT_EQ(dispatch(&request), len == 80 ? STATUS_OK : STATUS_INVALID);
    }
    for (size_t count = 0; count < 4; count++) {
        struct ipc_parcel request = good_request();
        request.handle_count = count;
        EXPECT_EQ(dispatch(&request), count == 2 ? STATUS_OK : STATUS_INVALID);
    }
}

/* Every byte of padding, and only that, must be zero; the header must name call and version. */
TEST(ipc_refuses_bytes_that_no_encoder_writes)
{
    begin();
    static const uint8_t fixed[80] = {
        [0] = 1,  [1] = 1,  [2] = 1,  [3] = 1,  [4] = 1,  [5] = 1,  [6] = 1,  [7] = 1,
        [9] = 1,  [10] = 1, [11] = 1, [12] = 1, [13] = 1, [14] = 1, [15] = 1, [26] = 1,
        [27] = 1, [48] = 1, [49] = 1, [50] = 1, [51] = 1, [52] = 1, [53] = 1, [54] = 1,
        [55] = 1, [62] = 1, [63] = 1, [75] = 1, [76] = 1, [77] = 1, [78] = 1, [79] = 1,
    };
    for (size_t i = 0; i < 80; i++) {
        struct ipc_parcel request = good_request();
        request.bytes[i] ^= 0x82;
        EXPECT_EQ(dispatch(&request) != STATUS_OK, fixed[i]);
    }
}

TEST(ipc_refuses_tails_that_lie)
{
    begin();
    struct sample_lookup_request lookup = { .depth = 1, .path_len = 9 };
    struct ipc_parcel request = { .bytes = wire, .capacity = sizeof wire };
    REQUIRE(sample_lookup_request_encode(&lookup, (const uint8_t *)"/a/b/c/d/", &request) ==
            STATUS_OK);
    EXPECT_EQ(request.len, 32);
    EXPECT_EQ(dispatch(&request), STATUS_OK);
    request.bytes[12] = 8; /* Then the tail ends a word earlier than the message. */
    EXPECT_EQ(dispatch(&request), STATUS_INVALID);
    request.bytes[12] = 16;
    EXPECT_EQ(dispatch(&request), STATUS_OK);
    request.bytes[12] = 17;
    EXPECT_EQ(dispatch(&request), STATUS_INVALID);
    request.bytes[12] = 9;
    request.bytes[31] = 1; /* The filling of the last word. */
    EXPECT_EQ(dispatch(&request), STATUS_INVALID);
    request.bytes[31] = 0;
    memset(request.bytes + 12, 0xff, 4);
    EXPECT_EQ(dispatch(&request), STATUS_INVALID);
}

TEST(ipc_tells_unknown_from_malformed)
{
    begin();
    struct ipc_parcel request = good_request();
    request.bytes[0] = 100;
    EXPECT_EQ(dispatch(&request), STATUS_NOT_SUPPORTED);
    request = good_request();
    request.bytes[4] = 2;
    EXPECT_EQ(dispatch(&request), STATUS_NOT_SUPPORTED);
    request = good_request();
    static const struct sample_ops none = { 0 };
    uint8_t bytes[512];
    struct ipc_parcel reply = { .bytes = bytes, .capacity = sizeof bytes };
    EXPECT_EQ(sample_dispatch(&none, NULL, 0, &request, &reply), STATUS_NOT_SUPPORTED);
    reply.capacity = 15; /* The reply has 16. The handler must not have run. */
    EXPECT_EQ(sample_dispatch(&ops, &server, 1, &request, &reply), STATUS_TOO_BIG);
    EXPECT_EQ(server.badge, 0);
}

/* A server is not believed either, and the handles it sent are not leaked. */
TEST(ipc_client_refuses_a_bad_reply)
{
    begin();
    reply_cut = 8;
    EXPECT_EQ(call_every_type(&every_request), STATUS_INVALID);
    EXPECT_EQ(closed, 1);
}

TEST(ipc_calls_without_fields)
{
    begin();
    fast_calls = 0;
    EXPECT_EQ(sample_ping(channel, TIME_NEVER), STATUS_OK);
    EXPECT_EQ(fast_calls, 1); /* Small and without handles. */
    EXPECT_EQ(call_every_type(&every_request), STATUS_OK);
    EXPECT_EQ(fast_calls, 1);
    EXPECT_EQ(sample_ping(channel, TIME_NEVER), STATUS_OK);
    EXPECT_EQ(wire_len, 8);
    struct sample_notice_request notice = { .event = 3 };
    EXPECT_EQ(sample_notice(channel, &notice), STATUS_OK);
    EXPECT_EQ(server.notices, 3);
}
