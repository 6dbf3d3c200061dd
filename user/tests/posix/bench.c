/* Runs the micro-benchmark tests/bench/posixbench.c as it is, a service with grants for what it measures
 * (manifests/posixbench.toml). Its lines go to the console, and each test that `posixbench -l` names has to come with
 * a figure: a claim each.
 *
 * Words for it may stand on the kernel's command line, `posixbench=-t,0.3,null`. Then it is to measure, and writes to the
 * console itself, as it does on the system that it is compared with: whoever read its lines would run between them, and
 * leave the next one caches and TLBs in another state than it finds there. */
#define CLAIM_PREFIX "@@test"
#include "user/tests/posix/claim.h"

#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <abi/family.h>
#include <swos/syscalls.h>

#include "user/posix/start.h"

#define BENCHMARK "/bin/posixbench"
#define WORDS_BEGIN "posixbench="
enum { LINE_SIZE = 256, NAMES_MAX = 64, WORDS_MAX = 32, BOOT_LINE_SIZE = 2048 };

extern char **environ;

static char names[NAMES_MAX][LINE_SIZE];
static int name_count;
static char boot_line[BOOT_LINE_SIZE];

/* The benchmark with its standard output in a pipe. */
static FILE *benchmark_start(char *const *words, pid_t *out_child)
{
    posix_spawn_file_actions_t actions;
    int ends[2];
    EQ(pipe(ends), 0);
    EQ(posix_spawn_file_actions_init(&actions), 0);
    EQ(posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO), 0);
    EQ(posix_spawn_file_actions_addclose(&actions, ends[0]), 0);
    EQ(posix_spawn_file_actions_addclose(&actions, ends[1]), 0);
    EQ(posix_spawn(out_child, BENCHMARK, &actions, NULL, words, environ), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    return fdopen(ends[0], "r");
}

static int benchmark_end(FILE *output, pid_t child)
{
    int status = -1;
    (void)fclose(output);
    EQ(waitpid(child, &status, 0), child);
    return status;
}

static void it_names_its_tests(void)
{
    char *const words[] = { BENCHMARK, "-l", NULL };
    pid_t child = -1;
    FILE *output = benchmark_start(words, &child);
    while (name_count < NAMES_MAX && fscanf(output, "%255s", names[name_count]) == 1)
        name_count++;
    EQ(benchmark_end(output, child), 0);
    CHECK(name_count > 0 && name_count < NAMES_MAX);
}

/* The words of the command line, behind those that every run has. @return false: there are none. */
static bool words_find(char **words, size_t count)
{
    const struct start_handle *system = start_find("system:inspect", OBJECT_SYSTEM);
    size_t len = 0;
    if (system == NULL || sys_boot_arguments((handle_t){ system->handle }, boot_line,
                                             sizeof boot_line - 1, &len) != STATUS_OK)
        return false;
    boot_line[len] = 0;
    char *begin = strstr(boot_line, WORDS_BEGIN);
    if (begin == NULL)
        return false;
    begin[strcspn(begin, " ")] = 0;
    for (char *word = strtok(begin + strlen(WORDS_BEGIN), ","); word != NULL && count < WORDS_MAX;
         word = strtok(NULL, ","))
        words[count++] = word;
    words[count] = NULL;
    return true;
}

/* "NAME VALUE UNIT ...", or "NAME nan fail:WHERE:ERRNO". */
static void line_judge(const char *line)
{
    char name[LINE_SIZE], value[LINE_SIZE], unit[LINE_SIZE];
    if (sscanf(line, "%255s %255s %255s", name, value, unit) != 3)
        snprintf(name, sizeof name, "line");
    claim_begin(name);
    char *end = value;
    double figure = strtod(value, &end);
    CHECK(end != value && *end == 0 && figure > 0);
    claim_end();
    for (int i = 0; i < name_count; i++)
        if (strcmp(names[i], name) == 0)
            names[i][0] = 0;
}

static void benchmark_measure(char *const *words)
{
    pid_t child = -1;
    int status = -1;
    claim_begin("it_ends_well");
    EQ(posix_spawn(&child, BENCHMARK, NULL, NULL, words, environ), 0);
    EQ(waitpid(child, &status, 0), child);
    EQ(status, 0);
    claim_end();
}

static void benchmark_judge(char *const *words)
{
    char line[LINE_SIZE];
    pid_t child = -1;
    FILE *output = benchmark_start(words, &child);
    while (fgets(line, sizeof line, output) != NULL) {
        printf("%s", line);
        fflush(stdout);
        line_judge(line);
    }
    claim_begin("it_ends_well");
    EQ(benchmark_end(output, child), 0);
    claim_end();
    claim_begin("every_test_has_a_line");
    for (int i = 0; i < name_count; i++)
        CHECK(names[i][0] == 0);
    claim_end();
}

int main(void)
{
    char *words[WORDS_MAX + 1] = { BENCHMARK, "-x", "/bin/tiny", "-t", "0.03", "-b", "3" };
    CLAIM(it_names_its_tests);
    if (words_find(words, 3))
        benchmark_measure(words);
    else
        benchmark_judge(words);
    claims_report();
    const struct start_handle *power = start_find("power:off", OBJECT_POWER);
    if (power != NULL)
        (void)sys_power_off((handle_t){ power->handle });
    return claims_done();
}
