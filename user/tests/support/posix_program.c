/* See posix_program.h. */
#include "user/tests/support/posix_program.h"

#include <string.h>

#include <abi/file.h>
#include <abi/signals.h>
#include <swos/syscalls.h>

#include "user/rt/start.h"

enum { SCRATCH_SIZE = 8 << 20, LINE_SIZE = 512 };

/* Lines of a program's output, put together from what comes. */
struct lines {
    char text[LINE_SIZE];
    size_t len;
    const struct posix_program *program;
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
    bool passes = memcmp(lines->text + sizeof prefix - 1, "pass", 4) == 0;
    lines->claims++;
    if (passes && lines->program->is_brief)
        return;
    test_begin(&claim, name);
    if (!passes)
        test_fail(&claim, "%s: %s", lines->program->name, why);
    test_end(&claim);
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

static void give(struct posix_world *world, const char *name, handle_t handle)
{
    spawn_give(&world->plan, name, strlen(name), handle, UINT32_MAX);
}

status_t posix_program_start(struct posix_world *world, const struct posix_program *program,
                             handle_t output, handle_t *out_process)
{
    handle_t image;
    uint32_t kind;
    status_t status = sys_file_open(world->bin, program->name, strlen(program->name), 0,
                                    RIGHT_EXECUTE, &image, &kind);
    if (status != STATUS_OK)
        return status;
    spawn_begin(&world->plan, program->name);
    spawn_argument(&world->plan, program->name, strlen(program->name));
    spawn_argument(&world->plan, "an argument", strlen("an argument"));
    if (program->argument != NULL)
        spawn_argument(&world->plan, program->argument, strlen(program->argument));
    if (program->has_numbers) {
        spawn_give_number(&world->plan, 1, output, UINT32_MAX);
        spawn_give_number(&world->plan, 7, world->scratch, RIGHT_READ);
    } else if (output.raw != 0) {
        give(world, "stdout", output);
    }
    if (program->has_trees) {
        give(world, "fs:read:/bin", world->bin);
        give(world, "fs:write:/var/scratch", world->scratch);
    } else {
        give(world, "root", world->root);
        give(world, "clock:read", start_handle_need("clock", OBJECT_CLOCK));
        give(world, "entropy", start_handle_need("entropy", OBJECT_ENTROPY));
    }
    status = spawn_run(&world->plan, world->cell, image, out_process);
    (void)sys_handle_close(image.raw);
    return status;
}

uint32_t posix_program_end(handle_t process)
{
    struct process_info info = { .exit_code = UINT32_MAX };
    uint32_t seen;
    (void)sys_object_wait(process, SIGNAL_TERMINATED, TIME_NEVER, &seen);
    (void)sys_process_info(process, &info);
    (void)sys_handle_close(process.raw);
    return info.exit_code;
}

static void run(struct posix_world *world, const struct posix_program *program,
                struct test_claim *claim)
{
    struct lines lines = { .program = program };
    handle_t ours, theirs, process;
    status_t status = sys_stream_create(&ours, &theirs);
    if (status == STATUS_OK)
        status = posix_program_start(world, program, theirs, &process);
    TEST_EQ(claim, status, STATUS_OK);
    if (status == STATUS_OK) {
        (void)sys_handle_close(theirs.raw);
        output_read(&lines, ours);
        TEST_EQ(claim, posix_program_end(process), 0);
        TEST_CHECK(claim, lines.claims > 0);
        (void)sys_handle_close(ours.raw);
    }
}

/* The program's claims, and one of ours: that it made some and ended well, each time. */
void posix_program_repeat(struct posix_world *world, const struct posix_program *program,
                          uint64_t times)
{
    struct test_claim claim;
    test_begin(&claim, program->name);
    for (uint64_t i = 0; i < times && !claim.failed; i++)
        run(world, program, &claim);
    test_end(&claim);
}

void posix_program_run(struct posix_world *world, const struct posix_program *program)
{
    posix_program_repeat(world, program, 1);
}

status_t posix_world_make(struct posix_world *world)
{
    world->cell = start_handle_need("cell", OBJECT_CELL);
    handle_t root = start_handle_need("root", OBJECT_DIRECTORY);
    handle_t devices = HANDLE_NONE;
    uint32_t kind;
    status_t status =
        sys_file_open(root, "bin", strlen("bin"), OPEN_DIRECTORY,
                      RIGHT_READ | RIGHT_EXECUTE | RIGHT_MAP | RIGHT_DUPLICATE, &world->bin, &kind);
    if (status == STATUS_OK)
        status = sys_tmpfs_create(SCRATCH_SIZE, &world->scratch);
    if (status == STATUS_OK)
        status = sys_namespace_create(&world->root);
    if (status == STATUS_OK)
        status = sys_namespace_mount(world->root, "bin", strlen("bin"), world->bin);
    if (status == STATUS_OK)
        status = sys_namespace_mount(world->root, "tmp", strlen("tmp"), world->scratch);
    if (status == STATUS_OK)
        status = sys_device_files(&devices);
    if (status == STATUS_OK)
        status = sys_namespace_mount(world->root, "dev", strlen("dev"), devices);
    if (status == STATUS_OK)
        status = sys_namespace_mount(world->root, "dev/shm", strlen("dev/shm"), world->scratch);
    if (devices.raw != 0)
        (void)sys_handle_close(devices.raw);
    return status;
}

void posix_world_end(struct posix_world *world)
{
    const handle_t all[] = { world->root, world->scratch, world->bin };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].raw != 0)
            (void)sys_handle_close(all[i].raw);
    world->root = world->scratch = world->bin = HANDLE_NONE;
}
