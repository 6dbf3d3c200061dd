/* See tty.h. A number is a handle, so that each request is one call of the kernel. */
#include "user/posix/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <abi/tty.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/descriptor.h"
#include "user/posix/start.h"

/* musl's structure begins with what the kernel has. */
_Static_assert(offsetof(struct termios, c_cc) == offsetof(struct tty_attributes, characters),
               "struct termios");
_Static_assert(ICANON == TTY_LOCAL_CANONICAL && ECHO == TTY_LOCAL_ECHO &&
                   ISIG == TTY_LOCAL_SIGNALS && IEXTEN == TTY_LOCAL_EXTENDED &&
                   TOSTOP == TTY_LOCAL_STOP_OUTPUT,
               "c_lflag");
_Static_assert(ICRNL == TTY_INPUT_CR_TO_NL && IXON == TTY_INPUT_FLOW &&
                   OPOST == TTY_OUTPUT_PROCESS && ONLCR == TTY_OUTPUT_NL_TO_CRNL &&
                   TABDLY == TTY_OUTPUT_TABS,
               "c_iflag, c_oflag");
_Static_assert(VMIN == TTY_CHARACTER_MIN && VTIME == TTY_CHARACTER_TIME &&
                   VEOL2 == TTY_CHARACTER_EOL2,
               "c_cc");
_Static_assert(sizeof(struct winsize) == sizeof(struct tty_window), "struct winsize");
_Static_assert(TCOOFF == TTY_FLOW_HOLD && TCION == TTY_FLOW_START, "tcflow");
_Static_assert(TCSANOW == TTY_SET_NOW && TCSAFLUSH == TTY_SET_FLUSHED, "tcsetattr");

static const char device_folder[] = "/dev/";
static const char pty_folder[] = "pts/";

static long control_error(status_t status)
{
    return status == STATUS_WRONG_KIND ? -ENOTTY : posix_error(status);
}

/* --- what is asked of a terminal --- */

static long flush(handle_t tty, uintptr_t which)
{
    static const uint32_t bits[] = { [TCIFLUSH] = TTY_FLUSH_INPUT,
                                     [TCOFLUSH] = TTY_FLUSH_OUTPUT,
                                     [TCIOFLUSH] = TTY_FLUSH_INPUT | TTY_FLUSH_OUTPUT };
    uint32_t bit = which <= TCIOFLUSH ? bits[which] : 0;
    long error = control_error(sys_tty_flush(tty, bit)); /* No bit: only whether it may. */
    return error == 0 && bit == 0 ? -EINVAL : error;
}

static long flow(handle_t tty, uintptr_t action)
{
    return control_error(sys_tty_flow(tty, action <= TCION ? (uint32_t)action : UINT32_MAX));
}

/* tcdrain is a point of cancellation; a break (0) goes nowhere. */
static long drain(handle_t tty, uintptr_t wait)
{
    struct blocking_call call = { .number = SYSCALL_tty_drain, .in = { tty.raw } };
    if (wait == 0)
        return control_error(sys_tty_flush(tty, 0));
    long answer = blocking_call_status(&call);
    return answer < 0 ? answer : control_error((status_t)answer);
}

/* One of what the kernel tells at once. */
static long state(handle_t tty, int request, void *argument)
{
    struct tty_state state;
    status_t status = sys_tty_state(tty, &state);
    if (status != STATUS_OK)
        return control_error(status);
    switch (request) {
    case FIONREAD: *(int *)argument = (int)state.readable_len; return 0;
    case TIOCOUTQ: *(int *)argument = (int)state.written_len; return 0;
    case TIOCGPTN:
        if (state.role != TTY_PTY_MASTER)
            return -ENOTTY;
        *(unsigned *)argument = state.number;
        return 0;
    default: break;
    }
    if (state.session == 0)
        return -ENOTTY;
    *(int *)argument = (int)(request == TIOCGSID ? state.session : state.foreground);
    return 0;
}

static long set_foreground(handle_t tty, int group)
{
    if (group <= 0)
        return -EINVAL;
    return control_error(sys_tty_foreground_set(tty, (uint64_t)group));
}

static long give_number(status_t status, handle_t tty, int flags)
{
    struct description description = { .handle = tty,
                                       .kind = OBJECT_TTY,
                                       .flags = (uint32_t)flags };
    if (status != STATUS_OK)
        return posix_error(status);
    return descriptor_open(&description, (flags & O_CLOEXEC) != 0);
}

static long open_peer(handle_t master, uintptr_t flags)
{
    handle_t tty = HANDLE_NONE;
    status_t status = sys_pty_peer(master, &tty);
    return status == STATUS_WRONG_KIND ? -ENOTTY : give_number(status, tty, (int)flags);
}

