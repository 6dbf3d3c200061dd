/* See test.h. */
#include "user/rt/test.h"

#include <string.h>

#include <swos/syscalls.h>

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
static handle_t given(enum object_kind kind, const char *as_service, const char *as_first)
{
    handle_t handle = start_handle(as_service, kind);
    return handle.raw != 0 ? handle : start_handle(as_first, kind);
}

static bool has_console(void)
{
    if (tests.console.tty.raw != 0)
        return true;
    handle_t tty = given(OBJECT_TTY, "console:stdio", "tty");
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
    if (__atomic_exchange_n(&claim->failed, true, __ATOMIC_RELAXED))
        return;
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
    handle_t power = given(OBJECT_POWER, "power:off", "power");
    if (power.raw != 0)
        (void)sys_power_off(power);
    return tests.failures == 0 ? 0 : 1;
}

void test_run(const struct test_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct test_claim claim;
        test_begin(&claim, cases[i].name);
        cases[i].run(&claim);
        test_end(&claim);
    }
}

bool test_argument(const char *name, char *out_value, size_t size)
{
    static char line[2048];
    size_t len = 0, name_len = strlen(name);
    handle_t system = given(OBJECT_SYSTEM, "system:inspect", "system");
    if (sys_boot_arguments(system, line, sizeof line, &len) != STATUS_OK)
        return false;
    for (size_t at = 0; at + name_len < len; at++) {
        bool begins = at == 0 || line[at - 1] == ' ';
        if (!begins || memcmp(line + at, name, name_len) != 0 || line[at + name_len] != '=')
            continue;
        const char *value = line + at + name_len + 1, *end = value;
        while (end < line + len && *end != ' ')
            end++;
        if ((size_t)(end - value) >= size)
            return false;
        memcpy(out_value, value, (size_t)(end - value));
        out_value[end - value] = 0;
        return true;
    }
    return false;
}

uint64_t test_rounds(const char *name, uint64_t landing, uint64_t full)
{
    char value[2];
    if (test_argument("swos.full", value, sizeof value) && value[0] == '1')
        return full;
    tell("@@thinned %s %llu %llu", name, (unsigned long long)landing, (unsigned long long)full);
    return landing;
}

void test_count(const char *name, uint64_t value)
{
    tell("@@count %s %llu", name, (unsigned long long)value);
}
