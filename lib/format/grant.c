/* One table row a form: its text up to the parameters, and what parameters follow. */
#include "lib/format/grant.h"

#include "lib/base/assert.h"

/* What follows a form's text. */
enum grant_tail { TAIL_NONE, TAIL_PATH, TAIL_NAME, TAIL_PORT, TAIL_HOST_PORT, TAIL_DEVICE };

struct grant_form {
    const char *text;
    enum grant_kind kind;
    enum grant_protocol protocol;
    enum grant_tail tail;
};

static const struct grant_form grant_forms[] = {
    { "console:stdio", GRANT_CONSOLE_STDIO, GRANT_NO_PROTOCOL, TAIL_NONE },
    { "fs:read:", GRANT_FS_READ, GRANT_NO_PROTOCOL, TAIL_PATH },
    { "fs:write:", GRANT_FS_WRITE, GRANT_NO_PROTOCOL, TAIL_PATH },
    { "net:listen:tcp:", GRANT_NET_LISTEN, GRANT_TCP, TAIL_PORT },
    { "net:listen:udp:", GRANT_NET_LISTEN, GRANT_UDP, TAIL_PORT },
    { "net:connect:tcp:", GRANT_NET_CONNECT, GRANT_TCP, TAIL_HOST_PORT },
    { "net:connect:udp:", GRANT_NET_CONNECT, GRANT_UDP, TAIL_HOST_PORT },
    { "net:icmp:echo", GRANT_NET_ICMP_ECHO, GRANT_NO_PROTOCOL, TAIL_NONE },
    { "ipc:serve:", GRANT_IPC_SERVE, GRANT_NO_PROTOCOL, TAIL_NAME },
    { "ipc:call:", GRANT_IPC_CALL, GRANT_NO_PROTOCOL, TAIL_NAME },
    { "process:spawn", GRANT_PROCESS_SPAWN, GRANT_NO_PROTOCOL, TAIL_NONE },
    { "clock:read", GRANT_CLOCK_READ, GRANT_NO_PROTOCOL, TAIL_NONE },
    { "clock:set", GRANT_CLOCK_SET, GRANT_NO_PROTOCOL, TAIL_NONE },
    { "log:read", GRANT_LOG_READ, GRANT_NO_PROTOCOL, TAIL_NONE },
    { "log:write", GRANT_LOG_WRITE, GRANT_NO_PROTOCOL, TAIL_NONE },
    { "trace:read", GRANT_TRACE_READ, GRANT_NO_PROTOCOL, TAIL_NONE },
    { "trace:record", GRANT_TRACE_RECORD, GRANT_NO_PROTOCOL, TAIL_NONE },
    { "device:", GRANT_DEVICE, GRANT_NO_PROTOCOL, TAIL_DEVICE },
    { "memory:jit", GRANT_MEMORY_JIT, GRANT_NO_PROTOCOL, TAIL_NONE },
    { "cell:manage:", GRANT_CELL_MANAGE, GRANT_NO_PROTOCOL, TAIL_NAME },
    { "update:apply", GRANT_UPDATE_APPLY, GRANT_NO_PROTOCOL, TAIL_NONE },
    { "power:off", GRANT_POWER_OFF, GRANT_NO_PROTOCOL, TAIL_NONE },
    { "entropy:read", GRANT_ENTROPY_READ, GRANT_NO_PROTOCOL, TAIL_NONE },
    { "system:inspect", GRANT_SYSTEM_INSPECT, GRANT_NO_PROTOCOL, TAIL_NONE },
    { "system:control", GRANT_SYSTEM_CONTROL, GRANT_NO_PROTOCOL, TAIL_NONE },
};

enum { GRANT_FORMS = sizeof grant_forms / sizeof grant_forms[0] };

static const struct grant_form *grant_form_of(const struct grant *grant)
{
    for (size_t i = 0; i < GRANT_FORMS; i++)
        if (grant_forms[i].kind == grant->kind && grant_forms[i].protocol == grant->protocol)
            return &grant_forms[i];
    return NULL;
}

static bool is_name_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* Lower-case letters, digits, '-', '_' and '.'. */
static bool name_is_good(struct const_span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_byte(name.data[i]))
            return false;
    return name.len > 0 && name.len <= GRANT_NAME_MAX;
}

static bool is_star(struct const_span text)
{
    return text.len == 1 && text.data[0] == '*';
}

/* A name, an IPv4 address, an IPv6 address in brackets, or '*' for any. */
static bool host_is_good(struct const_span host)
{
    if (is_star(host))
        return true;
    bool bracketed = host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
    if (bracketed)
        host = const_span_of(host.data + 1, host.len - 2);
    for (size_t i = 0; i < host.len; i++) {
        uint8_t c = host.data[i];
        bool good = is_name_byte(c) || (c >= 'A' && c <= 'Z') || (bracketed && c == ':');
        if (!good)
            return false;
    }
    return host.len > 0 && host.len <= GRANT_HOST_MAX;
}

/* Absolute and in one form only: no empty, "." or ".." component, no slash at the end but in "/". */
static bool path_is_good(struct const_span path)
{
    if (path.len == 0 || path.len > GRANT_PATH_MAX || path.data[0] != '/')
        return false;
    if (path.len == 1)
        return true;
    for (size_t at = 1; at <= path.len;) {
        size_t end = at;
        for (; end < path.len && path.data[end] != '/'; end++)
            if (path.data[end] == '\0')
                return false;
        size_t len = end - at;
        if (len == 0 || (len <= 2 && memcmp(path.data + at, "..", len) == 0))
            return false;
        at = end + 1;
    }
    return true;
}

