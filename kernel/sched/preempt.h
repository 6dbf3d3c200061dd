/* Where a long kernel path lets interrupts and other threads in. Thread context, no spinlock held,
 * outside epochs. Long loops call it so that no stretch exceeds 50 us. */
#pragma once

void preempt_point(void);
