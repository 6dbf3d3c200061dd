/* Every file of the site, whole and by ranges. */
#include <stdio.h>

#include "tools/webload/webload.h"

struct verify {
    uint16_t port;
    struct client client;
    uint64_t requests;
    uint64_t wrong;
};

static void check(struct verify *verify, const struct expectation *want)
{
    verify->requests++;
    if (client_get(&verify->client, verify->port, want))
        return;
    if (verify->wrong++ < 10)
        fprintf(stderr, "webload: %s\n", verify->client.why);
    client_close(&verify->client);
}

static void check_range(struct verify *verify, const struct expectation *file, uint64_t first,
                        uint64_t last)
{
    struct expectation part = *file;
    if (first > last || last >= file->size)
        return;
    part.ranged = true;
    part.first = first;
    part.last = last;
    check(verify, &part);
}

static void check_file(struct verify *verify, const struct expectation *file)
{
    uint64_t size = file->size;
    check(verify, file);
    check_range(verify, file, 0, 0);
    check_range(verify, file, size - 1, size - 1);
    check_range(verify, file, size / 3, size / 3 * 2);
    check_range(verify, file, 4095, 4096);
    check_range(verify, file, 1, size - 2);
}

bool verify_run(uint16_t port, const struct site *site)
{
    static struct verify verify = { .client = { .fd = -1 } };
    verify.port = port;
    for (size_t i = 0; i < site->count; i++)
        check_file(&verify, &site->files[i]);
    client_close(&verify.client);
    printf("@@count files %zu\n@@count verify_requests %llu\n", site->count,
           (unsigned long long)verify.requests);
    if (verify.wrong > 0)
        printf("@@test fail files_are_identical %llu of %llu requests: %s\n",
               (unsigned long long)verify.wrong, (unsigned long long)verify.requests,
               verify.client.why);
    else
        printf("@@test pass files_are_identical\n");
    return verify.wrong == 0;
}
