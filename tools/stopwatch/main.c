/* stopwatch: runs a guest and writes what it says to standard output, each line with the milliseconds since its
 * start before it. What the stopwatch itself has seen comes as lines that begin with @@:
 *
 *   61.204 @@http 200       the first page was answered (--knock)
 *   812.551 @@exit 0        the guest ended
 *   812.551 @@cpu_ms 790    processor time of the guest's QEMU, and its most resident memory
 *   812.551 @@rss_kib 61440
 *
 * It ends when the guest does, when the line of --until has come, when the knock was answered or the host's part has
 * ended; then the guest is ended, too. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "tools/qemurun/child.h"
#include "tools/qemurun/ports.h"
#include "tools/stopwatch/knock.h"
#include "tools/stopwatch/lines.h"

enum { SLICE_MS = 50, PIECE_SIZE = 65536 };

struct options {
    unsigned long deadline_s;
    const char *until; /* NULL: until it ends. */
    const char *on;    /* The line at which it is typed to and the host's part begins. */
    const char *type;  /* NULL: nothing. */
    const char *host;  /* NULL: no such part. */
    int knock_port;    /* The guest's; 0: no knocking. */
    char **argv;
};

struct watch {
    const struct options *options;
    double start_ms;
    struct child guest;
    struct child host;
    struct lines guest_lines;
    struct lines host_lines;
    struct knocks knocks;
    bool is_on;
    bool is_over;
};

static double clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static _Noreturn void usage(void)
{
    fputs("usage: stopwatch [OPTION...] -- COMMAND ARGUMENT...\n"
          "  --deadline S     the most that it may take (60)\n"
          "  --until TEXT     end at a line that has this\n"
          "  --on TEXT        when a line has this (@@ready), the following begin:\n"
          "  --type TEXT      type it, and Return\n"
          "  --host COMMAND   run it with sh, and end after it\n"
          "  --knock PORT     ask port PORT of the guest for a page from the start on, and end "
          "when there is one\n"
          "{port:N} in an argument becomes a free port of the host: tools/qemurun/ports.h.\n",
          stderr);
    exit(2);
}

static void say(const struct watch *watch, const char *text)
{
    printf("%.3f %s\n", clock_ms() - watch->start_ms, text);
}

static void begin_rest(struct watch *watch)
{
    const struct options *options = watch->options;
    watch->is_on = true;
    if (options->type != NULL &&
        (write(watch->guest.input, options->type, strlen(options->type)) < 0 ||
         write(watch->guest.input, "\r", 1) < 0))
        say(watch, "@@fail it cannot be typed to");
    if (options->host == NULL)
        return;
    char *command[] = { "sh", "-c", (char *)options->host, NULL };
    if (!child_start(&watch->host, command)) {
        say(watch, "@@fail the host's part does not start");
        watch->is_over = true;
    }
}

static void guest_said(struct watch *watch, const char *line)
{
    const struct options *options = watch->options;
    say(watch, line);
    if (options->until != NULL && strstr(line, options->until) != NULL)
        watch->is_over = true;
    if (!watch->is_on && strstr(line, options->on) != NULL)
        begin_rest(watch);
}

/* What a child has written. @return false at its end. */
static bool child_read(struct watch *watch, struct child *child, struct lines *lines)
{
    static char piece[PIECE_SIZE];
    ssize_t len = read(child->output, piece, sizeof piece);
    if (len < 0 && errno == EINTR)
        return true;
    for (size_t at = 0, taken; len > 0 && at < (size_t)len; at += taken) {
        if (!lines_take(lines, piece + at, (size_t)len - at, &taken))
            continue;
        if (child == &watch->guest)
            guest_said(watch, lines->text);
        else
            say(watch, lines->text);
    }
    return len > 0;
}

static void knock_step(struct watch *watch, const struct pollfd *polls)
{
    if (watch->options->knock_port == 0 || watch->is_over)
        return;
    if (knocks_step(&watch->knocks, polls)) {
        say(watch, "@@http 200");
        watch->is_over = true;
    }
    knocks_add(&watch->knocks);
}

