/* abigen KIND TABLE... -o OUT: writes one generated file. See usage() for the kinds. */
#include <stdlib.h>
#include <string.h>

#include "tools/abigen/abigen.h"

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: abigen status abi/status.tab OUT\n");
    exit(2);
}

int main(int argc, char **argv)
{
    if (argc != 4 || strcmp(argv[1], "status") != 0)
        usage();
    FILE *out = fopen(argv[3], "w");
    if (out == NULL) {
        perror(argv[3]);
        return 1;
    }
    status_generate(argv[2], out);
    return fclose(out) == 0 ? 0 : 1;
}
