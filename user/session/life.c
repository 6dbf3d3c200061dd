/* How a session begins: a cell with its role's limits, exactly its role's handles, the role's program. A grant of the
 * role becomes a duplicate of this service's own handle of the same name, so a role can have nothing that the
 * service was not given. end.c is about its end. */
#include <string.h>

#include <abi/file.h>
#include <abi/port.h>
#include <abi/signals.h>
#include <abi/system.h>
#include <abi/tty.h>
#include <swos/syscalls.h>

#include "lib/base/format.h"
#include "lib/tty/line.h"
#include "user/rt/log.h"
#include "user/rt/start.h"
#include "user/session/session.h"

/* What the session finds beside its grants. */
#define SESSION_TERMINAL \
    "terminal"                    /* TTY: its terminal, unless the role is granted console:stdio. */
#define SESSION_CHANNEL "session" /* CHANNEL: protocol session, for itself. */
#define SESSION_ROOT "root"       /* DIRECTORY: its fs grants at their paths, and /tmp. */
#define SESSION_CELL "cell"       /* CELL +INSPECT: to see its own processes. */

enum { LOANS_MAX = 8, ENVIRONMENT_LINE = 64 };

/* One that is being made. */
struct making {
    struct sessions *sessions;
    const struct session_request *request;
    const handle_t *stdio; /* STDIO_COUNT of them. */
    struct session *session;
    struct principal principal;
    struct manifest_service role;
    handle_t root; /* HANDLE_NONE: the role has no files. */
    bool has_console;
    handle_t loans[LOANS_MAX]; /* To be closed when it is made. */
    uint32_t loan_count;
};

static void close_handle(handle_t *handle)
{
    if (handle->raw != 0)
        (void)sys_handle_close(handle->raw);
    *handle = HANDLE_NONE;
}

static status_t lend(struct making *making, handle_t handle)
{
    if (making->loan_count == LOANS_MAX) {
        (void)sys_handle_close(handle.raw);
        return STATUS_TOO_BIG;
    }
    making->loans[making->loan_count++] = handle;
    return STATUS_OK;
}

static void give(struct making *making, const char *name, handle_t handle, rights_t rights)
{
    spawn_give(&making->sessions->plan, name, strlen(name), handle, rights);
}

static status_t make_cell(struct making *making)
{
    const struct manifest_cell *cell = &making->role.cell;
    struct cell_params params = { .limits = {
                                      [CELL_MEMORY] = cell->memory_bytes,
                                      [CELL_PROCESSES] = cell->processes,
                                      [CELL_THREADS] = cell->threads,
                                      [CELL_HANDLES] = cell->handles,
                                      [CELL_SCRATCH] = cell->scratch_bytes,
                                      [CELL_SEGMENTS] = CELL_NO_LIMIT, /* Their memory counts. */
                                  },
                                  .identity = { .user = making->principal.number,
                                                .group = making->principal.group } };
    format_text(params.name, sizeof params.name, "session.%s", making->principal.name);
    return sys_cell_create(making->sessions->cell, &params, &making->session->cell);
}

/* --- handles --- */

/* The names of /dev stand for nothing that the session has not anyway. */
static status_t mount_devices(struct making *making)
{
    static const char path[] = "/dev";
    handle_t devices;
    status_t status = sys_device_files(&devices);
    if (status == STATUS_OK)
        status = lend(making, devices);
    return status == STATUS_OK ? sys_namespace_mount(making->root, path, sizeof path - 1, devices)
                               : status;
}

/* Made for the first tree that goes into it. */
static status_t give_root(struct making *making)
{
    if (making->root.raw != 0)
        return STATUS_OK;
    status_t status = sys_namespace_create(&making->root);
    if (status == STATUS_OK)
        status = lend(making, making->root);
    if (status != STATUS_OK)
        return status;
    give(making, SESSION_ROOT, making->root,
         RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | RIGHT_MAP | RIGHT_DUPLICATE | RIGHT_INSPECT);
    return mount_devices(making);
}

/* A tree at its path in the session's own name space. */
static status_t give_tree(struct making *making, const struct grant *grant, handle_t tree)
{
    status_t status = give_root(making);
    if (status != STATUS_OK)
        return status;
    return sys_namespace_mount(making->root, grant->name.data, grant->name.len, tree);
}

