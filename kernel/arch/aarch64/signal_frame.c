/* See arch/signal_frame.h. The frame, from the stack pointer of the handler up, as the C library's headers for
 * this architecture describe it (siginfo_t, ucontext_t, struct sigcontext with its records):
 *
 *     0     siginfo_t, 128 bytes
 *     128   ucontext_t: flags, link, stack_t, the mask in 128 bytes; then at a multiple of 16
 *     304   fault address, x0 to x30, sp, pc, pstate
 *     592   records, in 4096 bytes: the 128-bit registers if the thread has used any, and an end
 *     4688  the interrupted x29 and x30, to which x29 points: a step for who walks the stack
 *
 * Only what is known is written. On the way back, all of it is foreign: of pstate only the bits that user mode
 * can set itself are taken, and the records must be exactly ours. */
#include <arch/signal_frame.h>

#include <arch/context.h>
#include <arch/trap.h>

#include <stddef.h>
#include <string.h>

#include "kernel/mm/user_copy.h"
#include "kernel/posix/signal_deliver.h"
#include "kernel/sched/thread.h"

enum {
    CONTEXT_RECORDS_SIZE = 4096,
    MASK_SIZE = 128,
    INFORMATION_SIZE = 128,
    RECORD_FP_MAGIC = 0x46508001,
    STACK_ALIGN = 16,
};

struct record_head {
    uint32_t magic;
    uint32_t size;
};

struct record_fp {
    struct record_head head;
    uint32_t fpsr;
    uint32_t fpcr;
    __uint128_t q[32];
};
_Static_assert(sizeof(struct record_fp) == 528, "fpsimd_context");

struct user_context {
    uint64_t flags;
    uint64_t link;
    struct signal_stack stack;
    uint64_t mask;
    uint8_t mask_rest[MASK_SIZE - 8];
    uint64_t padding;
    uint64_t fault_address;
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;
    uint64_t pstate;
    uint64_t records_align;
};
_Static_assert(offsetof(struct user_context, fault_address) == 176, "ucontext_t.uc_mcontext");
_Static_assert(sizeof(struct user_context) == 464, "sigcontext.__reserved");

struct signal_frame {
    struct signal_information information;
    uint8_t information_rest[INFORMATION_SIZE - sizeof(struct signal_information)];
    struct user_context context;
    struct record_fp fp; /* Or the end already. */
    struct record_head end;
};

enum {
    FRAME_RECORDS = offsetof(struct signal_frame, fp),
    FRAME_LINK = FRAME_RECORDS + CONTEXT_RECORDS_SIZE,
    FRAME_TOTAL = FRAME_LINK + 16,
};
_Static_assert(FRAME_TOTAL % STACK_ALIGN == 0, "stack alignment");

/* Bits of PSTATE that user mode may change (Arm ARM, SPSR_EL1): NZCV, TCO, DIT, SSBS, BTYPE. */
#define PSTATE_USER (0xf0000000ull | 1ull << 25 | 1ull << 24 | 1ull << 12 | 3ull << 10)
/* Those that say which mode: M[4:0], and DAIF; 0 for user mode. */
#define PSTATE_MODE (0x1full | 0x3c0ull)

bool signal_stack_has(const struct signal_stack *stack, uint64_t sp)
{
    return !(stack->flags & SIGNAL_STACK_DISABLED) && sp > stack->base &&
           sp - stack->base <= stack->size;
}

/* Where the frame goes; 0: nowhere. */
static uint64_t frame_place(const struct trap_frame *frame, const struct signal_delivery *delivery)
{
    const struct signal_stack *stack = &delivery->stack;
    bool is_on = signal_stack_has(stack, frame->sp);
    bool enters = !is_on && !(stack->flags & SIGNAL_STACK_DISABLED) && stack->size != 0 &&
                  delivery->action.flags & SIGNAL_ACTION_ON_STACK;
    uint64_t top = enters ? stack->base + stack->size : frame->sp;
    uint64_t place = (top & ~(uint64_t)(STACK_ALIGN - 1)) - FRAME_TOTAL;
    if (place > top)
        return 0;
    if ((is_on || enters) && place < stack->base)
        return 0; /* Its end must not be passed unseen. */
    return place;
}

static bool is_of_access(const struct signal_information *information)
{
    return (information->number == POSIX_SIGSEGV || information->number == POSIX_SIGBUS) &&
           information->code > 0 && information->code < SIGNAL_CODE_KERNEL;
}

