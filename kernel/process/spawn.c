/* See spawn.h. The initial stack, from its top down (System V ABI for AArch64, 8.1): strings, random
 * bytes, the table of handles, the auxiliary vector, environment and argument pointers, argc. */
#include "kernel/process/spawn.h"

#include <arch/context.h>
#include <arch/mmu.h>

#include <string.h>

#include "kernel/base/entropy.h"
#include "kernel/mm/slab.h"
#include "kernel/process/load.h"
#include "kernel/sched/thread.h"
#include "lib/base/assert.h"

#define STACK_BYTES 0x800000ull       /* Reserved; pages come when they are touched. */
#define STACK_GUARD_BYTES 0x100000ull /* Nothing of the program is so near below. */

enum {
    RANDOM_SIZE = 16,
    AUX_PAIRS = 16,
};

/* Auxiliary vector types of the System V ABI that static programs look at. */
enum {
    AT_NULL = 0,
    AT_PHDR = 3,
    AT_PHENT = 4,
    AT_PHNUM = 5,
    AT_PAGESZ = 6,
    AT_ENTRY = 9,
    AT_UID = 11,
    AT_EUID = 12,
    AT_GID = 13,
    AT_EGID = 14,
    AT_HWCAP = 16,
    AT_SECURE = 23,
    AT_RANDOM = 25,
};

enum { HWCAP_FP_ASIMD = 3, PROGRAM_HEADER_SIZE = 56 };

/* A picture of the top of the stack, built in kernel memory and written at once. */
struct stack_image {
    uint8_t *bytes; /* Of size; the last byte lies just below `top`. */
    size_t size;
    uint64_t top;
    size_t at; /* Index of the lowest byte in use. */
};

static uint64_t address_of(const struct stack_image *stack, size_t index)
{
    return stack->top - stack->size + index;
}

static uint64_t push_bytes(struct stack_image *stack, const void *bytes, size_t len, size_t align)
{
    ASSERT(stack->at >= len + align);
    stack->at = (stack->at - len) & ~(align - 1);
    memcpy(stack->bytes + stack->at, bytes, len);
    return address_of(stack, stack->at);
}

static void push_word(struct stack_image *stack, uint64_t word)
{
    ASSERT(stack->at >= sizeof word);
    stack->at -= sizeof word;
    memcpy(stack->bytes + stack->at, &word, sizeof word);
}

static uint64_t count_strings(const char *strings, size_t len)
{
    uint64_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += strings[i] == 0;
    return count;
}

/* Pointers to strings that lie at `address`, the last one first, since the stack grows down. */
static void push_pointers(struct stack_image *stack, const char *strings, size_t len,
                          uint64_t address)
{
    push_word(stack, 0);
    for (size_t i = len; i > 0; i--)
        if (i == 1 || strings[i - 2] == 0)
            push_word(stack, address + i - 1);
}

static void push_aux(struct stack_image *stack, const struct elf_plan *plan, uint64_t random,
                     uint64_t handles, uint32_t handle_count, struct identity identity)
{
    const uint64_t pairs[AUX_PAIRS][2] = {
        { AUX_START_HANDLES, handles },
        { AUX_START_HANDLE_COUNT, handle_count },
        { AT_PHDR, plan->headers_address },
        { AT_PHENT, PROGRAM_HEADER_SIZE },
        { AT_PHNUM, plan->header_count },
        { AT_PAGESZ, PAGE_SIZE },
        { AT_ENTRY, plan->entry },
        { AT_UID, identity.user },
        { AT_EUID, identity.user },
        { AT_GID, identity.group },
        { AT_EGID, identity.group },
        { AT_HWCAP, HWCAP_FP_ASIMD },
        { AT_SECURE, 0 },
        { AT_RANDOM, random },
        { AT_NULL, 0 },
    };
    for (uint32_t i = AUX_PAIRS; i > 0; i--) {
        push_word(stack, pairs[i - 1][1]);
        push_word(stack, pairs[i - 1][0]);
    }
}

static size_t image_size(const struct start_block *start, uint64_t pointers)
{
    return start->arguments_len + start->environment_len + RANDOM_SIZE +
           start->handle_count * sizeof(struct start_handle) + AUX_PAIRS * 16 +
           (pointers + 3) * sizeof(uint64_t) + 256;
}

