/* See descriptor.h. */
#include "user/posix/descriptor.h"

#include <errno.h>
#include <fcntl.h>

#include "user/posix/lock.h"
#include "user/posix/start.h"

struct slot {
    uint16_t description; /* Index, plus 1; 0: the number is free. */
    bool close_on_exec;
};

struct shared {
    uint32_t refs; /* Numbers that name it; 0: free. */
    struct description description;
};

static struct descriptors {
    struct lock lock;
    uint32_t described; /* No description at or above this index was ever used. */
    struct slot slots[DESCRIPTOR_COUNT];
    struct shared shared[DESCRIPTOR_COUNT];
} table;

static bool is_number(int fd)
{
    return fd >= 0 && fd < DESCRIPTOR_COUNT;
}

/* The lock is held. */
static struct shared *shared_of(int fd)
{
    if (!is_number(fd) || table.slots[fd].description == 0)
        return NULL;
    return &table.shared[table.slots[fd].description - 1];
}

static int number_find(int lowest)
{
    for (int fd = lowest; fd >= 0 && fd < DESCRIPTOR_COUNT; fd++)
        if (table.slots[fd].description == 0)
            return fd;
    return -EMFILE;
}

/* There are as many descriptions as numbers, so one is free when a number is. */
static uint32_t description_find(void)
{
    uint32_t index = 0;
    while (index < table.described && table.shared[index].refs != 0)
        index++;
    if (index == table.described)
        table.described++;
    return index;
}

int descriptor_open(const struct description *description, int lowest, bool close_on_exec)
{
    lock_take(&table.lock);
    int fd = number_find(lowest);
    if (fd >= 0) {
        uint32_t index = description_find();
        table.shared[index] = (struct shared){ .refs = 1, .description = *description };
        table.slots[fd] =
            (struct slot){ .description = (uint16_t)(index + 1), .close_on_exec = close_on_exec };
    }
    lock_give(&table.lock);
    if (fd < 0 && description->handle.raw != 0)
        (void)sys_handle_close(description->handle.raw);
    return fd;
}

int descriptor_get(int fd, struct description *out_description)
{
    lock_take(&table.lock);
    const struct shared *shared = shared_of(fd);
    if (shared != NULL)
        *out_description = shared->description;
    lock_give(&table.lock);
    return shared != NULL ? 0 : -EBADF;
}

int descriptor_set(int fd, const struct description *description)
{
    lock_take(&table.lock);
    struct shared *shared = shared_of(fd);
    if (shared != NULL)
        shared->description = *description;
    lock_give(&table.lock);
    return shared != NULL ? 0 : -EBADF;
}

int descriptor_set_cookie(int fd, uint64_t cookie)
{
    lock_take(&table.lock);
    struct shared *shared = shared_of(fd);
    if (shared != NULL)
        shared->description.cookie = cookie;
    lock_give(&table.lock);
    return shared != NULL ? 0 : -EBADF;
}

/* Free a number that is in use. @return the handle that nobody names any more, or HANDLE_NONE. The
 * lock is held; the handle is closed without it. */
static handle_t number_free(int fd)
{
    struct shared *shared = shared_of(fd);
    table.slots[fd] = (struct slot){ 0 };
    return --shared->refs == 0 ? shared->description.handle : HANDLE_NONE;
}

int descriptor_duplicate(int fd, int fd_new, int lowest, bool close_on_exec)
{
    handle_t unused = HANDLE_NONE;
    lock_take(&table.lock);
    struct shared *shared = shared_of(fd);
    if (shared == NULL || (fd_new != -1 && !is_number(fd_new)))
        fd_new = -EBADF;
    else if (fd_new == -1)
        fd_new = number_find(lowest);
    if (fd_new >= 0) {
        shared->refs++;
        if (table.slots[fd_new].description != 0)
            unused = number_free(fd_new);
        table.slots[fd_new] = (struct slot){ .description = table.slots[fd].description,
                                             .close_on_exec = close_on_exec };
    }
    lock_give(&table.lock);
    if (unused.raw != 0)
        (void)sys_handle_close(unused.raw);
    return fd_new;
}

int descriptor_close(int fd)
{
    handle_t unused = HANDLE_NONE;
    lock_take(&table.lock);
    bool found = shared_of(fd) != NULL;
    if (found)
        unused = number_free(fd);
    lock_give(&table.lock);
    if (unused.raw != 0)
        (void)sys_handle_close(unused.raw);
    return found ? 0 : -EBADF;
}

int descriptor_close_on_exec(int fd)
{
    lock_take(&table.lock);
    int answer = shared_of(fd) != NULL ? table.slots[fd].close_on_exec : -EBADF;
    lock_give(&table.lock);
    return answer;
}

int descriptor_set_close_on_exec(int fd, bool close_on_exec)
{
    lock_take(&table.lock);
    bool found = shared_of(fd) != NULL;
    if (found)
        table.slots[fd].close_on_exec = close_on_exec;
    lock_give(&table.lock);
    return found ? 0 : -EBADF;
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
    (void)descriptor_open(description, 0, false);
}

/* Before anything of the program runs: numbers 0, 1 and 2 are always taken, so that no file that is
 * opened becomes standard output by chance. The console is one description with three numbers. */
__attribute__((constructor(101))) static void standard_open_all(void)
{
    struct description in = standard_of("stdin", O_RDONLY);
    struct description out = standard_of("stdout", O_WRONLY);
    struct description error = standard_of("stderr", O_WRONLY);
    struct description console = standard_of("console:stdio", O_RDWR);
    if (console.handle.raw == 0)
        console = standard_of("tty", O_RDWR); /* As the kernel calls it. */
    bool shared = in.handle.raw == 0 && out.handle.raw == 0 && console.handle.raw != 0;
    standard_open(shared ? &console : &in);
    if (shared)
        (void)descriptor_duplicate(0, 1, 0, false);
    else
        standard_open(&out);
    if (error.handle.raw == 0)
        (void)descriptor_duplicate(1, 2, 0, false);
    else
        standard_open(&error);
}
