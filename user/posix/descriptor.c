/* See descriptor.h. */
#include "user/posix/descriptor.h"

#include <errno.h>
#include <fcntl.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/start.h"

/* The words of a description. */
enum {
    WORD_NATURE, /* KIND_* in 16 bits, the type in 16, the domain in the high half. */
    WORD_BOUND,  /* The port in the low half, the address in the high half. */
};

static uint32_t flags_of(uint32_t kernel)
{
    static const uint32_t modes[] = { O_PATH, O_RDONLY, O_WRONLY, O_RDWR };
    _Static_assert(DESCRIPTION_WRITE == 2 * DESCRIPTION_READ, "two bits in a row");
    return modes[kernel / DESCRIPTION_READ % 4] | (kernel & DESCRIPTION_NO_WAIT ? O_NONBLOCK : 0) |
           (kernel & DESCRIPTION_APPEND ? O_APPEND : 0);
}

long descriptor_error(status_t status)
{
    return status == STATUS_LIMIT ? -ENFILE : posix_error(status);
}

static bool is_socket(const struct description *description)
{
    return description->kind == KIND_SOCKET || description->domain != 0;
}

struct descriptor_words descriptor_words(const struct description *description)
{
    uint32_t special = description->kind >= KIND_KERNEL_LOG ? description->kind : 0;
    return (struct descriptor_words){
        .words = { [WORD_NATURE] =
                       special | description->type << 16 | (uint64_t)description->domain << 32,
                   [WORD_BOUND] = description->port | (uint64_t)description->address << 32 },
    };
}

int descriptor_open(const struct description *description, bool close_on_exec)
{
    uint32_t number;
    struct descriptor_words words = descriptor_words(description);
    uint32_t flags = descriptor_flags((int)description->flags) |
                     (is_socket(description) ? DESCRIPTION_SOCKET : 0) |
                     (close_on_exec ? DESCRIPTOR_CLOSE_ON_EXEC : 0);
    status_t status = sys_descriptor_install(description->handle.raw, 0, flags, &words, &number);
    if (status == STATUS_OK)
        return (int)number;
    if (description->handle.raw != 0)
        (void)sys_handle_close(description->handle.raw);
    return (int)descriptor_error(status);
}

int descriptor_get(int fd, struct description *out_description)
{
    struct descriptor_info info;
    if (sys_descriptor_info((uint32_t)fd, &info) != STATUS_OK)
        return -EBADF;
    *out_description = (struct description){
        .handle = descriptor_handle((uint32_t)fd),
        .kind = info.kind != 0 ? info.kind : (uint16_t)info.words[WORD_NATURE],
        .rights = info.rights,
        .flags = flags_of(info.flags),
        .port = (uint32_t)info.words[WORD_BOUND],
        .address = (uint32_t)(info.words[WORD_BOUND] >> 32),
        .type = (uint16_t)(info.words[WORD_NATURE] >> 16),
        .domain = (uint32_t)(info.words[WORD_NATURE] >> 32),
        .close_on_exec = (info.flags & DESCRIPTOR_CLOSE_ON_EXEC) != 0,
        .read_max_ns = info.read_limit_ns,
        .write_max_ns = info.write_limit_ns,
    };
    return 0;
}

long descriptor_attach(int fd, handle_t handle)
{
    status_t status = sys_descriptor_attach((uint32_t)fd, handle.raw, 0);
    if (status != STATUS_OK)
        (void)sys_handle_close(handle.raw);
    return posix_error(status);
}

long descriptor_change(int fd, uint32_t item, uint64_t value)
{
    return posix_error(sys_descriptor_set((uint32_t)fd, item, value));
}

/* The other flag stays as it is. */
long descriptor_set_no_wait(int fd, bool no_wait)
{
    struct descriptor_info info;
    if (sys_descriptor_info((uint32_t)fd, &info) != STATUS_OK)
        return -EBADF;
    return descriptor_change(fd, DESCRIPTOR_SET_FLAGS,
                             (info.flags & DESCRIPTION_APPEND) |
                                 (no_wait ? DESCRIPTION_NO_WAIT : 0));
}

long descriptor_set_bound(int fd, uint32_t port, uint32_t address)
{
    return descriptor_change(fd, DESCRIPTOR_SET_WORD + WORD_BOUND, port | (uint64_t)address << 32);
}

int descriptor_close(int fd)
{
    return sys_descriptor_close((uint32_t)fd) == STATUS_OK ? 0 : -EBADF;
}

/* A standard stream of its own, the console's, or for output the kernel's log. */
static struct description standard_of(const char *name, uint32_t mode)
{
    const struct start_handle *start = start_find(name, OBJECT_NONE);
    if (start == NULL)
        return (struct description){ .kind = KIND_KERNEL_LOG, .flags = mode };
    return (struct description){
        .handle = { start->handle }, .kind = start->kind, .rights = start->rights, .flags = mode
    };
}

static void standard_open(const struct description *description)
{
    (void)descriptor_open(description, false);
}

static void standard_repeat(uint32_t number)
{
    uint32_t repeated;
    (void)sys_descriptor_duplicate(number, 0, 0, &repeated);
}

/* The terminal that a session begins with controls it; the first program of a session is its leader. */
static struct description terminal_take(void)
{
    struct description terminal = standard_of("terminal", O_RDWR);
    if (terminal.handle.raw != 0)
        (void)sys_tty_session_take(terminal.handle);
    return terminal;
}

/* One terminal for all three: that of a session, or the console's. */
static struct description shared_find(void)
{
    static const char *const names[] = { "console:stdio", "tty" /* As the kernel calls it. */ };
    struct description found = terminal_take();
    for (size_t i = 0; found.handle.raw == 0 && i < sizeof names / sizeof names[0]; i++)
        found = standard_of(names[i], O_RDWR);
    return found;
}

/* Before anything of the program runs: numbers 0, 1 and 2 are always taken, so that no file that is
 * opened becomes standard output by chance, unless they were inherited, or left out by who made the process. A
 * terminal is one description with three numbers. */
__attribute__((constructor(101))) static void standard_open_all(void)
{
    if (sys_descriptor_begin() != STATUS_OK)
        return;
    struct description in = standard_of("stdin", O_RDONLY);
    struct description out = standard_of("stdout", O_WRONLY);
    struct description error = standard_of("stderr", O_WRONLY);
    struct description terminal = shared_find();
    bool shared = in.handle.raw == 0 && out.handle.raw == 0 && terminal.handle.raw != 0;
    standard_open(shared ? &terminal : &in);
    if (shared)
        standard_repeat(0);
    else
        standard_open(&out);
    if (error.handle.raw == 0)
        standard_repeat(1);
    else
        standard_open(&error);
}
