/* Double of the clock of kernel/sched/timer.h: it counts how often it was read. */
#include "kernel/sched/timer.h"

time_ns_t clock_now(void)
{
    static time_ns_t now;
    return ++now;
}
