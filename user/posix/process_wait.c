/* Waiting for children. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <abi/family.h>

#include "user/posix/accounts.h"
#include "user/posix/call.h"
#include "user/posix/posix.h"

enum { STATUS_CONTINUED = 0xffff, STATUS_STOPPED = 0x7f };

static long wait_for(enum process_wait_select select, uint64_t id, uint32_t flags,
                     struct process_wait_result *out_result)
{
    struct blocking_call call = {
        .number = SYSCALL_process_wait,
        .in = { select, id, flags, (uint64_t)(uintptr_t)out_result },
    };
    memset(out_result, 0, sizeof *out_result);
    long error = blocking_call_make(&call);
    return error == -EAGAIN && flags & PROCESS_WAIT_NO_HANG ? 0 : error;
}

static int encode(const struct process_wait_result *result)
{
    int detail = (int)result->detail;
    switch (result->event) {
    case PROCESS_EVENT_KILLED: return detail;
    case PROCESS_EVENT_STOPPED: return detail << 8 | STATUS_STOPPED;
    case PROCESS_EVENT_CONTINUED: return STATUS_CONTINUED;
    default: return (detail & 0xff) << 8;
    }
}

long __posix_wait4(int id, int *out_status, int options, struct rusage *out_usage)
{
    struct process_wait_result result;
    enum process_wait_select select = id > 0     ? PROCESS_WAIT_CHILD
                                      : id == -1 ? PROCESS_WAIT_ANY
                                                 : PROCESS_WAIT_GROUP;
    if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED)) != 0)
        return -EINVAL;
    uint32_t flags = PROCESS_WAIT_ENDED | (options & WNOHANG ? PROCESS_WAIT_NO_HANG : 0) |
                     (options & WUNTRACED ? PROCESS_WAIT_STOPPED : 0) |
                     (options & WCONTINUED ? PROCESS_WAIT_CONTINUED : 0);
    uint64_t wanted = id > 0 ? (uint64_t)id : 0;
    if (id == 0)
        wanted = (uint64_t)__posix_getpgid(0);
    else if (id < -1)
        wanted = (uint64_t)-(int64_t)id;
    long error = wait_for(select, wanted, flags, &result);
    if (error < 0)
        return error;
    if (result.event != PROCESS_EVENT_NONE && out_status != NULL)
        *out_status = encode(&result);
    if (result.event != PROCESS_EVENT_NONE && out_usage != NULL)
        accounts_tell(&result.usage, out_usage);
    return (long)result.id;
}

static int code_of(uint32_t event)
{
    switch (event) {
    case PROCESS_EVENT_KILLED: return CLD_KILLED;
    case PROCESS_EVENT_STOPPED: return CLD_STOPPED;
    case PROCESS_EVENT_CONTINUED: return CLD_CONTINUED;
    default: return CLD_EXITED;
    }
}

static void info_tell(const struct process_wait_result *result, siginfo_t *out_info)
{
    memset(out_info, 0, sizeof *out_info);
    if (result->event == PROCESS_EVENT_NONE)
        return;
    out_info->si_signo = SIGCHLD;
    out_info->si_code = code_of(result->event);
    out_info->si_pid = (pid_t)result->id;
    out_info->si_uid = (uid_t)__posix_getuid();
    out_info->si_status = result->event == PROCESS_EVENT_CONTINUED ? SIGCONT : (int)result->detail;
}

long __posix_waitid(int type, int id, siginfo_t *out_info, int options, struct rusage *out_usage)
{
    static const enum process_wait_select selects[] = {
        [P_ALL] = PROCESS_WAIT_ANY, [P_PID] = PROCESS_WAIT_CHILD, [P_PGID] = PROCESS_WAIT_GROUP
    };
    struct process_wait_result result;
    if (type < P_ALL || type > P_PGID || (type == P_PID && id <= 0) || (type == P_PGID && id < 0) ||
        (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED)) != 0 ||
        (options & (WEXITED | WSTOPPED | WCONTINUED)) == 0)
        return -EINVAL;
    uint32_t flags = (options & WNOHANG ? PROCESS_WAIT_NO_HANG : 0) |
                     (options & WEXITED ? PROCESS_WAIT_ENDED : 0) |
                     (options & WSTOPPED ? PROCESS_WAIT_STOPPED : 0) |
                     (options & WCONTINUED ? PROCESS_WAIT_CONTINUED : 0) |
                     (options & WNOWAIT ? PROCESS_WAIT_KEEP : 0);
    uint64_t wanted = (uint64_t)id;
    if (type == P_PGID && id == 0)
        wanted = (uint64_t)__posix_getpgid(0);
    long error = wait_for(selects[type], wanted, flags, &result);
    if (error < 0)
        return error;
    if (out_info != NULL)
        info_tell(&result, out_info);
    if (out_usage != NULL && result.event != PROCESS_EVENT_NONE)
        accounts_tell(&result.usage, out_usage);
    return 0;
}
