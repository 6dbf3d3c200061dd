/* The table of requests that must be refused, each sent whole and byte by byte: the status is the
 * same, and whenever the head itself was at fault nothing that follows is taken for a request. */
#include "tests/doubles/http_malformed.h"
#include "tests/doubles/http_rig.h"
#include "tests/unit.h"

static struct http_rig rig;

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
    static struct http_malformed table;
    int cases = 0;
    REQUIRE(http_malformed_open(&table));
    for (; http_malformed_next(&table); cases++) {
        size_t cut = 1 + (size_t)(unit_random() % 7);
        expect_refused(table.line, table.status, table.request, table.len, 0);
        expect_refused(table.line, table.status, table.request, table.len, 1);
        expect_refused(table.line, table.status, table.request, table.len, cut);
    }
    EXPECT(cases >= 200);
}
