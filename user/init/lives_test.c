#include "user/init/lives.h"

#include "tests/unit.h"

#define SECOND 1000000000ull

/* One crash must not take the services down for long. */
TEST(lives_first_death_waits_shortly)
{
    struct lives lives = { 0 };
    EXPECT_EQ(lives_death(&lives, 5 * SECOND), LIVES_DELAY_FIRST_NS);
}

/* A supervisor that dies at once is not worth the processor's time, and after five it is given up. */
TEST(lives_doubles_the_delay_and_gives_up)
{
    struct lives lives = { 0 };
    time_ns_t now = SECOND, delay = LIVES_DELAY_FIRST_NS;
    for (int i = 0; i < LIVES_MAX - 1; i++, delay *= 2) {
        EXPECT_EQ(lives_death(&lives, now), delay);
        now += SECOND;
    }
    EXPECT_EQ(lives_death(&lives, now), TIME_NEVER);
}

/* Deaths are forgotten: one a minute, for ever, is no reason to give up. */
TEST(lives_forgets_after_the_window)
{
    struct lives lives = { 0 };
    for (uint64_t i = 1; i <= 100; i++)
        EXPECT_EQ(lives_death(&lives, i * LIVES_WINDOW_NS), LIVES_DELAY_FIRST_NS);
}

/* The window's edge: LIVES_MAX - 1 old deaths count until just before it. */
TEST(lives_counts_up_to_the_window_edge)
{
    struct lives lives = { 0 };
    for (int i = 0; i < LIVES_MAX - 1; i++)
        (void)lives_death(&lives, SECOND);
    struct lives later = lives;
    EXPECT_EQ(lives_death(&lives, SECOND + LIVES_WINDOW_NS - 1), TIME_NEVER);
    EXPECT_EQ(lives_death(&later, SECOND + LIVES_WINDOW_NS), LIVES_DELAY_FIRST_NS);
}
