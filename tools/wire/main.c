/* wire ping OWN GUEST: the other end of the cable of a guest under test; OWN and GUEST are the paths of the
 * sockets. Results are lines of the report channel (docs/design/testing.md).
 * wire http OWN GUEST PATH REQUESTS: that many requests for a page on one connection, in the same segments each time.
 * wire lease INTERFACE: an address for the guest behind an interface of the host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/wire/wire.h"

static int usage(void)
{
    fprintf(stderr, "usage: wire ping OWN GUEST | wire http OWN GUEST PATH REQUESTS | "
                    "wire lease INTERFACE\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct wire wire;
    if (argc == 3 && strcmp(argv[1], "lease") == 0)
        return wire_lease(argv[2]);
    if (argc < 4)
        return usage();
    wire_open(&wire, argv[2], argv[3]);
    if (argc == 6 && strcmp(argv[1], "http") == 0)
        return wire_http(&wire, argv[4], strtoul(argv[5], NULL, 10)) ? 0 : 1;
    if (argc != 4 || strcmp(argv[1], "ping") != 0)
        return usage();
    wire_ping(&wire);
    return 0;
}
