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
    struct ipc_payload *request;   /* Of a long call, until a server takes it. */
    struct ipc_payload *answer;    /* To a long call. */
    uint64_t words[IPC_WORDS_MAX]; /* A short answer to a long call. */
    status_t answer_status;

    struct list receive_link; /* endpoint->receivers; guarded by the endpoint's lock. */
    status_t receive_status;  /* Why a receiver was woken. */
    struct ipc_hold hold;     /* Touched by the thread itself, or by who has claimed it. */
    uint8_t own_priority;
    bool has_loan; /* Runs at a caller's priority; its own is kept above. */
};

/* The thread's part, made when it is not there. Current thread only. @return NO_MEMORY, LIMIT. */
status_t ipc_thread_of(struct thread *thread, struct ipc_thread **out_part);
/* The thread ends: what it holds is answered with PEER_CLOSED. Its own context, no lock held. */
void ipc_thread_exit(struct thread *thread);
/* The thread object goes. */
void ipc_thread_free(struct thread *thread);

/* Call and wait for the answer; the caller's is_long and word_count or `request` are set. @return
 * OK when there is one (answer_status and the words or `answer` say which); PEER_CLOSED, TIMED_OUT,
 * CANCELLED without one, and the request is gone. */
status_t call_run(struct ipc_thread *caller, struct channel *channel, time_ns_t deadline);

/* Answer with words (count <= IPC_WORDS_MAX). @return the caller, claimed, to be woken; or NULL when
 * it gave up. The hold is empty afterwards. */
struct thread *hold_answer_words(struct ipc_hold *hold, const uint64_t *words, uint32_t count,
                                 status_t status);
/* Answer a long call with a payload, which is the caller's then (or dropped). */
struct thread *hold_answer_payload(struct ipc_hold *hold, struct ipc_payload *payload,
                                   status_t status);
/* Answer PEER_CLOSED, if anything is held, and let go of everything. No lock held. */
void hold_abandon(struct ipc_hold *hold);

/* Take the server's loan of priority away: the call is answered or put aside. */
void call_loan_end(struct ipc_thread *server);
/* Give a waiting or queued item to a server: registers, hold, priority. The endpoint's lock held;
 * the server is the current thread, or claimed by it. */
void call_deliver(struct ipc_thread *server, struct ipc_item *item);

/* Words of a message in a frame: x2 to x7, x9, x10. */
struct trap_frame;
void frame_words_read(const struct trap_frame *frame, uint64_t *words, uint32_t count);
void frame_words_write(struct trap_frame *frame, const uint64_t *words, uint32_t count);
