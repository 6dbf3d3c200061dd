/* The harness of complaint.h. */
#include "tools/abigen/sample/complaint.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit.h"

enum { WORDS_SIZE = 512, TABLES = 4, PATH_SIZE = 32 };

/* The text in a file of its own; empty if there is none. */
static void text_file(const char *text, char path[PATH_SIZE])
{
    if (text == NULL)
        text = "";
    snprintf(path, PATH_SIZE, "/tmp/abigen-XXXXXX");
    int fd = mkstemp(path);
    REQUIRE(fd >= 0);
    REQUIRE(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void write_files(struct tables tables, char paths[TABLES][PATH_SIZE])
{
    text_file(tables.statuses, paths[0]);
    text_file(tables.objects, paths[1]);
    text_file(tables.calls, paths[2]);
    text_file(tables.protocol, paths[3]);
}

static void remove_files(char paths[TABLES][PATH_SIZE])
{
    for (int i = 0; i < TABLES; i++)
        unlink(paths[i]);
}

static void read_files(char paths[TABLES][PATH_SIZE], struct contract *contract,
                       struct protocol *protocol)
{
    statuses_read(contract, paths[0]);
    objects_read(contract, paths[1]);
    syscalls_read(contract, paths[2]);
    if (protocol != NULL)
        protocol_read(protocol, contract, paths[3]);
}

static void child_read(char paths[TABLES][PATH_SIZE], bool has_protocol, int words_fd)
{
    static struct contract contract;
    static struct protocol protocol;
    dup2(words_fd, STDERR_FILENO);
    read_files(paths, &contract, has_protocol ? &protocol : NULL);
    _exit(0);
}

static size_t read_words(int fd, char words[WORDS_SIZE])
{
    size_t used = 0;
    for (ssize_t got; (got = read(fd, words + used, WORDS_SIZE - 1 - used)) > 0;)
        used += (size_t)got;
    words[used] = 0;
    words[strcspn(words, "\n")] = 0;
    return used;
}

const char *complaint(struct tables tables)
{
    static char words[WORDS_SIZE];
    char paths[TABLES][PATH_SIZE];
    int ends[2], code = 0;
    write_files(tables, paths);
    REQUIRE(pipe(ends) == 0);
    fflush(stdout); /* Or the child prints it again. */
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0)
        child_read(paths, tables.protocol != NULL, ends[1]);
    close(ends[1]);
    size_t used = read_words(ends[0], words);
    close(ends[0]);
    REQUIRE(waitpid(child, &code, 0) == child && WIFEXITED(code));
    EXPECT_EQ(WEXITSTATUS(code), used > 0 ? 1 : 0);
    remove_files(paths);
    const char *line = strchr(words, ':');
    return line == NULL ? words : line + 1;
}

void tables_read(struct tables tables, struct contract *contract, struct protocol *protocol)
{
    char paths[TABLES][PATH_SIZE];
    write_files(tables, paths);
    read_files(paths, contract, protocol);
    remove_files(paths);
}
