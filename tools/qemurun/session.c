/* The loop over a guest: its console goes to the log and, line by line, to the tally; a test may
 * have a part on the host, which starts when the guest is ready. Time enters in one place, the
 * timeout of poll. What is wrong with a run becomes a failed result, so that the caller has nothing
 * to count but results.
 *
 *   guest starts -> ready -> (host's part runs) -> done -> guest ends -> verdict
 *
 * A guest that tests itself says `done` and powers off; one that the host tests is stopped when the
 * host's part ends, and that part says `done`. */
#define _GNU_SOURCE
#include "tools/qemurun/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/qemurun/child.h"
#include "tools/qemurun/ports.h"
#include "tools/qemurun/report.h"

enum {
    LINE_MAX_BYTES = 4096,
    END_GRACE_MS = 10000,  /* From `done` to the guest's own end. */
    PANIC_GRACE_MS = 2000, /* For the backtrace after the first line of a panic. */
    STOP_GRACE_MS = 5000,  /* From SIGTERM to SIGKILL. */
    TAIL_BYTES = 4000,
};

/* One of the two that talk: the guest, or the host's part. */
struct talker {
    struct child child;
    struct tally tally;
    FILE *log;
    size_t line_len;
    char line[LINE_MAX_BYTES]; /* The rest of a longer line is dropped here, not in the log. */
};

enum { POLL_SIGNAL, POLL_GUEST, POLL_HOST, POLL_CONSOLE, POLL_COUNT };

struct session {
    const struct session_options *options;
    struct talker guest;
    struct talker host;
    FILE *results;
    int signal_fd;
    int console_fd;
    int64_t start_ms;
    int64_t deadline_ms;
    uint64_t defects; /* Failed results of our own. */
    bool is_stopping; /* The guest was told to end. */
    bool was_told;    /* A signal asked this program to end. */
    bool host_started;
};

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void session_defect(struct session *session, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void session_defect(struct session *session, const char *name, const char *format, ...)
{
    char why[256];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    fprintf(stderr, "%s: (%s) %s\n", session->options->name, name, why);
    if (session->results != NULL)
        fprintf(session->results, "fail (%s) %s\n", name, why);
    session->defects++;
}

static void session_deadline_within(struct session *session, int64_t grace_ms)
{
    int64_t deadline_ms = now_ms() + grace_ms;
    if (deadline_ms < session->deadline_ms)
        session->deadline_ms = deadline_ms;
}

static void session_stop(struct session *session)
{
    if (session->is_stopping)
        return;
    session->is_stopping = true;
    child_signal(&session->host.child, SIGKILL);
    child_signal(&session->guest.child, SIGTERM);
    session->deadline_ms = now_ms() + STOP_GRACE_MS;
}

static void session_start_host(struct session *session)
{
    char *argv[] = { "sh", "-c", (char *)session->options->host_command, NULL };
    session->host_started = true;
    if (!child_start(&session->host.child, argv))
        session_defect(session, "host", "%s: %s", session->options->host_command, strerror(errno));
}

static void session_ready(struct session *session)
{
    if (session->options->ready_text != NULL) {
        puts(session->options->ready_text);
        fflush(stdout);
    }
    if (session->options->host_command != NULL)
        session_start_host(session);
    if (!session->options->is_test)
        session->deadline_ms = INT64_MAX;
}

/* Keep a result for the caller; a failure is shown at once. */
static void session_record(struct session *session, const struct report *report)
{
    FILE *results = session->results;
    if (report->kind == REPORT_FAIL || report->kind == REPORT_SKIP)
        fprintf(stderr, "%s: %s %s: %s\n", session->options->name,
                report->kind == REPORT_SKIP ? "skipped" : "failed", report->name, report->rest);
    if (results == NULL)
        return;
    switch (report->kind) {
    case REPORT_PASS: fprintf(results, "pass %s\n", report->name); break;
    case REPORT_FAIL: fprintf(results, "fail %s %s\n", report->name, report->rest); break;
    case REPORT_SKIP: fprintf(results, "fail %s skipped: %s\n", report->name, report->rest); break;
    case REPORT_COUNT:
        fprintf(results, "count %s %llu\n", report->name, (unsigned long long)report->value);
        break;
    case REPORT_THINNED:
        fprintf(results, "thinned %s %llu of %s\n", report->name, (unsigned long long)report->value,
                report->rest);
        break;
    default: break;
    }
}

static void session_line(struct session *session, struct talker *talker)
{
    struct report report;
    bool was_ready = talker->tally.is_ready;
    report_parse(talker->line, talker->line_len, &report);
    talker->line_len = 0;
    tally_add(&talker->tally, &report);
    session_record(session, &report);
    if (talker != &session->guest)
        return;
    if (report.kind == REPORT_READY && !was_ready)
        session_ready(session);
    else if (report.kind == REPORT_PANIC)
        session_deadline_within(session, PANIC_GRACE_MS);
    else if (report.kind == REPORT_DONE && session->options->host_command == NULL)
        session_deadline_within(session, END_GRACE_MS);
}

static void session_text(struct session *session, struct talker *talker, const char *bytes,
                         size_t len)
{
    fwrite(bytes, 1, len, talker->log);
    fflush(talker->log);
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\n')
            session_line(session, talker);
        else if (talker->line_len < sizeof talker->line)
            talker->line[talker->line_len++] = bytes[i];
    }
}

