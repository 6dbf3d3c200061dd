/* Runs the tests of ports: for every folder below /tests of the image, the tests of its file `plan`
 * (plan.h), one after the other, and tells how many cases they say they had. The first process, started by the kernel with init=/bin/port_run. Words of the
 * kernel's command line choose among them:
 *
 *   ports.only=PREFIX     those whose names begin so
 *   ports.part=I/N        of these every Nth, from the Ith on, which counts from 0
 *   ports.skip=K          of these not the first K: where a machine that died goes on */
#include <string.h>

#include <abi/file.h>
#include <swos/syscalls.h>

#include "lib/base/format.h"
#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/port_run/plan.h"
#include "user/tests/port_run/run.h"

enum { PLAN_SIZE_MAX = 1 << 20, FOLDERS_SIZE = 4096, NAME_SIZE = 65 };

static struct choice {
    char prefix[NAME_SIZE];
    uint64_t part;
    uint64_t parts;
    uint64_t skip;
    uint64_t seen;
} choice = { .parts = 1 };

static uint64_t number_parse(const char **text)
{
    uint64_t number = 0;
    while (**text >= '0' && **text <= '9')
        number = number * 10 + (uint64_t)(*(*text)++ - '0');
    return number;
}

static void choice_read(void)
{
    char word[32];
    const char *at = word;
    if (!test_argument("ports.only", choice.prefix, sizeof choice.prefix))
        choice.prefix[0] = 0;
    if (test_argument("ports.part", word, sizeof word)) {
        choice.part = number_parse(&at);
        if (*at++ == '/')
            choice.parts = number_parse(&at);
        choice.parts = choice.parts == 0 ? 1 : choice.parts;
    }
    at = word;
    if (test_argument("ports.skip", word, sizeof word))
        choice.skip = number_parse(&at);
}

/* Each test is asked about once. */
static bool is_chosen(const char *name)
{
    if (memcmp(name, choice.prefix, strlen(choice.prefix)) != 0)
        return false;
    uint64_t index = choice.seen++;
    return index % choice.parts == choice.part && index / choice.parts >= choice.skip;
}

static void plan_run(const struct run_world *world, const char *text, size_t len,
                     struct run_figures *sum)
{
    struct plan plan = { .rest = { .at = text, .len = len } };
    struct port_test test;
    struct test_claim claim;
    status_t status;
    while ((status = plan_next(&plan, &test)) == STATUS_OK) {
        char name[NAME_SIZE] = { 0 };
        memcpy(name, test.name.at, test.name.len < sizeof name ? test.name.len : sizeof name - 1);
        sum->full += test.full;
        if (!is_chosen(name) || (test.full && test_rounds(name, 0, 1) == 0))
            continue;
        test_begin(&claim, name);
        test_command_run(world, &test, &claim, sum);
        test_end(&claim);
    }
    test_begin(&claim, "plan");
    if (status != STATUS_NOT_FOUND)
        test_fail(&claim, "line %u of a plan: status %d", plan.line, status);
    test_end(&claim);
}

/* NAME.passed and so on, those that are not 0. */
static void figures_tell(const struct run_figures *sum, const char *name, size_t name_len)
{
    const struct {
        const char *word;
        uint64_t value;
    } figures[] = {
        { "full", sum->full },
        { "passed", sum->passed },
        { "known", sum->known },
        { "skipped", sum->skipped },
    };
    char text[FILE_NAME_MAX + sizeof ".skipped"];
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        if (figures[i].value == 0)
            continue;
        format_text(text, sizeof text, "%.*s.%s", (int)name_len, name, figures[i].word);
        test_count(text, figures[i].value);
    }
}

/* The tests of one port. */
static void folder_run(const struct run_world *world, handle_t tests, const char *name,
                       size_t name_len)
{
    static char text[PLAN_SIZE_MAX];
    char path[FILE_NAME_MAX + sizeof "/plan"];
    handle_t file;
    uint32_t kind;
    size_t len = 0;
    memcpy(path, name, name_len);
    memcpy(path + name_len, "/plan", strlen("/plan"));
    if (sys_file_open(tests, path, name_len + strlen("/plan"), 0, RIGHT_READ, &file, &kind) !=
        STATUS_OK)
        return; /* A port that another one needs. */
    struct test_claim claim;
    test_begin(&claim, "plan_is_read");
    TEST_EQ(&claim, sys_file_read(file, text, sizeof text, 0, &len), STATUS_OK);
    TEST_CHECK(&claim, len > 0 && len < sizeof text);
    test_end(&claim);
    struct run_figures sum = { 0 };
    plan_run(world, text, len, &sum);
    figures_tell(&sum, name, name_len);
    (void)sys_handle_close(file.raw);
}

int main(int argc, char **argv)
{
    static _Alignas(8) char listing[FOLDERS_SIZE];
    handle_t tests;
    uint32_t kind;
    uint64_t next;
    size_t len = 0;
    struct run_world world = {
        .cell = start_handle_need("cell", OBJECT_CELL),
        .image = start_handle_need("root", OBJECT_DIRECTORY),
        .clock = start_handle_need("clock", OBJECT_CLOCK),
        .entropy = start_handle_need("entropy", OBJECT_ENTROPY),
    };
    struct test_claim claim;
    choice_read();
    test_begin(&claim, "tests_are_there");
    TEST_EQ(&claim,
            sys_file_open(world.image, "tests", strlen("tests"), OPEN_DIRECTORY, RIGHT_READ, &tests,
                          &kind),
            STATUS_OK);
    TEST_EQ(&claim, sys_directory_read(tests, listing, sizeof listing, 0, &len, &next), STATUS_OK);
    test_end(&claim);
    for (size_t at = 0; at < len;) {
        const struct directory_entry *entry = (const struct directory_entry *)(listing + at);
        at += entry->size_bytes;
        if (entry->kind == FILE_DIRECTORY)
            folder_run(&world, tests, entry->name, entry->name_len);
    }
    return test_done();
}
