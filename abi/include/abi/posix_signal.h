/* Signals of POSIX, as user/posix and the kernel pass them. Numbers, codes and flags are those that the C
 * library has for this architecture, so that nothing is translated; what a handler is given on its stack is
 * the C library's siginfo_t and ucontext_t (kernel/arch/aarch64/signal_frame.c). */
#pragma once

#include <abi/types.h>

/* Bit n - 1 of a set is signal n. */
enum { POSIX_SIGNALS = 64 };

enum posix_signal {
    POSIX_SIGHUP = 1,
    POSIX_SIGINT = 2,
    POSIX_SIGQUIT = 3,
    POSIX_SIGILL = 4,
    POSIX_SIGTRAP = 5,
    POSIX_SIGABRT = 6,
    POSIX_SIGBUS = 7,
    POSIX_SIGFPE = 8,
    POSIX_SIGKILL = 9,
    POSIX_SIGUSR1 = 10,
    POSIX_SIGSEGV = 11,
    POSIX_SIGUSR2 = 12,
    POSIX_SIGPIPE = 13,
    POSIX_SIGALRM = 14,
    POSIX_SIGTERM = 15,
    POSIX_SIGSTKFLT = 16,
    POSIX_SIGCHLD = 17,
    POSIX_SIGCONT = 18,
    POSIX_SIGSTOP = 19,
    POSIX_SIGTSTP = 20,
    POSIX_SIGTTIN = 21,
    POSIX_SIGTTOU = 22,
    POSIX_SIGURG = 23,
    POSIX_SIGXCPU = 24,
    POSIX_SIGXFSZ = 25,
    POSIX_SIGVTALRM = 26,
    POSIX_SIGPROF = 27,
    POSIX_SIGWINCH = 28,
    POSIX_SIGIO = 29,
    POSIX_SIGPWR = 30,
    POSIX_SIGSYS = 31,
    POSIX_SIGNAL_QUEUED_MIN = 32, /* From here on each one that is sent is queued. */
};

/* What a handler is, when it is no address. */
enum { POSIX_HANDLER_DEFAULT = 0, POSIX_HANDLER_IGNORE = 1 };

enum signal_action_flags {
    SIGNAL_ACTION_NO_CHILD_STOP = 1 << 0,
    SIGNAL_ACTION_NO_CHILD_WAIT = 1 << 1,
    SIGNAL_ACTION_INFORMATION = 1 << 2,
    SIGNAL_ACTION_ON_STACK = 0x08000000,
    SIGNAL_ACTION_RESTART = 0x10000000,
    SIGNAL_ACTION_NO_DEFER = 0x40000000,
    SIGNAL_ACTION_RESET = (int)0x80000000,
};

struct signal_action {
    uint64_t handler; /* Or POSIX_HANDLER_*. */
    uint64_t mask;    /* Masked beside the signal itself while the handler runs. */
    uint32_t flags;   /* enum signal_action_flags; others are kept and mean nothing. */
    uint32_t padding;
};
_Static_assert(sizeof(struct signal_action) == 24, "signal_action");

enum signal_mask_how {
    SIGNAL_MASK_BLOCK,
    SIGNAL_MASK_UNBLOCK,
    SIGNAL_MASK_SET,
    SIGNAL_MASK_READ, /* Change nothing. */
};

enum signal_code {
    SIGNAL_CODE_USER = 0,      /* kill */
    SIGNAL_CODE_KERNEL = 0x80, /* The kernel itself. */
    SIGNAL_CODE_QUEUE = -1,    /* sigqueue */
    SIGNAL_CODE_TIMER = -2,
    SIGNAL_CODE_THREAD = -6, /* tkill */
    SIGNAL_CODE_ILLEGAL_OPCODE = 1,
    SIGNAL_CODE_NOT_MAPPED = 1, /* SIGSEGV */
    SIGNAL_CODE_NO_ACCESS = 2,
    SIGNAL_CODE_ALIGNMENT = 1, /* SIGBUS */
    SIGNAL_CODE_NO_OBJECT = 2,
    SIGNAL_CODE_BREAKPOINT = 1, /* SIGTRAP */
    SIGNAL_CODE_CHILD_EXITED = 1,
    SIGNAL_CODE_CHILD_KILLED = 2,
    SIGNAL_CODE_CHILD_STOPPED = 5,
    SIGNAL_CODE_CHILD_CONTINUED = 6,
};

/* There are no users in the kernel: everybody is this one. */
enum { POSIX_USER = 1000 };

/* The first 48 bytes of a siginfo_t; the rest is zero. */
struct signal_information {
    uint32_t number;
    int32_t error;
    int32_t code; /* enum signal_code */
    uint32_t padding;
    union {
        struct {
            uint32_t process_id;
            uint32_t user;
            uint64_t value;
        } sender;
        struct {
            uint32_t process_id;
            uint32_t user;
            int32_t status; /* The exit status, or the number of the signal. */
            uint32_t padding;
            int64_t user_ticks;
            int64_t system_ticks;
        } child;
        struct {
            int32_t timer_id;
            int32_t overrun;
            uint64_t value;
        } timer;
        struct {
            uint64_t address;
        } fault;
        uint64_t words[4];
    };
};
_Static_assert(sizeof(struct signal_information) == 48, "signal_information");

enum signal_stack_flags {
    SIGNAL_STACK_IN_USE = 1,
    SIGNAL_STACK_DISABLED = 2,
};
enum { SIGNAL_STACK_SIZE_MIN = 6144 };

/* The alternate stack of a thread: a stack_t. */
struct signal_stack {
    uint64_t base;
    uint32_t flags; /* enum signal_stack_flags */
    uint32_t padding;
    uint64_t size;
};
_Static_assert(sizeof(struct signal_stack) == 24, "signal_stack");
