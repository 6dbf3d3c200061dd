/* The DHCP server of dhcp.c at an interface of the host, for a guest whose cable ends in a tap device. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/net/dhcp.h"
#include "lib/net/ipv4.h"
#include "tools/wire/wire.h"

static int server_open(const char *interface)
{
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(DHCP_SERVER_PORT) };
    int on = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) == 0 &&
        bind(fd, (struct sockaddr *)&any, sizeof any) == 0)
        return fd;
    perror(interface);
    return -1;
}

int wire_lease(const char *interface)
{
    static uint8_t request[WIRE_FRAME_MAX], answer[WIRE_FRAME_MAX];
    struct sockaddr_in everybody = { .sin_family = AF_INET,
                                     .sin_port = htons(DHCP_CLIENT_PORT),
                                     .sin_addr.s_addr = htonl(INADDR_BROADCAST) };
    int fd = server_open(interface);
    if (fd < 0)
        return 1;
    for (;;) {
        size_t len = 0;
        ssize_t got = recv(fd, request, sizeof request, 0);
        if (got < 0)
            return 1;
        (void)wire_dhcp(request, (size_t)got, answer, &len);
        if (len > UDP_HEADER_LEN && sendto(fd, answer + UDP_HEADER_LEN, len - UDP_HEADER_LEN, 0,
                                           (struct sockaddr *)&everybody, sizeof everybody) < 0)
            perror("wire: lease");
    }
}
