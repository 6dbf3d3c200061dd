/* qemurun: run a guest as a test that must report, or as a service. See usage(). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/qemurun/session.h"

static _Noreturn void usage(void)
{
    fputs("usage: qemurun test  --log FILE [OPTION...] -- QEMU ARGUMENT...\n"
          "       qemurun serve --log FILE [OPTION...] -- QEMU ARGUMENT...\n"
          "  --name NAME        in messages\n"
          "  --results FILE     test: one line a result\n"
          "  --floor N          test: the fewest results it must give (1)\n"
          "  --deadline S       test: its whole time; serve: its time to get ready (60)\n"
          "  --host COMMAND     test: the host's part, for sh, run once the guest is ready\n"
          "  --console FIFO     what is written there is typed on the guest's console\n"
          "  --ready-text TEXT  printed once the guest is ready\n"
          "{port:N} in an argument becomes a free port of the host; see tools/qemurun/ports.h for\n"
          "the environment of the host's part, tools/qemurun/report.h for what is read.\n",
          stderr);
    exit(2);
}

static uint64_t number_or_usage(const char *text)
{
    char *end;
    unsigned long long number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0')
        usage();
    return number;
}

static void option_take(struct session_options *options, const char *name, const char *value)
{
    if (strcmp(name, "--log") == 0)
        options->log_path = value;
    else if (strcmp(name, "--name") == 0)
        options->name = value;
    else if (strcmp(name, "--results") == 0)
        options->results_path = value;
    else if (strcmp(name, "--floor") == 0)
        options->floor = number_or_usage(value);
    else if (strcmp(name, "--deadline") == 0)
        options->deadline_s = number_or_usage(value);
    else if (strcmp(name, "--host") == 0)
        options->host_command = value;
    else if (strcmp(name, "--console") == 0)
        options->console_path = value;
    else if (strcmp(name, "--ready-text") == 0)
        options->ready_text = value;
    else
        usage();
}

int main(int argc, char **argv)
{
    struct session_options options = { .name = "guest", .floor = 1, .deadline_s = 60 };
    if (argc < 2)
        usage();
    if (strcmp(argv[1], "test") == 0)
        options.is_test = true;
    else if (strcmp(argv[1], "serve") != 0)
        usage();
    int at = 2;
    while (at + 1 < argc && strcmp(argv[at], "--") != 0) {
        option_take(&options, argv[at], argv[at + 1]);
        at += 2;
    }
    if (at + 1 >= argc || options.log_path == NULL)
        usage();
    options.argv = argv + at + 1;
    return session_run(&options);
}
