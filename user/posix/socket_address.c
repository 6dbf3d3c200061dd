/* See socket_address.h. An IPv4 address is ::ffff:a.b.c.d in the kernel (RFC 4291, 2.5.5.2). */
#include "user/posix/socket_address.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

enum { MAPPED_PREFIX_SIZE = 12 };

static const uint8_t mapped_prefix[MAPPED_PREFIX_SIZE] = { [10] = 0xff, [11] = 0xff };

uint32_t socket_address_ipv4(const struct socket_address *address)
{
    const uint8_t *part = address->address + MAPPED_PREFIX_SIZE;
    if (memcmp(address->address, mapped_prefix, sizeof mapped_prefix) != 0)
        return 0;
    return (uint32_t)part[0] << 24 | (uint32_t)part[1] << 16 | (uint32_t)part[2] << 8 | part[3];
}

void socket_address_set_ipv4(struct socket_address *address, uint32_t number)
{
    memset(address->address, 0, sizeof address->address);
    if (number == 0)
        return;
    memcpy(address->address, mapped_prefix, sizeof mapped_prefix);
    for (int i = 0; i < 4; i++)
        address->address[MAPPED_PREFIX_SIZE + i] = (uint8_t)(number >> (24 - 8 * i));
}

static uint16_t network_order(uint16_t port)
{
    return (uint16_t)(port << 8 | port >> 8);
}

static void copy_out(const void *address, size_t size, struct sockaddr *out, uint32_t *len)
{
    memcpy(out, address, size < *len ? size : *len);
    *len = (uint32_t)size;
}

void socket_address_write(const struct socket_address *from, uint32_t domain, struct sockaddr *out,
                          uint32_t *len)
{
    if (out == NULL || len == NULL)
        return;
    if (domain == AF_INET6) {
        struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                                        .sin6_port = network_order(from->port),
                                        .sin6_scope_id = from->scope };
        memcpy(&address.sin6_addr, from->address, sizeof from->address);
        copy_out(&address, sizeof address, out, len);
    } else if (domain == AF_INET) {
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = network_order(from->port) };
        if (memcmp(from->address, mapped_prefix, sizeof mapped_prefix) == 0)
            memcpy(&address.sin_addr, from->address + MAPPED_PREFIX_SIZE, sizeof address.sin_addr);
        copy_out(&address, sizeof address, out, len);
    } else {
        sa_family_t family = AF_UNIX; /* Without a name. */
        copy_out(&family, sizeof family, out, len);
    }
}

static void mapped_write(const struct in_addr *from, uint8_t to[16])
{
    uint32_t raw;
    memcpy(&raw, from, sizeof raw);
    memset(to, 0, 16); /* Any is the same in both families. */
    if (raw == 0)
        return;
    memcpy(to, mapped_prefix, sizeof mapped_prefix);
    memcpy(to + MAPPED_PREFIX_SIZE, &raw, sizeof raw);
}

long socket_address_read(const struct sockaddr *address, uint32_t len, uint32_t domain,
                         struct socket_address *out)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    if (len < sizeof address->sa_family || len < (domain == AF_INET6 ? sizeof in6 : sizeof in))
        return -EINVAL;
    if (address->sa_family != domain)
        return -EAFNOSUPPORT;
    *out = (struct socket_address){ 0 };
    if (domain == AF_INET6) {
        memcpy(&in6, address, sizeof in6);
        memcpy(out->address, &in6.sin6_addr, sizeof out->address);
        out->port = network_order(in6.sin6_port);
        out->scope = in6.sin6_scope_id;
    } else {
        memcpy(&in, address, sizeof in);
        mapped_write(&in.sin_addr, out->address);
        out->port = network_order(in.sin_port);
    }
    return 0;
}

/* Both any and ::1 (RFC 4291, 2.5.3) lead to 127.0.0.1: the one family that there is. */
long socket_address_read_peer(const struct sockaddr *address, uint32_t len, uint32_t domain,
                              struct socket_address *out)
{
    static const uint8_t any[16], loopback6[16] = { [15] = 1 };
    static const uint8_t loopback[4] = { 127, 0, 0, 1 };
    long error = socket_address_read(address, len, domain, out);
    if (error < 0)
        return error;
    if (memcmp(out->address, any, 16) == 0 || memcmp(out->address, loopback6, 16) == 0) {
        memcpy(out->address, mapped_prefix, sizeof mapped_prefix);
        memcpy(out->address + MAPPED_PREFIX_SIZE, loopback, sizeof loopback);
    }
    return 0;
}