/* A decimal number without leading zeros. */
static bool number_read(struct const_span text, uint32_t max, uint32_t *out_number)
{
    uint32_t number = 0;
    if (text.len == 0 || (text.len > 1 && text.data[0] == '0'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint32_t digit = (uint32_t)text.data[i] - '0';
        if (digit > 9 || number > (max - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *out_number = number;
    return true;
}

/* '*' is any, which port 0 stands for. */
static bool port_read(struct const_span text, uint16_t *out_port)
{
    uint32_t port = 0;
    if (!is_star(text) && (!number_read(text, UINT16_MAX, &port) || port == 0))
        return false;
    *out_port = (uint16_t)port;
    return true;
}

/* Cut a text at the last `mark`. */
static bool cut_last(struct const_span text, uint8_t mark, struct const_span *out_before,
                     struct const_span *out_after)
{
    for (size_t at = text.len; at-- > 0;) {
        if (text.data[at] != mark)
            continue;
        *out_before = const_span_of(text.data, at);
        *out_after = const_span_of(text.data + at + 1, text.len - at - 1);
        return true;
    }
    return false;
}

static bool tail_read(enum grant_tail tail, struct const_span text, struct grant *grant)
{
    struct const_span after;
    switch (tail) {
    case TAIL_NONE: return text.len == 0;
    case TAIL_PATH:
    case TAIL_NAME: grant->name = text; return true;
    case TAIL_PORT: return port_read(text, &grant->port);
    case TAIL_HOST_PORT:
        return cut_last(text, ':', &grant->name, &after) && port_read(after, &grant->port);
    case TAIL_DEVICE:
        return cut_last(text, '.', &grant->name, &after) &&
               number_read(after, UINT16_MAX, &grant->number);
    }
    return false;
}

static bool tail_is_good(enum grant_tail tail, const struct grant *grant)
{
    switch (tail) {
    case TAIL_NONE: return true;
    case TAIL_PATH: return path_is_good(grant->name);
    case TAIL_NAME: return name_is_good(grant->name);
    case TAIL_PORT: return true;
    case TAIL_HOST_PORT: return host_is_good(grant->name);
    case TAIL_DEVICE: return grant->number <= UINT16_MAX && name_is_good(grant->name);
    }
    return false;
}

static const char *tail_reason(enum grant_tail tail)
{
    switch (tail) {
    case TAIL_NONE: return "more than the grant has";
    case TAIL_PATH: return "a path is absolute, without '.', '..', '//' or a slash at the end";
    case TAIL_NAME: return "a name has a-z 0-9 - _ . and at most 63 of them";
    case TAIL_PORT: return "a port is 1 to 65535, or *";
    case TAIL_HOST_PORT: return "HOST:PORT is wanted, an IPv6 address in brackets, * for any";
    case TAIL_DEVICE: return "CLASS.NUMBER is wanted, as net.0";
    }
    return "";
}

static bool starts_with(struct const_span text, const char *start)
{
    size_t len = strlen(start);
    return text.len >= len && memcmp(text.data, start, len) == 0;
}

status_t grant_read(struct const_span text, struct grant *out_grant, const char **out_reason)
{
    if (starts_with(text, "accel:use:")) {
        *out_reason = "kept for later";
        return STATUS_NOT_SUPPORTED;
    }
    for (size_t i = 0; i < GRANT_FORMS; i++) {
        const struct grant_form *form = &grant_forms[i];
        if (!starts_with(text, form->text))
            continue;
        size_t len = strlen(form->text);
        struct grant grant = { .kind = form->kind, .protocol = form->protocol };
        if (!tail_read(form->tail, const_span_of(text.data + len, text.len - len), &grant) ||
            !tail_is_good(form->tail, &grant)) {
            *out_reason = tail_reason(form->tail);
            return STATUS_INVALID;
        }
        *out_grant = grant;
        return STATUS_OK;
    }
    *out_reason = "no such form of grant";
    return STATUS_INVALID;
}

status_t grant_check(const struct grant *grant)
{
    const struct grant_form *form = grant_form_of(grant);
    if (form == NULL || !tail_is_good(form->tail, grant))
        return STATUS_INVALID;
    bool has_port = form->tail == TAIL_PORT || form->tail == TAIL_HOST_PORT;
    bool has_name = form->tail != TAIL_NONE && form->tail != TAIL_PORT;
    if ((!has_port && grant->port != 0) || (!has_name && grant->name.len != 0) ||
        (form->tail != TAIL_DEVICE && grant->number != 0))
        return STATUS_INVALID; /* A parameter that its form does not have. */
    return STATUS_OK;
}

static void number_write(uint32_t number, struct writer *writer)
{
    uint8_t digits[10];
    size_t at = sizeof digits;
    do
        digits[--at] = (uint8_t)('0' + number % 10);
    while ((number /= 10) > 0);
    writer_bytes(writer, digits + at, sizeof digits - at);
}

static void port_write(uint16_t port, struct writer *writer)
{
    if (port == 0)
        writer_u8(writer, '*');
    else
        number_write(port, writer);
}

void grant_write(const struct grant *grant, struct writer *writer)
{
    const struct grant_form *form = grant_form_of(grant);
    ASSERT(form != NULL);
    writer_bytes(writer, form->text, strlen(form->text));
    writer_bytes(writer, grant->name.data, grant->name.len);
    if (form->tail == TAIL_HOST_PORT)
        writer_u8(writer, ':');
    if (form->tail == TAIL_HOST_PORT || form->tail == TAIL_PORT)
        port_write(grant->port, writer);
    if (form->tail == TAIL_DEVICE) {
        writer_u8(writer, '.');
        number_write(grant->number, writer);
    }
}
