/* See lock_order.h; built in the debug profile only. A CPU's held classes are a count each, packed
 * in bytes would limit nesting of one class to itself; a bit a class suffices, since one class
 * nests in itself only for the two ends of a stream, which share one lock. */
#include "kernel/base/lock_order.h"

#include <arch/cpu.h>

#include "kernel/base/log.h"

void lock_order_take(unsigned lock_class)
{
    struct cpu *cpu = cpu_this();
    uint64_t bit = 1ull << lock_class;
    if (cpu->locks_held >= bit) {
        uint64_t held = cpu->locks_held;
        cpu->locks_held = 0; /* The report takes locks of its own. */
        panic("lock order: class %u taken while holding %#llx", lock_class,
              (unsigned long long)held);
    }
    cpu->locks_held |= bit;
}

void lock_order_give(unsigned lock_class)
{
    cpu_this()->locks_held &= ~(1ull << lock_class);
}
