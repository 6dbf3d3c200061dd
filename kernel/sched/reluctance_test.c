/* Tests of reluctance.c: what help was worth decides when it is called for again. */
#include "kernel/sched/reluctance.h"

#include "tests/unit.h"

#define LONG_NS 100000ull
#define SHORT_NS (LONG_NS - 1)

TEST(reluctance_is_none_at_first)
{
    struct reluctance reluctance = { 0 };
    EXPECT_EQ(reluctance_holds(&reluctance, 0), false);
    EXPECT_EQ(reluctance_holds(&reluctance, 1), false);
}

TEST(reluctance_pauses_after_short_help)
{
    struct reluctance reluctance = { 0 };
    reluctance_learn(&reluctance, SHORT_NS, 1000);
    EXPECT_EQ(reluctance_holds(&reluctance, 1000), true);
    EXPECT_EQ(reluctance_holds(&reluctance, 250999), true);
    EXPECT_EQ(reluctance_holds(&reluctance, 251000), false);
}

TEST(reluctance_doubles_the_pause_up_to_a_limit)
{
    struct reluctance reluctance = { 0 };
    for (uint64_t pause_ns = 250000; pause_ns < 8000000; pause_ns *= 2) {
        reluctance_learn(&reluctance, 0, 0);
        EXPECT_EQ(reluctance_holds(&reluctance, pause_ns - 1), true);
        EXPECT_EQ(reluctance_holds(&reluctance, pause_ns), false);
    }
    for (int i = 0; i < 3; i++) {
        reluctance_learn(&reluctance, 0, 0);
        EXPECT_EQ(reluctance_holds(&reluctance, 7999999), true);
        EXPECT_EQ(reluctance_holds(&reluctance, 8000000), false);
    }
}

/* Else a time of single requests would keep the second CPU away when many come at once. */
TEST(reluctance_ends_with_help_that_lasts)
{
    struct reluctance reluctance = { 0 };
    for (int i = 0; i < 10; i++)
        reluctance_learn(&reluctance, 0, 0);
    reluctance_learn(&reluctance, LONG_NS, 5000);
    EXPECT_EQ(reluctance_holds(&reluctance, 5000), false);
    reluctance_learn(&reluctance, 0, 10000);
    EXPECT_EQ(reluctance_holds(&reluctance, 259999), true);
    EXPECT_EQ(reluctance_holds(&reluctance, 260000), false);
}
