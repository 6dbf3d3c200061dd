#include "user/netd/window.h"

#include "lib/base/assert.h"

uint32_t window_free(uint64_t pushed_bytes, uint32_t room_bytes)
{
    ASSERT(room_bytes <= WINDOW_BYTES);
    uint32_t unread = WINDOW_BYTES - room_bytes;
    uint64_t read = pushed_bytes > unread ? pushed_bytes - unread : 0;
    uint64_t allowed = WINDOW_FIRST_BYTES + read;
    if (allowed > WINDOW_BYTES)
        allowed = WINDOW_BYTES;
    return allowed > unread ? (uint32_t)(allowed - unread) : 0;
}
