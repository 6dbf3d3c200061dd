/* What waits at an endpoint: receivers when nothing is there, items when nobody receives; never
 * both. */
#include <abi/signals.h>

#include "kernel/cell/charge.h"
#include "kernel/ipc/channel.h"
#include "kernel/ipc/ipc.h"
#include "kernel/ipc/message.h"
#include "kernel/sched/handoff.h"
#include "kernel/sched/thread.h"
#include "lib/base/assert.h"

inline struct ipc_thread *endpoint_claim_receiver(struct endpoint *endpoint)
{
    ASSERT(spin_held(&endpoint->lock));
    struct list *node;
    while ((node = list_pop_front(&endpoint->receivers)) != NULL) {
        struct ipc_thread *receiver = CONTAINER_OF(node, struct ipc_thread, receive_link);
        if (handoff_claim(receiver->thread))
            return receiver;
        /* Its deadline came first; it is about to leave, and no longer listed. */
    }
    return NULL;
}

void endpoint_enqueue(struct endpoint *endpoint, struct ipc_item *item)
{
    ASSERT(spin_held(&endpoint->lock));
    bool was_empty = list_is_empty(&endpoint->queue);
    list_push_back(&endpoint->queue, &item->link);
    if (was_empty)
        signal_change(&endpoint->source, 0, SIGNAL_READABLE);
}

/* The oldest item into the server's hands. The lock held. False: the queue is empty. */
static bool endpoint_take(struct endpoint *endpoint, struct ipc_thread *server)
{
    struct list *node = list_pop_front(&endpoint->queue);
    if (node == NULL)
        return false;
    struct ipc_item *item = CONTAINER_OF(node, struct ipc_item, link);
    if (item->kind == IPC_ITEM_LETTER)
        endpoint->letter_count--;
    call_deliver(server, item);
    if (list_is_empty(&endpoint->queue))
        signal_change(&endpoint->source, SIGNAL_READABLE, 0);
    return true;
}

status_t endpoint_receive(struct endpoint *endpoint, struct ipc_thread *server,
                          struct thread *woken, time_ns_t deadline)
{
    spin_lock(&endpoint->lock);
    bool has_taken = endpoint_take(endpoint, server);
    if (has_taken || endpoint->closed || deadline == TIME_NOW) {
        bool is_closed = endpoint->closed;
        spin_unlock(&endpoint->lock);
        if (woken != NULL)
            handoff_wake(woken);
        if (has_taken)
            return STATUS_OK;
        return is_closed ? STATUS_PEER_CLOSED : STATUS_TIMED_OUT;
    }
    handoff_prepare();
    list_push_front(&endpoint->receivers, &server->receive_link);
    spin_unlock(&endpoint->lock);

    status_t status = handoff_wait(woken, deadline);
    if (status == STATUS_OK)
        return server->receive_status;
    spin_lock(&endpoint->lock);
    list_remove(&server->receive_link);
    spin_unlock(&endpoint->lock);
    return status;
}

status_t endpoint_reserve(struct endpoint *endpoint)
{
    status_t status = STATUS_OK;
    spin_lock(&endpoint->lock);
    if (endpoint->closed)
        status = STATUS_PEER_CLOSED;
    else if (endpoint->letter_count >= IPC_QUEUE_MAX)
        status = STATUS_WOULD_BLOCK;
    else
        endpoint->letter_count++;
    spin_unlock(&endpoint->lock);
    return status;
}

/* Room is counted only while the endpoint is open: its end forgets all reservations. */
void endpoint_unreserve(struct endpoint *endpoint)
{
    spin_lock(&endpoint->lock);
    if (!endpoint->closed)
        endpoint->letter_count--;
    spin_unlock(&endpoint->lock);
}

status_t endpoint_post(struct endpoint *endpoint, struct ipc_letter *letter)
{
    spin_lock(&endpoint->lock);
    if (endpoint->closed) {
        spin_unlock(&endpoint->lock);
        return STATUS_PEER_CLOSED;
    }
    struct ipc_thread *server = endpoint_claim_receiver(endpoint);
    if (server != NULL) {
        endpoint->letter_count--;
        call_deliver(server, &letter->item);
    } else {
        endpoint_enqueue(endpoint, &letter->item);
    }
    spin_unlock(&endpoint->lock);
    if (server != NULL)
        handoff_wake(server->thread);
    return STATUS_OK;
}

status_t letter_create(struct cell *cell, uint64_t badge, struct ipc_letter **out_letter)
{
    void *memory;
    status_t status = charged_alloc(cell, &ipc.letters, &memory);
    if (status != STATUS_OK)
        return status;
    struct ipc_letter *letter = memory;
    letter->item = (struct ipc_item){ .badge = badge, .kind = IPC_ITEM_LETTER };
    list_init(&letter->item.link);
    letter->cell = cell;
    *out_letter = letter;
    return STATUS_OK;
}

void letter_free(struct ipc_letter *letter)
{
    charged_free(letter->cell, &ipc.letters, letter);
}
