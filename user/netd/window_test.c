#include "tests/unit.h"
#include "user/netd/window.h"

TEST(window_begins_small_and_closes_with_what_is_unread)
{
    EXPECT_EQ(window_free(0, WINDOW_BYTES), WINDOW_FIRST_BYTES);
    EXPECT_EQ(window_free(1, WINDOW_BYTES - 1), WINDOW_FIRST_BYTES - 1);
    EXPECT_EQ(window_free(WINDOW_FIRST_BYTES, WINDOW_BYTES - WINDOW_FIRST_BYTES), 0);
}

/* All of the first window was read: twice as much may come. */
TEST(window_grows_with_what_is_read)
{
    EXPECT_EQ(window_free(WINDOW_FIRST_BYTES, WINDOW_BYTES), 2 * WINDOW_FIRST_BYTES);
    EXPECT_EQ(window_free(WINDOW_BYTES - WINDOW_FIRST_BYTES - 1, WINDOW_BYTES), WINDOW_BYTES - 1);
    EXPECT_EQ(window_free(1ull << 40, WINDOW_BYTES), WINDOW_BYTES);
    EXPECT_EQ(window_free(1ull << 40, 0), 0);
}

/* Whatever is pushed and read: no more is allowed than fits, and what was allowed stays so. */
TEST(window_never_takes_back_what_it_gave)
{
    uint64_t pushed = 0, read = 0, end = 0;
    unit_seed(7);
    for (uint32_t i = 0; i < 100000; i++) {
        uint32_t room = (uint32_t)(WINDOW_BYTES - (pushed - read));
        uint32_t may_come = window_free(pushed, room);
        EXPECT(may_come <= room);
        EXPECT(pushed + may_come >= end);
        end = pushed + may_come;
        if (unit_random() % 2 == 0 && may_come > 0)
            pushed += unit_random() % may_come + 1;
        else if (pushed > read)
            read += unit_random() % (pushed - read) + 1;
    }
    EXPECT(read > WINDOW_BYTES);
}

/* A count that is behind what the stream holds must not look like a very long stream. */
TEST(window_survives_a_count_that_is_behind)
{
    EXPECT_EQ(window_free(10, WINDOW_BYTES - 20), WINDOW_FIRST_BYTES - 20);
}
