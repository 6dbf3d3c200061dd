/* The driver's life: negotiate, start two queues, announce; then steps, each of them receive,
 * refill, complete, send, tell both neighbours once, and see whether it is safe to sleep. */
#include "user/drivers/virtio_net/virtio_net.h"

#include "lib/base/assert.h"
#include "lib/base/seldom.h"
#include "user/drivers/virtio_net/virtio_net_internal.h"

enum {
    NET_MTU_DEFAULT = 1500,
    NET_MTU_MIN = 68,
    CONFIG_MAC = 0, /* 5.1.4: offsets in the configuration. */
    CONFIG_STATUS = 6,
    CONFIG_MTU = 10,
    STATUS_LINK_UP = 1,
};

/* 5.1.3.1: offloads depend on one another; frames above the MTU need merging here, since chunks
 * are small. */
static uint64_t features_choose(uint64_t offered)
{
    uint64_t chosen =
        offered & (VIRTIO_NET_F_MAC | VIRTIO_NET_F_STATUS | VIRTIO_NET_F_MTU | VIRTIO_NET_F_CSUM |
                   VIRTIO_NET_F_GUEST_CSUM | VIRTIO_NET_F_HOST_TSO4 | VIRTIO_NET_F_GUEST_TSO4 |
                   VIRTIO_NET_F_MRG_RXBUF | VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT_DESC);
    if ((chosen & VIRTIO_NET_F_CSUM) == 0)
        chosen &= ~VIRTIO_NET_F_HOST_TSO4;
    if ((chosen & VIRTIO_NET_F_GUEST_CSUM) == 0 || (chosen & VIRTIO_NET_F_MRG_RXBUF) == 0)
        chosen &= ~VIRTIO_NET_F_GUEST_TSO4;
    return chosen;
}

static uint32_t features_announce(uint64_t chosen)
{
    return (chosen & VIRTIO_NET_F_CSUM ? NET_FEATURE_TX_CHECKSUM : 0) |
           (chosen & VIRTIO_NET_F_GUEST_CSUM ? NET_FEATURE_RX_CHECKSUM : 0) |
           (chosen & VIRTIO_NET_F_HOST_TSO4 ? NET_FEATURE_TX_TSO4 : 0) |
           (chosen & VIRTIO_NET_F_GUEST_TSO4 ? NET_FEATURE_RX_GSO4 : 0) |
           (chosen & VIRTIO_NET_F_MRG_RXBUF ? NET_FEATURE_MERGE : 0);
}

static status_t config_value(struct virtio_net *net, uint16_t offset, uint64_t *out_value)
{
    struct virtio_config_field field = { offset, 2 };
    return virtio_config_read(net->config.transport, &field, 1, out_value);
}

static status_t mac_read(struct virtio_net *net)
{
    struct virtio_config_field fields[6];
    uint64_t values[6];
    for (uint16_t i = 0; i < 6; i++)
        fields[i] = (struct virtio_config_field){ (uint16_t)(CONFIG_MAC + i), 1 };
    status_t status = virtio_config_read(net->config.transport, fields, 6, values);
    for (uint32_t i = 0; i < 6 && status == STATUS_OK; i++)
        net->info.mac[i] = (uint8_t)values[i];
    return status;
}

static status_t info_read(struct virtio_net *net, uint64_t chosen)
{
    uint64_t link = STATUS_LINK_UP; /* 5.1.4: without the feature the link is always up. */
    uint64_t mtu = NET_MTU_DEFAULT;
    status_t status = mac_read(net);
    net->has_link_status = (chosen & VIRTIO_NET_F_STATUS) != 0;
    if (status == STATUS_OK && net->has_link_status)
        status = config_value(net, CONFIG_STATUS, &link);
    if (status == STATUS_OK && (chosen & VIRTIO_NET_F_MTU) != 0)
        status = config_value(net, CONFIG_MTU, &mtu);
    if (status != STATUS_OK)
        return status;
    bool merges = (chosen & VIRTIO_NET_F_MRG_RXBUF) != 0;
    uint32_t mtu_max = merges ? 65535 - ETHERNET_HEADER_BYTES
                              : NET_CHUNK_BYTES - VIRTIO_NET_HEADER_BYTES - ETHERNET_HEADER_BYTES;
    if (mtu < NET_MTU_MIN || mtu > mtu_max)
        return STATUS_CORRUPT;
    net->info.mtu = (uint16_t)mtu;
    net->info.link_up = (link & STATUS_LINK_UP) != 0;
    net->info.features = features_announce(chosen);
    return STATUS_OK;
}

