/* Calls 64 to 73: channels, endpoints, replies. The two raw ones are the fast path. */
#include <arch/trap.h>
#include <kernel_gen/syscall_handlers.h>

#include "kernel/base/epoch.h"
#include "kernel/ipc/channel.h"
#include "kernel/ipc/message.h"
#include "kernel/ipc/reply.h"
#include "kernel/object/give.h"
#include "kernel/process/process.h"
#include "kernel/sched/handoff.h"
#include "kernel/sched/thread.h"

status_t syscall_endpoint_create(struct thread *caller, handle_t *out_endpoint)
{
    struct endpoint *endpoint = NULL;
    status_t status = endpoint_create(caller->process->cell, &endpoint);
    if (status != STATUS_OK)
        return status;
    return handle_give(&caller->process->handles, &endpoint->object, RIGHTS_ENDPOINT, out_endpoint);
}

status_t syscall_channel_mint(struct thread *caller, struct endpoint *endpoint, uint64_t badge,
                              handle_t *out_channel)
{
    struct channel *channel = NULL;
    status_t status = channel_create(caller->process->cell, endpoint, badge, &channel);
    if (status != STATUS_OK)
        return status;
    return handle_give(&caller->process->handles, &channel->object, RIGHTS_CHANNEL, out_channel);
}

/* No reference is taken on the way to a waiting server: the channel and its endpoint stay for the
 * epoch, and after that nothing but the answer is needed. */
status_t syscall_channel_call(struct thread *caller, struct trap_frame *frame)
{
    struct object *channel;
    struct thread *next;
    if (frame->x[1] > IPC_WORDS_MAX)
        return STATUS_INVALID;
    if (caller->ipc == NULL && ipc_thread_create(caller) != STATUS_OK)
        return STATUS_NO_MEMORY;
    struct ipc_thread *part = caller->ipc;
    part->frame = frame;
    part->word_count = (uint32_t)frame->x[1];
    part->is_long = false;
    epoch_begin();
    status_t status = handle_borrow(&caller->process->handles, (handle_t){ frame->x[0] },
                                    OBJECT_CHANNEL, RIGHT_CHANNEL_CALL, &channel);
    if (status == STATUS_OK)
        status = call_begin(part, (struct channel *)channel, &next);
    epoch_end();
    if (status == STATUS_OK)
        status = call_wait(part, next, frame->x[11]);
    return status == STATUS_OK ? part->answer_status : status;
}

/* The endpoint that the handle names, kept alive by the server's own reference: it is taken when
 * the server turns to another one than last time. */
static status_t served_endpoint(struct thread *caller, handle_t handle, struct ipc_thread *server)
{
    struct object *endpoint;
    struct object *before = NULL;
    epoch_begin();
    status_t status = handle_borrow(&caller->process->handles, handle, OBJECT_ENDPOINT,
                                    RIGHT_ENDPOINT_RECEIVE, &endpoint);
    if (status == STATUS_OK && (struct endpoint *)endpoint != server->served) {
        before = server->served == NULL ? NULL : &server->served->object;
        bool is_alive = object_try_ref(endpoint);
        server->served = is_alive ? (struct endpoint *)endpoint : NULL;
        status = is_alive ? STATUS_OK : STATUS_BAD_HANDLE;
    }
    epoch_end();
    if (before != NULL)
        object_unref(before);
    return status;
}

status_t syscall_endpoint_receive(struct thread *caller, struct trap_frame *frame)
{
    struct thread *woken = NULL;
    bool has_reply = frame->x[1] != IPC_NO_REPLY;
    if (has_reply && (frame->x[1] > IPC_WORDS_MAX || frame->x[12] > UINT32_MAX))
        return STATUS_INVALID;
    if (caller->ipc == NULL && ipc_thread_create(caller) != STATUS_OK)
        return STATUS_NO_MEMORY;
    struct ipc_thread *server = caller->ipc;
    if (has_reply != (server->hold.caller != NULL))
        return STATUS_BAD_STATE;
    status_t status = served_endpoint(caller, (handle_t){ frame->x[0] }, server);
    if (status != STATUS_OK)
        return status;
    server->frame = frame;
    if (has_reply) {
        call_loan_end(server);
        woken =
            hold_answer_frame(&server->hold, frame, (uint32_t)frame->x[1], (status_t)frame->x[12]);
    } else if (server->hold.payload != NULL) {
        hold_abandon(&server->hold); /* A one-way message that was not read. */
    }
    return endpoint_receive(server->served, server, woken, frame->x[11]);
}

