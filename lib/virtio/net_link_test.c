/* netd's end of the rings against a driver that lies, refuses or dies. The driver's end is driven by
 * hand here; the real one is tested in user/drivers/virtio_net. */
#include "lib/virtio/net_link.h"

#include "tests/unit.h"

enum { CHUNKS = 16, RX_CHUNKS = 8, TX_PIECES = 16, TX_FRAMES = 4 };

struct rig {
    struct net_link link;
    struct net_port port;
    uint8_t chunks[CHUNKS];
    struct net_tx pieces[TX_PIECES];
    struct net_link_frame frames[TX_FRAMES];
    _Alignas(64) uint8_t area[4096];
};

static struct rig rig_storage;

static const struct net_ring_depths depths = { RX_CHUNKS, TX_PIECES, TX_FRAMES };

static struct rig *rig_of(void)
{
    struct rig *rig = &rig_storage;
    memset(rig, 0, sizeof *rig);
    struct net_link_config config = { .area = rig->area,
                                      .depths = depths,
                                      .pool_bytes = CHUNKS * NET_CHUNK_BYTES,
                                      .chunks = rig->chunks,
                                      .pieces = rig->pieces,
                                      .frames = rig->frames };
    REQUIRE(net_area_size(&depths) <= sizeof rig->area);
    net_link_open(&rig->link, &config, 5);
    REQUIRE(net_port_attach(&rig->port, rig->area, sizeof rig->area) == STATUS_OK);
    return rig;
}

static uint32_t chunk_of(uint32_t index)
{
    return index * NET_CHUNK_BYTES;
}

static void post(struct rig *rig, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        EXPECT_EQ(net_link_post(&rig->link, chunk_of(i)), STATUS_OK);
    (void)net_link_flush(&rig->link);
}

static void driver_returns(struct rig *rig, const struct net_rx_done *done, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        REQUIRE(ring_push(&rig->port.rx_done, &done[i]) == STATUS_OK);
    (void)ring_publish(&rig->port.rx_done);
}

static status_t send_one(struct rig *rig, uint64_t cookie, uint32_t pieces)
{
    struct net_link_piece piece[NET_TX_PIECES_MAX];
    for (uint32_t i = 0; i < pieces; i++)
        piece[i] = (struct net_link_piece){ chunk_of(9) + 16 + i, 60 };
    return net_link_send(&rig->link, &(struct net_link_send){ .pieces = piece,
                                                              .piece_count = pieces,
                                                              .cookie = cookie });
}

static void driver_sent(struct rig *rig, uint32_t number, uint32_t status)
{
    struct net_tx_done done = { number, status };
    REQUIRE(ring_push(&rig->port.tx_done, &done) == STATUS_OK);
    (void)ring_publish(&rig->port.tx_done);
}

TEST(net_link_posts_as_many_chunks_as_the_ring_is_deep)
{
    struct rig *rig = rig_of();
    post(rig, RX_CHUNKS);
    EXPECT_EQ(net_link_post(&rig->link, chunk_of(RX_CHUNKS)), STATUS_WOULD_BLOCK);
    EXPECT_PANIC((void)net_link_post(&rig->link, chunk_of(0))); /* It is out already. */
    struct net_rx_free chunk;
    struct net_rx_done done = { .len = 100, .skip = 12, .chunks = 1 };
    REQUIRE(ring_pop(&rig->port.rx_free, &chunk) == STATUS_OK);
    (void)ring_release(&rig->port.rx_free);
    done.offset = chunk.offset;
    driver_returns(rig, &done, 1);
    struct net_link_received frame;
    REQUIRE(net_link_receive(&rig->link, &frame) == STATUS_OK);
    EXPECT_EQ(frame.chunks[0].offset, chunk.offset + 12);
    EXPECT_EQ(net_link_post(&rig->link, chunk_of(RX_CHUNKS)), STATUS_OK);
}

