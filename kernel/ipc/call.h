/* The synchronous call: a thread's part in it, as a caller and as a server.
 *
 * A caller's state. Its waiting itself is settled by handoff_claim, so of answer, deadline and
 * cancellation exactly one wins:
 *
 *      IDLE --no server waits--> QUEUED --a server takes it--> HELD --answer--> ANSWERED --> IDLE
 *        |                          |                            ^ |
 *        +---- a server waits ------+----------------------------+ |
 *                                   +--- deadline, cancelled ------+--> IDLE (the hold is stale)
 *
 * A hold names a call by its caller and a sequence number. One that is stale (the caller gave up)
 * answers into the void. Whoever holds a call answers it exactly once: by a reply, or with
 * PEER_CLOSED when the holding thread or reply object ends. */
#pragma once

#include <abi/ipc.h>

#include "kernel/base/spinlock.h"
#include "kernel/mm/user_copy.h"
#include "lib/base/list.h"

struct cell;
struct channel;
struct endpoint;
struct ipc_payload;
struct thread;
struct trap_frame;

enum ipc_item_kind {
    IPC_ITEM_CALL,   /* In a struct ipc_thread. */
    IPC_ITEM_LETTER, /* In a struct ipc_letter. */
    IPC_ITEM_CLOSED, /* In a struct channel. */
};

/* What waits in an endpoint's queue. */
struct ipc_item {
    struct list link; /* endpoint->queue; guarded by the endpoint's lock. */
    uint64_t badge;
    uint8_t kind;
};

/* A message of channel_send. */
struct ipc_letter {
    struct ipc_item item;
    struct cell *cell; /* Charged for the letter; kept alive by the payload. */
    struct ipc_payload *payload;
};

enum ipc_call_state {
    IPC_CALL_IDLE,
    IPC_CALL_QUEUED,
    IPC_CALL_HELD,
    IPC_CALL_ANSWERED,
};

/* A call that somebody must answer, or a one-way message that may be read (caller == NULL). */
struct ipc_hold {
    struct thread *caller; /* One reference. */
    uint64_t sequence;
    struct ipc_payload *payload; /* Not read yet. */
    bool is_long;                /* What the caller can take as an answer. */
};

/* thread->ipc: made at the thread's first call, gone with the thread. */
struct ipc_thread {
    struct thread *thread;
    struct cell *cell; /* Charged; one reference. */

    struct spinlock lock; /* LOCK_CALL: state and sequence against the answering side. */
    uint64_t sequence;
    uint8_t state; /* enum ipc_call_state. */
    bool is_long;
    uint32_t word_count;           /* Of a short call. */
    struct ipc_item item;          /* While QUEUED. */
    struct endpoint *queued_at;    /* One reference, from QUEUED to the end of the wait; or NULL. */
    struct trap_frame *frame;      /* Of the raw call that the thread is in. */
    struct ipc_payload *request;   /* Of a long call, until a server takes it. */
    struct ipc_payload *answer;    /* To a long call. */
    uint64_t words[IPC_WORDS_MAX]; /* A short answer to a long call. */
    status_t answer_status;

    struct endpoint *served;  /* One reference: where it received last. */
    struct list receive_link; /* endpoint->receivers; guarded by the endpoint's lock. */
    status_t receive_status;  /* Why a receiver was woken. */
    struct ipc_hold hold;     /* Touched by the thread itself, or by who has claimed it. */
    uint8_t own_priority;
    bool has_loan; /* Runs at a caller's priority; its own is kept above. */
};

/* Make the thread's part (thread->ipc), which is not there. Current thread only. @return NO_MEMORY,
 * LIMIT. */
status_t ipc_thread_create(struct thread *thread);
/* The thread ends: what it holds is answered with PEER_CLOSED. Its own context, no lock held. */
void ipc_thread_exit(struct thread *thread);
/* The thread object goes. */
void ipc_thread_free(struct thread *thread);

/* Hand the call to a waiting server, or queue it; the caller's is_long and word_count or `request`
 * are set. The channel stays alive meanwhile (by a reference, or an epoch). *out_next is the thread
 * to run, or NULL. With OK, call_wait follows at once. @return PEER_CLOSED, and the request is gone. */
status_t call_begin(struct ipc_thread *caller, struct channel *channel, struct thread **out_next);
/* Wait for the answer. @return OK when there is one (answer_status and the words or `answer` say
 * which); TIMED_OUT, CANCELLED without one, and the request is gone. */
status_t call_wait(struct ipc_thread *caller, struct thread *next, time_ns_t deadline);

/* Answer with the words of the frame, as hold_answer_words. */
struct thread *hold_answer_frame(struct ipc_hold *hold, const struct trap_frame *frame,
                                 uint32_t count, status_t status);
/* Answer with words (count <= IPC_WORDS_MAX). @return the caller, claimed, to be woken; or NULL when
 * it gave up. The hold is empty afterwards. */
struct thread *hold_answer_words(struct ipc_hold *hold, const uint64_t *words, uint32_t count,
                                 status_t status);
/* Answer a long call with a payload, which is the caller's then (or dropped). */
struct thread *hold_answer_payload(struct ipc_hold *hold, struct ipc_payload *payload,
                                   status_t status);
/* Answer PEER_CLOSED, if anything is held, and let go of everything. No lock held. */
void hold_abandon(struct ipc_hold *hold);

/* Take the server's loan of priority away: the call is answered or put aside. Current thread. */
void call_loan_end(struct ipc_thread *server);
/* Give a waiting or queued item to a server: registers, hold, priority. The endpoint's lock held;
 * the server is the current thread, or claimed by it. */
void call_deliver(struct ipc_thread *server, struct ipc_item *item);
