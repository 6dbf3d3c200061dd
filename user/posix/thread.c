/* Threads and the end of threads and processes. The C library makes a thread with __clone, and lets go of
 * the lock of its list of threads by the word that the kernel clears when a thread has ended. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include <abi/process.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/posix.h"

int __clone(int (*function)(void *), void *stack, int flags, void *argument, int *out_tid,
            void *tls, int *clear_on_exit);
_Noreturn void __unmapself(void *base, size_t size);
/* Of the allocator, when the program has one with memory of each thread. */
__attribute__((weak)) void __malloc_thread_end(void);
/* Keeps the stack for another thread. */
__attribute__((weak)) bool __thread_stack_leave(void *base, size_t size);

/* What a new thread finds at the top of its stack. */
struct thread_begin {
    int (*function)(void *);
    void *argument;
    int *out_tid;
    uint64_t padding; /* The stack pointer stays a multiple of 16. */
};
_Static_assert(sizeof(struct thread_begin) % 16 == 0, "stack alignment");

/* Its first function; x0 and x1 as thread_create says. The number is there before the program's code
 * asks for it, whichever thread is the faster: both write the same. */
static _Noreturn void thread_begin(struct thread_begin *begin, uint64_t thread_id)
{
    *begin->out_tid = (int)thread_id;
    begin->function(begin->argument);
    sys_thread_exit();
}

/* The one use of clone: a thread, with the flags that pthread_create gives. @return its number or a negative
 * errno. */
int __clone(int (*function)(void *), void *stack, int flags, void *argument, int *out_tid,
            void *tls, int *clear_on_exit)
{
    struct thread_begin *begin = (struct thread_begin *)((uintptr_t)stack & ~(uintptr_t)15) - 1;
    handle_t thread;
    uint64_t id;
    *begin =
        (struct thread_begin){ .function = function, .argument = argument, .out_tid = out_tid };
    status_t status =
        sys_thread_create((uint64_t)(uintptr_t)thread_begin, (uint64_t)(uintptr_t)begin,
                          (uint64_t)(uintptr_t)begin, (uint64_t)(uintptr_t)tls,
                          (uint64_t)(uintptr_t)clear_on_exit, THREAD_NO_HANDLE, &thread, &id);
    if (status != STATUS_OK)
        return (int)posix_error(status);
    *out_tid = (int)id;
    return (int)id;
}

/* A process by clone comes with fork. */
long __posix_clone(void)
{
    return -ENOSYS;
}

static void thread_leave(void)
{
    if (__malloc_thread_end != NULL)
        __malloc_thread_end();
}

/* Gives back the stack that it stands on, and so touches none after. */
__attribute__((naked)) static _Noreturn void unmap_and_exit(void *base, size_t size)
{
    __asm__ volatile("mov x8, %0\n\tsvc #0\n\tmov x8, %1\n\tsvc #0" ::"i"(SYSCALL_memory_unmap),
                     "i"(SYSCALL_thread_exit));
}

/* The end of a detached thread. */
_Noreturn void __unmapself(void *base, size_t size)
{
    thread_leave();
    if (__thread_stack_leave != NULL && __thread_stack_leave(base, size))
        sys_thread_exit();
    unmap_and_exit(base, size);
}

_Noreturn void __posix_exit(int code)
{
    thread_leave();
    sys_thread_exit();
}

_Noreturn void __posix_exit_group(int code)
{
    sys_process_exit((uint32_t)code & 0xff);
}

long __posix_set_tid_address(int *word)
{
    uint64_t id;
    status_t status = sys_thread_set_clear((uint64_t)(uintptr_t)word, &id);
    return status == STATUS_OK ? (long)id : posix_error(status);
}

static _Thread_local void *robust_list;

long __posix_set_robust_list(void *head, size_t size)
{
    if (size != 3 * sizeof(long))
        return -EINVAL;
    status_t status = sys_thread_robust_list((uint64_t)(uintptr_t)head);
    if (status == STATUS_OK)
        robust_list = head;
    return posix_error(status);
}

/* The caller's own. */
long __posix_get_robust_list(int tid, void **out_head, size_t *out_size)
{
    if (tid != 0 && tid != __posix_gettid())
        return -EPERM;
    *out_head = robust_list;
    *out_size = 3 * sizeof(long);
    return 0;
}

long __posix_gettid(void)
{
    uint64_t process_id, thread_id;
    status_t status = sys_thread_self(&process_id, &thread_id);
    return status == STATUS_OK ? (long)thread_id : posix_error(status);
}

long __posix_getpid(void)
{
    uint64_t process_id, thread_id;
    status_t status = sys_thread_self(&process_id, &thread_id);
    return status == STATUS_OK ? (long)process_id : posix_error(status);
}

long __posix_sched_yield(void)
{
    return posix_error(sys_thread_yield());
}
