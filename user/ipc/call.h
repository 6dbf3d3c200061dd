/* Carrying a parcel to a server and its answer back: what the client functions of a protocol
 * (<ipc/NAME_client.h>) stand on. Thread context; may sleep. */
#pragma once

#include <abi/ipc_parcel.h>

/* Send the request in the parcel and put the answer in its place: bytes into the same buffer,
 * handles into its array. The request's handles have moved to the server on OK; on any other answer
 * the parcel's contents mean nothing, and who holds the handles is what channel_call_long says.
 * @param deadline  TIME_NEVER waits as long as the server lives.
 * @return what the server answered, or REVOKED, PEER_CLOSED, TIMED_OUT, CANCELLED of the call, or
 *         TOO_BIG: the answer is longer than the parcel's buffer. */
status_t ipc_call(handle_t channel, time_ns_t deadline, struct ipc_parcel *parcel);

/* The same for a request of at most IPC_PARCEL_INLINE_SIZE bytes and no handles whose answer is so
 * too: in registers, straight to a waiting server. An answer that does not fit is TOO_BIG. */
status_t ipc_call_words(handle_t channel, time_ns_t deadline, struct ipc_parcel *parcel);

/* Queue the parcel; nobody answers. */
status_t ipc_send(handle_t channel, struct ipc_parcel *parcel);

/* Close the handles that the parcel holds. */
void ipc_parcel_close(struct ipc_parcel *parcel);
