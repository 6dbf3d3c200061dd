/* See lives.h. */
#include "user/init/lives.h"

static uint32_t deaths_within_window(const struct lives *lives, time_ns_t now)
{
    uint32_t known = lives->death_count < LIVES_MAX ? lives->death_count : LIVES_MAX;
    uint32_t count = 0;
    for (uint32_t i = 0; i < known; i++)
        count += now - lives->deaths[i] < LIVES_WINDOW_NS;
    return count;
}

time_ns_t lives_death(struct lives *lives, time_ns_t now)
{
    lives->deaths[lives->death_count++ % LIVES_MAX] = now;
    uint32_t recent = deaths_within_window(lives, now);
    if (recent >= LIVES_MAX)
        return TIME_NEVER;
    time_ns_t delay = LIVES_DELAY_FIRST_NS << (recent - 1);
    return delay < LIVES_DELAY_MAX_NS ? delay : LIVES_DELAY_MAX_NS;
}