/* A short answer to a long call, as bytes. */
static status_t answer_words_to_user(const struct ipc_thread *part, struct ipc_message *room)
{
    uint32_t byte_count = part->word_count * sizeof(uint64_t);
    bool fits = byte_count <= room->byte_count;
    room->byte_count = byte_count;
    room->handle_count = 0;
    return fits ? user_write((uaddr_t){ room->bytes }, part->words, byte_count) : STATUS_TOO_BIG;
}

/* Hand the answer of a long call to its caller; the payload goes in any case. */
static status_t answer_to_user(struct thread *caller, struct ipc_thread *part,
                               struct ipc_message *room)
{
    struct ipc_payload *answer = part->answer;
    part->answer = NULL;
    if (answer == NULL)
        return answer_words_to_user(part, room);
    struct user_out bytes = { { room->bytes }, room->byte_count };
    struct user_out handles = { { room->handles }, room->handle_count * sizeof(handle_t) };
    status_t status = payload_to_user(caller, answer, bytes, handles);
    room->byte_count = answer->byte_count;
    room->handle_count = answer->handle_count;
    payload_drop(answer);
    return status;
}

status_t syscall_channel_call_long(struct thread *caller, struct channel *channel,
                                   struct user_in request, struct user_out reply_message,
                                   time_ns_t deadline)
{
    struct ipc_message message, room;
    struct thread *next;
    status_t status = caller->ipc == NULL ? ipc_thread_create(caller) : STATUS_OK;
    struct ipc_thread *part = caller->ipc;
    if (status == STATUS_OK)
        status = message_describe(request, &message);
    if (status == STATUS_OK)
        status =
            message_describe((struct user_in){ reply_message.address, reply_message.len }, &room);
    if (status == STATUS_OK)
        status = payload_from_user(caller, &message, OBJECT_BITS_ALL, &part->request);
    if (status != STATUS_OK)
        return status;
    part->is_long = true;
    part->word_count = 0;
    part->answer = NULL;
    status = call_begin(part, channel, &next);
    if (status == STATUS_OK)
        status = call_wait(part, next, deadline);
    if (status != STATUS_OK)
        return status;
    status = answer_to_user(caller, part, &room);
    if (status == STATUS_OK || status == STATUS_TOO_BIG) {
        status_t written = user_write(reply_message.address, &room, sizeof room);
        if (written != STATUS_OK)
            return written;
    }
    return status == STATUS_OK ? part->answer_status : status;
}

status_t syscall_message_read(struct thread *caller, struct user_out buffer,
                              struct user_out handles, size_t *out_actual,
                              size_t *out_actual_handles)
{
    struct ipc_thread *part = caller->ipc;
    if (part == NULL || part->hold.payload == NULL)
        return STATUS_BAD_STATE;
    struct ipc_payload *payload = part->hold.payload;
    status_t status = payload_to_user(caller, payload, buffer, handles);
    if (status != STATUS_OK)
        return status;
    *out_actual = payload->byte_count;
    *out_actual_handles = payload->handle_count;
    part->hold.payload = NULL;
    payload_drop(payload);
    return STATUS_OK;
}

/* Read an answer that fits a short call into words. @return TOO_BIG, BAD_ADDRESS. */
static status_t words_from_user(const struct ipc_message *message, uint64_t *words,
                                uint32_t *out_count)
{
    if (message->byte_count > IPC_WORDS_MAX * sizeof(uint64_t) || message->handle_count > 0)
        return STATUS_TOO_BIG;
    for (uint32_t i = 0; i < IPC_WORDS_MAX; i++)
        words[i] = 0;
    *out_count = (message->byte_count + 7) / 8;
    return user_read(words, (uaddr_t){ message->bytes }, message->byte_count);
}

