/* The session service: it alone makes sessions, and whoever wants one must bring the secret of a principal. All it
 * can give away is what its manifest grants it. The loop: three endpoints by which it is called, ends of
 * sessions and of checks, refusals and ends that are due. */
#include <string.h>

#include <abi/port.h>
#include <abi/service.h>
#include <abi/signals.h>
#include <ipc/notice_client.h>
#include <swos/syscalls.h>

#include "user/rt/exit_codes.h"
#include "user/rt/log.h"
#include "user/rt/start.h"
#include "user/session/session.h"

enum { PACKETS = 8, MESSAGE_BYTES = 2048 };

static struct sessions sessions;

/* One for each endpoint. */
static struct door {
    const struct session_ops *ops;
    struct ipc_server server;
    uint8_t bytes[2][MESSAGE_BYTES];
} login_door = { .ops = &session_login_ops }, remote_door = { .ops = &session_remote_ops },
  own_door = { .ops = &session_own_ops };

static status_t dispatch(void *argument, uint64_t badge, struct ipc_parcel *request,
                         struct ipc_parcel *reply)
{
    const struct door *door = argument;
    status_t status = session_dispatch(door->ops, &sessions, badge, request, reply);
    memset(request->bytes, 0, request->len); /* A secret does not stay. */
    return status;
}

static void closed(void *argument, uint64_t badge)
{
    if (argument == &own_door)
        admission_closed(&sessions, badge);
    sessions_hang_up(&sessions, badge);
}

static status_t door_open(struct door *door, handle_t endpoint, uint64_t key)
{
    door->server = (struct ipc_server){
        .endpoint = endpoint,
        .request_bytes = door->bytes[0],
        .reply_bytes = door->bytes[1],
        .capacity = MESSAGE_BYTES,
        .dispatch = dispatch,
        .closed = closed,
        .argument = door,
    };
    return sys_port_bind(sessions.port, endpoint, key, SIGNAL_READABLE, 0);
}

static status_t begin(void)
{
    handle_t console = start_handle_need("console:stdio", OBJECT_TTY);
    handle_t login = start_handle_need("ipc:serve:session", OBJECT_ENDPOINT);
    handle_t remote = start_handle_need("ipc:serve:remote-login", OBJECT_ENDPOINT);
    sessions.cell = start_handle_need("cell:manage:session", OBJECT_CELL);
    sessions.entropy = start_handle_need("entropy:read", OBJECT_ENTROPY);
    status_t status = store_load(&sessions);
    if (status == STATUS_OK)
        status = secrets_make(&sessions, console);
    if (status == STATUS_OK)
        status = sys_port_create(&sessions.port);
    if (status == STATUS_OK)
        status = sys_endpoint_create(&sessions.own_endpoint);
    if (status == STATUS_OK)
        status = door_open(&login_door, login, KEY_LOGIN);
    if (status == STATUS_OK)
        status = door_open(&remote_door, remote, KEY_REMOTE);
    if (status == STATUS_OK)
        status = door_open(&own_door, sessions.own_endpoint, KEY_OWN);
    if (status == STATUS_OK)
        status = sys_port_bind(sessions.port, start_handle_need(START_STOP, OBJECT_EVENT), KEY_STOP,
                               SIGNAL_EVENT, 0);
    if (status == STATUS_OK)
        status = notice_ready(start_handle_need(START_SUPERVISOR, OBJECT_CHANNEL));
    return status;
}

static void door_answer(struct door *door)
{
    if (ipc_server_drain(&door->server) != STATUS_OK)
        log_line("an endpoint is closed");
}

static void take_packet(const struct port_packet *packet)
{
    uint32_t index = (uint32_t)packet->key;
    switch (packet->key & ~(uint64_t)UINT32_MAX) {
    case KEY_LOGIN: door_answer(&login_door); break;
    case KEY_REMOTE: door_answer(&remote_door); break;
    case KEY_OWN: door_answer(&own_door); break;
    case KEY_CHECK: check_ended(&sessions, index); break;
    case KEY_STOP: program_exit(0); /* The sessions' cells are below this one's, and go with it. */
    default: session_ended(&sessions, index); break;
    }
}

int main(int argc, char **argv)
{
    status_t status = begin();
    if (status != STATUS_OK) {
        log_line("cannot begin: status %d", status);
        return EXIT_FAILED;
    }
    for (;;) {
        struct port_packet packets[PACKETS];
        size_t count = 0;
        time_ns_t refusal = attempts_answer(&sessions), end = sessions_expire(&sessions);
        time_ns_t next = refusal < end ? refusal : end;
        if (sys_port_wait(sessions.port, packets, PACKETS, next, &count) != STATUS_OK)
            count = 0;
        for (size_t i = 0; i < count; i++)
            take_packet(&packets[i]);
    }
}
