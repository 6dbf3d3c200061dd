#include "tests/unit.h"
#include "tools/qemurun/report.h"

static struct report parsed(const char *line)
{
    struct report report;
    report_parse(line, strlen(line), &report);
    return report;
}

static struct tally tally_of(const char *const *lines, size_t count)
{
    struct tally tally = { 0 };
    for (size_t i = 0; i < count; i++) {
        struct report report = parsed(lines[i]);
        tally_add(&tally, &report);
    }
    return tally;
}

#define TALLY(...)                                 \
    tally_of((const char *const[]){ __VA_ARGS__ }, \
             sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

/* The word that tally_defect gives, or "" when the run is sound. */
static const char *defect(struct tally tally, uint64_t floor)
{
    const char *name = "", *why = "";
    return tally_defect(&tally, floor, &name, &why) ? name : "";
}

TEST(report_reads_each_form)
{
    EXPECT_EQ(parsed("@@ready\r").kind, REPORT_READY);
    EXPECT_EQ(parsed("\r@@test pass ipc_call").kind, REPORT_PASS);
    EXPECT_STR(parsed("@@test fail ipc_call no reply\r").rest, "no reply");
    EXPECT_STR(parsed("@@test pass ipc_call\r").name, "ipc_call");
    struct report fail = parsed("@@test fail ipc_call  got 3, wanted 4");
    EXPECT_EQ(fail.kind, REPORT_FAIL);
    EXPECT_STR(fail.name, "ipc_call");
    EXPECT_STR(fail.rest, "got 3, wanted 4");
    EXPECT_EQ(parsed("@@test skip x no device").kind, REPORT_SKIP);
    EXPECT_EQ(parsed("@@test done 12").value, 12);
    EXPECT_EQ(parsed("@@count boot.instructions 399000").value, 399000);
    struct report thinned = parsed("@@thinned kill_driver 20 10000");
    EXPECT_EQ(thinned.kind, REPORT_THINNED);
    EXPECT_EQ(thinned.value, 20);
    EXPECT_STR(thinned.rest, "10000");
    EXPECT_EQ(parsed("panic: no memory").kind, REPORT_PANIC);
    EXPECT_EQ(parsed("a page says @@ready").kind, REPORT_TEXT);
    EXPECT_EQ(parsed("").kind, REPORT_TEXT);
}

/* A guest that stammers must not be taken for one that passed. */
TEST(report_calls_a_broken_line_malformed)
{
    const char *const lines[] = { "@@",
                                  "@@test",
                                  "@@test pass",
                                  "@@test done",
                                  "@@test done x",
                                  "@@test done 1 2",
                                  "@@test won x",
                                  "@@ready now",
                                  "@@count a",
                                  "@@count a -1",
                                  "@@thinned a 1",
                                  "@@tes pass a",
                                  "@@test pass a b",
                                  "@@count a 1234567890123456789" };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        EXPECT_EQ(parsed(lines[i]).kind, REPORT_MALFORMED);
}

TEST(report_bounds_names_and_reasons)
{
    char line[512] = "@@test pass ";
    size_t start = strlen(line);
    memset(line + start, 'n', REPORT_NAME_MAX);
    EXPECT_EQ(parsed(line).kind, REPORT_PASS);
    line[start + REPORT_NAME_MAX] = 'n';
    EXPECT_EQ(parsed(line).kind, REPORT_MALFORMED);

    char why[512] = "@@test fail x ";
    memset(why + strlen(why), 'w', 300);
    EXPECT_EQ(strlen(parsed(why).rest), REPORT_REST_MAX);
    EXPECT_STR(parsed("@@test fail x \x1b[31mred").rest, "?[31mred");
}

TEST(tally_accepts_a_whole_run_only)
{
    EXPECT_STR(defect(TALLY("@@ready", "@@test pass a", "@@test fail b no", "@@test done 2"), 2),
               "");
    EXPECT_STR(defect(TALLY("hello"), 1), "done");
    EXPECT_STR(defect(TALLY("@@test pass a"), 1), "done");
    EXPECT_STR(defect(TALLY("@@test done 0"), 0), "floor");
    EXPECT_STR(defect(TALLY("@@test pass a", "@@test done 2"), 1), "done");
    EXPECT_STR(defect(TALLY("@@test pass a", "@@test pass b", "@@test done 1"), 1), "done");
    EXPECT_STR(defect(TALLY("@@test pass a", "@@test done 1"), 2), "floor");
    EXPECT_STR(defect(TALLY("@@test done 1", "@@test pass a"), 1), "done");
    EXPECT_STR(defect(TALLY("@@test pass a", "@@test done 1", "@@test done 1"), 1), "done");
    EXPECT_STR(defect(TALLY("@@test pass a", "@@test done 1", "panic: late"), 1), "panic");
    EXPECT_STR(defect(TALLY("@@test pass a", "@@tset pass b", "@@test done 1"), 1), "report");
}

TEST(tally_counts_a_skip_as_a_failure)
{
    struct tally tally = TALLY("@@test pass a", "@@test skip b no device", "@@test done 2");
    EXPECT_EQ(tally.passed, 1);
    EXPECT_EQ(tally.failed, 1);
}
