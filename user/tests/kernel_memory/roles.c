/* Processes that do what cannot go well. Codes from 50 on say that nothing stopped them. */
#include <string.h>

#include <swos/syscalls.h>

#include "user/rt/start.h"
#include "user/tests/kernel_memory/kernel_memory.h"

enum { CODE_UNKNOWN = 50, CODE_NOT_STOPPED = 51, CODE_FAILED = 52 };

#define KERNEL_ADDRESS 0xffffffff80000000ull

static uint64_t map(uint64_t pages, uint32_t access)
{
    uint64_t address;
    if (sys_memory_map_anon(pages * PAGE, 0, access, &address) != STATUS_OK)
        program_exit(CODE_FAILED);
    return address;
}

static void jump_to(uint64_t address)
{
    __asm__ volatile("blr %0" ::"r"(address) : "x30", "memory");
}

static void read_null(void)
{
    (void)*byte_at(0);
}
static void write_null(void)
{
    *byte_at(0) = 1;
}
static void read_kernel(void)
{
    (void)*byte_at(KERNEL_ADDRESS);
}
static void write_text(void)
{
    *byte_at((uintptr_t)read_null) = 1;
}
static void write_constant(void)
{
    static const uint64_t constant = 5;
    *word_at((uintptr_t)&constant) = 6;
}
static void run_stack(void)
{
    uint32_t code[] = { 0xd65f03c0 };
    jump_to((uintptr_t)code);
}
static void run_heap(void)
{
    jump_to(map(1, ACCESS_RW));
}
static void run_null(void)
{
    jump_to(0);
}
static void run_kernel(void)
{
    jump_to(KERNEL_ADDRESS);
}
static void run_odd(void)
{
    jump_to((uintptr_t)read_null + 2);
}
static void undefined(void)
{
    __asm__ volatile("udf #0");
}
static void breakpoint(void)
{
    __asm__ volatile("brk #0");
}
static void privileged(void)
{
    __asm__ volatile("msr ttbr0_el1, xzr");
}
static void mask_interrupts(void)
{
    __asm__ volatile("msr daifset, #2");
}
static void hypervisor(void)
{
    __asm__ volatile("hvc #0");
}
static void secure_monitor(void)
{
    __asm__ volatile("smc #0");
}

static void overflow_stack(void)
{
    volatile uint8_t bytes[16 * PAGE];
    bytes[0] = 1;
    if (bytes[0] != 0)
        overflow_stack();
    bytes[1] = 1; /* No tail call. */
}

static void unmap_self(void)
{
    (void)sys_memory_unmap((uintptr_t)unmap_self & ~(uint64_t)(PAGE - 1), 4 * PAGE);
}

/* What was readable is not any more. */
static void read_unmapped(void)
{
    uint64_t address = map(1, ACCESS_RW);
    *byte_at(address) = 1;
    (void)sys_memory_unmap(address, PAGE);
    (void)*byte_at(address);
}

static void write_protected(void)
{
    uint64_t address = map(1, ACCESS_RW);
    *byte_at(address) = 1;
    (void)sys_memory_protect(address, PAGE, MEMORY_READ);
    *byte_at(address) = 2;
}

/* Until there is no more: of its cell, or of the machine. */
static void eat_memory(void)
{
    enum { PIECE = 256 };
    for (;;) {
        uint64_t address = map(PIECE, ACCESS_RW);
        for (uint64_t i = 0; i < PIECE; i++)
            *byte_at(address + i * PAGE) = 1;
    }
}

/* The registers for numbers with a point: none of it is lost over other threads and calls. */
static void use_vectors(void)
{
    __asm__ volatile(".arch_extension fp\n fmov d8, #1.0");
    for (int i = 0; i < 50; i++)
        (void)sys_thread_yield();
    uint64_t bits;
    __asm__ volatile(".arch_extension fp\n fmov %0, d8" : "=r"(bits));
    program_exit(bits == 0x3ff0000000000000ull ? 0 : CODE_FAILED);
}

static const struct role {
    const char *name;
    void (*run)(void);
} roles[] = {
    { "read_null", read_null },
    { "write_null", write_null },
    { "read_kernel", read_kernel },
    { "write_text", write_text },
    { "write_constant", write_constant },
    { "run_stack", run_stack },
    { "run_heap", run_heap },
    { "run_null", run_null },
    { "run_kernel", run_kernel },
    { "run_odd", run_odd },
    { "undefined", undefined },
    { "breakpoint", breakpoint },
    { "privileged", privileged },
    { "mask_interrupts", mask_interrupts },
    { "hypervisor", hypervisor },
    { "secure_monitor", secure_monitor },
    { "overflow_stack", overflow_stack },
    { "unmap_self", unmap_self },
    { "read_unmapped", read_unmapped },
    { "write_protected", write_protected },
    { "eat_memory", eat_memory },
    { "use_vectors", use_vectors },
};

int role_run(const char *role)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i].name, role) == 0) {
            roles[i].run();
            return CODE_NOT_STOPPED;
        }
    return CODE_UNKNOWN;
}
