/* See call.h. */
#include "user/posix/call.h"

#include <errno.h>

#include "user/posix/cancel.h"

static const uint8_t errors[] = {
#define ERROR_OF(name, error, text) [STATUS_##name] = (error),
    STATUS_TABLE(ERROR_OF)
#undef ERROR_OF
};

long posix_error(status_t status)
{
    if (status == STATUS_OK)
        return 0;
    return status < sizeof errors ? -(long)errors[status] : -EIO;
}

long blocking_call_status(struct blocking_call *call)
{
    const volatile int *asked = cancel_asked;
    /* A lock's wait, say, must not look like a cancellation point to whoever sees where the thread is. */
    return asked != NULL ? cancel_point_call(call, asked) : plain_call(call);
}

long blocking_call_make(struct blocking_call *call)
{
    long answer = blocking_call_status(call);
    return answer < 0 ? answer : posix_error((status_t)answer);
}

long blocking_call_value(struct blocking_call *call)
{
    long error = blocking_call_make(call);
    return error < 0 ? error : (long)call->out[0];
}
