/* swctl, the operator console: commands from the terminal, or one from the arguments, which needs no terminal. It has
 * no authority of its own: each command uses a handle that the manifest granted, or the role whose
 * session it is. */
#include "user/swctl/swctl.h"

#include <stdarg.h>
#include <string.h>

#include <abi/signals.h>
#include <swos/syscalls.h>

#include "lib/base/format.h"
#include "user/rt/clock.h"
#include "user/rt/start.h"
#include "user/swctl/line.h"

static const struct command *const tables[] = { commands_system, commands_services, commands_net };
enum { TABLE_COUNT = sizeof tables / sizeof tables[0] };

void say(struct swctl *swctl, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    format_text_list(text, sizeof text, format, args);
    va_end(args);
    console_print(&swctl->console, "%s", text);
}

static const char *const status_texts[STATUS_COUNT] = {
#define STATUS_TEXT(name, errno_name, sentence) sentence,
    STATUS_TABLE(STATUS_TEXT)
#undef STATUS_TEXT
};

const char *status_text(status_t status)
{
    return (unsigned)status < STATUS_COUNT ? status_texts[status] : "An unknown status.";
}

void complain(struct swctl *swctl, const char *object, status_t status)
{
    say(swctl, "swctl: %s: %s\n", object, status_text(status));
}

bool granted(struct swctl *swctl, handle_t handle, const char *grant)
{
    if (handle.raw == 0)
        say(swctl, "swctl: not granted to this console: %s\n", grant);
    return handle.raw != 0;
}

void format_bytes(char out[8], uint64_t bytes)
{
    static const char units[] = "BKMGT";
    int unit = 0;
    uint64_t tenths = bytes * 10;
    while (tenths >= 10240 && unit < 4) {
        tenths /= 1024;
        unit++;
    }
    if (unit == 0)
        format_text(out, 8, "%lluB", (unsigned long long)bytes);
    else
        format_text(out, 8, "%llu.%llu%c", (unsigned long long)tenths / 10,
                    (unsigned long long)tenths % 10, units[unit]);
}

bool interrupted(struct swctl *swctl, time_ns_t wait_ns)
{
    char byte;
    size_t len;
    uint32_t seen;
    if (swctl->tty.raw == 0)
        return sys_object_wait(swctl->console.tty, SIGNAL_PEER_CLOSED, clock_after(wait_ns),
                               &seen) == STATUS_OK;
    status_t status = sys_tty_read(swctl->tty, &byte, 1, 0, clock_after(wait_ns), &len);
    return status == STATUS_OK && len == 1 && (byte == 3 || byte == 'q');
}

static int split(char *text, char **words)
{
    int count = 0;
    while (*text != 0 && count < WORDS_MAX) {
        while (*text == ' ' || *text == '\t')
            *text++ = 0;
        if (*text == 0)
            break;
        words[count++] = text;
        while (*text != 0 && *text != ' ' && *text != '\t')
            text++;
    }
    return count;
}

static void help(struct swctl *swctl)
{
    for (int t = 0; t < TABLE_COUNT; t++)
        for (const struct command *command = tables[t]; command->name != NULL; command++)
            say(swctl, "  %-10s %-12s %s\n", command->name, command->arguments, command->help);
    say(swctl, "  %-10s %-12s %s\n", "help", "", "this list");
    if (swctl->is_session)
        say(swctl, "  %-10s %-12s %s\n", "exit", "", "end the session, as ^D does");
}

/* The machine's own console has nobody to give the terminal back to. */
static void leave(struct swctl *swctl)
{
    swctl->leaves = swctl->is_session;
    if (!swctl->is_session)
        say(swctl, "swctl: this is the machine's own console, which has no end\n");
}

static const struct command *find(const char *name)
{
    for (int t = 0; t < TABLE_COUNT; t++)
        for (const struct command *command = tables[t]; command->name != NULL; command++)
            if (strcmp(command->name, name) == 0)
                return command;
    return NULL;
}

