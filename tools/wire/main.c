/* wire ping OWN GUEST: the other end of the cable of a guest under test; OWN and GUEST are the paths of the
 * sockets. Results are lines of the report channel (docs/design/testing.md).
 * wire lease INTERFACE: an address for the guest behind an interface of the host. */
#include <stdio.h>
#include <string.h>

#include "tools/wire/wire.h"

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "lease") == 0)
        return wire_lease(argv[2]);
    if (argc != 4 || strcmp(argv[1], "ping") != 0) {
        fprintf(stderr, "usage: wire ping OWN GUEST | wire lease INTERFACE\n");
        return 2;
    }
    struct wire wire;
    wire_open(&wire, argv[2], argv[3]);
    wire_ping(&wire);
    return 0;
}
