/* See test.h. */
#include "user/rt/test.h"

#include "lib/base/format.h"
#include "user/rt/console.h"
#include "user/rt/start.h"

static struct {
    struct console console;
    uint32_t claims;
    uint32_t failures;
} tests;

static struct console *channel(void)
{
    if (tests.console.tty.raw == 0) {
        handle_t tty = start_handle("console:stdio", OBJECT_TTY);
        if (tty.raw == 0) /* As the first process. */
            tty = start_handle_need("tty", OBJECT_TTY);
        console_init(&tests.console, tty);
    }
    return &tests.console;
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
    console_print(channel(), "@@test fail %s %s\n", claim->name, why);
    console_flush(channel());
}

void test_end(struct test_claim *claim)
{
    tests.claims++;
    if (claim->failed) {
        tests.failures++;
        return;
    }
    console_print(channel(), "@@test pass %s\n", claim->name);
    console_flush(channel());
}

int test_done(void)
{
    console_print(channel(), "@@test done %u\n", tests.claims);
    console_flush(channel());
    return tests.failures == 0 ? 0 : 1;
}
