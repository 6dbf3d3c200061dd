/* What the entry of every call must refuse, from the tables that the entries themselves are made from:
 * handles of the wrong kind, without a right, closed, stale, revoked; buffers in the kernel's half;
 * flags that do not exist; numbers that are no call's. All other arguments are good, so what is
 * refused is refused for its own sake, and no call gets as far as doing anything. */
#include <string.h>

#include <abi/syscall_grammar.h>
#include <abi/syscall_rights.h>
#include <swos/syscalls.h>

#include "user/rt/test.h"
#include "user/tests/kernel_calls/kernel_calls.h"
#include "user/tests/kernel_calls/samples.h"

enum { BUFFER_SIZE = 4096, BUFFER_LEN = 8 };

#define KERNEL_ADDRESS 0xffffffff80000000ull
#define USER_END 0x8000000000ull

/* Kinds that nothing can make yet; a call that takes them alone would be told of. And the description,
 * which no handle names: a number of POSIX stands for what the description is of. */
#define KINDS_ABSENT                                                                      \
    (OBJECT_BIT(OBJECT_ASPACE) | OBJECT_BIT(OBJECT_SESSION) | OBJECT_BIT(OBJECT_UPDATE) | \
     OBJECT_BIT(OBJECT_DESCRIPTION))

static uint8_t buffer[BUFFER_SIZE] __attribute__((aligned(8)));

static struct {
    handle_t closed; /* Its slot is free. */
    handle_t stale;  /* Its slot has a new owner. */
    handle_t fresh;  /* That owner. */
} dead;

static void make_dead_handles(void)
{
    handle_t other;
    if (sys_event_create(&dead.stale) != STATUS_OK || sys_handle_close(dead.stale.raw) ||
        sys_event_create(&dead.fresh) || sys_event_create(&other) || sys_handle_close(other.raw))
        return;
    dead.closed = other;
}

static status_t call(uint64_t number, const uint64_t *arguments)
{
    register uint64_t x8 __asm__("x8") = number;
    register uint64_t x0 __asm__("x0") = arguments[0];
    register uint64_t x1 __asm__("x1") = arguments[1];
    register uint64_t x2 __asm__("x2") = arguments[2];
    register uint64_t x3 __asm__("x3") = arguments[3];
    register uint64_t x4 __asm__("x4") = arguments[4];
    register uint64_t x5 __asm__("x5") = arguments[5];
    register uint64_t x6 __asm__("x6") = arguments[6];
    register uint64_t x7 __asm__("x7") = arguments[7];
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6),
                       "+r"(x7)
                     : "r"(x8)
                     : "memory", "cc");
    return (status_t)x0;
}

/* Arguments that the entry lets pass. False: no handle of a kind that it needs. */
static bool good_arguments(const struct syscall_grammar *grammar, uint64_t *arguments)
{
    memset(arguments, 0, SYSCALL_ARGUMENTS_MAX * sizeof *arguments);
    for (uint8_t i = 0; i < grammar->argument_count; i++) {
        const struct syscall_argument_grammar *argument = &grammar->arguments[i];
        switch (argument->type) {
        case SYSCALL_TYPE_HANDLE: {
            const struct sample *sample = sample_find(argument->kinds, argument->rights);
            if (sample == NULL)
                return false;
            arguments[i] = sample->handle.raw;
            break;
        }
        case SYSCALL_TYPE_USER_IN:
        case SYSCALL_TYPE_USER_OUT:
        case SYSCALL_TYPE_STRING:
            arguments[i] = (uintptr_t)buffer;
            arguments[argument->len_index] = BUFFER_LEN;
            break;
        case SYSCALL_TYPE_USER_IN_FIXED:
        case SYSCALL_TYPE_USER_OUT_FIXED: arguments[i] = (uintptr_t)buffer; break;
        default: break;
        }
    }
    return true;
}

static void expect(struct test_claim *claim, uint16_t number, const uint64_t *arguments,
                   status_t expected, const char *what)
{
    status_t status = call(number, arguments);
    if (status != expected)
        test_fail(claim, "%s, %s: status %d, expected %d", syscall_grammar[number].name, what,
                  status, expected);
}

/* --- Handles --------------------------------------------------------------------------------- */

