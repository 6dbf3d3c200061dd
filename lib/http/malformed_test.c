/* The table of requests that must be refused, each sent whole and byte by byte: the status is the
 * same, and whenever the head itself was at fault nothing that follows is taken for a request. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/doubles/http_rig.h"
#include "tests/unit.h"

#define TABLE "tests/corpus/http_request/malformed.txt"

static struct http_rig rig;

/* One escape after its backslash; the bytes go to `out`. */
static const char *unescape_one(const char *at, char *out, size_t *len)
{
    static const char *const plain = "r\rn\nt\t\\\\\"\"";
    for (const char *pair = plain; *pair != 0; pair += 2) {
        if (*pair == *at) {
            out[(*len)++] = pair[1];
            return at + 1;
        }
    }
    char *end;
    if (*at == 'x') {
        char digits[3] = { at[1], at[2], 0 };
        out[(*len)++] = (char)strtoul(digits, NULL, 16);
        return at + 3;
    }
    REQUIRE(*at == '*');
    unsigned long times = strtoul(at + 1, &end, 10);
    memset(out + *len, *end, times);
    *len += times;
    return end + 1;
}

static size_t unescape(const char *at, char *out)
{
    size_t len = 0;
    while (*at != 0 && *at != '\n') {
        if (*at == '\\')
            at = unescape_one(at + 1, out, &len);
        else
            out[len++] = *at++;
    }
    return len;
}

static void expect_refused(int line, unsigned status, const char *request, size_t len, size_t cut)
{
    http_rig_open(&rig, false);
    rig.read_max = cut;
    http_rig_send(&rig, request, len);
    if (rig.record_count == 0 || rig.statuses[0] != status)
        unit_fail("malformed.txt", line, "%u, not %u, in pieces of %zu",
                  rig.record_count == 0 ? 0 : rig.statuses[0], status, cut);
    bool is_head_read = rig.record.method.len > 0;
    EXPECT(is_head_read || rig.is_shut);
    EXPECT(rig.record_count <= 1 && rig.file == NULL);
}

TEST(every_malformed_request_is_refused_as_the_table_says)
{
    static char text[8192], request[16384];
    FILE *table = fopen(TABLE, "r");
    REQUIRE(table != NULL);
    int line = 0, cases = 0;
    while (fgets(text, sizeof text, table) != NULL) {
        line++;
        char *rest;
        unsigned status = (unsigned)strtoul(text, &rest, 10);
        if (status == 0)
            continue;
        size_t len = unescape(rest + 1, request);
        expect_refused(line, status, request, len, 0);
        expect_refused(line, status, request, len, 1);
        expect_refused(line, status, request, len, 1 + unit_random() % 7);
        cases++;
    }
    fclose(table);
    EXPECT(cases >= 200);
}
