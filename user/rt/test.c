/* See test.h. */
#include "user/rt/test.h"

#include "lib/base/format.h"
#include "user/rt/console.h"
#include "user/rt/log.h"
#include "user/rt/start.h"

static struct {
    struct console console;
    uint32_t claims;
    uint32_t failures;
} tests;

/* As a service it is given its terminal under the grant's name, as the first process under the
 * kernel's; without one, the log has to do. */
static bool has_console(void)
{
    if (tests.console.tty.raw != 0)
        return true;
    handle_t tty = start_handle("console:stdio", OBJECT_TTY);
    if (tty.raw == 0)
        tty = start_handle("tty", OBJECT_TTY);
    if (tty.raw != 0)
        console_init(&tests.console, tty);
    return tty.raw != 0;
}

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *format, ...)
{
    char line[CONSOLE_BUFFER_SIZE / 2];
    va_list args;
    va_start(args, format);
    format_text_list(line, sizeof line, format, args);
    va_end(args);
    if (!has_console()) {
        log_line("%s", line);
        return;
    }
    console_print(&tests.console, "%s\n", line);
    console_flush(&tests.console);
}

void test_begin(struct test_claim *claim, const char *name)
{
    *claim = (struct test_claim){ .name = name };
}

void test_fail(struct test_claim *claim, const char *format, ...)
{
    if (claim->failed)
        return;
    claim->failed = true;
    char why[256];
    va_list args;
    va_start(args, format);
    format_text_list(why, sizeof why, format, args);
    va_end(args);
    tell("@@test fail %s %s", claim->name, why);
}

void test_end(struct test_claim *claim)
{
    tests.claims++;
    if (claim->failed) {
        tests.failures++;
        return;
    }
    tell("@@test pass %s", claim->name);
}

int test_done(void)
{
    tell("@@test done %u", tests.claims);
    return tests.failures == 0 ? 0 : 1;
}
