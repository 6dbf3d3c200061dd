/* The path of a call, straight down: call_run finds a waiting server, call_deliver moves the words
 * between the two trap frames, handoff_wait runs the server on this CPU; hold_answer_words moves
 * the answer back, and endpoint_receive runs the caller in the same way. States in call.h. */
#include "kernel/ipc/call.h"

#include <abi/signals.h>
#include <arch/trap.h>

#include "kernel/ipc/channel.h"
#include "kernel/ipc/message.h"
#include "kernel/sched/handoff.h"
#include "kernel/sched/thread.h"
#include "kernel/trace/counter.h"
#include "kernel/trace/tracepoint.h"
#include "lib/base/assert.h"

static void frame_words_read(const struct trap_frame *frame, uint64_t *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        words[i] = frame->x[i < 6 ? i + 2 : i + 3]; /* x8 is the call's number. */
}

static void frame_words_write(struct trap_frame *frame, const uint64_t *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        frame->x[i < 6 ? i + 2 : i + 3] = words[i];
}

/* Only as many registers as the message has: the rest are the sender's secrets. */
static void frame_words_move(struct trap_frame *to, const struct trap_frame *from, uint32_t count)
{
    for (uint32_t i = 2; i < 2 + count && i < 8; i++)
        to->x[i] = from->x[i];
    if (count > 6)
        to->x[9] = from->x[9];
    if (count > 7)
        to->x[10] = from->x[10];
}

/* A server that works for a caller is at least as urgent as the caller. It is in no run queue here:
 * it is claimed, or current. */
static void call_loan_begin(struct ipc_thread *server, const struct thread *caller)
{
    struct thread *thread = server->thread;
    if (caller->priority <= thread->priority)
        return;
    server->own_priority = thread->priority;
    server->has_loan = true;
    thread->priority = caller->priority;
}

void call_loan_end(struct ipc_thread *server)
{
    if (!server->has_loan)
        return;
    server->thread->priority = server->own_priority;
    server->has_loan = false;
}

static void deliver_call(struct ipc_thread *server, struct ipc_thread *caller)
{
    struct trap_frame *to = server->frame;
    caller->state = IPC_CALL_HELD;
    object_ref(&caller->thread->object);
    server->hold = (struct ipc_hold){
        .caller = caller->thread,
        .sequence = caller->sequence,
        .is_long = caller->is_long,
    };
    call_loan_begin(server, caller->thread);
    if (!caller->is_long) {
        to->x[1] = caller->word_count;
        frame_words_move(to, caller->frame, caller->word_count);
        return;
    }
    to->x[1] = IPC_FLAG_LONG;
    to->x[2] = caller->request->byte_count;
    to->x[3] = caller->request->handle_count;
    server->hold.payload = caller->request;
    caller->request = NULL;
}

static void deliver_letter(struct ipc_thread *server, struct ipc_letter *letter)
{
    struct trap_frame *to = server->frame;
    to->x[1] = IPC_FLAG_LONG | IPC_FLAG_ONE_WAY;
    to->x[2] = letter->payload->byte_count;
    to->x[3] = letter->payload->handle_count;
    server->hold = (struct ipc_hold){ .payload = letter->payload };
    letter_free(letter);
}

void call_deliver(struct ipc_thread *server, struct ipc_item *item)
{
    ASSERT(server->hold.caller == NULL && server->hold.payload == NULL);
    server->frame->x[13] = item->badge;
    server->receive_status = STATUS_OK;
    switch (item->kind) {
    case IPC_ITEM_CALL: deliver_call(server, CONTAINER_OF(item, struct ipc_thread, item)); break;
    case IPC_ITEM_LETTER:
        deliver_letter(server, CONTAINER_OF(item, struct ipc_letter, item));
        break;
    case IPC_ITEM_CLOSED:
        server->frame->x[1] = IPC_FLAG_CLOSED;
        object_unref(&CONTAINER_OF(item, struct channel, closed_note)->object);
        break;
    default: ASSERT(false);
    }
}

/* The wait ended without an answer: nobody will give one, since the claim on us is spent. Leave the
 * queue, and let a server's hold go stale. */
static void call_withdraw(struct ipc_thread *caller)
{
    struct endpoint *endpoint = caller->queued_at;
    if (endpoint != NULL) {
        spin_lock(&endpoint->lock);
        list_remove(&caller->item.link);
        if (list_is_empty(&endpoint->queue))
            signal_change(&endpoint->source, SIGNAL_READABLE, 0);
    }
    spin_lock(&caller->lock);
    ASSERT(caller->state != IPC_CALL_ANSWERED);
    caller->state = IPC_CALL_IDLE;
    spin_unlock(&caller->lock);
    if (endpoint != NULL)
        spin_unlock(&endpoint->lock);
}