struct slot {
    struct test_claim *claim;
    const struct syscall_rights *rights;
    uint64_t arguments[SYSCALL_ARGUMENTS_MAX];
};

static void try(struct slot *slot, uint64_t handle, status_t expected, const char *what)
{
    slot->arguments[slot->rights->index] = handle;
    expect(slot->claim, slot->rights->call, slot->arguments, expected, what);
}

static void try_dead(struct slot *slot)
{
    if (!slot->rights->optional)
        try(slot, 0, STATUS_BAD_HANDLE, "no handle");
    try(slot, dead.closed.raw, STATUS_BAD_HANDLE, "a closed handle");
    try(slot, dead.stale.raw, STATUS_BAD_HANDLE, "a stale handle");
    try(slot, dead.fresh.raw + (7ull << 32), STATUS_BAD_HANDLE, "another generation");
    try(slot, dead.fresh.raw | 0xfffff0, STATUS_BAD_HANDLE, "an index far away");
    try(slot, UINT64_MAX, STATUS_BAD_HANDLE, "all bits");
}

static void try_wrong_kinds(struct slot *slot)
{
    const struct sample *sample;
    for (uint32_t at = 0; (sample = samples_next(&at)) != NULL;)
        if ((slot->rights->kinds & OBJECT_BIT(sample->kind)) == 0)
            try(slot, sample->handle.raw, STATUS_WRONG_KIND, "the wrong kind");
}

/* Every right that it needs, lacking alone. */
static void try_missing_rights(struct slot *slot, const struct sample *sample)
{
    for (rights_t left = slot->rights->rights; left != 0; left &= left - 1) {
        rights_t lacking = left & -left;
        handle_t narrowed = sample_narrowed(sample, sample->rights & ~lacking);
        try(slot, narrowed.raw, STATUS_NO_RIGHT, "without a right");
        TEST_EQ(slot->claim, sys_handle_close(narrowed.raw), STATUS_OK);
    }
}

static void try_revoked(struct slot *slot, const struct sample *sample)
{
    handle_t handle, grant;
    TEST_EQ(slot->claim, sys_grant_create(sample->handle.raw, sample->rights, &handle, &grant),
            STATUS_OK);
    TEST_EQ(slot->claim, sys_grant_revoke(grant), STATUS_OK);
    try(slot, handle.raw, STATUS_REVOKED, "a revoked handle");
    TEST_EQ(slot->claim, sys_handle_close(handle.raw), STATUS_OK);
    TEST_EQ(slot->claim, sys_handle_close(grant.raw), STATUS_OK);
}

static void test_handles(struct test_claim *claim)
{
    make_dead_handles();
    for (size_t i = 0; i < sizeof syscall_rights / sizeof syscall_rights[0]; i++) {
        struct slot slot = { .claim = claim, .rights = &syscall_rights[i] };
        const struct sample *sample = sample_find(slot.rights->kinds, slot.rights->rights);
        if (!good_arguments(&syscall_grammar[slot.rights->call], slot.arguments) ||
            sample == NULL) {
            test_fail(claim, "%s: no handle to try with", syscall_grammar[slot.rights->call].name);
            continue;
        }
        try_dead(&slot);
        try_wrong_kinds(&slot);
        try_missing_rights(&slot, sample);
        try_revoked(&slot, sample);
    }
}

/* The matrix is as good as its samples: one of every kind that there can be. */
static void test_samples(struct test_claim *claim)
{
    uint64_t kinds = KINDS_ABSENT;
    const struct sample *sample;
    for (uint32_t at = 0; (sample = samples_next(&at)) != NULL;)
        kinds |= OBJECT_BIT(sample->kind);
    TEST_EQ(claim, kinds, OBJECT_BITS_ALL);
}

/* --- Buffers, flags, numbers ----------------------------------------------------------------- */

static bool is_buffer(uint8_t type)
{
    return type == SYSCALL_TYPE_USER_IN || type == SYSCALL_TYPE_USER_OUT ||
           type == SYSCALL_TYPE_STRING;
}

static bool is_fixed(uint8_t type)
{
    return type == SYSCALL_TYPE_USER_IN_FIXED || type == SYSCALL_TYPE_USER_OUT_FIXED;
}

