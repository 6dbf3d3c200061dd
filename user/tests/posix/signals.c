/* Signals within one process: when handlers run, what they are told, masks, queues, stacks, faults. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

enum { SEEN_MAX = 64 };

/* What handlers saw, in order. */
static struct {
    atomic_int count;
    siginfo_t information[SEEN_MAX];
} seen;

static void note(int signal, siginfo_t *information, void *context)
{
    int place = seen.count++;
    if (place < SEEN_MAX)
        seen.information[place] = *information;
}

static void plain(int signal)
{
    seen.count++;
}

static void install(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };
    sigemptyset(&action.sa_mask);
    EQ(sigaction(signal, &action, NULL), 0);
    seen.count = 0;
}

static sigset_t set_of(int first, int second)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, first);
    if (second != 0)
        sigaddset(&set, second);
    return set;
}

static void mask(int how, int signal)
{
    sigset_t set = set_of(signal, 0);
    EQ(sigprocmask(how, &set, NULL), 0);
}

static bool is_masked(int signal)
{
    sigset_t set;
    sigprocmask(SIG_BLOCK, NULL, &set);
    return sigismember(&set, signal);
}

static void handler_has_run_when_the_sender_goes_on(void)
{
    install(SIGUSR1, note, 0);
    EQ(raise(SIGUSR1), 0);
    EQ(seen.count, 1);
    EQ(seen.information[0].si_signo, SIGUSR1);
    EQ(seen.information[0].si_code, SI_TKILL);
    EQ(seen.information[0].si_pid, getpid());
    EQ(seen.information[0].si_uid, getuid());
    EQ(kill(getpid(), SIGUSR1), 0);
    EQ(seen.count, 2);
    EQ(seen.information[1].si_code, SI_USER);
    EQ(seen.information[1].si_pid, getpid());
    union sigval value = { .sival_ptr = &seen };
    EQ(sigqueue(getpid(), SIGUSR1, value), 0);
    EQ(seen.count, 3);
    EQ(seen.information[2].si_code, SI_QUEUE);
    CHECK(seen.information[2].si_value.sival_ptr == &seen);
}

static void bad_signals_are_refused(void)
{
    struct sigaction action = { .sa_handler = plain };
    EQ(sigaction(SIGKILL, &action, NULL), -1);
    EQ(errno, EINVAL);
    EQ(sigaction(SIGSTOP, &action, NULL), -1);
    EQ(errno, EINVAL);
    EQ(sigaction(65, &action, NULL), -1);
    EQ(errno, EINVAL);
    EQ(kill(getpid(), 65), -1);
    EQ(errno, EINVAL);
    EQ(kill(getpid(), 0), 0);
    EQ(kill(0x7ffffff, 0), -1);
    EQ(errno, ESRCH);
    EQ(pthread_kill(pthread_self(), 65), EINVAL);
    EQ(sigaction(SIGKILL, NULL, &action), 0);
    CHECK(action.sa_handler == SIG_DFL);
}

static void masked_signal_waits(void)
{
    sigset_t pending;
    install(SIGUSR1, note, 0);
    mask(SIG_BLOCK, SIGUSR1);
    EQ(raise(SIGUSR1), 0);
    EQ(kill(getpid(), SIGUSR1), 0);
    EQ(kill(getpid(), SIGUSR1), 0);
    EQ(seen.count, 0);
    EQ(sigpending(&pending), 0);
    CHECK(sigismember(&pending, SIGUSR1));
    CHECK(!sigismember(&pending, SIGUSR2));
    mask(SIG_UNBLOCK, SIGUSR1);
    EQ(seen.count, 2); /* Once for the thread, once for the process: these do not queue. */
    EQ(sigpending(&pending), 0);
    CHECK(!sigismember(&pending, SIGUSR1));
    mask(SIG_BLOCK, SIGKILL);
    CHECK(!is_masked(SIGKILL));
}

