/* Endpoint and channel objects: how they come and go, and what is told to whom. The queue that
 * connects them is in endpoint_queue.c. */
#include "kernel/ipc/channel.h"

#include <abi/signals.h>

#include "kernel/cell/charge.h"
#include "kernel/ipc/ipc.h"
#include "kernel/ipc/message.h"
#include "kernel/sched/handoff.h"
#include "kernel/sched/thread.h"
#include "lib/base/assert.h"

static const struct object_ops endpoint_ops;
static const struct object_ops channel_ops;

status_t endpoint_create(struct cell *cell, struct endpoint **out_endpoint)
{
    void *memory;
    status_t status = charged_alloc(cell, &ipc.endpoints, &memory);
    if (status != STATUS_OK)
        return status;
    struct endpoint *endpoint = memory;
    object_init(&endpoint->object, &endpoint_ops, cell);
    signal_source_init(&endpoint->source, 0);
    spin_init(&endpoint->lock, LOCK_CHANNEL);
    list_init(&endpoint->queue);
    list_init(&endpoint->receivers);
    list_init(&endpoint->channels);
    *out_endpoint = endpoint;
    return STATUS_OK;
}

status_t channel_create(struct cell *cell, struct endpoint *endpoint, uint64_t badge,
                        struct channel **out_channel)
{
    void *memory;
    status_t status = charged_alloc(cell, &ipc.channels, &memory);
    if (status != STATUS_OK)
        return status;
    struct channel *channel = memory;
    object_init(&channel->object, &channel_ops, cell);
    channel->endpoint = endpoint;
    object_ref(&endpoint->object);
    channel->badge = badge;
    channel->closed_note = (struct ipc_item){ .badge = badge, .kind = IPC_ITEM_CLOSED };
    list_init(&channel->closed_note.link);
    spin_lock(&endpoint->lock);
    signal_source_init(&channel->source, endpoint->closed ? SIGNAL_PEER_CLOSED : 0);
    list_push_back(&endpoint->channels, &channel->endpoint_link);
    spin_unlock(&endpoint->lock);
    *out_channel = channel;
    return STATUS_OK;
}

/* The server learns that nobody can call by this badge any more. */
static void channel_last_handle_closed(struct object *object)
{
    struct channel *channel = (struct channel *)object;
    struct endpoint *endpoint = channel->endpoint;
    struct ipc_thread *server = NULL;
    spin_lock(&endpoint->lock);
    if (!endpoint->closed && list_is_empty(&channel->closed_note.link)) {
        object_ref(object); /* The note's. */
        server = endpoint_claim_receiver(endpoint);
        if (server != NULL)
            call_deliver(server, &channel->closed_note);
        else
            endpoint_enqueue(endpoint, &channel->closed_note);
    }
    spin_unlock(&endpoint->lock);
    if (server != NULL)
        handoff_wake(server->thread);
}

static void channel_destroy(struct object *object)
{
    struct channel *channel = (struct channel *)object;
    struct endpoint *endpoint = channel->endpoint;
    spin_lock(&endpoint->lock);
    list_remove(&channel->endpoint_link);
    spin_unlock(&endpoint->lock);
    charged_free(object->cell, &ipc.channels, channel);
    object_unref(&endpoint->object);
}

/* Refuse one queued item. Called with the lock held, which it lets go: dropping a message may close
 * the last handle of anything. */
static void endpoint_refuse(struct endpoint *endpoint, struct ipc_item *item)
{
    if (item->kind == IPC_ITEM_CALL) {
        struct ipc_thread *caller = CONTAINER_OF(item, struct ipc_thread, item);
        bool is_ours = handoff_claim(caller->thread); /* Else its deadline came first. */
        if (is_ours) {
            caller->state = IPC_CALL_ANSWERED;
            caller->answer_status = STATUS_PEER_CLOSED;
            caller->word_count = 0;
        }
        spin_unlock(&endpoint->lock);
        if (is_ours)
            handoff_wake(caller->thread);
        return;
    }
    spin_unlock(&endpoint->lock);
    if (item->kind == IPC_ITEM_LETTER) {
        struct ipc_letter *letter = CONTAINER_OF(item, struct ipc_letter, item);
        struct ipc_payload *payload = letter->payload;
        letter_free(letter);
        payload_drop(payload);
    } else {
        object_unref(&CONTAINER_OF(item, struct channel, closed_note)->object);
    }
}

/* Nobody can receive any more: refuse what waits, and tell the callers' ends. */
static void endpoint_last_handle_closed(struct object *object)
{
    struct endpoint *endpoint = (struct endpoint *)object;
    struct list *node;
    struct ipc_thread *receiver;
    spin_lock(&endpoint->lock);
    endpoint->closed = true;
    LIST_FOR_EACH (link, &endpoint->channels)
        signal_change(&CONTAINER_OF(link, struct channel, endpoint_link)->source, 0,
                      SIGNAL_PEER_CLOSED);
    while ((receiver = endpoint_claim_receiver(endpoint)) != NULL) {
        receiver->receive_status = STATUS_PEER_CLOSED;
        handoff_wake(receiver->thread);
    }
    while ((node = list_pop_front(&endpoint->queue)) != NULL) {
        endpoint_refuse(endpoint, CONTAINER_OF(node, struct ipc_item, link));
        spin_lock(&endpoint->lock);
    }
    endpoint->letter_count = 0;
    spin_unlock(&endpoint->lock);
}

static void endpoint_destroy(struct object *object)
{
    struct endpoint *endpoint = (struct endpoint *)object;
    ASSERT(list_is_empty(&endpoint->queue) && list_is_empty(&endpoint->channels));
    charged_free(object->cell, &ipc.endpoints, endpoint);
}

static struct signal_source *endpoint_signals(struct object *object)
{
    return &((struct endpoint *)object)->source;
}

static struct signal_source *channel_signals(struct object *object)
{
    return &((struct channel *)object)->source;
}

static const struct object_ops endpoint_ops = {
    .kind = OBJECT_ENDPOINT,
    .version = 1,
    .name = "endpoint",
    .destroy = endpoint_destroy,
    .signals = endpoint_signals,
    .last_handle_closed = endpoint_last_handle_closed,
};

static const struct object_ops channel_ops = {
    .kind = OBJECT_CHANNEL,
    .version = 1,
    .name = "channel",
    .destroy = channel_destroy,
    .signals = channel_signals,
    .last_handle_closed = channel_last_handle_closed,
};
