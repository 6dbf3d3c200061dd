/* See run.h. */
#include "user/tests/port_run/run.h"

#include <string.h>

#include <abi/file.h>
#include <abi/port.h>
#include <abi/signals.h>
#include <abi/system.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/log.h"
#include "user/rt/spawn.h"
#include "user/tests/port_run/output.h"

enum { SCRATCH_SIZE = 256 << 20, SHARED_SIZE = 16 << 20, LISTING_SIZE = 4096 };
enum { KEY_OUTPUT, KEY_ERROR, KEY_PROCESS };

/* What one test owns. */
struct run {
    const struct run_world *world;
    const struct port_test *test;
    handle_t cell;
    handle_t root;
    handle_t scratch;
    handle_t process;
    handle_t port;
    struct output output;
    struct output error;
    handle_t output_end; /* The writing ends, until the process has them. */
    handle_t error_end;
    struct spawn_plan plan;
};

static void handle_drop(handle_t *handle)
{
    if (handle->raw != 0)
        (void)sys_handle_close(handle->raw);
    *handle = HANDLE_NONE;
}

static status_t image_open(const struct run_world *world, struct plan_text path, rights_t rights,
                           handle_t *out_file)
{
    uint32_t kind;
    while (path.len > 0 && *path.at == '/') {
        path.at++;
        path.len--;
    }
    return sys_file_open(world->image, path.at, path.len, 0, rights, out_file, &kind);
}

/* Show every folder of the image's root in the test's, as they are. */
static status_t image_show(struct run *run)
{
    static _Alignas(8) char listing[LISTING_SIZE];
    uint64_t next;
    size_t len = 0;
    status_t status =
        sys_directory_read(run->world->image, listing, sizeof listing, 0, &len, &next);
    for (size_t at = 0; status == STATUS_OK && at < len;) {
        const struct directory_entry *entry = (const struct directory_entry *)(listing + at);
        struct plan_text name = { .at = entry->name, .len = entry->name_len };
        handle_t folder;
        at += entry->size_bytes;
        if (entry->kind != FILE_DIRECTORY)
            continue;
        status = image_open(run->world, name,
                            RIGHT_READ | RIGHT_EXECUTE | RIGHT_MAP | RIGHT_DUPLICATE, &folder);
        if (status == STATUS_OK) {
            status = sys_namespace_mount(run->root, name.at, name.len, folder);
            handle_drop(&folder);
        }
    }
    return status;
}

static status_t mount(struct run *run, const char *path, handle_t tree)
{
    return sys_namespace_mount(run->root, path, strlen(path), tree);
}

/* The image's folders, /tmp and the devices with a scratch tree for shared memory. */
static status_t root_fill(struct run *run)
{
    handle_t devices = HANDLE_NONE, shared = HANDLE_NONE;
    status_t status = image_show(run);
    if (status == STATUS_OK)
        status = mount(run, "tmp", run->scratch);
    if (status == STATUS_OK)
        status = sys_device_files(&devices);
    if (status == STATUS_OK)
        status = mount(run, "dev", devices);
    if (status == STATUS_OK)
        status = sys_tmpfs_create(SHARED_SIZE, &shared);
    if (status == STATUS_OK)
        status = mount(run, "dev/shm", shared);
    handle_drop(&shared);
    handle_drop(&devices);
    return status;
}

static status_t cell_make(struct run *run)
{
    struct cell_params params = { .name = "port-test" };
    for (size_t i = 0; i < CELL_RESOURCES; i++)
        params.limits[i] = CELL_NO_LIMIT;
    return sys_cell_create(run->world->cell, &params, &run->cell);
}

static status_t output_make(struct run *run, struct output *output, handle_t *out_end, uint64_t key)
{
    status_t status = sys_stream_create(&output->stream, out_end);
    if (status == STATUS_OK)
        status = sys_port_bind(run->port, output->stream, key,
                               SIGNAL_READABLE | SIGNAL_READ_CLOSED | SIGNAL_PEER_CLOSED, 0);
    return status;
}

static void give(struct run *run, const char *name, handle_t handle)
{
    spawn_give(&run->plan, name, strlen(name), handle, UINT32_MAX);
}

static void give_environment(struct run *run)
{
    static const char *const strings[] = { "PATH=/bin", "HOME=/tmp", "TMPDIR=/tmp", "TERM=dumb",
                                           "LC_ALL=C" };
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        spawn_environment(&run->plan, strings[i], strlen(strings[i]));
}

/* The file that is its standard input, or a stream that has ended. */
static status_t input_make(struct run *run, handle_t *out_input)
{
    if (run->test->input.len > 0)
        return image_open(run->world, run->test->input, RIGHT_READ | RIGHT_DUPLICATE, out_input);
    handle_t other;
    status_t status = sys_stream_create(out_input, &other);
    if (status == STATUS_OK)
        handle_drop(&other);
    return status;
}

