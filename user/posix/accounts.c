/* Accounts and limits of processes, the machine as far as the cell sees it, and scheduling as information:
 * priorities belong to cells and their supervisor. */
#include "user/posix/accounts.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <time.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/posix.h"

enum {
    PAGE_KIB = 4,
    TICKS_NS = 10000000, /* sysconf(_SC_CLK_TCK) is 100. */
    SLICE_NS = 4000000,
    PRIORITY_LEAST = 1, /* Of SCHED_FIFO and SCHED_RR. */
    PRIORITY_MOST = 99,
};

static struct timeval time_of(uint64_t ns)
{
    return (struct timeval){ .tv_sec = (time_t)(ns / 1000000000),
                             .tv_usec = (suseconds_t)(ns % 1000000000 / 1000) };
}

void accounts_tell(const struct process_usage *usage, struct rusage *out_usage)
{
    memset(out_usage, 0, offsetof(struct rusage, __reserved));
    out_usage->ru_utime = time_of(usage->cpu_ns);
    out_usage->ru_maxrss = (long)(usage->pages_max * PAGE_KIB);
    out_usage->ru_minflt = (long)usage->faults;
}

long __posix_getrusage(int who, struct rusage *out_usage)
{
    struct process_usage usage;
    uint32_t whose;
    switch (who) {
    case RUSAGE_SELF: whose = PROCESS_USAGE_SELF; break;
    case RUSAGE_CHILDREN: whose = PROCESS_USAGE_CHILDREN; break;
    case RUSAGE_THREAD: whose = PROCESS_USAGE_THREAD; break;
    default: return -EINVAL;
    }
    status_t status = sys_process_usage(whose, &usage);
    if (status != STATUS_OK)
        return posix_error(status);
    accounts_tell(&usage, out_usage);
    return 0;
}

/* @return ticks since boot. */
long __posix_times(struct tms *out_times)
{
    struct process_usage own, children;
    struct timespec now;
    status_t status = sys_process_usage(PROCESS_USAGE_SELF, &own);
    if (status == STATUS_OK)
        status = sys_process_usage(PROCESS_USAGE_CHILDREN, &children);
    if (status != STATUS_OK)
        return posix_error(status);
    if (out_times != NULL)
        *out_times = (struct tms){ .tms_utime = (clock_t)(own.cpu_ns / TICKS_NS),
                                   .tms_cutime = (clock_t)(children.cpu_ns / TICKS_NS) };
    (void)__posix_clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)(now.tv_sec * 100 + now.tv_nsec / TICKS_NS);
}

/* --- Limits ---------------------------------------------------------------------------------- */

long __posix_prlimit64(int id, unsigned resource, const struct rlimit *new_limit,
                       struct rlimit *out_old)
{
    _Static_assert(sizeof(struct rlimit) == sizeof(struct process_limit), "one layout");
    if (id < 0)
        return -ESRCH;
    return posix_error(sys_process_limit((uint64_t)id, resource,
                                         (const struct process_limit *)new_limit,
                                         (struct process_limit *)out_old));
}

long __posix_getrlimit(unsigned resource, struct rlimit *out_limit)
{
    return __posix_prlimit64(0, resource, NULL, out_limit);
}

long __posix_setrlimit(unsigned resource, const struct rlimit *limit)
{
    return __posix_prlimit64(0, resource, limit, NULL);
}

/* --- Nice values ----------------------------------------------------------------------------- */

static long select_of(int which, uint32_t *out_select)
{
    switch (which) {
    case PRIO_PROCESS: *out_select = PROCESS_WAIT_CHILD; return 0;
    case PRIO_PGRP: *out_select = PROCESS_WAIT_GROUP; return 0;
    case PRIO_USER: *out_select = PROCESS_WAIT_ANY; return 0;
    default: return -EINVAL;
    }
}

/* The C library takes the answer from 20. */
long __posix_getpriority(int which, int id)
{
    uint32_t select;
    int64_t value;
    long error = select_of(which, &select);
    if (error == 0 && id < 0)
        error = -ESRCH;
    if (error == 0)
        error = posix_error(sys_process_nice(select, (uint64_t)id, false, 0, &value));
    return error < 0 ? error : 20 - (long)value;
}

long __posix_setpriority(int which, int id, int value)
{
    uint32_t select;
    int64_t now;
    long error = select_of(which, &select);
    if (error == 0 && id < 0)
        error = -ESRCH;
    value = value < -20 ? -20 : value > 19 ? 19 : value;
    return error < 0 ? error
                     : posix_error(sys_process_nice(select, (uint64_t)id, true, value, &now));
}

/* --- The machine ----------------------------------------------------------------------------- */

long __posix_sysinfo(struct sysinfo *out_info)
{
    struct process_surroundings around;
    status_t status = sys_process_surroundings(&around);
    if (status != STATUS_OK)
        return posix_error(status);
    memset(out_info, 0, sizeof *out_info);
    out_info->uptime = around.uptime_ns / 1000000000;
    out_info->totalram = around.memory_bytes;
    out_info->freeram = around.memory_free_bytes;
    out_info->procs = (unsigned short)around.processes;
    out_info->mem_unit = 1;
    return 0;
}

/* Every CPU that is online. @return the bytes that were written. */
long __posix_sched_getaffinity(int id, size_t size, uint64_t *out_mask)
{
    struct process_surroundings around;
    if (size < sizeof *out_mask)
        return -EINVAL;
    status_t status = sys_process_surroundings(&around);
    if (status != STATUS_OK)
        return posix_error(status);
    *out_mask = around.cpus >= 64 ? UINT64_MAX : (1ull << around.cpus) - 1;
    return sizeof *out_mask;
}

long __posix_sched_getscheduler(int id)
{
    return SCHED_OTHER;
}

long __posix_sched_getparam(int id, struct sched_param *out_param)
{
    *out_param = (struct sched_param){ 0 };
    return 0;
}

/* Nothing but what is so anyway. */
long __posix_sched_setscheduler(int id, int policy, const struct sched_param *param)
{
    if (policy != SCHED_OTHER && policy != SCHED_FIFO && policy != SCHED_RR)
        return -EINVAL;
    if (policy != SCHED_OTHER)
        return -EPERM;
    return param->sched_priority == 0 ? 0 : -EINVAL;
}

long __posix_sched_setparam(int id, const struct sched_param *param)
{
    return param->sched_priority == 0 ? 0 : -EINVAL;
}

static bool is_real_time(int policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

long __posix_sched_get_priority_max(int policy)
{
    if (!is_real_time(policy) && policy != SCHED_OTHER)
        return -EINVAL;
    return is_real_time(policy) ? PRIORITY_MOST : 0;
}

long __posix_sched_get_priority_min(int policy)
{
    if (!is_real_time(policy) && policy != SCHED_OTHER)
        return -EINVAL;
    return is_real_time(policy) ? PRIORITY_LEAST : 0;
}

long __posix_sched_rr_get_interval(int id, struct timespec *out_interval)
{
    *out_interval = (struct timespec){ .tv_nsec = SLICE_NS };
    return 0;
}