/* The scratch is its user's. */
static status_t own_scratch(const struct making *making, handle_t tree)
{
    const struct file_attributes attributes = {
        .set = FILE_SET_OWNER | FILE_SET_GROUP,
        .owner = making->principal.number,
        .group = making->principal.group,
    };
    return sys_file_set(tree, &attributes);
}

static status_t give_scratch(struct making *making)
{
    static const char path[] = "/tmp";
    handle_t tree;
    if (making->role.cell.scratch_bytes == 0)
        return STATUS_OK;
    status_t status = give_root(making);
    if (status == STATUS_OK)
        status = sys_tmpfs_create(making->role.cell.scratch_bytes, &tree);
    if (status == STATUS_OK)
        status = lend(making, tree);
    if (status == STATUS_OK)
        status = own_scratch(making, tree);
    if (status == STATUS_OK)
        status = sys_namespace_mount(making->root, path, sizeof path - 1, tree);
    return status;
}

/* This service's own handle of a name, whatever it is. */
static handle_t own_handle(const char *name)
{
    size_t count;
    const struct start_handle *list = start_handles(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return (handle_t){ list[i].handle };
    return HANDLE_NONE;
}

static status_t give_grant(struct making *making, const struct grant *grant)
{
    char name[GRANT_TEXT_MAX + 1];
    struct writer writer = writer_of(name, GRANT_TEXT_MAX);
    grant_write(grant, &writer);
    name[writer.at] = '\0';
    switch (grant->kind) {
    case GRANT_CONSOLE_STDIO: /* The session's own terminal under the console's name. */
        making->has_console = true;
        return STATUS_OK;
    case GRANT_PROCESS_SPAWN:
        give(making, name, making->session->cell, RIGHT_CELL_SPAWN | RIGHT_INSPECT);
        return STATUS_OK;
    default: break;
    }
    handle_t own = own_handle(name);
    if (own.raw == 0) {
        log_line("role %s: grant %s is not this service's to give", making->principal.role, name);
        return STATUS_NOT_FOUND;
    }
    if (grant->kind == GRANT_FS_READ || grant->kind == GRANT_FS_WRITE)
        return give_tree(making, grant, own);
    give(making, name, own, UINT32_MAX);
    return STATUS_OK;
}

static status_t give_grants(struct making *making)
{
    status_t status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < making->role.grant_count; i++) {
        struct grant grant;
        status = manifest_grant(&making->sessions->roles, &making->role, i, &grant);
        if (status == STATUS_OK)
            status = give_grant(making, &grant);
    }
    return status;
}

static void give_stdio(struct making *making)
{
    static const char *const names[STDIO_COUNT] = { "stdin", "stdout", "stderr" };
    const rights_t rights = RIGHT_READ | RIGHT_WRITE | RIGHT_WAIT | RIGHT_INSPECT | RIGHT_DUPLICATE;
    const handle_t *stdio = making->stdio;
    if (making->request->terminal)
        give(making, making->has_console ? "console:stdio" : SESSION_TERMINAL, stdio[0], rights);
    else
        for (uint32_t i = 0; i < STDIO_COUNT; i++)
            give(making, names[i], stdio[i], UINT32_MAX);
}

/* By which the session says who it is. */
static status_t give_channel(struct making *making)
{
    handle_t channel;
    status_t status =
        sys_channel_mint(making->sessions->own_endpoint, making->session->number, &channel);
    if (status == STATUS_OK)
        status = lend(making, channel);
    if (status == STATUS_OK)
        give(making, SESSION_CHANNEL, channel,
             RIGHT_CHANNEL_CALL | RIGHT_WAIT | RIGHT_INSPECT | RIGHT_DUPLICATE);
    return status;
}

/* --- program --- */

static void environment(struct making *making, const char *name, const char *value)
{
    char text[GRANT_PATH_MAX + ENVIRONMENT_LINE];
    size_t len = format_text(text, sizeof text, "%s=%s", name, value);
    spawn_environment(&making->sessions->plan, text, len);
}

