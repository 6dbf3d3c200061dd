/* Free TCP ports of the loopback for a guest's forwards. An argument of QEMU says {port:80} where the
 * host's port that leads to the guest's port 80 belongs; the host's part of a test finds it in the
 * environment as HOST_PORT_80, and the first one as HOST_PORT. */
#pragma once

#include <stdbool.h>

enum { PORTS_MAX = 8 };

struct ports {
    int count;
    int guest[PORTS_MAX];
    int host[PORTS_MAX];
};

/* Replace the placeholders in argv, choosing ports as they come, and set the environment. The new
 * arguments are never freed. False, with a message, when a placeholder is wrong or too many. */
bool ports_place(struct ports *ports, char **argv);