static status_t queue_open(struct virtio_net *net, uint16_t index, struct virtqueue *queue,
                           const struct virtio_net_queue_memory *memory, uint64_t chosen)
{
    struct virtqueue_config config = {
        .ring = memory->ring,
        .indirect = memory->indirect,
        .slots = memory->slots,
        .depth = virtio_queue_depth(net->config.transport, index, memory->depth),
        .indirect_entries =
            chosen & VIRTIO_F_INDIRECT_DESC ? memory->indirect_entries : (uint16_t)0,
        .event_index = (chosen & VIRTIO_F_EVENT_IDX) != 0,
    };
    status_t status = virtqueue_init(queue, &config);
    if (status != STATUS_OK)
        return status;
    return virtio_queue_start(net->config.transport, index, queue, memory->vector);
}

static status_t device_open(struct virtio_net *net, uint64_t chosen)
{
    status_t status = info_read(net, chosen);
    if (status == STATUS_OK)
        status = virtio_config_vector(net->config.transport, net->config.config_vector);
    if (status == STATUS_OK)
        status = queue_open(net, VIRTIO_NET_RX_QUEUE, &net->rx, &net->config.rx, chosen);
    if (status == STATUS_OK)
        status = queue_open(net, VIRTIO_NET_TX_QUEUE, &net->tx, &net->config.tx, chosen);
    if (status == STATUS_OK)
        status = virtio_finish(net->config.transport);
    return status;
}

SELDOM status_t virtio_net_open(struct virtio_net *net, const struct virtio_net_config *config)
{
    ASSERT(config->pool_bytes % VIRTIO_NET_PAGE_BYTES == 0);
    uint64_t offered = 0;
    *net = (struct virtio_net){ .config = *config };
    status_t status = virtio_offer(config->transport, &offered);
    if (status != STATUS_OK)
        return status;
    uint64_t chosen = features_choose(offered);
    if ((chosen & VIRTIO_NET_F_MAC) == 0) {
        virtio_fail(config->transport);
        return STATUS_NOT_SUPPORTED;
    }
    status = virtio_accept(config->transport, offered, chosen);
    if (status != STATUS_OK)
        return status;
    status = device_open(net, chosen);
    if (status != STATUS_OK) {
        virtio_fail(config->transport);
        return status;
    }
    net_port_announce(config->port, &net->info);
    return STATUS_OK;
}

bool virtio_net_page(const struct virtio_net *net, uint32_t offset, daddr_t *out_address)
{
    uint64_t page = net->config.daddr_of_page[offset / VIRTIO_NET_PAGE_BYTES];
    *out_address = daddr_add((daddr_t){ page }, offset % VIRTIO_NET_PAGE_BYTES);
    return page != 0;
}

static status_t directions_run(struct virtio_net *net, uint32_t budget, bool *more)
{
    status_t status = receive_completed(net, budget, more);
    if (status == STATUS_OK)
        status = receive_refill(net, budget, more);
    if (status == STATUS_OK)
        status = transmit_completed(net, budget, more);
    if (status == STATUS_OK)
        status = transmit_queued(net, budget, more);
    return status;
}

static void device_tell(struct virtio_net *net)
{
    if (virtqueue_publish(&net->tx)) {
        net->counters.tx_kicks++;
        virtio_notify(net->config.transport, VIRTIO_NET_TX_QUEUE);
    }
    if (virtqueue_publish(&net->rx)) {
        net->counters.rx_kicks++;
        virtio_notify(net->config.transport, VIRTIO_NET_RX_QUEUE);
    }
}