static void fill_context(struct user_context *context, const struct trap_frame *frame,
                         const struct signal_delivery *delivery)
{
    context->stack = delivery->stack;
    context->stack.flags |= signal_stack_has(&delivery->stack, frame->sp) ? SIGNAL_STACK_IN_USE : 0;
    context->mask = delivery->mask;
    if (is_of_access(&delivery->information))
        context->fault_address = delivery->information.fault.address;
    memcpy(context->x, frame->x, sizeof context->x);
    context->sp = frame->sp;
    context->pc = frame->pc;
    context->pstate = frame->pstate;
}

/* @return the bytes of the frame, up to the end of its records. */
static size_t fill_records(struct signal_frame *out, struct thread *thread)
{
    if (!fp_flush(thread)) {
        memset(&out->fp.head, 0, sizeof out->fp.head);
        return FRAME_RECORDS + sizeof out->fp.head;
    }
    out->fp.head = (struct record_head){ RECORD_FP_MAGIC, sizeof out->fp };
    out->fp.fpsr = thread->fp.fpsr;
    out->fp.fpcr = thread->fp.fpcr;
    memcpy(out->fp.q, thread->fp.q, sizeof out->fp.q);
    out->end = (struct record_head){ 0 };
    return sizeof *out;
}

status_t signal_frame_push(struct thread *thread, struct trap_frame *frame,
                           const struct signal_delivery *delivery)
{
    uint64_t place = frame_place(frame, delivery);
    if (place == 0)
        return STATUS_BAD_ADDRESS;
    struct signal_frame out;
    memset(&out, 0, FRAME_RECORDS);
    out.information = delivery->information;
    fill_context(&out.context, frame, delivery);
    size_t size = fill_records(&out, thread);
    uint64_t link[2] = { frame->x[29], frame->x[30] };
    status_t status = user_write((uaddr_t){ place }, &out, size);
    if (status == STATUS_OK)
        status = user_write((uaddr_t){ place + FRAME_LINK }, link, sizeof link);
    if (status != STATUS_OK)
        return status;
    frame->x[0] = delivery->information.number;
    frame->x[1] = place;
    frame->x[2] = place + offsetof(struct signal_frame, context);
    frame->x[29] = place + FRAME_LINK;
    frame->x[30] = delivery->return_address;
    frame->sp = place;
    frame->pc = delivery->action.handler;
    frame->pstate = 0;
    return STATUS_OK;
}

/* The record that follows the registers: the 128-bit registers, or the end, which says that the thread had
 * none. */
static status_t pop_records(struct thread *thread, uint64_t place)
{
    struct record_fp fp;
    uaddr_t at = { place + FRAME_RECORDS };
    status_t status = user_read(&fp.head, at, sizeof fp.head);
    if (status != STATUS_OK)
        return status;
    if (fp.head.magic == 0 && fp.head.size == 0) {
        fp_forget(thread);
        return STATUS_OK;
    }
    if (fp.head.magic != RECORD_FP_MAGIC || fp.head.size != sizeof fp)
        return STATUS_INVALID;
    status = user_read(&fp, at, sizeof fp);
    if (status != STATUS_OK)
        return status;
    thread->fp.fpsr = fp.fpsr;
    thread->fp.fpcr = fp.fpcr;
    memcpy(thread->fp.q, fp.q, sizeof fp.q);
    fp_enable();
    return STATUS_OK;
}

status_t signal_frame_pop(struct thread *thread, struct trap_frame *frame, uint64_t *out_mask)
{
    struct user_context context;
    uint64_t place = frame->sp;
    if (place % STACK_ALIGN != 0)
        return STATUS_INVALID;
    status_t status =
        user_read(&context, (uaddr_t){ place + offsetof(struct signal_frame, context) },
                  sizeof context);
    if (status != STATUS_OK)
        return status;
    if (context.pstate & PSTATE_MODE)
        return STATUS_INVALID;
    status = pop_records(thread, place);
    if (status != STATUS_OK)
        return status;
    memcpy(frame->x, context.x, sizeof frame->x);
    frame->sp = context.sp;
    frame->pc = context.pc;
    frame->pstate = context.pstate & PSTATE_USER;
    *out_mask = context.mask;
    return STATUS_OK;
}

/* The svc is one instruction. */
void signal_frame_rewind(struct trap_frame *frame)
{
    frame->pc -= 4;
}

void signal_frame_answer(struct trap_frame *frame, status_t answer)
{
    frame->x[0] = (uint64_t)answer;
}
