/* The checker of the order of spinlocks: the debug profile (SWOS_DEBUG) keeps the classes that each
 * CPU holds and panics when one is taken out of order; the release profile compiles it away. Two
 * locks of one class may nest only between lock_order_nest_begin and _end. */
#pragma once

#ifdef SWOS_DEBUG
void lock_order_take(unsigned lock_class);
void lock_order_give(unsigned lock_class);
#else
static inline void lock_order_take(unsigned lock_class)
{
}

static inline void lock_order_give(unsigned lock_class)
{
}
#endif