/* Places are given back before chunks and frames are, so that netd has room when it gets those. A
 * frame that is not whole yet is not shown. */
static bool peer_tell(struct virtio_net *net)
{
    struct net_port *port = net->config.port;
    bool tell = ring_release(&port->rx_free);
    tell |= ring_release(&port->tx);
    if (net->rx_chunks_left == 0)
        tell |= ring_publish(&port->rx_done);
    tell |= ring_publish(&port->tx_done);
    return tell;
}

/* Whether chunks for reception are wanted so much that netd is to tell of the next one. While the queue holds
 * half of what it can, frames come anyway, and each brings a step that fetches what lies in the ring. It must
 * hold at least one of the longest frames: a device that has no room for one says nothing. */
static bool receive_is_short(const struct virtio_net *net)
{
    uint32_t all = net->config.port->rx_free.depth;
    uint32_t wanted = (all < net->rx.depth ? all : net->rx.depth) / 2;
    if (wanted < NET_RX_CHUNKS_MAX)
        wanted = NET_RX_CHUNKS_MAX;
    return net->rx.chains_out < wanted && virtqueue_fits(&net->rx, 1);
}

/* Ask each source for a notice and look at it once more. A ring is asked only when its descriptors
 * are needed: with a full queue it is the device's completion that matters. Nobody waits for sent frames, and
 * whatever comes next collects them; but when one is held back, or many are out, half of them make enough
 * room, and pages that leave the pool wait for all. */
static bool sources_arm(struct virtio_net *net)
{
    struct net_port *port = net->config.port;
    bool held = net->held.count != 0;
    uint16_t tx_out = net->tx.chains_out;
    bool quiet = virtqueue_enable_interrupts(&net->rx);
    if (!virtio_net_forgot(net))
        quiet &= virtqueue_enable_interrupts_after(&net->tx, tx_out);
    else if (held || tx_out > net->tx.depth / 2)
        quiet &= virtqueue_enable_interrupts_after(&net->tx, tx_out / 2 + 1);
    if (receive_is_short(net))
        quiet &= ring_consumer_may_sleep(&port->rx_free);
    if (!held)
        quiet &= ring_consumer_may_sleep(&port->tx);
    return quiet;
}

status_t virtio_net_step(struct virtio_net *net, uint32_t budget,
                         struct virtio_net_result *out_result)
{
    bool more = false;
    if (!net_port_is_current(net->config.port))
        return STATUS_CORRUPT;
    virtqueue_disable_interrupts(&net->rx);
    virtqueue_disable_interrupts(&net->tx);
    status_t status = directions_run(net, budget, &more);
    if (status != STATUS_OK)
        return STATUS_CORRUPT;
    device_tell(net);
    out_result->notify_peer = peer_tell(net);
    out_result->may_sleep = !more && sources_arm(net);
    out_result->look_again = net->tx.chains_out != 0;
    return STATUS_OK;
}

SELDOM status_t virtio_net_forget(struct virtio_net *net)
{
    ASSERT(virtio_net_forgot(net));
    net->tx_turn = 1 - net->tx_turn;
    return receive_is_current(net) ? STATUS_OK : STATUS_CORRUPT;
}

bool virtio_net_forgot(const struct virtio_net *net)
{
    return net->tx_out[1 - net->tx_turn] == 0;
}

SELDOM bool virtio_net_link_check(struct virtio_net *net)
{
    uint64_t link = 0;
    if (!net->has_link_status || config_value(net, CONFIG_STATUS, &link) != STATUS_OK)
        return false;
    uint32_t up = (link & STATUS_LINK_UP) != 0;
    if (up == net->info.link_up)
        return false;
    net->info.link_up = up;
    net_port_link_set(net->config.port, up != 0);
    return true;
}

SELDOM status_t virtio_net_close(struct virtio_net *net)
{
    return virtio_reset(net->config.transport, VIRTIO_RESET_READS_DEFAULT);
}
