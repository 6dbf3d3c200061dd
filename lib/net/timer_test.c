#include "lib/net/timer.h"

#include "tests/unit.h"

enum { TIMERS = 37 };

struct fixture {
    struct net_timers timers;
    time_ns_t deadlines[TIMERS], wanted[TIMERS];
    uint32_t positions[TIMERS], heap[TIMERS];
};

static void fixture_init(struct fixture *f)
{
    f->timers = (struct net_timers){ f->deadlines, f->positions, f->heap, 0, 0 };
    net_timers_init(&f->timers, TIMERS);
    for (int i = 0; i < TIMERS; i++)
        f->wanted[i] = TIME_NEVER;
}

static time_ns_t earliest(const struct fixture *f)
{
    time_ns_t earliest = TIME_NEVER;
    for (int i = 0; i < TIMERS; i++)
        if (f->wanted[i] < earliest)
            earliest = f->wanted[i];
    return earliest;
}

/* Against a plain array: after any history of arming, moving, disarming and taking, the next
 * deadline is the smallest, and timers come out in order, each once. */
TEST(timers_agree_with_a_plain_array)
{
    struct fixture f;
    fixture_init(&f);
    for (int round = 0; round < 20000; round++) {
        uint32_t timer = (uint32_t)(unit_random() % TIMERS);
        switch (unit_random() % 4) {
        case 0:
        case 1:
            f.wanted[timer] = unit_random() % 1000;
            net_timer_set(&f.timers, timer, f.wanted[timer]);
            break;
        case 2:
            f.wanted[timer] = TIME_NEVER;
            net_timer_cancel(&f.timers, timer);
            break;
        case 3: {
            time_ns_t now = unit_random() % 1000;
            bool took = net_timers_take(&f.timers, now, &timer);
            REQUIRE(took == (earliest(&f) <= now));
            if (took) {
                REQUIRE(f.wanted[timer] == earliest(&f));
                f.wanted[timer] = TIME_NEVER;
            }
            break;
        }
        }
        REQUIRE(net_timers_next(&f.timers) == earliest(&f));
        REQUIRE(net_timer_deadline(&f.timers, timer) == f.wanted[timer]);
    }
}

TEST(timer_out_of_range_is_our_mistake)
{
    static struct fixture f;
    fixture_init(&f);
    EXPECT_PANIC(net_timer_set(&f.timers, TIMERS, 1));
}