static struct {
    bool own_is_masked, other_is_masked;
    int depth, depth_max;
} during;

static void look_at_mask(int signal)
{
    during.own_is_masked = is_masked(SIGUSR1);
    during.other_is_masked = is_masked(SIGUSR2);
}

static void go_deeper(int signal)
{
    if (++during.depth > during.depth_max)
        during.depth_max = during.depth;
    if (during.depth < 5)
        raise(SIGUSR1);
    during.depth--;
}

static void handler_runs_under_its_mask(void)
{
    struct sigaction action = { .sa_handler = look_at_mask };
    sigaddset(&action.sa_mask, SIGUSR2);
    EQ(sigaction(SIGUSR1, &action, NULL), 0);
    raise(SIGUSR1);
    CHECK(during.own_is_masked && during.other_is_masked);
    CHECK(!is_masked(SIGUSR1) && !is_masked(SIGUSR2));
    action.sa_flags = SA_NODEFER;
    sigemptyset(&action.sa_mask);
    EQ(sigaction(SIGUSR1, &action, NULL), 0);
    raise(SIGUSR1);
    CHECK(!during.own_is_masked && !during.other_is_masked);
    action.sa_handler = go_deeper;
    EQ(sigaction(SIGUSR1, &action, NULL), 0);
    raise(SIGUSR1);
    EQ(during.depth_max, 5);
    EQ(during.depth, 0);
}

static void action_can_be_for_once(void)
{
    struct sigaction action;
    install(SIGUSR2, note, SA_RESETHAND);
    raise(SIGUSR2);
    EQ(seen.count, 1);
    EQ(sigaction(SIGUSR2, NULL, &action), 0);
    CHECK(action.sa_handler == SIG_DFL);
}

static void action_is_told_as_it_was_set(void)
{
    struct sigaction action;
    install(SIGUSR1, note, SA_RESTART | SA_ONSTACK);
    EQ(sigaction(SIGUSR1, NULL, &action), 0);
    CHECK(action.sa_sigaction == note);
    EQ(action.sa_flags & (SA_SIGINFO | SA_RESTART | SA_ONSTACK | SA_NODEFER),
       SA_SIGINFO | SA_RESTART | SA_ONSTACK);
}

static void ignored_signal_is_gone(void)
{
    sigset_t pending;
    install(SIGUSR1, note, 0);
    mask(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    signal(SIGUSR1, SIG_IGN);
    EQ(sigpending(&pending), 0);
    CHECK(!sigismember(&pending, SIGUSR1));
    install(SIGUSR1, note, 0);
    mask(SIG_UNBLOCK, SIGUSR1);
    EQ(seen.count, 0);
    signal(SIGUSR1, SIG_IGN);
    raise(SIGUSR1);
    signal(SIGCHLD, SIG_DFL);
    raise(SIGCHLD);
    raise(SIGCONT);
    raise(SIGURG);
}

static void queued_signals_keep_order_and_values(void)
{
    sigset_t both = set_of(SIGRTMIN + 1, SIGRTMIN + 2);
    union sigval value;
    install(SIGRTMIN + 1, note, 0);
    install(SIGRTMIN + 2, note, 0);
    sigprocmask(SIG_BLOCK, &both, NULL);
    for (int i = 0; i < 10; i++) {
        value.sival_int = i;
        EQ(sigqueue(getpid(), SIGRTMIN + 2 - i % 2, value), 0);
    }
    siginfo_t information;
    for (int i = 0; i < 10; i++) {
        EQ(sigwaitinfo(&both, &information), i < 5 ? SIGRTMIN + 1 : SIGRTMIN + 2);
        EQ(information.si_value.sival_int, i < 5 ? 2 * i + 1 : 2 * (i - 5));
        EQ(information.si_code, SI_QUEUE);
        EQ(information.si_pid, getpid());
    }
    for (int i = 0; i < 8; i++) {
        value.sival_int = i;
        EQ(sigqueue(getpid(), SIGRTMIN + 1, value), 0);
    }
    sigprocmask(SIG_UNBLOCK, &both, NULL);
    EQ(seen.count, 8);
    for (int i = 0; i < 8; i++)
        EQ(seen.information[i].si_value.sival_int, i);
}

static void queue_has_an_end(void)
{
    sigset_t set = set_of(SIGRTMIN, 0);
    int sent = 0;
    install(SIGRTMIN, note, 0);
    sigprocmask(SIG_BLOCK, &set, NULL);
    while (sent < 100000 && sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = sent }) == 0)
        sent++;
    EQ(errno, EAGAIN);
    CHECK(sent >= 32 && sent < 100000);
    struct timespec now = { 0 };
    siginfo_t information;
    for (int i = 0; i < sent; i++) {
        EQ(sigtimedwait(&set, &information, &now), SIGRTMIN);
        EQ(information.si_value.sival_int, i);
    }
    EQ(sigtimedwait(&set, &information, &now), -1);
    EQ(errno, EAGAIN);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static atomic_int order[2], order_count;

