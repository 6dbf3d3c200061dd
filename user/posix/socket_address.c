/* See socket_address.h. An IPv4 address is ::ffff:a.b.c.d in the kernel (RFC 4291, 2.5.5.2). */
#include "user/posix/socket_address.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

enum { MAPPED_PREFIX_SIZE = 12 };

static const uint8_t mapped_prefix[MAPPED_PREFIX_SIZE] = { [10] = 0xff, [11] = 0xff };

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

long socket_address_port(const struct sockaddr *address, uint32_t len, uint32_t domain)
{
    size_t need = domain == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (len < need)
        return -EINVAL;
    if (address->sa_family != domain)
        return -EAFNOSUPPORT;
    struct sockaddr_in common; /* The port is at the same place in both. */
    memcpy(&common, address, sizeof common);
    return network_order(common.sin_port);
}
