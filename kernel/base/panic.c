/* The end: stop the other CPUs, say why on the console, with a backtrace by frame pointers whose
 * addresses are looked up in the symbol table that the build appended (tools/mksymbols). */
#include <arch/cpu.h>
#include <arch/irq.h>
#include <arch/mmu.h>
#include <arch/trap.h>

#include <stdarg.h>

#include "kernel/base/log.h"
#include "kernel/base/symbols.h"
#include "kernel/drivers/pl011.h"
#include "kernel/process/process.h"
#include "lib/base/assert.h"
#include "lib/base/format.h"
#include <arch/traps.h>

enum { BACKTRACE_MAX = 24 };

#define KERNEL_TOP_BITS 0xffffff8000000000ull

static struct panic_state {
    uint32_t entered; /* By which CPU, + 1. */
} panic_state;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    size_t len = format_text_list(line, sizeof line, format, args);
    va_end(args);
    pl011_write_polled(line, len < sizeof line ? len : sizeof line - 1);
}

static void stop_others(void)
{
    uint32_t nobody = 0;
    uint32_t me = cpu_this()->index + 1;
    if (!__atomic_compare_exchange_n(&panic_state.entered, &nobody, me, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        cpu_halt(); /* Another CPU reports, or the report itself failed. */
    for (uint32_t i = 0; i < CPUS_MAX; i++)
        if (i + 1 != me && cpus[i].online)
            ipi_send(i, IPI_STOP);
}

static void say_address(uint64_t address)
{
    uint64_t offset = 0;
    const char *name = symbol_find(address, &offset);
    say("  %016llx %s+%#llx\n", (unsigned long long)address, name, (unsigned long long)offset);
}

static bool is_stack(uint64_t address)
{
    return address >= IMAGE_BASE && (address & 15) == 0;
}

static void backtrace(uint64_t frame)
{
    say("backtrace:\n");
    for (int i = 0; i < BACKTRACE_MAX && is_stack(frame); i++) {
        const uint64_t *record = (const uint64_t *)frame;
        say_address((record[1] | KERNEL_TOP_BITS) - 4); /* Without its signature. */
        if (record[0] <= frame)
            return;
        frame = record[0];
    }
}

static void say_who(void)
{
    struct process *process = process_current();
    say("cpu %u, %s%s\n", cpu_this()->index, process != NULL ? "process " : "kernel thread",
        process != NULL ? process->name : "");
}

_Noreturn void panic(const char *format, ...)
{
    char why[160];
    va_list args;
    va_start(args, format);
    format_text_list(why, sizeof why, format, args);
    va_end(args);
    stop_others();
    say("\npanic: %s\n", why);
    say_who();
    backtrace((uint64_t)__builtin_frame_address(0));
    cpu_halt();
}

_Noreturn void panic_trap(const struct trap_frame *frame, uint64_t esr, uint64_t address,
                          const char *what)
{
    stop_others();
    say("\npanic: %s: esr %#llx, address %#llx, pc %#llx\n", what, (unsigned long long)esr,
        (unsigned long long)address, (unsigned long long)frame->pc);
    say_who();
    for (int i = 0; i < 31; i++)
        say("x%-2d %016llx%s", i, (unsigned long long)frame->x[i], i % 4 == 3 ? "\n" : "  ");
    say("\n");
    say_address(frame->pc);
    backtrace(frame->x[29]);
    cpu_halt();
}

_Noreturn void assert_fail(const char *condition, const char *file, int line)
{
    panic("assertion failed: %s, %s:%d", condition, file, line);
}
