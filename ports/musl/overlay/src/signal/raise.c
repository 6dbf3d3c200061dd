/* In the place of musl's, which masks all signals around the two steps of learning the thread's number and sending
 * to it, since a handler in between may fork: the kernel knows who calls, so there is one step. */
#include <errno.h>
#include <signal.h>

long __posix_raise(int signal);

int raise(int signal)
{
    long result = __posix_raise(signal);
    if (result >= 0)
        return 0;
    errno = (int)-result;
    return -1;
}
