/* See serve.h. */
#include "user/ipc/serve.h"

#include <string.h>

#include <abi/ipc.h>
#include <swos/syscalls.h>

#include "user/ipc/call.h"
#include "user/ipc/channel.h"

enum { DRAIN_MAX = 16 }; /* Requests in one go. */

/* The request as a parcel, whichever way it came. */
static status_t read_request(struct ipc_server *server, const struct channel_words *words,
                             struct ipc_parcel *out_request)
{
    *out_request =
        (struct ipc_parcel){ .bytes = server->request_bytes, .capacity = server->capacity };
    if ((words->count & IPC_FLAG_LONG) != 0)
        return sys_message_read(server->request_bytes, server->capacity,
                                (uint64_t *)out_request->handles, IPC_HANDLES_MAX,
                                &out_request->len, &out_request->handle_count);
    out_request->len = (words->count & IPC_COUNT_MASK) * sizeof(uint64_t);
    if (out_request->len > server->capacity)
        return STATUS_TOO_BIG;
    memcpy(out_request->bytes, words->word, out_request->len);
    return STATUS_OK;
}

/* Small answers wait for the next receive; others leave at once. */
static void answer(struct ipc_server *server, struct ipc_parcel *reply, status_t status)
{
    if (status != STATUS_OK)
        reply->len = 0;
    if (reply->handle_count == 0 && reply->len <= IPC_PARCEL_INLINE_SIZE) {
        server->answer.count = reply->len / 8;
        server->answer.status = status;
        server->answer.is_due = true;
        memset(server->answer.words, 0, sizeof server->answer.words);
        memcpy(server->answer.words, reply->bytes, reply->len);
        return;
    }
    const struct ipc_message message = {
        .bytes = (uintptr_t)reply->bytes,
        .handles = (uintptr_t)reply->handles,
        .byte_count = (uint32_t)reply->len,
        .handle_count = (uint32_t)reply->handle_count,
    };
    status_t sent = sys_message_reply(&message, status);
    if (sent == STATUS_OK)
        return;
    /* The caller asked in a way that cannot take it, or a handle of ours was refused. */
    ipc_parcel_close(reply);
    server->answer = (struct ipc_answer){ .status = sent, .is_due = true };
}

static void serve(struct ipc_server *server, const struct channel_words *words, uint64_t badge)
{
    bool is_one_way = (words->count & IPC_FLAG_ONE_WAY) != 0;
    struct ipc_parcel request;
    struct ipc_parcel reply = { .bytes = server->reply_bytes, .capacity = server->capacity };
    status_t status = read_request(server, words, &request);
    if (status == STATUS_OK) {
        status = server->dispatch(server->argument, badge, &request, &reply);
        ipc_parcel_close(&request);
    }
    if (status != STATUS_OK || is_one_way)
        ipc_parcel_close(&reply);
    if (!is_one_way && status != IPC_ANSWER_LATER)
        answer(server, &reply, status);
}

status_t ipc_server_next(struct ipc_server *server, time_ns_t deadline)
{
    struct channel_words words = { .count = ENDPOINT_NO_REPLY };
    struct ipc_answer *due = &server->answer;
    uint64_t badge = 0;
    status_t reply_status = STATUS_OK;
    if (due->is_due) {
        memcpy(words.word, due->words, sizeof words.word);
        words.count = due->count;
        reply_status = due->status;
        due->is_due = false;
    }
    status_t status =
        sys_endpoint_receive(server->endpoint, deadline, reply_status, &words, &badge);
    if (status != STATUS_OK)
        return status;
    if ((words.count & IPC_FLAG_CLOSED) == 0)
        serve(server, &words, badge);
    else if (server->closed != NULL)
        server->closed(server->argument, badge);
    return STATUS_OK;
}

/* The answer that waits for a next receive leaves now. A caller that has gone needs none. */
static void answer_flush(struct ipc_server *server)
{
    struct ipc_answer *due = &server->answer;
    if (!due->is_due)
        return;
    const struct ipc_message message = {
        .bytes = (uintptr_t)due->words,
        .byte_count = (uint32_t)(due->count * sizeof due->words[0]),
    };
    due->is_due = false;
    (void)sys_message_reply(&message, due->status);
}

status_t ipc_server_drain(struct ipc_server *server)
{
    status_t status = STATUS_OK;
    for (uint32_t i = 0; i < DRAIN_MAX && status == STATUS_OK; i++)
        status = ipc_server_next(server, TIME_NOW);
    answer_flush(server);
    return status == STATUS_TIMED_OUT ? STATUS_OK : status;
}