/* @return false for a command that does not exist or got the wrong words. */
static bool run(struct swctl *swctl, int count, char **words)
{
    if (strcmp(words[0], "help") == 0 || strcmp(words[0], "?") == 0) {
        help(swctl);
        return true;
    }
    if (strcmp(words[0], "exit") == 0) {
        leave(swctl);
        return true;
    }
    const struct command *command = find(words[0]);
    if (command == NULL) {
        say(swctl, "swctl: %s: no such command; help lists them\n", words[0]);
        return false;
    }
    if (count - 1 < command->words_min || count - 1 > command->words_max) {
        say(swctl, "usage: %s %s\n", command->name, command->arguments);
        return false;
    }
    command->run(swctl, count, words);
    return true;
}

static void show_echo(struct swctl *swctl, struct line *line)
{
    console_write(&swctl->console, line->echo, line->echo_len);
    line->echo_len = 0;
    console_flush(&swctl->console);
}

static void interact(struct swctl *swctl)
{
    static struct line line;
    line_init(&line, "swctl> ");
    say(swctl, "\nswos operator console; help lists the commands\n");
    line_begin(&line);
    show_echo(swctl, &line);
    for (;;) {
        char bytes[64];
        size_t len;
        status_t status = sys_tty_read(swctl->tty, bytes, sizeof bytes, 0, TIME_NEVER, &len);
        if (status != STATUS_OK)
            return;
        for (size_t i = 0; i < len; i++) {
            enum line_event event = line_feed(&line, bytes[i]);
            show_echo(swctl, &line);
            if (event == LINE_NONE)
                continue;
            char *words[WORDS_MAX];
            int count = split(line.text, words);
            if (event == LINE_DONE && count > 0)
                (void)run(swctl, count, words);
            if (event == LINE_END && swctl->is_session)
                swctl->leaves = true;
            if (swctl->leaves)
                return;
            line_begin(&line);
            show_echo(swctl, &line);
        }
    }
}

/* Where it shows what it says: the terminal, else the output of a session without one. */
static void open_console(struct swctl *swctl)
{
    swctl->tty = start_handle("console:stdio", OBJECT_TTY);
    handle_t output = start_handle("stdout", OBJECT_STREAM);
    if (swctl->tty.raw != 0 || output.raw == 0)
        console_init(&swctl->console, start_handle_need("console:stdio", OBJECT_TTY));
    else
        console_init_stream(&swctl->console, output);
}

/* One command: the words themselves, or all of them in one behind -c, as programs that run commands say it. */
static bool run_arguments(struct swctl *swctl, int count, char **arguments)
{
    char *words[WORDS_MAX];
    if (strcmp(arguments[0], "-c") != 0)
        return run(swctl, count, arguments);
    int in_one = count == 2 ? split(arguments[1], words) : 0;
    return in_one > 0 && run(swctl, in_one, words);
}

static bool complain_of_nothing(struct swctl *swctl)
{
    say(swctl, "swctl: a command or a terminal is wanted (ssh -t)\n");
    return false;
}

int main(int argc, char **argv)
{
    static struct swctl swctl;
    open_console(&swctl);
    swctl.telemetry = start_handle("ipc:call:telemetry", OBJECT_CHANNEL);
    swctl.control = start_handle("ipc:call:control", OBJECT_CHANNEL);
    swctl.net = start_handle("ipc:call:net", OBJECT_CHANNEL);
    swctl.log = start_handle("log:read", OBJECT_LOG);
    swctl.trace = start_handle("trace:read", OBJECT_TRACE);
    swctl.system_inspect = start_handle("system:inspect", OBJECT_SYSTEM);
    swctl.system_control = start_handle("system:control", OBJECT_SYSTEM);
    swctl.power = start_handle("power:off", OBJECT_POWER);
    swctl.devices = start_handle("devices", OBJECT_DEVICE);
    swctl.is_session = start_handle("session", OBJECT_CHANNEL).raw != 0;
    bool good = true;
    if (argc > 1)
        good = run_arguments(&swctl, argc - 1, argv + 1);
    else if (swctl.tty.raw != 0)
        interact(&swctl);
    else
        good = complain_of_nothing(&swctl);
    console_flush(&swctl.console);
    return good ? 0 : 2;
}
