/* See robust_list.h. The head, as the C library lays it out:
 *
 *     0   the first entry, or the head itself
 *     8   where the word of a lock is, from its entry (signed)
 *     16  an entry that is being taken or given back, or 0
 *
 * An entry begins with the address of the next one. The word of a lock has its owner's number in the low 30
 * bits. While that owner lives nobody else takes it: others only add the bit of waiters, so it may be stored
 * without comparing, with that bit. */
#include "kernel/sched/robust_list.h"

#include "kernel/mm/user_copy.h"
#include "kernel/sched/futex.h"
#include "kernel/sched/preempt.h"
#include "kernel/sched/thread.h"

enum { ENTRIES_MAX = 2048 };

#define WORD_WAITERS 0x80000000u
#define WORD_OWNER_DIED 0x40000000u
#define WORD_OWNER 0x3fffffffu

struct robust_head {
    uint64_t first;
    int64_t word_offset;
    uint64_t pending;
};

static void entry_end(const struct thread *thread, const struct robust_head *head, uint64_t entry)
{
    uaddr_t word = { entry + (uint64_t)head->word_offset };
    uint32_t value;
    if ((word.raw & 3) != 0 || user_read_u32(word, &value) != STATUS_OK)
        return;
    if ((value & WORD_OWNER) != ((uint32_t)thread->id & WORD_OWNER))
        return;
    futex_store_and_wake_one(word, WORD_OWNER_DIED | WORD_WAITERS);
}

void robust_list_end(struct thread *thread)
{
    struct robust_head head;
    uint64_t place = thread->robust_list.raw, entry;
    if (place == 0 || user_read(&head, thread->robust_list, sizeof head) != STATUS_OK)
        return;
    entry = head.first;
    for (int i = 0; i < ENTRIES_MAX && entry != place && entry != 0; i++) {
        uint64_t next;
        if (user_read(&next, (uaddr_t){ entry }, sizeof next) != STATUS_OK)
            return;
        if (entry != head.pending)
            entry_end(thread, &head, entry);
        entry = next;
        preempt_point();
    }
    if (head.pending != 0)
        entry_end(thread, &head, head.pending);
}
