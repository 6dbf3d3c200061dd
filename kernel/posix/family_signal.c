/* The signals that families send: of a child to its parent, and to groups that nobody keeps. */
#include "kernel/posix/family_internal.h"
#include "kernel/posix/posix.h"
#include "kernel/process/process.h"
#include "kernel/sched/timer.h"

enum { TICK_NS = 10000000 }; /* The clock_t of si_utime: sysconf(_SC_CLK_TCK) is 100. */

/* What there is to tell of a child now. */
static void news_of(const struct posix_process *child, int32_t *out_code, int32_t *out_status)
{
    uint32_t event, detail;
    if (child->family.ended) {
        family_end_event(child, &event, &detail);
        *out_code =
            event == PROCESS_EVENT_EXITED ? SIGNAL_CODE_CHILD_EXITED : SIGNAL_CODE_CHILD_KILLED;
        *out_status = (int32_t)detail;
    } else if (child->family.news == FAMILY_NEWS_STOPPED) {
        *out_code = SIGNAL_CODE_CHILD_STOPPED;
        *out_status = child->family.news_signal;
    } else {
        *out_code = SIGNAL_CODE_CHILD_CONTINUED;
        *out_status = POSIX_SIGCONT;
    }
}

void family_signal_parent(struct posix_process *parent, const struct posix_process *child)
{
    struct process_usage usage;
    if (!child->family.ended && !signals_tell_stops(parent))
        return;
    family_usage(child, &usage);
    struct signal_information information = {
        .number = POSIX_SIGCHLD,
        .child = { .process_id = (uint32_t)child->process->id,
                   .user = POSIX_USER,
                   .user_ticks = (int64_t)(usage.cpu_ns / TICK_NS) },
    };
    news_of(child, &information.code, &information.child.status);
    (void)signal_send_process(parent, &information); /* Without its information if need be. */
}

void family_signal_orphans(struct posix_group *group)
{
    struct signal_information hangup = { .number = POSIX_SIGHUP, .code = SIGNAL_CODE_KERNEL };
    struct signal_information go_on = { .number = POSIX_SIGCONT, .code = SIGNAL_CODE_KERNEL };
    (void)posix_group_signal_locked(group, &hangup);
    (void)posix_group_signal_locked(group, &go_on);
}

bool family_discards_children(struct posix_process *parent)
{
    return signals_drop_children(parent);
}
