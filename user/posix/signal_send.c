/* Sending signals. Processes and threads are numbers of the kernel's; a thread is looked for in the caller's
 * own process where POSIX has no process to name. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include <abi/posix_signal.h>
#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/posix.h"

long __posix_kill(int pid, int signal)
{
    if (signal < 0)
        return -EINVAL;
    return posix_error(sys_signal_send(pid, (uint32_t)signal));
}

long __posix_raise(int signal)
{
    if (signal < 0)
        return -EINVAL;
    return posix_error(sys_signal_send_thread(0, 0, (uint32_t)signal));
}

long __posix_tkill(int tid, int signal)
{
    if (tid <= 0 || signal < 0)
        return -EINVAL;
    return posix_error(sys_signal_send_thread(0, (uint64_t)tid, (uint32_t)signal));
}

long __posix_tgkill(int pid, int tid, int signal)
{
    if (pid <= 0 || tid <= 0 || signal < 0)
        return -EINVAL;
    return posix_error(sys_signal_send_thread((uint64_t)pid, (uint64_t)tid, (uint32_t)signal));
}

long __posix_rt_sigqueueinfo(int pid, int signal, const void *information)
{
    struct signal_information given;
    if (pid <= 0 || signal < 0)
        return -EINVAL;
    memcpy(&given, information, sizeof given);
    given.number = (uint32_t)signal;
    return posix_error(sys_signal_queue((uint64_t)pid, 0, &given));
}
