/* Device registers: one access of exactly the stated width each, never merged, split, repeated or
 * reordered against one another. On the machine these are single load and store instructions with
 * a plain base register, because a hypervisor can emulate no other form (Arm ARM, ISS encoding for
 * a Data Abort: no syndrome for writeback and pair forms). On the host, registers are the plain
 * memory of a device double. Ordering against ordinary memory is not implied: whoever needs it
 * (the rings of lib/virtio) states it. Any context. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__aarch64__)
#define MMIO_FIXED(bits, type, width, suffix)                                                   \
    static inline type mmio_read##bits(const volatile void *base, size_t offset)                \
    {                                                                                           \
        const volatile uint8_t *at = (const volatile uint8_t *)base + offset;                   \
        type value;                                                                             \
        __asm__ volatile("ldr" suffix " %" width "0, [%1]" : "=r"(value) : "r"(at) : "memory"); \
        return value;                                                                           \
    }                                                                                           \
    static inline void mmio_write##bits(volatile void *base, size_t offset, type value)         \
    {                                                                                           \
        volatile uint8_t *at = (volatile uint8_t *)base + offset;                               \
        __asm__ volatile("str" suffix " %" width "0, [%1]" : : "r"(value), "r"(at) : "memory"); \
    }
#else
#define MMIO_FIXED(bits, type, width, suffix)                                           \
    static inline type mmio_read##bits(const volatile void *base, size_t offset)        \
    {                                                                                   \
        return *(const volatile type *)((const volatile uint8_t *)base + offset);       \
    }                                                                                   \
    static inline void mmio_write##bits(volatile void *base, size_t offset, type value) \
    {                                                                                   \
        *(volatile type *)((volatile uint8_t *)base + offset) = value;                  \
    }
#endif
MMIO_FIXED(8, uint8_t, "w", "b")
MMIO_FIXED(16, uint16_t, "w", "h")
MMIO_FIXED(32, uint32_t, "w", "")
MMIO_FIXED(64, uint64_t, "x", "")
#undef MMIO_FIXED
