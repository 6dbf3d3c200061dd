/* See asid.h. A bitmap; 0 is the empty user half's. */
#include <arch/asid.h>

#include "kernel/arch/aarch64/descriptor.h"
#include "kernel/base/spinlock.h"
#include "lib/base/assert.h"
#include <arch/boot.h>

enum { ASIDS_MAX = 4096, ASID_WORDS = ASIDS_MAX / 64 };

static struct asids {
    struct spinlock lock;
    uint64_t used[ASID_WORDS];
    uint32_t next_word;
} asids = { .lock = { .class = LOCK_FRAME }, .used = { 1 } };

static uint32_t word_count(void)
{
    return boot_registers.tcr & TCR_ASID16 ? ASID_WORDS : 256 / 64;
}

status_t asid_alloc(uint32_t *out_asid)
{
    status_t status = STATUS_LIMIT;
    spin_lock(&asids.lock);
    for (uint32_t i = 0; i < word_count(); i++) {
        uint32_t word = (asids.next_word + i) % word_count();
        if (asids.used[word] == UINT64_MAX)
            continue;
        uint32_t bit = (uint32_t)__builtin_ctzll(~asids.used[word]);
        asids.used[word] |= 1ull << bit;
        asids.next_word = word;
        *out_asid = word * 64 + bit;
        status = STATUS_OK;
        break;
    }
    spin_unlock(&asids.lock);
    return status;
}

void asid_free(uint32_t asid)
{
    ASSERT(asid > 0 && asid < ASIDS_MAX);
    spin_lock(&asids.lock);
    asids.used[asid / 64] &= ~(1ull << asid % 64);
    spin_unlock(&asids.lock);
}
