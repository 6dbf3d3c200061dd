/* Whether a kind of tracepoint records, in two instructions: a load relative to the program counter
 * (the whole image lies within 2 MiB, and LDR (literal) reaches 1 MiB; the linker refuses more) and a branch
 * on one bit (Arm ARM C6.2, LDR (literal) and TBNZ). Written out, so that what a tracepoint costs while
 * nobody records does not depend on the compiler: each site notes its length in the section .trace_sites,
 * which is not loaded, and a budget bounds the longest. */
#pragma once

#include <abi/trace.h>

#include <stdbool.h>

extern uint32_t trace_mask; /* TRACE_BIT of each kind that records. */

__attribute__((always_inline)) static inline bool trace_is_on(enum trace_kind kind)
{
    uint32_t mask;
    __asm__ goto("1:\n\t"
                 "ldr %w[mask], %[word]\n\t"
                 "tbnz %w[mask], #%c[kind], %l[is_on]\n"
                 "2:\n\t"
                 ".pushsection .trace_sites\n\t"
                 ".long (2b - 1b) / 4\n\t"
                 ".popsection"
                 : [mask] "=r"(mask)
                 : [word] "S"(&trace_mask), [kind] "i"(kind)
                 :
                 : is_on);
    return false;
is_on:
    return true;
}
