/* What is pending: a set of bits, and a queue with what is known of each. A number below
 * POSIX_SIGNAL_QUEUED_MIN is there once at the most; the others as often as they were sent. */
#include "kernel/cell/charge.h"
#include "kernel/posix/interval_timer.h"
#include "kernel/posix/signals_internal.h"
#include "kernel/process/process.h"
#include "lib/base/assert.h"

/* Memory is taken without the lock. */
static struct signal_entry *allocate_unlocked(struct posix_process *posix)
{
    struct signals *signals = &posix->signals;
    void *memory = NULL;
    if (signals->queued >= SIGNALS_QUEUED_MAX)
        return NULL;
    spin_unlock(&signals->lock);
    status_t status = charged_alloc(posix->process->cell, &signals_state.entries, &memory);
    spin_lock(&signals->lock);
    return status == STATUS_OK ? memory : NULL;
}

struct signal_entry *signals_lock_with_entry(struct posix_process *posix,
                                             const struct signal_information *information)
{
    struct signals *signals = &posix->signals;
    spin_lock(&signals->lock);
    struct signal_entry *entry = signals->spare_used ? allocate_unlocked(posix) : &signals->spare;
    if (entry == NULL)
        return NULL;
    if (entry == &signals->spare)
        signals->spare_used = true;
    list_init(&entry->link);
    entry->information = *information;
    return entry;
}

void signal_entry_free(struct posix_process *posix, struct signal_entry *entry)
{
    if (entry == NULL)
        return;
    if (entry->timer != NULL)
        interval_timer_dropped(entry->timer);
    else if (entry == &posix->signals.spare)
        posix->signals.spare_used = false;
    else
        charged_free(posix->process->cell, &signals_state.entries, entry);
}

void signal_set_add(struct signals *signals, struct signal_set *set, uint32_t number,
                    struct signal_entry *entry)
{
    ASSERT(spin_held(&signals->lock));
    set->pending |= signal_bit(number);
    if (entry == NULL)
        return;
    list_push_back(&set->queue, &entry->link);
    signals->queued++;
}

static void unlink_entry(struct signals *signals, struct signal_entry *entry)
{
    ASSERT(signals->queued > 0);
    list_remove(&entry->link);
    signals->queued--;
}

void signal_set_take(struct posix_process *posix, struct signal_set *set, uint32_t number,
                     struct signal_information *out_information)
{
    ASSERT(spin_held(&posix->signals.lock));
    ASSERT(set->pending & signal_bit(number));
    struct signal_entry *found = NULL;
    bool is_last = true;
    LIST_FOR_EACH (node, &set->queue) {
        struct signal_entry *entry = CONTAINER_OF(node, struct signal_entry, link);
        if (entry->information.number != number)
            continue;
        if (found != NULL) {
            is_last = false;
            break;
        }
        found = entry;
    }
    if (is_last)
        set->pending &= ~signal_bit(number);
    if (found == NULL) {
        *out_information = (struct signal_information){ .number = number };
        return;
    }
    unlink_entry(&posix->signals, found);
    *out_information = found->information;
    if (found->timer != NULL)
        interval_timer_taken(found->timer, out_information);
    else
        signal_entry_free(posix, found);
}

static bool has_number(const struct signal_set *set, uint32_t number)
{
    LIST_FOR_EACH (node, &set->queue) {
        if (CONTAINER_OF(node, struct signal_entry, link)->information.number == number)
            return true;
    }
    return false;
}

void signal_set_withdraw(struct signals *signals, struct signal_set *set,
                         struct signal_entry *entry)
{
    ASSERT(spin_held(&signals->lock));
    unlink_entry(signals, entry);
    if (!has_number(set, entry->information.number))
        set->pending &= ~signal_bit(entry->information.number);
}

void signal_set_discard(struct posix_process *posix, struct signal_set *set, uint64_t numbers)
{
    ASSERT(spin_held(&posix->signals.lock));
    if ((set->pending & numbers) == 0)
        return;
    set->pending &= ~numbers;
    LIST_FOR_EACH_SAFE (node, &set->queue) {
        struct signal_entry *entry = CONTAINER_OF(node, struct signal_entry, link);
        if ((signal_bit(entry->information.number) & numbers) == 0)
            continue;
        unlink_entry(&posix->signals, entry);
        signal_entry_free(posix, entry);
    }
}

void signals_discard(struct posix_process *posix, uint64_t numbers)
{
    struct signals *signals = &posix->signals;
    signal_set_discard(posix, &signals->set, numbers);
    LIST_FOR_EACH (node, &signals->threads) {
        signal_set_discard(posix, &signals_thread(node)->signals.set, numbers);
    }
}
