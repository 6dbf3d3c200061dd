/* httpd as a process: `httpd [--root PATH] [--port N] [--connections N] [--log json|common|none]`.
 * The root and the port name handles that it was given ("fs:read:PATH", "net:listen:tcp:N"); without
 * them it ends. Told to stop, it finishes what runs. */
#include <string.h>

#include <abi/objects.h>
#include <abi/service.h>
#include <ipc/notice_client.h>

#include "lib/base/format.h"
#include "lib/base/seldom.h"
#include "user/httpd/httpd.h"
#include "user/httpd/native_io.h"
#include "user/rt/arena.h"
#include "user/rt/exit_codes.h"
#include "user/rt/log.h"
#include "user/rt/start.h"

struct options {
    const char *root;
    uint32_t port;
    uint32_t connections;
    enum httpd_log_form log_form;
};

static struct httpd httpd;
static struct native_io native;

static _Noreturn void refuse(const char *option, const char *value)
{
    log_line("cannot take %s %s", option, value);
    program_exit(EXIT_USAGE);
}

static uint32_t read_number(const char *option, const char *text, uint32_t max)
{
    uint32_t number = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || number > max / 10)
            refuse(option, text);
        number = number * 10 + (uint32_t)(*at - '0');
    }
    if (number < 1 || number > max)
        refuse(option, text);
    return number;
}

static enum httpd_log_form read_form(const char *option, const char *text)
{
    if (strcmp(text, "json") == 0)
        return HTTPD_LOG_JSON;
    if (strcmp(text, "common") == 0)
        return HTTPD_LOG_COMMON;
    if (strcmp(text, "none") != 0)
        refuse(option, text);
    return HTTPD_LOG_NONE;
}

static void read_option(struct options *options, const char *option, const char *value)
{
    if (strcmp(option, "--root") == 0)
        options->root = value;
    else if (strcmp(option, "--port") == 0)
        options->port = read_number(option, value, UINT16_MAX);
    else if (strcmp(option, "--connections") == 0)
        options->connections = read_number(option, value, HTTPD_CONNECTIONS_MAX);
    else if (strcmp(option, "--log") == 0)
        options->log_form = read_form(option, value);
    else
        refuse("the option", option);
}

static SELDOM struct options read_options(int argc, char **argv)
{
    struct options options = {
        .root = "/www",
        .port = 80,
        .connections = httpd_config_default.connections_max,
        .log_form = httpd_config_default.log_form,
    };
    for (int i = 1; i < argc; i += 2)
        read_option(&options, argv[i], i + 1 < argc ? argv[i + 1] : "");
    return options;
}

static SELDOM void find_handles(const struct options *options)
{
    char name[START_NAME_SIZE];
    format_text(name, sizeof name, "fs:read:%s", options->root);
    native.root = start_handle_need(name, OBJECT_DIRECTORY);
    format_text(name, sizeof name, "net:listen:tcp:%u", options->port);
    native.listener = start_handle_need(name, OBJECT_LISTENER);
    native.clock = start_handle("clock:read", OBJECT_CLOCK);
    native.stop = start_handle(START_STOP, OBJECT_EVENT);
    native.logs = start_handle("log:write", OBJECT_LOG).raw != 0;
}

static status_t tell_ready(void)
{
    handle_t supervisor = start_handle(START_SUPERVISOR, OBJECT_CHANNEL);
    return supervisor.raw != 0 ? notice_ready(supervisor) : STATUS_OK;
}

int main(int argc, char **argv)
{
    struct options options = read_options(argc, argv);
    struct httpd_config config = httpd_config_default;
    config.connections_max = options.connections;
    config.log_form = options.log_form;
    find_handles(&options);
    stack_touch(); /* What it takes beyond its connections does not depend on what is asked for. */
    status_t status = native_io_open(&native);
    httpd_init(&httpd, &config, &native_io_ops, &native);
    if (status == STATUS_OK)
        status = tell_ready();
    while (status == STATUS_OK)
        status = httpd_step(&httpd);
    if (status == STATUS_DEAD)
        return EXIT_OK; /* Drained. */
    log_line("cannot go on: status %u", status);
    return EXIT_FAILED;
}