static uint64_t fill(struct stack_image *stack, const struct start_block *start,
                     const struct elf_plan *plan, struct identity identity)
{
    uint8_t random[RANDOM_SIZE];
    entropy_fill(random, sizeof random);
    uint64_t environment = push_bytes(stack, start->environment, start->environment_len, 1);
    uint64_t arguments = push_bytes(stack, start->arguments, start->arguments_len, 1);
    uint64_t random_address = push_bytes(stack, random, sizeof random, 16);
    uint64_t handles =
        push_bytes(stack, start->handles, start->handle_count * sizeof(struct start_handle), 16);
    uint64_t argument_count = count_strings(start->arguments, start->arguments_len);
    uint64_t pointers = argument_count + count_strings(start->environment, start->environment_len);
    /* The final stack pointer is a multiple of 16: argc, two NULLs and the pointers are below. */
    stack->at &= ~(size_t)15;
    if ((pointers + 3) % 2 != 0)
        push_word(stack, 0);
    push_aux(stack, plan, random_address, handles, start->handle_count, identity);
    push_pointers(stack, start->environment, start->environment_len, environment);
    push_pointers(stack, start->arguments, start->arguments_len, arguments);
    push_word(stack, argument_count);
    return address_of(stack, stack->at);
}

/* The end of the stack: near the program, or far from one that is so large that it would reach it. */
static uint64_t stack_top(const struct elf_plan *plan)
{
    bool is_reached =
        plan->high > USER_STACK_TOP - STACK_BYTES - STACK_GUARD_BYTES && plan->low < USER_STACK_TOP;
    return is_reached ? USER_TOP - PAGE_SIZE : USER_STACK_TOP;
}

static status_t build_stack(struct aspace *aspace, const struct start_block *start,
                            const struct elf_plan *plan, uint64_t *out_sp)
{
    uint64_t pointers = count_strings(start->arguments, start->arguments_len) +
                        count_strings(start->environment, start->environment_len);
    size_t size = page_up(image_size(start, pointers));
    if (size > STACK_BYTES / 4)
        return STATUS_TOO_BIG;
    struct vmo *vmo;
    status_t status = vmo_create_private(STACK_BYTES, aspace->object.cell, &vmo);
    if (status != STATUS_OK)
        return status;
    struct stack_image stack = {
        .bytes = kmalloc(size), .size = size, .top = stack_top(plan), .at = size
    };
    status = stack.bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    if (status == STATUS_OK) {
        *out_sp = fill(&stack, start, plan, aspace->object.cell->identity);
        size_t first = stack.at & ~(size_t)PAGE_MASK;
        status = vmo_write(vmo, STACK_BYTES - size + first, stack.bytes + first, size - first);
        kfree(stack.bytes, size);
    }
    uint64_t mapped;
    uint32_t access = MAP_READ | MAP_WRITE;
    if (status == STATUS_OK)
        status = aspace_map(aspace, vmo, 0, STACK_BYTES, stack.top - STACK_BYTES,
                            access | MAP_FIXED | MAP_EAGER | MAP_PRIVATE, access, &mapped);
    object_unref(&vmo->object);
    return status;
}

status_t spawn_load(struct aspace *aspace, struct vnode *image, const struct start_block *start,
                    uint64_t *out_entry, uint64_t *out_sp)
{
    struct elf_plan plan;
    status_t status = load_program(aspace, image, &plan);
    if (status == STATUS_OK)
        status = build_stack(aspace, start, &plan, out_sp);
    if (status == STATUS_OK)
        *out_entry = plan.entry;
    return status;
}

status_t spawn_program(struct process *process, struct vnode *image,
                       const struct start_block *start)
{
    uint64_t entry = 0, sp = 0;
    status_t status = spawn_load(process->aspace, image, start, &entry, &sp);
    struct thread *thread;
    if (status == STATUS_OK)
        status = thread_create_user(process, &thread);
    if (status != STATUS_OK)
        return status;
    context_init_user(thread, entry, sp, 0, 0);
    thread_start(thread);
    object_unref(&thread->object);
    return STATUS_OK;
}