static void note_order(int signal)
{
    int place = order_count++;
    if (place < 2)
        order[place] = signal;
}

/* The lower number is delivered first; the handler of the second begins before the first's has run. With the
 * second masked by the first's action, they run one after the other. */
static void lowest_number_is_first(void)
{
    struct sigaction action = { .sa_handler = note_order };
    sigset_t both = set_of(SIGUSR1, SIGUSR2);
    action.sa_mask = both;
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    sigprocmask(SIG_BLOCK, &both, NULL);
    raise(SIGUSR2);
    raise(SIGUSR1);
    sigprocmask(SIG_UNBLOCK, &both, NULL);
    EQ(order_count, 2);
    EQ(order[0], SIGUSR1);
    EQ(order[1], SIGUSR2);
}

static void suspend_waits_under_another_mask(void)
{
    sigset_t none;
    sigemptyset(&none);
    install(SIGUSR1, note, SA_RESTART);
    mask(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    EQ(sigsuspend(&none), -1);
    EQ(errno, EINTR);
    EQ(seen.count, 1);
    CHECK(is_masked(SIGUSR1));
    mask(SIG_UNBLOCK, SIGUSR1);
}

/* --- Stacks and faults ----------------------------------------------------------------------- */

static char other_stack[16384];
static sigjmp_buf back;
static volatile uintptr_t handler_sp, fault_address;
static volatile int fault_code, fault_signal;

static void leave(int signal, siginfo_t *information, void *context)
{
    char here;
    handler_sp = (uintptr_t)&here;
    fault_address = (uintptr_t)information->si_addr;
    fault_code = information->si_code;
    fault_signal = signal;
    siglongjmp(back, 1);
}

static bool is_on_other_stack(uintptr_t sp)
{
    return sp >= (uintptr_t)other_stack && sp < (uintptr_t)other_stack + sizeof other_stack;
}

static int overflow(volatile char *outer)
{
    volatile char frame[4096];
    frame[0] = outer[0];
    return frame[0] == 1 ? 0 : overflow(frame) + frame[0];
}

static void use_other_stack(void)
{
    stack_t stack = { .ss_sp = other_stack, .ss_size = sizeof other_stack };
    EQ(sigaltstack(&stack, NULL), 0);
}

static void overflow_is_survived_on_another_stack(void)
{
    use_other_stack();
    install(SIGSEGV, leave, SA_ONSTACK);
    for (int round = 0; round < 3; round++) {
        char first[1] = { 0 };
        fault_signal = 0;
        if (sigsetjmp(back, 1) == 0)
            overflow(first);
        EQ(fault_signal, SIGSEGV);
        CHECK(is_on_other_stack(handler_sp));
        CHECK(!is_masked(SIGSEGV));
    }
}

static stack_t stack_in_handler;
static int change_error;

static void look_at_stack(int signal)
{
    stack_t none = { .ss_flags = SS_DISABLE };
    sigaltstack(NULL, &stack_in_handler);
    change_error = sigaltstack(&none, NULL) == 0 ? 0 : errno;
}

static void other_stack_is_told(void)
{
    stack_t stack;
    struct sigaction action = { .sa_handler = look_at_stack, .sa_flags = SA_ONSTACK };
    use_other_stack();
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    EQ(stack_in_handler.ss_flags, SS_ONSTACK);
    CHECK(stack_in_handler.ss_sp == other_stack);
    EQ(change_error, EPERM);
    EQ(sigaltstack(NULL, &stack), 0);
    EQ(stack.ss_flags, 0);
    EQ(stack.ss_size, sizeof other_stack);
    stack = (stack_t){ .ss_flags = SS_DISABLE };
    EQ(sigaltstack(&stack, NULL), 0);
    raise(SIGUSR1);
    EQ(stack_in_handler.ss_flags, SS_DISABLE);
    EQ(change_error, 0);
    stack = (stack_t){ .ss_sp = other_stack, .ss_size = 1000 };
    EQ(sigaltstack(&stack, NULL), -1);
    EQ(errno, ENOMEM);
}

static int fault_by(void (*body)(void *), void *argument)
{
    fault_signal = 0;
    if (sigsetjmp(back, 1) == 0)
        body(argument);
    return fault_signal;
}

static void do_write(void *place)
{
    *(volatile char *)place = 1;
}

static void do_call(void *place)
{
    ((void (*)(void))(uintptr_t)place)();
}

static void do_illegal(void *place)
{
    __asm__ volatile("udf #0");
}

static void do_break(void *place)
{
    __asm__ volatile("brk #7");
}

static void faults_are_told_with_place_and_cause(void)
{
    char *page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE };
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        install(signals[i], leave, 0);
    EQ(fault_by(do_write, page + 17), SIGSEGV);
    EQ(fault_code, SEGV_ACCERR);
    EQ(fault_address, (uintptr_t)page + 17);
    munmap(page, 8192);
    EQ(fault_by(do_write, page + 4099), SIGSEGV);
    EQ(fault_code, SEGV_MAPERR);
    EQ(fault_address, (uintptr_t)page + 4099);
    EQ(fault_by(do_write, (void *)0xffff000000000010), SIGSEGV);
    EQ(fault_by(do_call, page), SIGSEGV);
    EQ(fault_address, (uintptr_t)page);
    EQ(fault_by(do_call, (char *)(uintptr_t)do_write + 1), SIGBUS);
    EQ(fault_code, BUS_ADRALN);
    EQ(fault_by(do_illegal, NULL), SIGILL);
    CHECK(fault_address >= (uintptr_t)do_illegal && fault_address < (uintptr_t)do_illegal + 32);
    EQ(fault_by(do_break, NULL), SIGTRAP);
    EQ(fault_code, TRAP_BRKPT);
}

