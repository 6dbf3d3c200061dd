/* Memory barriers by what they order (Arm ARM DDI 0487, B2.3). Devices and DMA use those of
 * lib/base/mmio.h and lib/virtio. */
#pragma once

/* Every access before is observed before every access after, by all CPUs. */
static inline void barrier_full(void)
{
    __asm__ volatile("dmb ish" ::: "memory");
}

/* Context synchronisation: system register writes before are in effect after. */
static inline void barrier_context(void)
{
    __asm__ volatile("isb" ::: "memory");
}

static inline void cpu_relax(void)
{
    __asm__ volatile("yield" ::: "memory");
}