/* Each lie at its smallest; afterwards no chunk counts as returned. */
TEST(net_link_lies_about_chunks_poison_the_link)
{
    const struct {
        struct net_rx_done done[2];
        uint32_t count;
    } lies[] = {
        { { { .offset = chunk_of(4), .len = 60, .chunks = 1 } }, 1 },      /* Never posted. */
        { { { .offset = chunk_of(CHUNKS), .len = 60, .chunks = 1 } }, 1 }, /* Not in the pool. */
        { { { .offset = 1, .len = 60, .chunks = 1 } }, 1 },
        { { { .offset = UINT32_MAX - NET_CHUNK_BYTES + 1, .len = 60, .chunks = 1 } }, 1 },
        { { { .len = NET_CHUNK_BYTES + 1, .chunks = 1 } }, 1 },
        { { { .len = NET_CHUNK_BYTES - 11, .skip = 12, .chunks = 1 } }, 1 },
        { { { .len = UINT32_MAX, .skip = 12, .chunks = 1 } }, 1 },
        { { { .len = 60, .chunks = 0 } }, 1 },
        { { { .len = 60, .chunks = 35, .flags = NET_RX_MORE } }, 1 },
        { { { .len = 60, .chunks = 1, .flags = NET_RX_MORE } }, 1 },
        { { { .len = 60, .chunks = 2 } }, 1 },
        { { { .len = 60, .chunks = 2, .flags = NET_RX_MORE } }, 1 }, /* The rest never came. */
        { { { .len = 60, .chunks = 2, .flags = NET_RX_MORE }, { .offset = 0, .len = 60 } },
          2 }, /* The same chunk twice. */
        { { { .len = 60, .chunks = 1, .gso_type = 3, .gso_size = 9 } }, 1 },
        { { { .len = 60, .chunks = 1, .gso_type = NET_GSO_TCPV4 } }, 1 },
        { { { .len = 60,
              .chunks = 1,
              .flags = NET_RX_NEEDS_CHECKSUM,
              .checksum_start = 50,
              .checksum_offset = 9 } },
          1 },
        { { { .len = 1, .chunks = 1, .flags = NET_RX_DROPPED } }, 1 },
        { { { .len = 0, .chunks = 1 } }, 1 },
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct rig *rig = rig_of();
        struct net_link_received frame;
        post(rig, 4);
        driver_returns(rig, lies[i].done, lies[i].count);
        EXPECT_EQ(net_link_receive(&rig->link, &frame), STATUS_CORRUPT);
        EXPECT_EQ(net_link_receive(&rig->link, &frame), STATUS_CORRUPT);
        EXPECT_EQ(net_link_post(&rig->link, chunk_of(5)), STATUS_CORRUPT);
        EXPECT_EQ(send_one(rig, 1, 1), STATUS_CORRUPT);
        EXPECT(!net_link_may_sleep(&rig->link, true));
        EXPECT_EQ(rig->link.chunks_out, 4);
        EXPECT_EQ(rig->chunks[0] + rig->chunks[1] + rig->chunks[2] + rig->chunks[3], 4);
    }
}

TEST(net_link_takes_back_frames_in_any_order)
{
    struct rig *rig = rig_of();
    uint64_t cookie = 0;
    bool sent = false;
    for (uint64_t i = 0; i < TX_FRAMES; i++)
        EXPECT_EQ(send_one(rig, 100 + i, 3), STATUS_OK);
    EXPECT_EQ(send_one(rig, 104, 1), STATUS_WOULD_BLOCK);
    EXPECT(net_link_flush(&rig->link));
    driver_sent(rig, 2, STATUS_OK);
    driver_sent(rig, 0, STATUS_INVALID);
    REQUIRE(net_link_sent(&rig->link, &cookie, &sent) == STATUS_OK);
    EXPECT_EQ(cookie, 102);
    EXPECT(sent);
    EXPECT_EQ(rig->link.piece_tail, 0);
    REQUIRE(net_link_sent(&rig->link, &cookie, &sent) == STATUS_OK);
    EXPECT_EQ(cookie, 100);
    EXPECT(!sent);
    EXPECT_EQ(rig->link.piece_tail, 3);
    EXPECT_EQ(net_link_sent(&rig->link, &cookie, &sent), STATUS_WOULD_BLOCK);
}

TEST(net_link_lies_about_frames_poison_the_link)
{
    const uint32_t lies[] = { 2, UINT32_MAX, 4, 1u << 31, 0 };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct rig *rig = rig_of();
        uint64_t cookie = 0;
        bool sent = false;
        EXPECT_EQ(send_one(rig, 1, 1), STATUS_OK);
        EXPECT_EQ(send_one(rig, 2, 1), STATUS_OK);
        (void)net_link_flush(&rig->link);
        if (lies[i] == 0) { /* The same frame twice. */
            driver_sent(rig, 0, 0);
            REQUIRE(net_link_sent(&rig->link, &cookie, &sent) == STATUS_OK);
        }
        driver_sent(rig, lies[i], 0);
        EXPECT_EQ(net_link_sent(&rig->link, &cookie, &sent), STATUS_CORRUPT);
    }
}

