/* Placeholders to ports. */
#define _GNU_SOURCE
#include "tools/qemurun/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PLACEHOLDER "{port:"

/* A port that nobody has at this moment. The kernel hands these out in random order, so that
 * somebody else getting the same before QEMU binds it is unlikely; QEMU would say so and end. */
static int port_find_free(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port = -1;
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &len) == 0)
        port = ntohs(address.sin_port);
    if (fd >= 0)
        close(fd);
    return port;
}

/* The host's port for the guest's, chosen at its first mention; -1 when there is none. */
static int ports_lookup(struct ports *ports, int guest)
{
    for (int i = 0; i < ports->count; i++)
        if (ports->guest[i] == guest)
            return ports->host[i];
    int host = ports->count < PORTS_MAX ? port_find_free() : -1;
    if (host < 0)
        return -1;
    ports->guest[ports->count] = guest;
    ports->host[ports->count++] = host;

    char name[32], value[16];
    snprintf(name, sizeof name, "HOST_PORT_%d", guest);
    snprintf(value, sizeof value, "%d", host);
    setenv(name, value, 1);
    if (ports->count == 1)
        setenv("HOST_PORT", value, 1);
    return host;
}

/* One placeholder out of `*argument`, which is replaced by a longer-lived copy. */
static bool ports_place_one(struct ports *ports, char **argument, char *start)
{
    char *end;
    long guest = strtol(start + strlen(PLACEHOLDER), &end, 10);
    int host = -1;
    if (*end == '}' && guest >= 1 && guest <= 65535)
        host = ports_lookup(ports, (int)guest);
    char *placed;
    if (host < 0 ||
        asprintf(&placed, "%.*s%d%s", (int)(start - *argument), *argument, host, end + 1) < 0) {
        fprintf(stderr, "qemurun: no port for %s\n", start);
        return false;
    }
    *argument = placed;
    return true;
}

bool ports_place(struct ports *ports, char **argv)
{
    for (; *argv != NULL; argv++)
        for (char *start; (start = strstr(*argv, PLACEHOLDER)) != NULL;)
            if (!ports_place_one(ports, argv, start))
                return false;
    return true;
}