static void session_guest_ended(struct session *session)
{
    int code = child_reap(&session->guest.child);
    if (!session->is_stopping && code != 0)
        session_defect(session, "qemu", "it ended with %d", code);
    if (child_runs(&session->host.child)) /* It may have powered the guest off itself. */
        session_deadline_within(session, END_GRACE_MS);
}

static void session_host_ended(struct session *session)
{
    int code = child_reap(&session->host.child);
    if (!session->is_stopping && child_runs(&session->guest.child) && code != 0)
        session_defect(session, "host", "its part ended with %d", code);
    session_stop(session);
}

/* Bytes, or the end, of the guest or of the host's part. */
static void session_talk(struct session *session, struct talker *talker)
{
    char bytes[4096];
    ssize_t len = read(talker->child.output, bytes, sizeof bytes);
    if (len > 0) {
        session_text(session, talker, bytes, (size_t)len);
        return;
    }
    if (len < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (talker->line_len > 0)
        session_line(session, talker);
    if (talker == &session->guest)
        session_guest_ended(session);
    else
        session_host_ended(session);
}

/* What somebody wrote to the FIFO is typed. Typing into a guest that does not read is lost, as on
 * a serial line. */
static void session_type(struct session *session)
{
    char bytes[512];
    ssize_t len = read(session->console_fd, bytes, sizeof bytes);
    if (len > 0 && child_runs(&session->guest.child) &&
        write(session->guest.child.input, bytes, (size_t)len) < 0)
        return;
}

static void session_deadline(struct session *session)
{
    if (session->is_stopping) {
        child_signal(&session->guest.child, SIGKILL);
        session->deadline_ms = now_ms() + STOP_GRACE_MS;
        return;
    }
    const struct tally *tally = &session->guest.tally;
    if (tally->has_panicked)
        ; /* The verdict names it. */
    else if (!session->options->is_test)
        session_defect(session, "ready", "not ready after %llu s",
                       (unsigned long long)session->options->deadline_s);
    else if (session->options->host_command == NULL && tally->is_done)
        session_defect(session, "end", "the guest did not power off after its last result");
    else
        session_defect(session, "deadline", "not over after %llu s",
                       (unsigned long long)session->options->deadline_s);
    session_stop(session);
}

/* One round: wait for whatever comes first. */
static void session_step(struct session *session)
{
    struct pollfd polls[POLL_COUNT] = {
        [POLL_SIGNAL] = { session->signal_fd, POLLIN, 0 },
        [POLL_GUEST] = { session->guest.child.output, POLLIN, 0 },
        [POLL_HOST] = { session->host.child.output, POLLIN, 0 },
        [POLL_CONSOLE] = { session->console_fd, POLLIN, 0 },
    };
    int64_t left_ms = session->deadline_ms - now_ms();
    int timeout_ms = left_ms < 0 ? 0 : left_ms > 3600000 ? 3600000 : (int)left_ms;
    if (poll(polls, POLL_COUNT, timeout_ms) < 0 && errno != EINTR) {
        session_defect(session, "poll", "%s", strerror(errno));
        session_stop(session);
    }
    if (polls[POLL_SIGNAL].revents != 0) {
        struct signalfd_siginfo info;
        if (read(session->signal_fd, &info, sizeof info) == sizeof info)
            session->was_told = true;
        session_stop(session);
    }
    if (polls[POLL_GUEST].revents != 0)
        session_talk(session, &session->guest);
    if (polls[POLL_HOST].revents != 0)
        session_talk(session, &session->host);
    if (polls[POLL_CONSOLE].revents != 0)
        session_type(session);
    if (now_ms() >= session->deadline_ms)
        session_deadline(session);
}

static void log_print_tail(const char *path)
{
    char bytes[TAIL_BYTES + 1];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    if (fseek(file, -TAIL_BYTES, SEEK_END) != 0)
        rewind(file);
    size_t len = fread(bytes, 1, TAIL_BYTES, file);
    fclose(file);
    fprintf(stderr, "---- the end of %s\n%.*s\n----\n", path, (int)len, bytes);
}

/* What is wrong with the run as a whole. The party that must say `done` is the host's part where there
 * is one; results of the guest count in both cases. */
static void session_judge(struct session *session)
{
    const char *name, *why;
    struct tally tally = session->guest.tally;
    if (session->options->host_command != NULL) {
        if (!session->host_started && !tally.has_panicked)
            session_defect(session, "ready", "the guest never said @@ready");
        struct tally host = session->host.tally;
        host.has_panicked |= tally.has_panicked;
        host.is_malformed |= tally.is_malformed;
        host.done_count += tally.passed + tally.failed;
        host.passed += tally.passed;
        host.failed += tally.failed;
        tally = host;
    }
    if (session->was_told)
        session_defect(session, "interrupted", "a signal ended the test");
    else if (session->defects == 0 && tally_defect(&tally, session->options->floor, &name, &why))
        session_defect(session, name, "%s", why);

    uint64_t failed = tally.failed + session->defects;
    printf("  SYSTEM   %s: %llu passed, %llu failed (%.1f s)\n", session->options->name,
           (unsigned long long)tally.passed, (unsigned long long)failed,
           (double)(now_ms() - session->start_ms) / 1000);
    session->defects = failed;
}

static bool session_open(struct session *session)
{
    const struct session_options *options = session->options;
    char host_log[4096];
    snprintf(host_log, sizeof host_log, "%s.host", options->log_path);
    session->guest.log = fopen(options->log_path, "we");
    session->host.log = options->host_command == NULL ? NULL : fopen(host_log, "we");
    session->results = options->results_path == NULL ? NULL : fopen(options->results_path, "we");
    if (session->guest.log == NULL ||
        (options->host_command != NULL && session->host.log == NULL) ||
        (options->results_path != NULL && session->results == NULL))
        return false;
    if (options->console_path != NULL) {
        unlink(options->console_path);
        /* Opened for both, so that a writer's end is not the end of it. */
        if (mkfifo(options->console_path, 0600) != 0)
            return false;
        session->console_fd = open(options->console_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (session->console_fd < 0)
            return false;
        setenv("CONSOLE", options->console_path, 1);
    }
    setenv("SERIAL_LOG", options->log_path, 1);
    return true;
}

static void session_close(struct session *session)
{
    fclose(session->guest.log);
    if (session->host.log != NULL)
        fclose(session->host.log);
    if (session->results != NULL)
        fclose(session->results);
    if (session->console_fd >= 0) {
        close(session->console_fd);
        unlink(session->options->console_path);
    }
}

/* The signals that ask for an end, as a file. One that is ignored from the start stays so: under gdb, whose
 * Ctrl-C stops the guest's CPUs and not the guest. */
static int signals_open(void)
{
    static const int asking[] = { SIGTERM, SIGINT, SIGHUP };
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof asking / sizeof asking[0]; i++) {
        struct sigaction action;
        if (sigaction(asking[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&signals, asking[i]);
    }
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

int session_run(const struct session_options *options)
{
    struct session session = {
        .options = options,
        .guest.child = CHILD_NONE,
        .host.child = CHILD_NONE,
        .console_fd = -1,
        .start_ms = now_ms(),
    };
    signal(SIGPIPE, SIG_IGN);
    session.signal_fd = signals_open();
    session.deadline_ms = session.start_ms + (int64_t)options->deadline_s * 1000;

    struct ports ports = { 0 };
    if (!ports_place(&ports, options->argv))
        return 2;
    if (session.signal_fd < 0 || !session_open(&session) ||
        !child_start(&session.guest.child, options->argv)) {
        fprintf(stderr, "qemurun: %s: %s\n", options->name, strerror(errno));
        return 2;
    }
    while (child_runs(&session.guest.child) || child_runs(&session.host.child))
        session_step(&session);
    if (options->is_test)
        session_judge(&session);
    session_close(&session);
    if (session.defects > 0)
        log_print_tail(options->log_path);
    return session.defects > 0 ? 1 : 0;
}