/* What is to be said, out of user memory, before the hold is given up. */
struct answer {
    uint64_t words[IPC_WORDS_MAX];
    uint32_t word_count;
    struct ipc_payload *payload; /* Of a long call. */
};

static status_t answer_from_user(struct thread *server, bool is_long, struct user_in user,
                                 struct answer *out_answer)
{
    struct ipc_message message;
    out_answer->payload = NULL;
    status_t status = message_describe(user, &message);
    if (status != STATUS_OK)
        return status;
    if (!is_long)
        return words_from_user(&message, out_answer->words, &out_answer->word_count);
    return payload_from_user(server, &message, OBJECT_BITS_ALL, &out_answer->payload);
}

static void answer_send(struct ipc_hold *hold, const struct answer *answer, uint32_t status)
{
    struct thread *woken =
        hold->is_long
            ? hold_answer_payload(hold, answer->payload, (status_t)status)
            : hold_answer_words(hold, answer->words, answer->word_count, (status_t)status);
    if (woken != NULL)
        handoff_wake(woken);
}

status_t syscall_message_reply(struct thread *caller, struct user_in message, uint32_t status)
{
    struct ipc_thread *part = caller->ipc;
    struct answer answer;
    if (part == NULL || part->hold.caller == NULL)
        return STATUS_BAD_STATE;
    status_t read = answer_from_user(caller, part->hold.is_long, message, &answer);
    if (read != STATUS_OK)
        return read;
    call_loan_end(part);
    answer_send(&part->hold, &answer, status);
    return STATUS_OK;
}

status_t syscall_reply_save(struct thread *caller, handle_t *out_reply)
{
    struct ipc_thread *part = caller->ipc;
    struct reply *reply = NULL;
    if (part == NULL || part->hold.caller == NULL)
        return STATUS_BAD_STATE;
    status_t status = reply_create(caller->process->cell, &reply);
    if (status != STATUS_OK)
        return status;
    object_ref(&reply->object);
    status = handle_give(&caller->process->handles, &reply->object, RIGHTS_REPLY, out_reply);
    if (status == STATUS_OK) {
        call_loan_end(part);
        reply_keep(reply, &part->hold);
    }
    object_unref(&reply->object);
    return status;
}

status_t syscall_reply_send(struct thread *caller, struct reply *reply, struct user_in message,
                            uint32_t status)
{
    struct ipc_hold hold;
    struct answer answer;
    bool is_long = false;
    if (!reply_peek(reply, &is_long))
        return STATUS_BAD_STATE;
    status_t read = answer_from_user(caller, is_long, message, &answer);
    if (read != STATUS_OK)
        return read;
    if (!reply_take(reply, &hold)) { /* Another thread answered meanwhile. */
        payload_drop(answer.payload);
        return STATUS_BAD_STATE;
    }
    answer_send(&hold, &answer, status);
    return STATUS_OK;
}

/* A letter with the message in it, in room that is reserved. */
static status_t letter_from_user(struct thread *sender, const struct channel *channel,
                                 struct user_in user, struct ipc_letter **out_letter)
{
    struct ipc_message message;
    struct ipc_letter *letter = NULL;
    status_t status = message_describe(user, &message);
    if (status != STATUS_OK)
        return status;
    status = letter_create(sender->process->cell, channel->badge, &letter);
    if (status != STATUS_OK)
        return status;
    status = payload_from_user(sender, &message, LETTER_KINDS, &letter->payload);
    if (status != STATUS_OK) {
        letter_free(letter);
        return status;
    }
    *out_letter = letter;
    return STATUS_OK;
}

status_t syscall_channel_send(struct thread *caller, struct channel *channel,
                              struct user_in message)
{
    struct ipc_letter *letter = NULL;
    status_t status = endpoint_reserve(channel->endpoint);
    if (status != STATUS_OK)
        return status;
    status = letter_from_user(caller, channel, message, &letter);
    if (status != STATUS_OK) {
        endpoint_unreserve(channel->endpoint);
        return status;
    }
    status = endpoint_post(channel->endpoint, letter);
    if (status != STATUS_OK) {
        struct ipc_payload *payload = letter->payload;
        letter_free(letter);
        payload_drop(payload);
    }
    return status;
}