long tty_control(int fd, int request, void *argument)
{
    handle_t tty = descriptor_handle((uint32_t)fd);
    uintptr_t number = (uintptr_t)argument;
    struct description description;
    switch (request) {
    case TCGETS: return control_error(sys_tty_attributes(tty, argument));
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return control_error(sys_tty_attributes_set(tty, argument, (uint32_t)(request - TCSETS)));
    case TIOCGWINSZ: return control_error(sys_tty_window(tty, argument));
    case TIOCSWINSZ: return control_error(sys_tty_window_set(tty, argument));
    case TCFLSH: return flush(tty, number);
    case TCXONC: return flow(tty, number);
    case TCSBRK: return drain(tty, number);
    case TCSBRKP: return drain(tty, 0);
    case FIONREAD:
    case TIOCOUTQ:
    case TIOCGPTN:
    case TIOCGSID:
    case TIOCGPGRP: return state(tty, request, argument);
    case TIOCSPGRP: return set_foreground(tty, *(int *)argument);
    case TIOCSCTTY: return control_error(sys_tty_session_take(tty));
    case TIOCNOTTY: return control_error(sys_tty_session_leave(tty));
    case TIOCSPTLCK: return control_error(sys_pty_lock(tty, *(int *)argument != 0));
    case TIOCGPTPEER: return open_peer(tty, number);
    default: return descriptor_get(fd, &description) != 0 ? -EBADF : -ENOTTY;
    }
}

/* --- names --- */

/* What follows "/dev/", or NULL. */
static const char *device_of(const char *path)
{
    size_t len = sizeof device_folder - 1;
    return strncmp(path, device_folder, len) == 0 ? path + len : NULL;
}

/* The number of "pts/N", or -1. */
static long pty_number(const char *device)
{
    size_t len = sizeof pty_folder - 1;
    long number = 0;
    if (strncmp(device, pty_folder, len) != 0 || device[len] == 0)
        return -1;
    for (const char *at = device + len; *at != 0; at++) {
        if (*at < '0' || *at > '9' || number > 9999)
            return -1;
        number = number * 10 + (*at - '0');
    }
    return number;
}

bool tty_is_device(const char *path)
{
    const char *device = device_of(path);
    return device != NULL && (strcmp(device, "console") == 0 || pty_number(device) >= 0);
}

/* The console is only there for who was given it at the start, as such or as the session's terminal. */
static status_t console_open(handle_t *out_tty)
{
    static const char *const names[] = { "console:stdio", "terminal" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct start_handle *start = start_find(names[i], OBJECT_TTY);
        struct tty_state state;
        if (start != NULL && sys_tty_state((handle_t){ start->handle }, &state) == STATUS_OK &&
            state.role == TTY_CONSOLE)
            return sys_handle_duplicate(start->handle, start->rights, out_tty);
    }
    return STATUS_NO_DEVICE;
}

static status_t device_open(const char *device, handle_t *out_tty)
{
    long number = pty_number(device);
    return number >= 0 ? sys_pty_open((uint32_t)number, out_tty) : console_open(out_tty);
}

/* The leader of a session without a terminal gets one by opening it (POSIX.1-2017, XBD 11.1.3). */
long tty_open(const char *path, int flags)
{
    handle_t tty = HANDLE_NONE;
    const char *device = device_of(path);
    if (flags & O_DIRECTORY)
        return -ENOTDIR;
    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        return -EEXIST;
    status_t status = device_open(device, &tty);
    if (status == STATUS_OK && (flags & O_NOCTTY) == 0)
        (void)sys_tty_session_take(tty); /* Refused for most, and then nothing has changed. */
    return give_number(status, tty, flags & ~O_NOCTTY);
}

long __posix_tty_name(int fd, char *buffer, size_t size)
{
    struct tty_state state;
    char text[32] = "/dev/console";
    status_t status = sys_tty_state(descriptor_handle((uint32_t)fd), &state);
    if (status != STATUS_OK)
        return control_error(status);
    if (state.role == TTY_PTY_MASTER)
        strcpy(text, "/dev/ptmx");
    if (state.role == TTY_PTY) {
        char digits[10];
        size_t count = 0, at = sizeof device_folder - 1 + sizeof pty_folder - 1;
        memcpy(text, "/dev/pts/", at);
        do
            digits[count++] = (char)('0' + state.number % 10);
        while ((state.number /= 10) > 0);
        while (count > 0)
            text[at++] = digits[--count];
        text[at] = 0;
    }
    size_t len = strlen(text) < size ? strlen(text) : size;
    memcpy(buffer, text, len);
    return (long)len;
}