static void step_over(int signal, siginfo_t *information, void *context)
{
    ucontext_t *user = context;
    user->uc_mcontext.regs[5] = user->uc_mcontext.pc;
    user->uc_mcontext.pc += 4;
    sigaddset(&user->uc_sigmask, SIGUSR2);
}

static void handler_may_change_what_it_returns_to(void)
{
    uint64_t place, here;
    install(SIGTRAP, step_over, 0);
    __asm__ volatile("mov x5, #0\n\tadr %1, 1f\n1:\tbrk #1\n\tmov %0, x5"
                     : "=r"(place), "=&r"(here)
                     :
                     : "x5");
    EQ(place, here);
    CHECK(is_masked(SIGUSR2));
    mask(SIG_UNBLOCK, SIGUSR2);
}

/* --- Registers ------------------------------------------------------------------------------- */

static void spoil_registers(int signal)
{
    __asm__ volatile("mov x9, #-1\n\tfmov d0, #3.0\n\tfmov d9, #5.0\n\tmovi v31.16b, #9\n\t"
                     "msr fpsr, xzr\n\tcmp xzr, xzr" ::
                         : "x9", "d0", "d9", "v31", "cc");
    seen.count++;
}

static void *send_many(void *argument)
{
    pthread_t target = *(pthread_t *)argument;
    for (int i = 0; i < 300; i++) {
        pthread_kill(target, SIGUSR1);
        while (seen.count <= i)
            sched_yield();
    }
    return NULL;
}