static status_t command_start(struct run *run)
{
    const struct port_test *test = run->test;
    char name[SPAWN_NAME_SIZE] = { 0 };
    handle_t image = HANDLE_NONE, input = HANDLE_NONE;
    memcpy(name, test->name.at, test->name.len < sizeof name ? test->name.len : sizeof name - 1);
    status_t status = image_open(run->world, test->words[0], RIGHT_EXECUTE, &image);
    if (status == STATUS_OK)
        status = input_make(run, &input);
    if (status == STATUS_OK) {
        spawn_begin(&run->plan, name);
        for (uint32_t i = 0; i < test->word_count; i++)
            spawn_argument(&run->plan, test->words[i].at, test->words[i].len);
        give_environment(run);
        give(run, "stdin", input);
        give(run, "stdout", run->output_end);
        give(run, "stderr", run->error_end);
        give(run, "root", run->root);
        give(run, "clock:read", run->world->clock);
        give(run, "entropy", run->world->entropy);
        status = spawn_run(&run->plan, run->cell, image, &run->process);
    }
    handle_drop(&input);
    handle_drop(&image);
    return status;
}

static status_t run_begin(struct run *run)
{
    status_t status = cell_make(run);
    if (status == STATUS_OK)
        status = sys_tmpfs_create(SCRATCH_SIZE, &run->scratch);
    if (status == STATUS_OK)
        status = sys_namespace_create(&run->root);
    if (status == STATUS_OK)
        status = root_fill(run);
    if (status == STATUS_OK)
        status = sys_port_create(&run->port);
    if (status == STATUS_OK)
        status = output_make(run, &run->output, &run->output_end, KEY_OUTPUT);
    if (status == STATUS_OK)
        status = output_make(run, &run->error, &run->error_end, KEY_ERROR);
    if (status == STATUS_OK && run->test->output.len > 0)
        status = image_open(run->world, run->test->output, RIGHT_READ, &run->output.expected);
    if (status == STATUS_OK)
        status = command_start(run);
    if (status == STATUS_OK)
        status = sys_port_bind(run->port, run->process, KEY_PROCESS, SIGNAL_TERMINATED, PORT_ONCE);
    handle_drop(&run->output_end);
    handle_drop(&run->error_end);
    return status;
}

static void output_drain(struct run *run, struct output *output)
{
    while (output_take(output))
        ;
    if (output->ended)
        (void)sys_port_unbind(run->port, output->stream);
}

/* Read until the command has ended, and then what it left in the streams: a process that it left
 * behind may hold them open. @return TIMED_OUT when it did not end in time. */
static status_t run_until_end(struct run *run)
{
    time_ns_t deadline = clock_after((time_ns_t)run->test->timeout_s * 1000000000u);
    struct port_packet packet = { .key = KEY_OUTPUT };
    status_t status = STATUS_OK;
    while (status == STATUS_OK && packet.key != KEY_PROCESS) {
        size_t count = 0;
        status = sys_port_wait(run->port, &packet, 1, deadline, &count);
        output_drain(run, &run->output);
        output_drain(run, &run->error);
    }
    return status;
}

static void run_judge(struct run *run, struct test_claim *claim)
{
    struct process_info info = { .exit_code = UINT32_MAX };
    output_finish(&run->output);
    TEST_EQ(claim, sys_process_info(run->process, &info), STATUS_OK);
    if (info.exit_code != run->test->exit_code)
        test_fail(claim, "exit code %#x, not %u", info.exit_code, run->test->exit_code);
    if (run->output.differs)
        test_fail(claim, "its output differs from byte %llu on",
                  (unsigned long long)run->output.differs_at);
}

static void run_end(struct run *run)
{
    if (run->cell.raw != 0 && sys_cell_destroy(run->cell) != STATUS_OK)
        log_line("its cell stays");
    handle_t *handles[] = { &run->process,      &run->cell,           &run->root,
                            &run->scratch,      &run->port,           &run->output.stream,
                            &run->error.stream, &run->output.expected };
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++)
        handle_drop(handles[i]);
}

void test_command_run(const struct run_world *world, const struct port_test *test,
                      struct test_claim *claim, struct run_figures *sum)
{
    static struct run run;
    memset(&run, 0, sizeof run);
    run.world = world;
    run.test = test;
    status_t status = run_begin(&run);
    if (status != STATUS_OK) {
        test_fail(claim, "it does not start: status %d", status);
    } else if (run_until_end(&run) != STATUS_OK) {
        test_fail(claim, "no end within %u s", test->timeout_s);
    } else {
        run_judge(&run, claim);
    }
    if (claim->failed) {
        output_log(&run.output);
        output_log(&run.error);
    } else {
        sum->passed += output_figure(&run.output, "passed");
        sum->known += output_figure(&run.output, "known");
        sum->skipped += output_figure(&run.output, "skipped");
    }
    run_end(&run);
}
