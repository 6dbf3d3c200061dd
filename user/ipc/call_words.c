/* ipc_call_words: a parcel through the registers of channel_call. */
#include <string.h>

#include "lib/base/assert.h"
#include "user/ipc/call.h"
#include "user/ipc/channel.h"

_Static_assert((int)CHANNEL_WORDS_MAX * 8 == (int)IPC_PARCEL_INLINE_SIZE, "one limit, two units");

status_t ipc_call_words(handle_t channel, time_ns_t deadline, struct ipc_parcel *parcel)
{
    struct channel_words words = { .count = parcel->len / 8 };
    ASSERT(parcel->len <= IPC_PARCEL_INLINE_SIZE);
    ASSERT(parcel->len % 8 == 0);
    ASSERT(parcel->handle_count == 0);
    memcpy(words.word, parcel->bytes, parcel->len);
    status_t status = sys_channel_call(channel, deadline, &words);
    if (status != STATUS_OK)
        return status;
    /* A count with flags, or above eight, is an answer that the registers do not hold. */
    if (words.count > parcel->capacity / 8 || words.count > CHANNEL_WORDS_MAX)
        return STATUS_TOO_BIG;
    parcel->len = words.count * 8;
    memcpy(parcel->bytes, words.word, parcel->len);
    return STATUS_OK;
}
