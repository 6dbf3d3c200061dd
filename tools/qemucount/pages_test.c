#include "tools/qemucount/pages.h"

#include "tests/unit.h"

enum { PAGE = 4096 };

static const uint64_t KERNEL = 0xffffffff80000000;
static const uint64_t USER = 0x400000;

TEST(page_counts_once_however_often_it_is_touched)
{
    struct page_set set = { 0 };
    struct page_visit visit = { 0 };
    page_set_add(&set, &visit, KERNEL);
    page_set_add(&set, &visit, KERNEL + PAGE - 1);
    EXPECT_EQ(set.count, 1);
    page_set_add(&set, &visit, KERNEL + PAGE);
    page_set_add(&set, &visit, 0);
    EXPECT_EQ(set.count, 3);
}

/* Client and server may be the same program: each of them walks its own tables. */
TEST(user_page_counts_again_after_the_kernel_has_run)
{
    struct page_set set = { 0 };
    struct page_visit visit = { 0 };
    page_visit_execute(&visit, USER);
    page_set_add(&set, &visit, USER);
    page_visit_execute(&visit, KERNEL);
    page_set_add(&set, &visit, KERNEL);
    page_set_add(&set, &visit, USER); /* The kernel copies from the caller. */
    EXPECT_EQ(set.count, 2);
    page_visit_execute(&visit, USER);
    page_visit_execute(&visit, USER + PAGE);
    page_set_add(&set, &visit, USER);
    EXPECT_EQ(set.count, 3);
    page_visit_execute(&visit, KERNEL);
    page_set_add(&set, &visit, KERNEL);
    EXPECT_EQ(set.count, 3);
}

TEST(pages_beyond_the_most_are_not_counted)
{
    static struct page_set set;
    struct page_visit visit = { 0 };
    for (uint64_t i = 0; i < PAGE_SET_MAX + 2; i++)
        page_set_add(&set, &visit, KERNEL + i * PAGE);
    EXPECT_EQ(set.count, PAGE_SET_MAX);
}