/* One wait for whatever comes first. */
static void step(struct watch *watch)
{
    static struct pollfd polls[2 + KNOCKS_MAX];
    bool knocking = watch->options->knock_port != 0;
    polls[0] = (struct pollfd){ watch->guest.output, POLLIN, 0 };
    polls[1] = (struct pollfd){ watch->host.output, POLLIN, 0 };
    if (knocking)
        knocks_poll(&watch->knocks, polls + 2);
    if (poll(polls, knocking ? 2 + KNOCKS_MAX : 2, knocking ? KNOCK_STEP_MS : SLICE_MS) < 0)
        return;
    if (polls[0].revents != 0 && !child_read(watch, &watch->guest, &watch->guest_lines))
        watch->is_over = true;
    if (polls[1].revents != 0 && !child_read(watch, &watch->host, &watch->host_lines))
        watch->is_over = true;
    knock_step(watch, polls + 2);
}

static void end_guest(struct watch *watch)
{
    char text[64];
    struct rusage usage;
    if (child_runs(&watch->host)) {
        child_signal(&watch->host, SIGKILL);
        snprintf(text, sizeof text, "@@host_exit %d", child_reap(&watch->host));
        say(watch, text);
    }
    getrusage(RUSAGE_CHILDREN, &usage);
    long before_us = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec +
                     1000000 * (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
    child_signal(&watch->guest, SIGKILL);
    snprintf(text, sizeof text, "@@exit %d", child_reap(&watch->guest));
    say(watch, text);
    getrusage(RUSAGE_CHILDREN, &usage);
    long after_us = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec +
                    1000000 * (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
    snprintf(text, sizeof text, "@@cpu_ms %.3f", (double)(after_us - before_us) / 1e3);
    say(watch, text);
    snprintf(text, sizeof text, "@@rss_kib %ld", usage.ru_maxrss);
    say(watch, text);
}

static int watch_run(const struct options *options)
{
    static struct watch watch;
    static struct ports ports;
    watch.options = options;
    watch.guest = watch.host = CHILD_NONE;
    if (!ports_place(&ports, options->argv))
        return 2;
    for (int i = 0; i < ports.count; i++)
        if (ports.guest[i] == options->knock_port)
            watch.knocks.port = (uint16_t)ports.host[i];
    if (options->knock_port != 0 && watch.knocks.port == 0)
        usage();
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    watch.start_ms = clock_ms();
    if (!child_start(&watch.guest, options->argv)) {
        perror(options->argv[0]);
        return 2;
    }
    while (!watch.is_over && clock_ms() - watch.start_ms < (double)options->deadline_s * 1e3)
        step(&watch);
    if (!watch.is_over)
        say(&watch, "@@fail the deadline passed");
    knocks_close(&watch.knocks);
    end_guest(&watch);
    return watch.is_over ? 0 : 1;
}

static void option_take(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--deadline") == 0)
        options->deadline_s = strtoul(value, NULL, 10);
    else if (strcmp(name, "--until") == 0)
        options->until = value;
    else if (strcmp(name, "--on") == 0)
        options->on = value;
    else if (strcmp(name, "--type") == 0)
        options->type = value;
    else if (strcmp(name, "--host") == 0)
        options->host = value;
    else if (strcmp(name, "--knock") == 0)
        options->knock_port = atoi(value);
    else
        usage();
}

int main(int argc, char **argv)
{
    struct options options = { .deadline_s = 60, .on = "@@ready" };
    int at = 1;
    for (; at + 1 < argc && strcmp(argv[at], "--") != 0; at += 2)
        option_take(&options, argv[at], argv[at + 1]);
    if (at + 1 >= argc || strcmp(argv[at], "--") != 0)
        usage();
    options.argv = argv + at + 1;
    return watch_run(&options);
}
