/* The driver between a device double and netd's real end of the rings: frames in both directions,
 * offloads, limits, lies from either side, and drivers that die at any moment. */
#define _GNU_SOURCE /* memfd_create */
#include "user/drivers/virtio_net/virtio_net.h"

#include <sys/mman.h>
#include <unistd.h>

#include "lib/virtio/net_link.h"
#include "tests/doubles/virtio_net_device.h"
#include "tests/unit.h"

enum {
    POOL_PAGES = 160,
    POOL_BYTES = POOL_PAGES * 4096,
    RX_CHUNKS = 64,
    TX_PIECES = 128,
    TX_FRAMES = 32,
    QUEUE_DEPTH = 64,
    RX_QUEUE_DEPTH = 256,                        /* As of QEMU: far deeper than what is posted. */
    STEP_BUDGET = 80,                            /* All that is posted, at once. */
    RX_FIRST = 0,                                /* The first 64 chunks of the pool receive. */
    HEADERS_FIRST = RX_CHUNKS * NET_CHUNK_BYTES, /* Then 64 header blocks of 256 bytes, */
    PAYLOAD_FIRST = HEADERS_FIRST + 64 * 256,    /* then what is sent. */
};

#define FEATURE_CSUM (1ull << 0)
#define FEATURE_GUEST_CSUM (1ull << 1)
#define FEATURE_MTU (1ull << 3)
#define FEATURE_MAC (1ull << 5)
#define FEATURE_GUEST_TSO4 (1ull << 7)
#define FEATURE_HOST_TSO4 (1ull << 11)
#define FEATURE_MRG_RXBUF (1ull << 15)
#define FEATURE_STATUS (1ull << 16)
#define FEATURES_PLAIN (VIRTIO_F_VERSION_1 | FEATURE_MAC)
#define FEATURES_FULL                                                                  \
    (FEATURES_PLAIN | VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT_DESC | FEATURE_CSUM |     \
     FEATURE_GUEST_CSUM | FEATURE_GUEST_TSO4 | FEATURE_HOST_TSO4 | FEATURE_MRG_RXBUF | \
     FEATURE_STATUS | FEATURE_MTU)

struct rig {
    struct virtio_double device;
    struct net_link link;
    struct net_port port;
    struct virtio_net net;
    uint64_t daddr_of_page[POOL_PAGES];
    struct virtqueue_slot rx_slots[RX_QUEUE_DEPTH], tx_slots[QUEUE_DEPTH];
    uint8_t chunks[POOL_BYTES / NET_CHUNK_BYTES];
    struct net_tx pieces[TX_PIECES];
    struct net_link_frame frames[TX_FRAMES];
    _Alignas(64) uint8_t rx_ring[8192], tx_ring[4096];
    _Alignas(64) uint8_t tx_indirect[QUEUE_DEPTH * 8 * 16];
    _Alignas(64) uint8_t area[16384];
    uint8_t *pool;
};

static struct rig rig_storage;
static uint8_t wire[DOUBLE_NET_FRAME_MAX];

static void driver_start(struct rig *rig)
{
    struct virtio_net_config config = {
        .transport = &rig->device.transport,
        .port = &rig->port,
        .pool = rig->pool,
        .pool_bytes = POOL_BYTES,
        .daddr_of_page = rig->daddr_of_page,
        .config_vector = 2,
        .rx = { .ring = device_memory(rig->rx_ring, sizeof rig->rx_ring),
                .slots = rig->rx_slots,
                .depth = RX_QUEUE_DEPTH,
                .vector = 0 },
        .tx = { .ring = device_memory(rig->tx_ring, sizeof rig->tx_ring),
                .indirect = device_memory(rig->tx_indirect, sizeof rig->tx_indirect),
                .slots = rig->tx_slots,
                .depth = QUEUE_DEPTH,
                .indirect_entries = 8,
                .vector = 1 },
    };
    REQUIRE(net_port_attach(&rig->port, rig->area, sizeof rig->area) == STATUS_OK);
    REQUIRE(virtio_net_open(&rig->net, &config) == STATUS_OK);
}

/* The pool twice: in one piece for the driver, and page by page in another order where the device
 * looks, so that a range across pages is no range for the device. */