/* Handlers come between any two instructions of the loop. */
static void registers_are_kept(void)
{
    pthread_t self = pthread_self(), sender;
    struct sigaction action = { .sa_handler = spoil_registers };
    sigaction(SIGUSR1, &action, NULL);
    seen.count = 0;
    EQ(pthread_create(&sender, NULL, send_many, &self), 0);
    long rounds = 0;
    while (seen.count < 300) {
        uint64_t wrong;
        __asm__ volatile("mov x9, #77\n\tfmov d0, #1.5\n\tfmov d9, #2.5\n\tmovi v31.16b, #4\n\t"
                         "mov x10, #200\n\t"
                         "1:\tsubs x10, x10, #1\n\tb.ne 1b\n\t"
                         "mov %0, #0\n\tcmp x9, #77\n\tcset x11, ne\n\torr %0, %0, x11\n\t"
                         "fmov d1, #1.5\n\tfcmp d0, d1\n\tcset x11, ne\n\torr %0, %0, x11\n\t"
                         "fmov d1, #2.5\n\tfcmp d9, d1\n\tcset x11, ne\n\torr %0, %0, x11\n\t"
                         "umov w11, v31.b[15]\n\tcmp w11, #4\n\tcset x11, ne\n\torr %0, %0, x11"
                         : "=&r"(wrong)
                         :
                         : "x9", "x10", "x11", "d0", "d1", "d9", "v31", "cc");
        EQ(wrong, 0);
        rounds++;
    }
    CHECK(rounds > 0);
    pthread_join(sender, NULL);
}

/* A frame that no handler was given: its pstate names the kernel's mode, or its records are none. */
static void forged_frame_is_a_fault(void)
{
    static _Alignas(16) unsigned char frame[8192];
    uint64_t *pstate = (uint64_t *)(frame + 128 + 176 + 8 + 31 * 8 + 16);
    use_other_stack();
    install(SIGSEGV, leave, SA_ONSTACK);
    for (int round = 0; round < 3; round++) {
        memset(frame, 0, sizeof frame);
        *pstate = round == 0 ? 5 : round == 1 ? 0x3c0 : 0;
        if (round == 2)
            frame[592] = 1;
        fault_signal = 0;
        if (sigsetjmp(back, 1) == 0)
            __asm__ volatile("mov x8, #281\n\tmov sp, %0\n\tsvc #0" ::"r"(frame) : "x8");
        EQ(fault_signal, SIGSEGV);
    }
}

int main(void)
{
    CLAIM(handler_has_run_when_the_sender_goes_on);
    CLAIM(bad_signals_are_refused);
    CLAIM(masked_signal_waits);
    CLAIM(handler_runs_under_its_mask);
    CLAIM(action_can_be_for_once);
    CLAIM(action_is_told_as_it_was_set);
    CLAIM(ignored_signal_is_gone);
    CLAIM(queued_signals_keep_order_and_values);
    CLAIM(queue_has_an_end);
    CLAIM(lowest_number_is_first);
    CLAIM(suspend_waits_under_another_mask);
    CLAIM(overflow_is_survived_on_another_stack);
    CLAIM(other_stack_is_told);
    CLAIM(faults_are_told_with_place_and_cause);
    CLAIM(handler_may_change_what_it_returns_to);
    CLAIM(registers_are_kept);
    CLAIM(forged_frame_is_a_fault);
    return claims_done();
}
