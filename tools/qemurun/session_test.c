/* The session with guests made of shell: what must pass passes, and each way to fall short fails.
 * Nothing here waits for time but the tests of deadlines. */
#include "tools/qemurun/session.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/unit.h"

#define RESULTS "build/tmp/session_test.results"

static struct session_options options_of(const char *script)
{
    static char *argv[4];
    argv[0] = (char *)"sh";
    argv[1] = (char *)"-c";
    argv[2] = (char *)script;
    if (system("mkdir -p build/tmp") != 0)
        abort();
    return (struct session_options){
        .is_test = true,
        .name = "guest",
        .log_path = "build/tmp/session_test.log",
        .results_path = RESULTS,
        .floor = 1,
        .deadline_s = 20,
        .argv = argv,
    };
}

static int run(const char *script)
{
    struct session_options options = options_of(script);
    return session_run(&options);
}

/* Does the results file have a line that begins so? */
static bool has_result(const char *prefix)
{
    char line[512];
    bool found = false;
    FILE *file = fopen(RESULTS, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        found |= strncmp(line, prefix, strlen(prefix)) == 0;
    if (file != NULL)
        fclose(file);
    return found;
}

TEST(session_passes_a_whole_run)
{
    EXPECT_EQ(run("echo hello; echo @@test pass a; echo @@count c 7; echo @@test done 1"), 0);
    EXPECT(has_result("pass a"));
    EXPECT(has_result("count c 7"));
}

TEST(session_fails_a_silent_guest)
{
    EXPECT_EQ(run("echo hello"), 1);
    EXPECT(has_result("fail (done)"));
}

TEST(session_fails_when_a_result_is_a_failure_or_a_skip)
{
    EXPECT_EQ(run("echo @@test pass a; echo @@test fail b no; echo @@test done 2"), 1);
    EXPECT(has_result("fail b no"));
    EXPECT_EQ(run("echo @@test skip a none; echo @@test done 1"), 1);
    EXPECT(has_result("fail a skipped: none"));
}

TEST(session_fails_a_run_below_its_floor)
{
    struct session_options options = options_of("echo @@test pass a; echo @@test done 1");
    options.floor = 2;
    EXPECT_EQ(session_run(&options), 1);
    EXPECT(has_result("fail (floor)"));
}

/* The last line may lack its end, when the guest is cut off. */
TEST(session_reads_the_last_line_without_an_end)
{
    EXPECT_EQ(run("echo @@test pass a; printf '@@test done 1'"), 0);
}

TEST(session_fails_when_the_emulator_fails)
{
    EXPECT_EQ(run("echo @@test pass a; echo @@test done 1; exit 3"), 1);
    EXPECT(has_result("fail (qemu) it ended with 3"));
}

TEST(session_stops_a_guest_that_hangs)
{
    struct session_options options = options_of("echo @@test pass a; exec sleep 100");
    options.deadline_s = 1;
    EXPECT_EQ(session_run(&options), 1);
    EXPECT(has_result("fail (deadline) not over after 1 s"));
}

TEST(session_fails_and_stops_a_guest_that_panics)
{
    EXPECT_EQ(run("echo @@test pass a; echo @@test done 1; echo 'panic: x'; exec sleep 100"), 1);
    EXPECT(has_result("fail (panic)"));
}

/* The host's part starts at @@ready, has the guest's port and can type; its `done` is what counts. */
TEST(session_runs_the_part_of_the_host)
{
    static char *argv[] = {
        (char *)"sh", (char *)"-c",
        (char *)"echo port $0; echo @@ready; read l; echo typed $l; exec sleep 100",
        (char *)"{port:80}", NULL
    };
    struct session_options options = options_of("");
    options.argv = argv;
    options.console_path = "build/tmp/session_test.console";
    options.host_command =
        "echo word >\"$CONSOLE\";"
        "until grep -q '^typed word$' \"$SERIAL_LOG\"; do :; done;"
        "grep -q \"^port $HOST_PORT_80$\" \"$SERIAL_LOG\" && echo @@test pass port;"
        "echo @@test done 1";
    EXPECT_EQ(session_run(&options), 0);
    EXPECT(has_result("pass port"));
}

TEST(session_fails_when_the_part_of_the_host_fails)
{
    struct session_options options = options_of("echo @@ready; exec sleep 100");
    options.host_command = "echo @@test pass a; echo @@test done 1; exit 4";
    EXPECT_EQ(session_run(&options), 1);
    EXPECT(has_result("fail (host) its part ended with 4"));
    options.host_command = "true";
    EXPECT_EQ(session_run(&options), 1);
    EXPECT(has_result("fail (done)"));
}

TEST(session_fails_a_guest_that_is_never_ready)
{
    struct session_options options = options_of("echo hello");
    options.host_command = "echo @@test pass a; echo @@test done 1";
    EXPECT_EQ(session_run(&options), 1);
    EXPECT(has_result("fail (ready)"));
}

/* A service stops cleanly when it is told to, and takes the guest with it. */
TEST(session_serves_until_a_signal)
{
    struct session_options options = options_of("echo @@ready; kill -TERM $PPID; exec sleep 100");
    options.is_test = false;
    options.results_path = NULL;
    EXPECT_EQ(session_run(&options), 0);
}

TEST(session_fails_a_service_that_is_not_ready_in_time)
{
    struct session_options options = options_of("exec sleep 100");
    options.is_test = false;
    options.results_path = NULL;
    options.deadline_s = 1;
    EXPECT_EQ(session_run(&options), 1);
}
