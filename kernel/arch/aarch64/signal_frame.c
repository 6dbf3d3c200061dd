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

/* The record of the 128-bit registers, which lie behind it. */
struct record_fp {
    struct record_head head;
    uint32_t fpsr;
    uint32_t fpcr;
};
enum { FP_REGISTERS_SIZE = 512, FP_RECORD_SIZE = sizeof(struct record_fp) + FP_REGISTERS_SIZE };
_Static_assert(FP_RECORD_SIZE == 528, "fpsimd_context");
_Static_assert(sizeof((struct arch_fp_state *)0)->q == FP_REGISTERS_SIZE, "q0 to q31");

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

/* The 128-bit registers go to user memory from where the thread's are kept. */
static status_t push_registers(const struct thread *thread, uint64_t place)
{
    static const struct record_head end = { 0, 0 };
    uint64_t at = place + FRAME_RECORDS + sizeof(struct record_fp);
    status_t status = user_write((uaddr_t){ at }, thread->fp.q, sizeof thread->fp.q);
    if (status == STATUS_OK)
        status = user_write((uaddr_t){ at + FP_REGISTERS_SIZE }, &end, sizeof end);
    return status;
}

static status_t push(struct thread *thread, const struct trap_frame *frame,
                     const struct signal_delivery *delivery, uint64_t place)
{
    struct signal_frame out;
    uint64_t link[2] = { frame->x[29], frame->x[30] };
    bool has_fp = fp_flush(thread);
    memset(&out, 0, sizeof out);
    out.information = delivery->information;
    fill_context(&out.context, frame, delivery);
    if (has_fp)
        out.fp = (struct record_fp){ { RECORD_FP_MAGIC, FP_RECORD_SIZE },
                                     thread->fp.fpsr,
                                     thread->fp.fpcr };
    status_t status = user_write((uaddr_t){ place }, &out, sizeof out);
    if (status == STATUS_OK && has_fp)
        status = push_registers(thread, place);
    if (status == STATUS_OK)
        status = user_write((uaddr_t){ place + FRAME_LINK }, link, sizeof link);
    return status;
}

status_t signal_frame_push(struct thread *thread, struct trap_frame *frame,
                           const struct signal_delivery *delivery)
{
    uint64_t place = frame_place(frame, delivery);
    if (place == 0)
        return STATUS_BAD_ADDRESS;
    status_t status = push(thread, frame, delivery, place);
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
 * none. Read straight to where they are kept: if that breaks off, the thread has a fault to deal with. */
static status_t pop_records(struct thread *thread, uint64_t place, const struct record_fp *fp)
{
    if (fp->head.magic == 0 && fp->head.size == 0) {
        fp_forget(thread);
        return STATUS_OK;
    }
    if (fp->head.magic != RECORD_FP_MAGIC || fp->head.size != FP_RECORD_SIZE)
        return STATUS_INVALID;
    fp_detach();
    status_t status = user_read(thread->fp.q, (uaddr_t){ place + FRAME_RECORDS + sizeof *fp },
                                sizeof thread->fp.q);
    thread->fp.fpsr = fp->fpsr;
    thread->fp.fpcr = fp->fpcr;
    fp_enable();
    return status;
}

/* What is read back, in one piece. */
struct return_frame {
    struct user_context context;
    struct record_fp fp;
};

status_t signal_frame_pop(struct thread *thread, struct trap_frame *frame, uint64_t *out_mask)
{
    struct return_frame given;
    const struct user_context *context = &given.context;
    uint64_t place = frame->sp;
    if (place % STACK_ALIGN != 0)
        return STATUS_INVALID;
    status_t status = user_read(&given, (uaddr_t){ place + offsetof(struct signal_frame, context) },
                                sizeof given);
    if (status != STATUS_OK)
        return status;
    if (context->pstate & PSTATE_MODE)
        return STATUS_INVALID;
    status = pop_records(thread, place, &given.fp);
    if (status != STATUS_OK)
        return status;
    memcpy(frame->x, context->x, sizeof frame->x);
    frame->sp = context->sp;
    frame->pc = context->pc;
    frame->pstate = context->pstate & PSTATE_USER;
    *out_mask = context->mask;
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
