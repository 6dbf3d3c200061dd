/* Counters and connections as lines of text, for swctl and for logs. */
#include "lib/base/format.h"
#include "user/netd/netd.h"

#include <stddef.h>

struct counter_name {
    const char *name;
    size_t offset;
};

/* In the order of struct net_counters; the assertion below says when one is missing. */
#define COUNTER(field) { #field, offsetof(struct net_counters, field) }
static const struct counter_name counter_names[] = {
    COUNTER(frames_in),
    COUNTER(frames_out),
    COUNTER(bytes_in),
    COUNTER(bytes_out),
    COUNTER(frames_malformed),
    COUNTER(frames_foreign),
    COUNTER(arp_in),
    COUNTER(arp_out),
    COUNTER(arp_dropped),
    COUNTER(ipv4_in),
    COUNTER(ipv4_malformed),
    COUNTER(ipv4_checksum),
    COUNTER(ipv4_fragments),
    COUNTER(ipv4_unknown_protocol),
    COUNTER(icmp_in),
    COUNTER(icmp_out),
    COUNTER(icmp_malformed),
    COUNTER(icmp_limited),
    COUNTER(udp_in),
    COUNTER(udp_out),
    COUNTER(udp_malformed),
    COUNTER(udp_checksum),
    COUNTER(udp_no_socket),
    COUNTER(tcp_in),
    COUNTER(tcp_out),
    COUNTER(tcp_malformed),
    COUNTER(tcp_checksum),
    COUNTER(tcp_bytes_in),
    COUNTER(tcp_bytes_out),
    COUNTER(tcp_retransmits),
    COUNTER(tcp_fast_recoveries),
    COUNTER(tcp_timeouts),
    COUNTER(tcp_probes),
    COUNTER(tcp_keepalives),
    COUNTER(tcp_out_of_order),
    COUNTER(tcp_duplicates),
    COUNTER(tcp_out_of_window),
    COUNTER(tcp_reorder_dropped),
    COUNTER(tcp_paws),
    COUNTER(tcp_challenges),
    COUNTER(tcp_resets_in),
    COUNTER(tcp_resets_out),
    COUNTER(tcp_resets_limited),
    COUNTER(tcp_opened),
    COUNTER(tcp_accepted),
    COUNTER(tcp_syn_dropped),
    COUNTER(tcp_half_open_evicted),
    COUNTER(tcp_time_wait_recycled),
    COUNTER(tcp_ended),
    COUNTER(dns_queries),
    COUNTER(dns_rejected),
    COUNTER(dhcp_in),
    COUNTER(dhcp_rejected),
    COUNTER(output_dropped),
    COUNTER(loopback_frames),
};
#undef COUNTER
enum { COUNTERS = sizeof counter_names / sizeof counter_names[0], LINE_MAX = 160 };
_Static_assert(COUNTERS == sizeof(struct net_counters) / sizeof(uint64_t),
               "every counter has a name");

static const char *const state_names[] = {
    [NET_TCP_FREE] = "free",
    [NET_TCP_SYN_SENT] = "syn-sent",
    [NET_TCP_SYN_RECEIVED] = "syn-received",
    [NET_TCP_ESTABLISHED] = "established",
    [NET_TCP_FIN_WAIT_1] = "fin-wait-1",
    [NET_TCP_FIN_WAIT_2] = "fin-wait-2",
    [NET_TCP_CLOSE_WAIT] = "close-wait",
    [NET_TCP_CLOSING] = "closing",
    [NET_TCP_LAST_ACK] = "last-ack",
    [NET_TCP_TIME_WAIT] = "time-wait",
};

static size_t counter_line(const struct netd *netd, uint64_t index, char line[LINE_MAX])
{
    const uint8_t *counters = (const uint8_t *)net_counters(netd->engine);
    uint64_t value;
    memcpy(&value, counters + counter_names[index].offset, sizeof value);
    return format_text(line, LINE_MAX, "%s %llu\n", counter_names[index].name,
                       (unsigned long long)value);
}

static size_t connection_line(const struct netd *netd, uint64_t index, char line[LINE_MAX])
{
    struct net_connection_info info;
    if (!net_connection_info(netd->engine, (uint32_t)index, &info))
        return 0;
    const uint8_t *remote = info.remote.address.bytes + 12;
    return format_text(
        line, LINE_MAX,
        "%u %u.%u.%u.%u:%u %s in %llu out %llu again %llu flight %u cwnd %u rtt %u us\n",
        info.local.port, remote[0], remote[1], remote[2], remote[3], info.remote.port,
        state_names[info.state], (unsigned long long)info.bytes_in,
        (unsigned long long)info.bytes_out, (unsigned long long)info.retransmits, info.in_flight,
        info.cwnd, info.srtt_us);
}

size_t report_write(struct netd *netd, uint32_t what, uint64_t *cursor, char *text, size_t size)
{
    uint64_t end = what == REPORT_COUNTERS ? (uint64_t)COUNTERS : (uint64_t)CONNECTIONS_MAX;
    size_t len = 0;
    for (; *cursor < end; ++*cursor) {
        char line[LINE_MAX];
        size_t line_len = what == REPORT_COUNTERS ? counter_line(netd, *cursor, line)
                                                  : connection_line(netd, *cursor, line);
        if (line_len >= LINE_MAX)
            line_len = LINE_MAX - 1;
        if (line_len > size - len)
            return len;
        memcpy(text + len, line, line_len);
        len += line_len;
    }
    *cursor = 0;
    return len;
}