/* A new driver finds exactly what the dead one held: what it returned is not posted again, and
 * frames keep their order and numbers. */
TEST(net_link_restart_posts_again_what_was_out)
{
    struct rig *rig = rig_of();
    struct net_link_received frame;
    struct net_device_info info;
    struct net_rx_free chunk;
    struct net_tx piece;
    uint64_t cookie = 0;
    bool sent = false;
    post(rig, 3);
    struct net_rx_done done = { .offset = chunk_of(1), .len = 60, .chunks = 1 };
    driver_returns(rig, &done, 1);
    for (uint64_t i = 0; i < 4; i++)
        EXPECT_EQ(send_one(rig, i, 2), STATUS_OK);
    driver_sent(rig, 1, STATUS_OK);
    REQUIRE(net_link_receive(&rig->link, &frame) == STATUS_OK);
    REQUIRE(net_link_sent(&rig->link, &cookie, &sent) == STATUS_OK);
    struct net_device_info old = { .mtu = 1500 };
    net_port_announce(&rig->port, &old);
    EXPECT_EQ(net_link_device(&rig->link, &info), STATUS_OK);

    net_link_restart(&rig->link);
    EXPECT_EQ(net_link_device(&rig->link, &info), STATUS_BAD_STATE);
    EXPECT(net_link_flush(&rig->link));
    REQUIRE(net_port_attach(&rig->port, rig->area, sizeof rig->area) == STATUS_OK);
    EXPECT_EQ(rig->port.epoch, 6);
    for (uint32_t i = 0; i < 3; i += 2) {
        REQUIRE(ring_pop(&rig->port.rx_free, &chunk) == STATUS_OK);
        EXPECT_EQ(chunk.offset, chunk_of(i));
    }
    EXPECT_EQ(ring_pop(&rig->port.rx_free, &chunk), STATUS_WOULD_BLOCK);
    const uint32_t numbers[] = { 0, 0, 2, 2, 3, 3 };
    for (uint32_t i = 0; i < 6; i++) {
        REQUIRE(ring_pop(&rig->port.tx, &piece) == STATUS_OK);
        EXPECT_EQ(piece.number, numbers[i]);
        EXPECT_EQ(piece.flags & NET_TX_MORE, i % 2 == 0 ? NET_TX_MORE : 0);
    }
    EXPECT_EQ(ring_pop(&rig->port.tx, &piece), STATUS_WOULD_BLOCK);
}

/* Two drivers must not serve one life of the rings: the second would repeat what the first did. */
TEST(net_port_attaches_once_in_an_epoch)
{
    struct rig *rig = rig_of();
    struct net_port second;
    struct net_rx_free chunk;
    post(rig, 1);
    REQUIRE(ring_pop(&rig->port.rx_free, &chunk) == STATUS_OK);
    (void)ring_release(&rig->port.rx_free);
    EXPECT_EQ(net_port_attach(&second, rig->area, sizeof rig->area), STATUS_BAD_STATE);
}

TEST(net_port_refuses_areas_that_lie)
{
    struct rig *rig = rig_of();
    struct net_area *area = (struct net_area *)(void *)rig->area;
    const uint32_t offsets[] = { 0, 64, 129, 4096, 4032, UINT32_MAX, 0xffffffc0 };
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        uint32_t good = area->ring_offsets[NET_RING_TX];
        area->ring_offsets[NET_RING_TX] = offsets[i];
        EXPECT_EQ(net_port_attach(&rig->port, rig->area, sizeof rig->area), STATUS_CORRUPT);
        area->ring_offsets[NET_RING_TX] = good;
    }
    EXPECT_EQ(net_port_attach(&rig->port, rig->area, 127), STATUS_CORRUPT);
    EXPECT_EQ(net_port_attach(&rig->port, rig->area, sizeof rig->area), STATUS_OK);
    area->epoch = 6; /* The rings are of another life than the area. */
    EXPECT_EQ(net_port_attach(&rig->port, rig->area, sizeof rig->area), STATUS_BAD_STATE);
    area->magic++;
    EXPECT_EQ(net_port_attach(&rig->port, rig->area, sizeof rig->area), STATUS_CORRUPT);
}
