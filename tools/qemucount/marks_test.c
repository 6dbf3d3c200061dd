#include "tools/qemucount/marks.h"

#include "tests/unit.h"

static struct mark_figure figure_of(const char *argument)
{
    struct mark_figure figure;
    REQUIRE(mark_figure_parse(argument, &figure));
    return figure;
}

static void pass(struct mark_figure *figure, int mark, uint64_t instructions)
{
    struct mark_sample now = { .instructions = instructions, .blocks = instructions / 10 };
    mark_figure_pass(figure, mark, &now);
}

TEST(figure_counts_from_the_start_to_the_first_passage)
{
    struct mark_figure boot = figure_of("boot=0");
    pass(&boot, 1, 50);
    EXPECT(!boot.has_ended);
    pass(&boot, 0, 400);
    pass(&boot, 0, 900);
    EXPECT(boot.has_ended);
    EXPECT_EQ(mark_figure_cost(&boot).instructions, 400);
    EXPECT_EQ(mark_figure_cost(&boot).blocks, 40);
}

TEST(figure_counts_to_the_end_of_the_machine)
{
    struct mark_figure all = figure_of("all=end");
    pass(&all, 0, 400);
    EXPECT(!all.has_ended);
    pass(&all, MARK_COUNT, 1000);
    EXPECT(all.has_ended);
    EXPECT_EQ(mark_figure_cost(&all).instructions, 1000);
}

TEST(figure_counts_a_round_between_two_marks)
{
    struct mark_figure call = figure_of("ipc.call=1-2/100");
    EXPECT_STR(call.name, "ipc.call");
    pass(&call, 2, 10); /* Before its first mark the second means nothing. */
    EXPECT(!call.has_ended);
    pass(&call, 1, 1000);
    pass(&call, 2, 126000);
    EXPECT(call.has_ended);
    EXPECT_EQ(mark_figure_cost(&call).instructions, 1250);
}

TEST(figure_begins_at_the_last_passage_of_its_first_mark)
{
    struct mark_figure leg = figure_of("leg=1-2");
    struct page_visit visit = { 0 };
    pass(&leg, 1, 100);
    mark_figure_touch(&leg, &visit, 0x1000);
    pass(&leg, 1, 200);
    mark_figure_touch(&leg, &visit, 0x2000);
    pass(&leg, 2, 230);
    pass(&leg, 1, 300);
    pass(&leg, 2, 400);
    EXPECT_EQ(mark_figure_cost(&leg).instructions, 30);
    EXPECT_EQ(leg.pages.count, 1);
}

/* A loop may be marked with one number at both of its ends. */
TEST(figure_may_begin_and_end_at_the_same_mark)
{
    struct mark_figure loop = figure_of("loop=3-3");
    pass(&loop, 3, 100);
    EXPECT(!loop.has_ended);
    pass(&loop, 3, 150);
    EXPECT_EQ(mark_figure_cost(&loop).instructions, 50);
}

/* What a server does for one request is what lies between two of its answers, once caches are warm. */
TEST(figure_skips_passages_and_counts_rounds)
{
    struct mark_figure request = figure_of("request=3-3@2*3");
    for (uint64_t i = 0; i < 5; i++)
        pass(&request, 3, i * i * 100);
    EXPECT(!request.has_ended);
    pass(&request, 3, 2500);
    pass(&request, 3, 3600);
    EXPECT(request.has_ended);
    EXPECT_EQ(mark_figure_cost(&request).instructions, (2500 - 400) / 3);
    EXPECT(!mark_figure_has_pages(&request));
    struct mark_figure pages = figure_of("request=3-3@2");
    EXPECT(mark_figure_has_pages(&pages));
}

TEST(figure_has_the_pages_between_its_marks)
{
    struct mark_figure leg = figure_of("leg=1-2");
    struct page_visit visit = { 0 };
    EXPECT(mark_figure_has_pages(&leg));
    EXPECT(!mark_figure_has_blocks(&leg));
    mark_figure_touch(&leg, &visit, 0x1000);
    pass(&leg, 1, 10);
    mark_figure_touch(&leg, &visit, 0x2000);
    mark_figure_touch(&leg, &visit, 0x3000);
    pass(&leg, 2, 20);
    mark_figure_touch(&leg, &visit, 0x4000);
    EXPECT_EQ(leg.pages.count, 2);
}

/* The pages of a thousand rounds say nothing about one, and a boot clears all of memory's tables. */
TEST(figure_of_a_loop_or_from_the_start_has_no_pages)
{
    struct mark_figure loop = figure_of("loop=1-2/1000"), boot = figure_of("boot=0");
    EXPECT(!mark_figure_has_pages(&loop));
    EXPECT(!mark_figure_has_blocks(&loop));
    EXPECT(!mark_figure_has_pages(&boot));
    EXPECT(mark_figure_has_blocks(&boot));
}

TEST(figure_rejects_what_is_no_argument)
{
    const char *const wrong[] = { "",
                                  "=0",
                                  "boot",
                                  "boot=",
                                  "boot=16",
                                  "boot=-1",
                                  "Boot=0",
                                  "b=0x",
                                  "b=1-",
                                  "b=1-16",
                                  "b=1-2/0",
                                  "b=1-2/5000000000",
                                  "a_name_that_is_longer_than_forty_characters=1" };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct mark_figure figure = { .first = 7 };
        EXPECT(!mark_figure_parse(wrong[i], &figure));
        EXPECT_EQ(figure.first, 7);
    }
}