static void pool_map(struct rig *rig)
{
    static uint8_t *pool, *device_view;
    if (pool == NULL) {
        int fd = memfd_create("pool", 0);
        REQUIRE(fd >= 0 && ftruncate(fd, POOL_BYTES) == 0);
        pool = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        device_view = mmap(NULL, POOL_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(pool != MAP_FAILED && device_view != MAP_FAILED);
        for (uint32_t i = 0; i < POOL_PAGES; i++)
            REQUIRE(mmap(device_view + (i ^ 1u) * 4096, 4096, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_FIXED, fd, i * 4096) != MAP_FAILED);
        close(fd);
    }
    rig->pool = pool;
    memset(pool, 0, POOL_BYTES);
    for (uint32_t i = 0; i < POOL_PAGES; i++)
        rig->daddr_of_page[i] = device_address(device_view + (i ^ 1u) * 4096).raw;
}

static struct rig *rig_without_driver(uint64_t features)
{
    struct rig *rig = &rig_storage;
    struct net_link_config config = {
        .area = rig->area,
        .depths = { RX_CHUNKS, TX_PIECES, TX_FRAMES },
        .pool_bytes = POOL_BYTES,
        .chunks = rig->chunks,
        .pieces = rig->pieces,
        .frames = rig->frames,
    };
    memset(rig, 0, sizeof *rig);
    REQUIRE(net_area_size(&config.depths) <= sizeof rig->area);
    virtio_double_init(&rig->device, features, RX_QUEUE_DEPTH);
    double_net_configure(&rig->device);
    pool_map(rig);
    net_link_open(&rig->link, &config, 1);
    return rig;
}

static struct rig *rig_of(uint64_t features)
{
    struct rig *rig = rig_without_driver(features);
    driver_start(rig);
    return rig;
}

static struct virtio_net_result step(struct rig *rig)
{
    struct virtio_net_result result = { .may_sleep = false };
    REQUIRE(virtio_net_step(&rig->net, STEP_BUDGET, &result) == STATUS_OK);
    return result;
}

static void post_all(struct rig *rig)
{
    for (uint32_t i = 0; i < RX_CHUNKS; i++)
        if (rig->chunks[i] == 0)
            REQUIRE(net_link_post(&rig->link, i * NET_CHUNK_BYTES) == STATUS_OK);
    (void)net_link_flush(&rig->link);
}

static uint32_t rig_free_chunk(const struct rig *rig)
{
    for (uint32_t i = 0; i < RX_CHUNKS; i++)
        if (rig->chunks[i] == 0)
            return i * NET_CHUNK_BYTES;
    REQUIRE(false);
    return 0;
}

/* A frame whose bytes follow from its number, so that a later mix-up shows. */
static void frame_fill(uint8_t *bytes, uint32_t len, uint32_t number)
{
    for (uint32_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(number * 31 + i * 7 + (i >> 8));
    memcpy(bytes, &number, sizeof number);
}

static bool frame_is(const uint8_t *bytes, uint32_t len, uint32_t number)
{
    static uint8_t want[DOUBLE_NET_FRAME_MAX];
    frame_fill(want, len, number);
    return memcmp(bytes, want, len) == 0;
}

/* Queue a frame of one header block and up to two payload pieces that lie `gap` bytes apart. */
static status_t send(struct rig *rig, uint32_t number, uint32_t header_len, uint32_t payload_len,
                     struct net_link_send *options)
{
    static uint8_t bytes[DOUBLE_NET_FRAME_MAX];
    struct net_link_piece pieces[3];
    uint32_t slot = number % 64;
    uint32_t payload = PAYLOAD_FIRST + slot * 4096 + 3000; /* Crosses a page. */
    uint32_t half = payload_len / 2;
    frame_fill(bytes, header_len + payload_len, number);
    pieces[0] = (struct net_link_piece){ HEADERS_FIRST + slot * 256 + NET_TX_HEADROOM, header_len };
    pieces[1] = (struct net_link_piece){ payload, half };
    pieces[2] = (struct net_link_piece){ payload + 2000, payload_len - half };
    options->pieces = pieces;
    options->piece_count = payload_len == 0 ? 1 : half == 0 ? 0 : 3;
    options->cookie = number;
    memcpy(rig->pool + pieces[0].offset, bytes, header_len);
    memcpy(rig->pool + pieces[1].offset, bytes + header_len, half);
    memcpy(rig->pool + pieces[2].offset, bytes + header_len + half, payload_len - half);
    return net_link_send(&rig->link, options);
}

static status_t send_plain(struct rig *rig, uint32_t number, uint32_t payload_len)
{
    struct net_link_send options = { 0 };
    return send(rig, number, 54, payload_len, &options);
}

TEST(net_driver_announces_what_was_agreed)
{
    struct rig *rig = rig_without_driver(FEATURES_FULL);
    struct net_device_info info;
    EXPECT_EQ(net_link_device(&rig->link, &info), STATUS_BAD_STATE);
    driver_start(rig);
    REQUIRE(net_link_device(&rig->link, &info) == STATUS_OK);
    EXPECT_EQ(info.mac[5], 0x56);
    EXPECT_EQ(info.mtu, 1500);
    EXPECT_EQ(info.link_up, 1);
    EXPECT_EQ(info.features, 31);
    EXPECT_EQ(rig->device.queues[0].vector, 0);
    EXPECT_EQ(rig->device.queues[1].vector, 1);
    EXPECT_EQ(rig->device.config_vector, 2);
    rig->device.config[6] = 0;
    EXPECT(virtio_net_link_check(&rig->net));
    EXPECT(!virtio_net_link_check(&rig->net));
    REQUIRE(net_link_device(&rig->link, &info) == STATUS_OK);
    EXPECT_EQ(info.link_up, 0);
}

/* 5.1.3.1: offloads without what they stand on are not taken. */
TEST(net_driver_drops_features_without_their_base)
{
    struct net_device_info info;
    const struct {
        uint64_t missing;
        uint32_t features;
    } cases[] = { { FEATURE_CSUM, 2 | 8 | 16 },
                  { FEATURE_GUEST_CSUM, 1 | 4 | 16 },
                  { FEATURE_MRG_RXBUF, 1 | 2 | 4 },
                  { FEATURE_HOST_TSO4, 1 | 2 | 8 | 16 },
                  { FEATURES_FULL & ~FEATURES_PLAIN, 0 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig *rig = rig_of(FEATURES_FULL & ~cases[i].missing);
        REQUIRE(net_link_device(&rig->link, &info) == STATUS_OK);
        EXPECT_EQ(info.features, cases[i].features);
    }
}

static void expect_received(struct rig *rig, uint32_t len, uint32_t number, uint32_t chunks)
{
    static uint8_t bytes[DOUBLE_NET_FRAME_MAX];
    struct net_link_received frame;
    uint32_t at = 0;
    REQUIRE(net_link_receive(&rig->link, &frame) == STATUS_OK);
    EXPECT_EQ(frame.len, len);
    EXPECT_EQ(frame.chunk_count, chunks);
    for (uint32_t i = 0; i < frame.chunk_count; i++) {
        memcpy(bytes + at, rig->pool + frame.chunks[i].offset, frame.chunks[i].len);
        at += frame.chunks[i].len;
    }
    EXPECT_EQ(at, len);
    EXPECT(frame_is(bytes, len, number));
}

/* One chunk exactly full, one byte more, and the largest frame there is. */
TEST(net_driver_receives_frames_of_every_size)
{
    struct rig *rig = rig_of(FEATURES_FULL);
    const struct {
        uint32_t len, chunks;
    } cases[] = { { 14, 1 },   { 60, 1 },   { 1514, 1 }, { 4084, 1 },
                  { 4085, 2 }, { 8180, 2 }, { 8181, 3 }, { 65550, 17 } };
    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        post_all(rig);
        (void)step(rig);
        frame_fill(wire, cases[i].len, i);
        REQUIRE(
            double_net_deliver(&rig->device, (struct double_net_header){ 0 }, wire, cases[i].len));
        (void)step(rig);
        expect_received(rig, cases[i].len, i, cases[i].chunks);
        EXPECT_EQ(rig->link.chunks_out, RX_CHUNKS - cases[i].chunks);
    }
}

TEST(net_driver_passes_receive_offloads_on)
{
    struct rig *rig = rig_of(FEATURES_FULL);
    struct net_link_received frame;
    post_all(rig);
    (void)step(rig);
    struct double_net_header good = { .flags = 2 };
    struct double_net_header gso = { .flags = 1,
                                     .gso_type = 1,
                                     .gso_size = 1448,
                                     .header_len = 54,
                                     .checksum_start = 34,
                                     .checksum_offset = 16 };
    REQUIRE(double_net_deliver(&rig->device, good, wire, 60));
    REQUIRE(double_net_deliver(&rig->device, gso, wire, 5000));
    (void)step(rig);
    REQUIRE(net_link_receive(&rig->link, &frame) == STATUS_OK);
    EXPECT_EQ(frame.flags, NET_RX_CHECKSUM_GOOD);
    REQUIRE(net_link_receive(&rig->link, &frame) == STATUS_OK);
    EXPECT_EQ(frame.flags, NET_RX_NEEDS_CHECKSUM);
    EXPECT_EQ(frame.gso_type, NET_GSO_TCPV4);
    EXPECT_EQ(frame.gso_size, 1448);
    EXPECT_EQ(frame.header_len, 54);
    EXPECT_EQ(frame.checksum_start, 34);
    EXPECT_EQ(frame.checksum_offset, 16);
    EXPECT_EQ(frame.chunk_count, 2);
}

/* A frame that contradicts itself is dropped, and its chunks come back all the same. */
TEST(net_driver_returns_the_chunks_of_frames_it_drops)
{
    struct rig *rig = rig_of(FEATURES_FULL);
    struct net_link_received frame;
    post_all(rig);
    (void)step(rig);
    const struct double_net_header bad[] = {
        { .flags = 1, .checksum_start = 50, .checksum_offset = 9 }, /* One byte too far. */
        { .flags = 1, .checksum_start = 65535, .checksum_offset = 65535 },
        { .gso_type = 1, .gso_size = 0 },
        { .gso_type = 3, .gso_size = 1000 }, /* UDP: never agreed on. */
        { .gso_type = 4, .gso_size = 1000 },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        REQUIRE(double_net_deliver(&rig->device, bad[i], wire, 60));
        (void)step(rig);
        REQUIRE(net_link_receive(&rig->link, &frame) == STATUS_OK);
        EXPECT_EQ(frame.flags, NET_RX_DROPPED);
        EXPECT_EQ(frame.chunk_count, 1);
        EXPECT_EQ(frame.len, 0);
    }
    EXPECT_EQ(rig->net.counters.rx_dropped, sizeof bad / sizeof *bad);
    REQUIRE(double_net_deliver(&rig->device, (struct double_net_header){ 0 }, wire, 13));
    (void)step(rig);
    REQUIRE(net_link_receive(&rig->link, &frame) == STATUS_OK);
    EXPECT_EQ(frame.flags, NET_RX_DROPPED); /* Shorter than an Ethernet header. */
}

/* Without the feature, the offload fields are noise (5.1.6.4.2). */
TEST(net_driver_ignores_offloads_that_were_not_agreed_on)
{
    struct rig *rig = rig_of(FEATURES_PLAIN);
    struct net_link_received frame;
    post_all(rig);
    (void)step(rig);
    struct double_net_header noise = {
        .flags = 3, .gso_type = 9, .checksum_start = 9999, .buffers = 77
    };
    REQUIRE(double_net_deliver(&rig->device, noise, wire, 60));
    (void)step(rig);
    REQUIRE(net_link_receive(&rig->link, &frame) == STATUS_OK);
    EXPECT_EQ(frame.flags, 0);
    EXPECT_EQ(frame.len, 60);
}

TEST(net_driver_ends_when_the_device_lies)
{
    struct virtio_net_result result;
    const uint16_t buffers[] = { 35, 65535 };
    for (size_t i = 0; i < 2; i++) {
        struct rig *rig = rig_of(FEATURES_FULL);
        post_all(rig);
        (void)step(rig);
        struct double_net_header header = { .buffers = buffers[i] };
        REQUIRE(double_net_deliver(&rig->device, header, wire, 60));
        EXPECT_EQ(virtio_net_step(&rig->net, STEP_BUDGET, &result), STATUS_CORRUPT);
    }
    struct rig *rig = rig_of(FEATURES_FULL);
    struct double_chain chain;
    post_all(rig);
    (void)step(rig);
    REQUIRE(double_queue_take(&rig->device.queues[0], &chain));
    double_queue_use(&rig->device.queues[0], true, chain.head, 11); /* Not even a header. */
    EXPECT_EQ(virtio_net_step(&rig->net, STEP_BUDGET, &result), STATUS_CORRUPT);
}

TEST(net_driver_sends_frames_whole)
{
    const uint64_t variants[] = { FEATURES_FULL, FEATURES_PLAIN };
    for (size_t v = 0; v < 2; v++) {
        struct rig *rig = rig_of(variants[v]);
        struct double_net_header header;
        uint64_t cookie = 0;
        bool sent = false;
        for (uint32_t i = 0; i < 3; i++)
            EXPECT_EQ(send_plain(rig, i, i * 700), STATUS_OK);
        EXPECT(net_link_flush(&rig->link));
        (void)step(rig);
        EXPECT_EQ(rig->device.queues[1].kicks, 1);
        for (uint32_t i = 0; i < 3; i++) {
            EXPECT_EQ(double_net_take(&rig->device, &header, wire), 54 + i * 700);
            EXPECT(frame_is(wire, 54 + i * 700, i));
            EXPECT_EQ(header.flags, 0);
        }
        (void)step(rig);
        for (uint32_t i = 0; i < 3; i++) {
            REQUIRE(net_link_sent(&rig->link, &cookie, &sent) == STATUS_OK);
            EXPECT_EQ(cookie, i);
            EXPECT(sent);
        }
        EXPECT_EQ(net_link_sent(&rig->link, &cookie, &sent), STATUS_WOULD_BLOCK);
        EXPECT_EQ(rig->link.piece_head, rig->link.piece_tail);
    }
}

TEST(net_driver_passes_send_offloads_on)
{
    struct rig *rig = rig_of(FEATURES_FULL);
    struct double_net_header header;
    struct net_link_send options = { .needs_checksum = true,
                                     .gso_type = NET_GSO_TCPV4,
                                     .gso_size = 1448,
                                     .header_len = 54,
                                     .checksum_start = 34,
                                     .checksum_offset = 16 };
    EXPECT_EQ(send(rig, 7, 54, 4000, &options), STATUS_OK);
    (void)net_link_flush(&rig->link);
    (void)step(rig);
    EXPECT_EQ(double_net_take(&rig->device, &header, wire), 4054);
    EXPECT(frame_is(wire, 4054, 7));
    EXPECT_EQ(header.flags, 1);
    EXPECT_EQ(header.gso_type, 1);
    EXPECT_EQ(header.gso_size, 1448);
    EXPECT_EQ(header.header_len, 54);
    EXPECT_EQ(header.checksum_start, 34);
    EXPECT_EQ(header.checksum_offset, 16);
}

static void expect_refused(struct rig *rig, const struct net_link_piece *piece,
                           struct net_link_send options)
{
    uint64_t cookie = 0;
    bool sent = true;
    options.pieces = piece;
    options.piece_count = 1;
    options.cookie = 99;
    REQUIRE(net_link_send(&rig->link, &options) == STATUS_OK);
    (void)net_link_flush(&rig->link);
    (void)step(rig);
    REQUIRE(net_link_sent(&rig->link, &cookie, &sent) == STATUS_OK);
    EXPECT_EQ(cookie, 99);
    EXPECT(!sent);
    EXPECT_EQ(rig->device.queues[1].kicks, 0);
}

/* What netd asks for and must not get: bytes outside the pool, and what was not negotiated. */
TEST(net_driver_refuses_frames_that_make_no_sense)
{
    struct rig *rig = rig_of(FEATURES_FULL & ~FEATURE_HOST_TSO4);
    const struct net_link_piece good = { HEADERS_FIRST + 16, 60 };
    const struct net_link_piece bad[] = {
        { POOL_BYTES, 60 },
        { POOL_BYTES - 59, 60 },
        { UINT32_MAX, 60 },
        { 64, UINT32_MAX },
        { 11, 60 },
        { HEADERS_FIRST, 0 },
        { HEADERS_FIRST + 16, 13 },
        { HEADERS_FIRST + 16, 1515 },
        { 64, NET_FRAME_BYTES_MAX + 1 },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused(rig, &bad[i], (struct net_link_send){ 0 });
    expect_refused(rig, &good,
                   (struct net_link_send){
                       .needs_checksum = true, .checksum_start = 50, .checksum_offset = 9 });
    expect_refused(rig, &good, (struct net_link_send){ .gso_type = NET_GSO_TCPV4 });
    expect_refused(rig, &good,
                   (struct net_link_send){ .needs_checksum = true,
                                           .gso_type = NET_GSO_TCPV4,
                                           .gso_size = 1000,
                                           .header_len = 54 });
    rig = rig_of(FEATURES_PLAIN);
    expect_refused(rig, &good, (struct net_link_send){ .needs_checksum = true });
}

/* A page that is not in the window has no address: 0 in the table is not one. */
TEST(net_driver_refuses_what_the_window_does_not_hold)
{
    struct rig *rig = rig_of(FEATURES_FULL);
    struct virtio_net_result result;
    const struct net_link_piece across = { PAYLOAD_FIRST + 4096 - 60, 200 };
    rig->daddr_of_page[PAYLOAD_FIRST / 4096 + 1] = 0;
    expect_refused(rig, &across, (struct net_link_send){ 0 });
    rig->daddr_of_page[0] = 0;
    REQUIRE(net_link_post(&rig->link, 0) == STATUS_OK);
    (void)net_link_flush(&rig->link);
    EXPECT_EQ(virtio_net_step(&rig->net, STEP_BUDGET, &result), STATUS_CORRUPT);
}

/* Pages that leave the pool are not somebody else's before the frames in them are sent: those of the turn
 * before are waited for, in whatever order they end, and those that come later are not. */
TEST(net_driver_waits_for_frames_when_pages_leave)
{
    struct rig *rig = rig_of(FEATURES_FULL);
    struct double_net_header header;
    EXPECT(virtio_net_forgot(&rig->net));
    for (uint32_t turn = 0; turn < 3; turn++) {
        for (uint32_t i = 0; i < 3; i++)
            EXPECT_EQ(send_plain(rig, turn * 5 + i, 900), STATUS_OK);
        (void)net_link_flush(&rig->link);
        (void)step(rig);
        EXPECT_EQ(virtio_net_forget(&rig->net), STATUS_OK);
        for (uint32_t i = 3; i < 5; i++)
            EXPECT_EQ(send_plain(rig, turn * 5 + i, 900), STATUS_OK);
        (void)net_link_flush(&rig->link);
        (void)step(rig);
        for (uint32_t i = 0; i < 5; i++) {
            EXPECT_EQ(virtio_net_forgot(&rig->net), i >= 3);
            REQUIRE(double_net_take(&rig->device, &header, wire) != 0);
            (void)step(rig);
        }
        uint64_t cookie;
        bool sent;
        while (net_link_sent(&rig->link, &cookie, &sent) == STATUS_OK)
            EXPECT(sent);
    }
}

/* A chunk that waits for a frame may be written at any time: netd gave away memory that it had lent
 * the device. The page coming back as another one makes it no better. */
TEST(net_driver_ends_when_a_posted_chunk_leaves)
{
    for (uint64_t other = 0; other < 2; other++) {
        struct rig *rig = rig_of(FEATURES_FULL);
        post_all(rig);
        (void)step(rig);
        rig->daddr_of_page[RX_CHUNKS] = 0; /* The first that has none. */
        EXPECT_EQ(virtio_net_forget(&rig->net), STATUS_OK);
        rig->daddr_of_page[RX_CHUNKS - 1] = other * rig->daddr_of_page[100];
        EXPECT_EQ(virtio_net_forget(&rig->net), STATUS_CORRUPT);
    }
}

/* More frames than the queue has descriptors: what does not fit is held, in order, and the driver
 * may sleep meanwhile because the device's completion wakes it. */
TEST(net_driver_holds_what_does_not_fit)
{
    struct rig *rig = rig_of((FEATURES_FULL & ~VIRTIO_F_INDIRECT_DESC));
    struct double_net_header header;
    uint32_t queued = 0, taken = 0;
    while (send_plain(rig, queued, 900) == STATUS_OK)
        queued++;
    EXPECT_EQ(queued, TX_FRAMES);
    (void)net_link_flush(&rig->link);
    (void)step(rig);
    EXPECT(rig->net.held.count > 0);
    EXPECT(step(rig).may_sleep);
    EXPECT_EQ(rig->device.queues[1].interrupts, 0);
    while (taken < queued) {
        uint32_t before = taken;
        bool is_held = rig->net.held.count > 0;
        while (double_net_take(&rig->device, &header, wire) != 0) {
            EXPECT(frame_is(wire, 954, taken));
            taken++;
        }
        REQUIRE(taken > before);
        EXPECT_EQ(rig->device.queues[1].interrupted, is_held);
        rig->device.queues[1].interrupted = false;
        (void)step(rig);
    }
    EXPECT_EQ(rig->net.held.count, 0);
}

/* A busy pair exchanges batches without a notice for each; a sleeping one is woken by the first. */
TEST(net_driver_is_told_once_for_a_batch)
{
    struct rig *rig = rig_of(FEATURES_FULL);
    post_all(rig);
    EXPECT(step(rig).may_sleep);
    EXPECT_EQ(rig->device.queues[0].kicks, 1);
    for (uint32_t i = 0; i < 16; i++)
        REQUIRE(double_net_deliver(&rig->device, (struct double_net_header){ 0 }, wire, 60));
    EXPECT_EQ(rig->device.queues[0].interrupts, 1);
    struct virtio_net_result result = step(rig);
    EXPECT(result.notify_peer);
    EXPECT(result.may_sleep);
    struct net_link_received frame;
    for (uint32_t i = 0; i < 16; i++)
        REQUIRE(net_link_receive(&rig->link, &frame) == STATUS_OK);
    EXPECT(net_link_may_sleep(&rig->link, true));
    for (uint32_t i = 0; i < 16; i++)
        EXPECT_EQ(send_plain(rig, i, 0), STATUS_OK);
    EXPECT(net_link_flush(&rig->link));
    (void)step(rig);
    EXPECT_EQ(rig->device.queues[1].kicks, 1);
}

static void frames_pass(struct rig *rig, uint32_t count)
{
    struct net_link_received frame;
    EXPECT(net_link_may_sleep(&rig->link, false));
    for (uint32_t i = 0; i < count; i++)
        REQUIRE(double_net_deliver(&rig->device, (struct double_net_header){ 0 }, wire, 60));
    EXPECT(step(rig).notify_peer);
    for (uint32_t i = 0; i < count; i++)
        REQUIRE(net_link_receive(&rig->link, &frame) == STATUS_OK);
}

/* A chunk that comes back is no reason to wake the driver while the device has enough of them, which is at most all that
 * netd posts, however deep the queue is; a frame that was sent none to wake anybody: both would be a switch each for every frame. */
TEST(net_driver_asks_only_for_what_is_needed)
{
    struct rig *rig = rig_of(FEATURES_FULL);
    struct double_net_header header;
    post_all(rig);
    EXPECT(step(rig).may_sleep);
    EXPECT(net_link_may_sleep(&rig->link, false));
    frames_pass(rig, 8);
    REQUIRE(net_link_post(&rig->link, rig_free_chunk(rig)) == STATUS_OK);
    EXPECT(!net_link_flush(&rig->link));
    EXPECT(net_link_may_sleep(&rig->link, false));

    for (uint32_t i = 0; i < 3; i++) {
        EXPECT_EQ(send_plain(rig, i, 0), STATUS_OK);
        EXPECT(net_link_flush(&rig->link));
        struct virtio_net_result result = step(rig);
        EXPECT(result.may_sleep && result.look_again && !result.notify_peer);
        rig->device.queues[1].interrupted = false;
        REQUIRE(double_net_take(&rig->device, &header, wire) != 0);
        bool interrupted = rig->device.queues[1].interrupted;
        result = step(rig);
        EXPECT(result.may_sleep && !result.look_again);
        if (i > 0) /* The indices that queue and ring start with ask for the first. */
            EXPECT(!interrupted && !result.notify_peer);
    }
}

/* With little left the driver asks for the next chunk: the device says nothing while it has none. */
TEST(net_driver_asks_for_chunks_before_they_run_out)
{
    struct rig *rig = rig_of(FEATURES_FULL);
    post_all(rig);
    EXPECT(step(rig).may_sleep);
    while (rig->net.rx.chains_out >= NET_RX_CHUNKS_MAX)
        frames_pass(rig, 1);
    REQUIRE(net_link_post(&rig->link, rig_free_chunk(rig)) == STATUS_OK);
    EXPECT(net_link_flush(&rig->link));
}

/* A driver that attached just before netd moved on must end, not serve rings of another life. */
TEST(net_driver_ends_when_its_epoch_is_over)
{
    struct rig *rig = rig_of(FEATURES_FULL);
    struct virtio_net_result result;
    EXPECT(step(rig).may_sleep);
    net_link_restart(&rig->link);
    EXPECT_EQ(virtio_net_step(&rig->net, STEP_BUDGET, &result), STATUS_CORRUPT);
}

/* ---- drivers that die ---- */

struct traffic {
    uint32_t sent, completed, wire_next; /* Frames out: queued, back, expected on the wire. */
    uint32_t delivered, received;        /* Frames in. */
    uint32_t restarts;
    uint8_t done[4096];
};

static void traffic_send(struct rig *rig, struct traffic *traffic)
{
    if (traffic->sent - traffic->completed < 30 && traffic->sent < 4096 &&
        send_plain(rig, traffic->sent, unit_random() % 700 * 2) == STATUS_OK)
        traffic->sent++;
}

static void traffic_complete(struct rig *rig, struct traffic *traffic)
{
    uint64_t cookie = 0;
    bool sent = false;
    while (net_link_sent(&rig->link, &cookie, &sent) == STATUS_OK) {
        REQUIRE(cookie < traffic->sent && traffic->done[cookie] == 0);
        EXPECT(sent);
        traffic->done[cookie] = 1;
        traffic->completed++;
    }
}

/* Frames may come again after a death, and never with a gap or with other bytes. */
static void traffic_take(struct rig *rig, struct traffic *traffic)
{
    struct double_net_header header;
    uint32_t len = double_net_take(&rig->device, &header, wire);
    uint32_t number = 0;
    if (len == 0)
        return;
    memcpy(&number, wire, sizeof number);
    EXPECT(number <= traffic->wire_next);
    EXPECT(frame_is(wire, len, number));
    if (number == traffic->wire_next)
        traffic->wire_next++;
}

static void traffic_receive(struct rig *rig, struct traffic *traffic)
{
    struct net_link_received frame;
    while (net_link_receive(&rig->link, &frame) == STATUS_OK) {
        uint32_t number = 0;
        memcpy(&number, rig->pool + frame.chunks[0].offset, sizeof number);
        EXPECT(number >= traffic->received && number < traffic->delivered);
        traffic->received = number + 1;
    }
    post_all(rig);
}

static void traffic_kill(struct rig *rig, struct traffic *traffic)
{
    traffic->restarts++;
    rig->device.transport.ops->status_write(&rig->device.transport, 0); /* The bus owner's reset. */
    net_link_restart(&rig->link);
    (void)net_link_flush(&rig->link);
    driver_start(rig);
}

static void traffic_step(struct rig *rig, struct traffic *traffic)
{
    switch (unit_random() % 8) {
    case 0: traffic_send(rig, traffic); break;
    case 1: traffic_complete(rig, traffic); break;
    case 2: traffic_take(rig, traffic); break;
    case 3:
        frame_fill(wire, 5000, traffic->delivered);
        traffic->delivered += double_net_deliver(&rig->device, (struct double_net_header){ 0 },
                                                 wire, 14 + unit_random() % 4000);
        break;
    case 4: traffic_receive(rig, traffic); break;
    case 5: (void)net_link_flush(&rig->link); break;
    default: {
        struct virtio_net_result result;
        REQUIRE(virtio_net_step(&rig->net, 1 + unit_random() % 8, &result) == STATUS_OK);
        break;
    }
    }
}

/* Kill the driver at random points of random traffic: afterwards every frame that was queued has
 * reached the wire and come back once, and every chunk is where it can be found. */
TEST(net_driver_deaths_lose_no_chunk_and_no_frame)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        static struct traffic traffic;
        unit_seed(seed * 7919 + 1);
        struct rig *rig = rig_of(seed % 2 ? FEATURES_FULL : FEATURES_FULL & ~VIRTIO_F_EVENT_IDX);
        memset(&traffic, 0, sizeof traffic);
        post_all(rig);
        for (uint32_t i = 0; i < 4000; i++) {
            traffic_step(rig, &traffic);
            if (unit_random() % 100 == 0)
                traffic_kill(rig, &traffic);
        }
        for (uint32_t i = 0; i < 300; i++) {
            (void)net_link_flush(&rig->link);
            (void)step(rig);
            traffic_take(rig, &traffic);
            traffic_complete(rig, &traffic);
            traffic_receive(rig, &traffic);
        }
        EXPECT(traffic.restarts > 10 && traffic.sent > 100 && traffic.received > 50);
        EXPECT_EQ(traffic.completed, traffic.sent);
        EXPECT_EQ(traffic.wire_next, traffic.sent);
        EXPECT_EQ(rig->link.chunks_out, RX_CHUNKS);
        EXPECT_EQ(rig->net.rx.chains_out, RX_CHUNKS);
        EXPECT_EQ(rig->link.frame_head, rig->link.frame_tail);
        EXPECT_EQ(rig->link.piece_head, rig->link.piece_tail);
    }
}