/* Where the table has a bound of the length, that is looked at before the address. */
static status_t too_long_of(const struct syscall_argument_grammar *argument)
{
    if (argument->len_max == 0)
        return STATUS_BAD_ADDRESS;
    return argument->type == SYSCALL_TYPE_STRING ? STATUS_NAME_TOO_LONG : STATUS_TOO_BIG;
}

static void try_buffer(struct test_claim *claim, uint16_t number, uint8_t index)
{
    const struct syscall_argument_grammar *argument = &syscall_grammar[number].arguments[index];
    uint64_t arguments[SYSCALL_ARGUMENTS_MAX];
    if (!good_arguments(&syscall_grammar[number], arguments))
        return; /* test_handles tells of it. */
    uint64_t good = arguments[index];
    arguments[index] = KERNEL_ADDRESS;
    expect(claim, number, arguments, STATUS_BAD_ADDRESS, "a buffer in the kernel");
    arguments[index] = USER_END - 4;
    expect(claim, number, arguments, STATUS_BAD_ADDRESS, "a buffer over the end of user space");
    arguments[index] = UINT64_MAX - 2;
    expect(claim, number, arguments, STATUS_BAD_ADDRESS, "a buffer around the end of the numbers");
    if (is_fixed(argument->type))
        return;
    arguments[index] = good;
    status_t too_long = too_long_of(argument);
    static const uint64_t lengths[] = { UINT64_MAX, UINT64_MAX / 2, USER_END, 1ull << 61 };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        arguments[argument->len_index] = lengths[i];
        expect(claim, number, arguments, too_long, "a buffer longer than user space");
    }
}

static void test_buffers(struct test_claim *claim)
{
    for (uint16_t number = 0; number < SYSCALL_COUNT; number++) {
        const struct syscall_grammar *grammar = &syscall_grammar[number];
        for (uint8_t i = 0; grammar->name != NULL && i < grammar->argument_count; i++)
            if (is_buffer(grammar->arguments[i].type) || is_fixed(grammar->arguments[i].type))
                try_buffer(claim, number, i);
    }
}

static void test_flags(struct test_claim *claim)
{
    for (uint16_t number = 0; number < SYSCALL_COUNT; number++) {
        const struct syscall_grammar *grammar = &syscall_grammar[number];
        uint64_t arguments[SYSCALL_ARGUMENTS_MAX];
        for (uint8_t i = 0; grammar->name != NULL && i < grammar->argument_count; i++) {
            uint8_t type = grammar->arguments[i].type;
            if (!good_arguments(grammar, arguments))
                continue;
            if (type == SYSCALL_TYPE_U32 || type == SYSCALL_TYPE_RIGHTS) {
                arguments[i] = 1ull << 32;
                expect(claim, number, arguments, STATUS_INVALID, "a number over 32 bits");
            }
            if (type != SYSCALL_TYPE_FLAGS)
                continue;
            for (int bit = 0; bit < 64; bit++)
                if ((grammar->arguments[i].mask >> bit & 1) == 0) {
                    arguments[i] = 1ull << bit;
                    expect(claim, number, arguments, STATUS_INVALID, "a flag that does not exist");
                }
        }
    }
}

static void test_numbers(struct test_claim *claim)
{
    static const uint64_t none[SYSCALL_ARGUMENTS_MAX];
    static const uint64_t beyond[] = { SYSCALL_COUNT, SYSCALL_COUNT + 1,           1ull << 31,
                                       1ull << 32,    (1ull << 32) + SYSCALL_null, INT64_MAX,
                                       UINT64_MAX };
    for (uint16_t number = 0; number < SYSCALL_COUNT; number++)
        if (syscall_grammar[number].name == NULL)
            TEST_EQ(claim, call(number, none), STATUS_BAD_CALL);
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++)
        TEST_EQ(claim, call(beyond[i], none), STATUS_BAD_CALL);
    TEST_EQ(claim, call(SYSCALL_null, none), STATUS_OK);
}

static const struct test_case cases[] = {
    { "matrix.samples", test_samples }, { "matrix.handles", test_handles },
    { "matrix.buffers", test_buffers }, { "matrix.flags", test_flags },
    { "matrix.numbers", test_numbers },
};

void claims_matrix(void)
{
    test_run(cases, sizeof cases / sizeof cases[0]);
}
