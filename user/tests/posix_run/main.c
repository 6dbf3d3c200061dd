/* Runs the test programs that use the C library, each in a process of its own with what it may have: a
 * root of /bin (the base image's, read-only) and /tmp (a scratch tree), and a stream as its standard output,
 * from which their claims are read (user/tests/posix/claim.h). The last one is given the two trees as a
 * service is, under the names of grants. */
#include <string.h>

#include <abi/file.h>
#include <abi/signals.h>
#include <swos/syscalls.h>

#include "user/rt/spawn.h"
#include "user/rt/start.h"
#include "user/rt/test.h"

enum { SCRATCH_SIZE = 8 << 20, LINE_SIZE = 512 };

struct run {
    handle_t bin; /* The folder with the programs. */
    handle_t scratch;
    handle_t root; /* The two as a name space. */
    struct spawn_plan plan;
};

struct program {
    const char *name;
    bool has_trees; /* Its trees as grants, instead of a root. */
};

static const struct program programs[] = {
    { "posix_stdio", false },   { "posix_memory", false },     { "posix_files", false },
    { "posix_threads", false }, { "posix_clock", false },      { "posix_stream", false },
    { "posix_signals", false }, { "posix_interrupts", false }, { "posix_cancel", false },
    { "posix_timers", false },  { "posix_jobs", false },       { "posix_process", false },
    { "posix_names", false },   { "posix_spawn", false },      { "posix_local", false },
    { "posix_waiting", false }, { "posix_locks", false },      { "posix_passing", false },
    { "posix_trees", true },
};

/* Lines of a program's output, put together from what comes. */
struct lines {
    char text[LINE_SIZE];
    size_t len;
    const char *program;
    uint32_t claims;
};

/* "claim pass NAME" or "claim fail NAME WHY"; what else a program says is no claim. */
static void line_take(struct lines *lines)
{
    static const char prefix[] = "claim ";
    size_t word = sizeof prefix - 1 + sizeof "pass " - 1;
    lines->text[lines->len] = 0;
    if (lines->len <= word || memcmp(lines->text, prefix, sizeof prefix - 1) != 0)
        return;
    char *name = lines->text + word;
    char *why = name;
    while (*why != 0 && *why != ' ')
        why++;
    if (*why == ' ')
        *why++ = 0;
    struct test_claim claim;
    test_begin(&claim, name);
    if (memcmp(lines->text + sizeof prefix - 1, "pass", 4) != 0)
        test_fail(&claim, "%s: %s", lines->program, why);
    test_end(&claim);
    lines->claims++;
}

static void bytes_take(struct lines *lines, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\n') {
            line_take(lines);
            lines->len = 0;
        } else if (lines->len < LINE_SIZE - 1) {
            lines->text[lines->len++] = bytes[i];
        }
    }
}

static void output_read(struct lines *lines, handle_t stream)
{
    char bytes[LINE_SIZE];
    size_t len = 0;
    while (sys_stream_read(stream, bytes, sizeof bytes, 0, TIME_NEVER, &len) == STATUS_OK &&
           len > 0)
        bytes_take(lines, bytes, len);
}

static void give(struct run *run, const char *name, handle_t handle)
{
    spawn_give(&run->plan, name, strlen(name), handle, UINT32_MAX);
}

static status_t program_start(struct run *run, const struct program *program, handle_t output,
                              handle_t *out_process)
{
    handle_t image;
    uint32_t kind;
    status_t status = sys_file_open(run->bin, program->name, strlen(program->name), 0,
                                    RIGHT_EXECUTE, &image, &kind);
    if (status != STATUS_OK)
        return status;
    spawn_begin(&run->plan, program->name);
    spawn_argument(&run->plan, program->name, strlen(program->name));
    spawn_argument(&run->plan, "an argument", strlen("an argument"));
    give(run, "stdout", output);
    if (program->has_trees) {
        give(run, "fs:read:/bin", run->bin);
        give(run, "fs:write:/var/scratch", run->scratch);
    } else {
        give(run, "root", run->root);
        give(run, "clock:read", start_handle_need("clock", OBJECT_CLOCK));
        give(run, "entropy", start_handle_need("entropy", OBJECT_ENTROPY));
    }
    status = spawn_run(&run->plan, start_handle_need("cell", OBJECT_CELL), image, out_process);
    (void)sys_handle_close(image.raw);
    return status;
}

static uint32_t process_end(handle_t process)
{
    struct process_info info = { .exit_code = UINT32_MAX };
    uint32_t seen;
    (void)sys_object_wait(process, SIGNAL_TERMINATED, TIME_NEVER, &seen);
    (void)sys_process_info(process, &info);
    (void)sys_handle_close(process.raw);
    return info.exit_code;
}

/* The program's claims, and one of ours: that it made some and ended well. */
static void program_run(struct run *run, const struct program *program)
{
    struct lines lines = { .program = program->name };
    struct test_claim claim;
    handle_t ours, theirs, process;
    test_begin(&claim, program->name);
    status_t status = sys_stream_create(&ours, &theirs);
    if (status == STATUS_OK)
        status = program_start(run, program, theirs, &process);
    TEST_EQ(&claim, status, STATUS_OK);
    if (status == STATUS_OK) {
        (void)sys_handle_close(theirs.raw);
        output_read(&lines, ours);
        TEST_EQ(&claim, process_end(process), 0);
        TEST_CHECK(&claim, lines.claims > 0);
        (void)sys_handle_close(ours.raw);
    }
    test_end(&claim);
}

static status_t setup(struct run *run)
{
    handle_t root = start_handle_need("root", OBJECT_DIRECTORY);
    handle_t devices;
    uint32_t kind;
    status_t status =
        sys_file_open(root, "bin", strlen("bin"), OPEN_DIRECTORY,
                      RIGHT_READ | RIGHT_EXECUTE | RIGHT_MAP | RIGHT_DUPLICATE, &run->bin, &kind);
    if (status == STATUS_OK)
        status = sys_tmpfs_create(SCRATCH_SIZE, &run->scratch);
    if (status == STATUS_OK)
        status = sys_namespace_create(&run->root);
    if (status == STATUS_OK)
        status = sys_namespace_mount(run->root, "bin", strlen("bin"), run->bin);
    if (status == STATUS_OK)
        status = sys_namespace_mount(run->root, "tmp", strlen("tmp"), run->scratch);
    if (status == STATUS_OK)
        status = sys_device_files(&devices);
    if (status == STATUS_OK)
        status = sys_namespace_mount(run->root, "dev", strlen("dev"), devices);
    if (status == STATUS_OK)
        status = sys_namespace_mount(run->root, "dev/shm", strlen("dev/shm"), run->scratch);
    return status;
}

int main(int argc, char **argv)
{
    static struct run run;
    struct test_claim claim;
    test_begin(&claim, "posix_trees_are_made");
    status_t status = setup(&run);
    TEST_EQ(&claim, status, STATUS_OK);
    test_end(&claim);
    for (size_t i = 0; status == STATUS_OK && i < sizeof programs / sizeof programs[0]; i++)
        program_run(&run, &programs[i]);
    return test_done();
}
