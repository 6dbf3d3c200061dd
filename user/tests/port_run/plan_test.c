/* The plan of a port's tests: what its lines mean, and that what means nothing is refused. */
#include "user/tests/port_run/plan.h"

#include <abi/status.h>

#include "tests/unit.h"

static struct plan plan_of(const char *text)
{
    return (struct plan){ .rest = { .at = text, .len = strlen(text) } };
}

static bool text_is(struct plan_text text, const char *expected)
{
    return text.len == strlen(expected) && memcmp(text.at, expected, text.len) == 0;
}

TEST(plan_reads_every_key)
{
    struct plan plan = plan_of("# first\n\ntest one 60\nrun /bin/sh -c \"echo two  words\" last\n"
                               "input /in\noutput /out\nexit 17\nfull\n\ntest two 5\nrun /bin/x");
    struct port_test test;
    REQUIRE(plan_next(&plan, &test) == STATUS_OK);
    EXPECT(text_is(test.name, "one"));
    EXPECT_EQ(test.timeout_s, 60);
    REQUIRE(test.word_count == 4);
    EXPECT(text_is(test.words[0], "/bin/sh"));
    EXPECT(text_is(test.words[2], "echo two  words"));
    EXPECT(text_is(test.words[3], "last"));
    EXPECT(text_is(test.input, "/in"));
    EXPECT(text_is(test.output, "/out"));
    EXPECT_EQ(test.exit_code, 17);
    EXPECT(test.full);
    /* Nothing of one test is left for the next. */
    REQUIRE(plan_next(&plan, &test) == STATUS_OK);
    EXPECT(text_is(test.name, "two"));
    EXPECT_EQ(test.word_count, 1);
    EXPECT_EQ(test.exit_code, 0);
    EXPECT_EQ(test.input.len, 0);
    EXPECT(!test.full);
    EXPECT_EQ(plan_next(&plan, &test), STATUS_NOT_FOUND);
}

/* A misspelt line must not be a test that is passed over. */
TEST(plan_refuses_what_it_does_not_know)
{
    static const char *const plans[] = {
        "run /bin/x\n", /* Of no test. */
        "test\n",
        "test one\nrun /bin/x\n", /* No time. */
        "test one 1x\nrun /bin/x\n",
        "test one 1234567\nrun /bin/x\n",
        "test one 5\n", /* No command. */
        "test one 5\nrun\n",
        "test one 5\nrun /bin/x\nrun /bin/y\n",
        "test one 5\nrun /bin/x\nexit many\n",
        "test one 5\nrun /bin/x\nouptut /out\n",
        "test one 5\nrun a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a\n",
    };
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct plan plan = plan_of(plans[i]);
        struct port_test test;
        EXPECT_EQ(plan_next(&plan, &test), STATUS_INVALID);
    }
}

TEST(plan_says_where_it_is_wrong)
{
    struct plan plan = plan_of("# comment\ntest one 5\nrun /bin/x\nnothing\n");
    struct port_test test;
    EXPECT_EQ(plan_next(&plan, &test), STATUS_INVALID);
    EXPECT_EQ(plan.line, 4);
}
