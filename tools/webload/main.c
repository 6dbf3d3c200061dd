/* webload MODE PORT SITE [OPTION VALUE...]: a client of a web server under test on a port of the loopback.
 * SITE is the folder of files that it serves, or one file of it. Results are lines of the report channel
 * (docs/design/testing.md), but for knock, which prints a number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/webload/webload.h"

struct options {
    unsigned connections;
    unsigned requests;
    unsigned for_ms;
    uint64_t bytes;
    uint64_t largest;
    bool fresh;
    unsigned strikes;
    uint64_t seed;
    const char *console;
    const char *first;
    const char *second;
};

static int usage(void)
{
    fprintf(
        stderr,
        "usage: webload MODE PORT SITE [OPTION VALUE...]\n\n"
        "  verify     every file, whole and by ranges\n"
        "  load       --requests N (1000) in all, --connections N (64) at a time,\n"
        "             --largest BYTES (131072) of a file, --fresh 1: a connection for each "
        "request\n"
        "  malformed  the table tests/corpus/http_request/malformed.txt\n"
        "  download   SITE is one file; --bytes N of it (all), --strikes N (0) times typing on\n"
        "             --console FIFO the --first and --second command in turn, at places by "
        "--seed\n"
        "  knock      SITE is one file; ask for it every few milliseconds, --for-ms N (500)\n");
    return 2;
}

static bool take_option(struct options *options, const char *name, const char *value)
{
    uint64_t number = strtoull(value, NULL, 10);
    if (strcmp(name, "--connections") == 0)
        options->connections = (unsigned)number;
    else if (strcmp(name, "--requests") == 0)
        options->requests = (unsigned)number;
    else if (strcmp(name, "--largest") == 0)
        options->largest = number;
    else if (strcmp(name, "--fresh") == 0)
        options->fresh = number != 0;
    else if (strcmp(name, "--for-ms") == 0)
        options->for_ms = (unsigned)number;
    else if (strcmp(name, "--bytes") == 0)
        options->bytes = number;
    else if (strcmp(name, "--strikes") == 0)
        options->strikes = (unsigned)number;
    else if (strcmp(name, "--seed") == 0)
        options->seed = number;
    else if (strcmp(name, "--console") == 0)
        options->console = value;
    else if (strcmp(name, "--first") == 0)
        options->first = value;
    else if (strcmp(name, "--second") == 0)
        options->second = value;
    else
        return false;
    return true;
}

static int run(const char *mode, uint16_t port, const struct options *options,
               const struct site *site)
{
    if (strcmp(mode, "verify") == 0)
        return !verify_run(port, site);
    if (strcmp(mode, "malformed") == 0)
        return !malformed_run(port, site);
    if (strcmp(mode, "knock") == 0)
        return !knock_run(port, options->for_ms, site);
    if (strcmp(mode, "load") == 0) {
        const struct load_plan plan = {
            .port = port,
            .connections = options->connections,
            .requests = options->requests,
            .file_bytes_max = options->largest,
            .fresh = options->fresh,
        };
        return plan.connections == 0 || plan.requests == 0 ? usage() : !load_run(&plan, site);
    }
    if (strcmp(mode, "download") == 0) {
        const struct download_plan plan = {
            .port = port,
            .bytes = options->bytes,
            .strikes = options->strikes,
            .console = options->console,
            .first = options->first,
            .second = options->second,
            .seed = options->seed,
        };
        return !download_run(&plan, site);
    }
    return usage();
}

int main(int argc, char **argv)
{
    struct options options = {
        .connections = 64,
        .requests = 1000,
        .for_ms = 500,
        .largest = 131072,
        .console = "",
        .first = "",
        .second = "",
    };
    struct site site;
    unsigned long port = argc < 4 ? 0 : strtoul(argv[2], NULL, 10);
    if (port < 1 || port > UINT16_MAX || argc % 2 != 0)
        return usage();
    for (int i = 4; i < argc; i += 2)
        if (!take_option(&options, argv[i], argv[i + 1]))
            return usage();
    return site_open(&site, argv[3]) ? run(argv[1], (uint16_t)port, &options, &site) : 1;
}