status_t call_begin(struct ipc_thread *caller, struct channel *channel, struct thread **out_next)
{
    struct endpoint *endpoint = channel->endpoint;
    ASSERT(caller->state == IPC_CALL_IDLE);
    spin_lock(&endpoint->lock);
    if (endpoint->closed) {
        spin_unlock(&endpoint->lock);
        payload_drop(caller->request);
        caller->request = NULL;
        return STATUS_PEER_CLOSED;
    }
    counter_add(COUNTER_IPC_CALLS, 1);
    trace(TRACE_IPC, channel->badge, caller->is_long ? 0 : caller->word_count);
    caller->sequence++;
    caller->item.badge = channel->badge;
    handoff_prepare();
    struct ipc_thread *server = endpoint_claim_receiver(endpoint);
    if (server != NULL) {
        call_deliver(server, &caller->item);
        *out_next = server->thread;
    } else {
        counter_add(COUNTER_IPC_QUEUED_CALLS, 1);
        caller->state = IPC_CALL_QUEUED;
        caller->queued_at = endpoint;
        object_ref(&endpoint->object);
        endpoint_enqueue(endpoint, &caller->item);
        *out_next = NULL;
    }
    spin_unlock(&endpoint->lock);
    return STATUS_OK;
}

/* After a wait that was not simply answered by the server that was waiting. */
static void call_clean_up(struct ipc_thread *caller)
{
    if (caller->request != NULL) /* No server took it. */
        payload_drop(caller->request);
    caller->request = NULL;
    if (caller->queued_at != NULL)
        object_unref(&caller->queued_at->object);
    caller->queued_at = NULL;
}

status_t call_wait(struct ipc_thread *caller, struct thread *next, time_ns_t deadline)
{
    status_t status = handoff_wait(next, deadline);
    if (status != STATUS_OK)
        call_withdraw(caller);
    else
        ASSERT(caller->state == IPC_CALL_ANSWERED);
    caller->state = IPC_CALL_IDLE;
    if (caller->queued_at != NULL || caller->request != NULL)
        call_clean_up(caller);
    return status;
}

/* Take the right to answer. The caller, if it still waits for this very call, cannot run until it is
 * woken, so its frame and fields are ours. */
static struct ipc_thread *hold_claim(struct ipc_hold *hold)
{
    struct ipc_thread *caller = hold->caller->ipc;
    spin_lock(&caller->lock);
    bool is_ours = caller->state == IPC_CALL_HELD && caller->sequence == hold->sequence &&
                   handoff_claim(caller->thread);
    if (is_ours)
        caller->state = IPC_CALL_ANSWERED;
    spin_unlock(&caller->lock);
    return is_ours ? caller : NULL;
}

/* The hold is spent. A claimed caller stays alive without our reference: it has yet to run. */
static void hold_release(struct ipc_hold *hold)
{
    struct thread *caller = hold->caller;
    hold->caller = NULL;
    if (hold->payload != NULL)
        payload_drop(hold->payload);
    hold->payload = NULL;
    object_unref(&caller->object);
}

struct thread *hold_answer_frame(struct ipc_hold *hold, const struct trap_frame *frame,
                                 uint32_t count, status_t status)
{
    struct ipc_thread *caller = hold_claim(hold);
    if (caller != NULL) {
        caller->answer_status = status;
        caller->word_count = count;
        if (caller->is_long) {
            frame_words_read(frame, caller->words, count);
        } else {
            caller->frame->x[1] = count;
            frame_words_move(caller->frame, frame, count);
        }
    }
    hold_release(hold);
    return caller == NULL ? NULL : caller->thread;
}

struct thread *hold_answer_words(struct ipc_hold *hold, const uint64_t *words, uint32_t count,
                                 status_t status)
{
    ASSERT(count <= IPC_WORDS_MAX);
    struct ipc_thread *caller = hold_claim(hold);
    if (caller != NULL) {
        caller->answer_status = status;
        caller->word_count = count;
        if (caller->is_long) {
            for (uint32_t i = 0; i < count; i++)
                caller->words[i] = words[i];
        } else {
            struct trap_frame *to = caller->frame;
            to->x[1] = count;
            frame_words_write(to, words, count);
        }
    }
    hold_release(hold);
    return caller == NULL ? NULL : caller->thread;
}

struct thread *hold_answer_payload(struct ipc_hold *hold, struct ipc_payload *payload,
                                   status_t status)
{
    ASSERT(hold->is_long);
    struct ipc_thread *caller = hold_claim(hold);
    if (caller != NULL) {
        caller->answer_status = status;
        caller->answer = payload;
    } else {
        payload_drop(payload);
    }
    hold_release(hold);
    return caller == NULL ? NULL : caller->thread;
}

void hold_abandon(struct ipc_hold *hold)
{
    if (hold->caller != NULL) {
        struct thread *woken = hold_answer_words(hold, NULL, 0, STATUS_PEER_CLOSED);
        if (woken != NULL)
            handoff_wake(woken);
        return;
    }
    payload_drop(hold->payload);
    hold->payload = NULL;
}