static status_t plan_program(struct making *making)
{
    struct spawn_plan *plan = &making->sessions->plan;
    struct const_span text = making->role.binary;
    spawn_begin(plan, making->principal.name);
    spawn_argument(plan, (const char *)text.data, text.len);
    for (uint32_t i = 0; i < making->role.argument_count; i++) {
        status_t status = manifest_argument(&making->sessions->roles, &making->role, i, &text);
        if (status != STATUS_OK)
            return status;
        spawn_argument(plan, (const char *)text.data, text.len);
    }
    if (making->request->command[0] != '\0') {
        spawn_argument(plan, "-c", 2);
        spawn_argument(plan, making->request->command, strlen(making->request->command));
    }
    environment(making, "USER", making->principal.name);
    environment(making, "LOGNAME", making->principal.name);
    environment(making, "HOME", "/tmp");
    environment(making, "PATH", "/bin");
    environment(making, "SHELL", (const char *)making->role.binary.data);
    environment(making, "TERM", making->request->type[0] != '\0' ? making->request->type : "vt100");
    return STATUS_OK;
}

static status_t start_program(struct making *making)
{
    handle_t image;
    uint32_t kind;
    struct session *session = making->session;
    struct const_span path = making->role.binary;
    handle_t programs = start_handle_need("fs:read:/bin", OBJECT_DIRECTORY);
    static const char folder[] = "/bin/";
    size_t skip = sizeof folder - 1;
    if (path.len <= skip || memcmp(path.data, folder, skip) != 0)
        return STATUS_NOT_FOUND;
    status_t status =
        sys_file_open(programs, path.data + skip, path.len - skip, 0, RIGHT_EXECUTE, &image, &kind);
    if (status != STATUS_OK)
        return status;
    status = spawn_run(&making->sessions->plan, session->cell, image, &session->process);
    close_handle(&image);
    if (status != STATUS_OK)
        return status;
    return sys_port_bind(making->sessions->port, session->process,
                         (uint64_t)(session - making->sessions->list), SIGNAL_TERMINATED,
                         PORT_ONCE);
}

/* What a person expects of a terminal, whatever the last user left it in. One from afar was made for this
 * session, and its owner knows how the other end wants it. */
static status_t set_up_terminal(const struct making *making)
{
    if (!making->request->terminal || (making->request->is_remote && !making->has_console))
        return STATUS_OK;
    const struct tty_attributes *attributes =
        making->has_console ? &tty_attributes_raw : &tty_attributes_cooked;
    return sys_tty_attributes_set(making->stdio[0], attributes, TTY_SET_NOW);
}

static status_t make(struct making *making)
{
    status_t status =
        store_role(making->sessions, making->request->principal, &making->principal, &making->role);
    if (status == STATUS_OK)
        status = make_cell(making);
    if (status == STATUS_OK)
        status = plan_program(making);
    if (status == STATUS_OK)
        status = give_grants(making);
    if (status == STATUS_OK)
        status = give_scratch(making);
    if (status == STATUS_OK)
        status = give_channel(making);
    if (status != STATUS_OK)
        return status;
    give(making, SESSION_CELL, making->session->cell, RIGHT_INSPECT | RIGHT_DUPLICATE);
    give_stdio(making);
    status = set_up_terminal(making);
    return status == STATUS_OK ? start_program(making) : status;
}

/* --- from outside --- */

status_t session_begin(struct sessions *sessions, const struct session_request *request,
                       const handle_t stdio[STDIO_COUNT], uint64_t *out_number)
{
    uint64_t number = ++sessions->next_number; /* A watch may have it, even if none begins. */
    uint32_t index = 0;
    while (index < SESSIONS_MAX && sessions->list[index].exists)
        index++;
    if (index == SESSIONS_MAX)
        return STATUS_LIMIT;
    struct session *session = &sessions->list[index];
    *session = (struct session){ .number = number,
                                 .principal = request->principal,
                                 .opener = request->opener };
    struct making making = {
        .sessions = sessions, .request = request, .stdio = stdio, .session = session
    };
    status_t status = make(&making);
    for (uint32_t i = 0; i < making.loan_count; i++)
        close_handle(&making.loans[i]);
    if (status != STATUS_OK) {
        log_line("session of %s: status %d", making.principal.name, status);
        session_unmake(session);
        return status;
    }
    log_line("session %u of %s in role %s", (unsigned)session->number, making.principal.name,
             making.principal.role);
    session->exists = true;
    *out_number = session->number;
    return STATUS_OK;
}
