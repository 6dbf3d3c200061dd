/* mm/user_copy.h for host tests: user memory is the test's own. Page 0 is not there, and so is
 * whatever double_user_fault names. */
#include <string.h>
#include <sys/mman.h>

#include "kernel/mm/user_copy.h"
#include "kernel/mm/user_reach.h"
#include "lib/base/assert.h"
#include "tests/doubles/kernel_sched.h"
#include "tests/doubles/kernel_user_copy.h"

static uint64_t fault_start, fault_end;
static bool always_present;

void double_user_fault(const void *start, size_t len)
{
    fault_start = (uintptr_t)start;
    fault_end = fault_start + len;
}

void *double_user_map(size_t len)
{
    static uint64_t hint = 1 << 28; /* Low enough to be nothing of the sanitizer's. */
    void *memory =
        mmap((void *)hint, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT(memory != MAP_FAILED && (uintptr_t)memory + len <= USER_TOP);
    hint = page_up((uintptr_t)memory + len);
    return memory;
}

static bool is_there(uint64_t address, size_t len)
{
    if (len == 0)
        return true;
    return address >= 4096 && (address + len <= fault_start || address >= fault_end);
}

void double_user_present(bool always)
{
    always_present = always;
}

/* Now and then a page has to be brought in first, as the run's seed says. */
static bool double_user_absent(void)
{
    return !always_present && sim_random(4) == 0;
}

bool user_range_ok(uaddr_t address, size_t len)
{
    return address.raw + len >= address.raw;
}

status_t user_read(void *dst, uaddr_t src, size_t len)
{
    ASSERT(sim_locks_held() == 0);
    if (!is_there(src.raw, len))
        return STATUS_BAD_ADDRESS;
    sim_point();
    if (len > 0)
        memcpy(dst, (const void *)src.raw, len);
    sim_point();
    return STATUS_OK;
}

status_t user_write(uaddr_t dst, const void *src, size_t len)
{
    ASSERT(sim_locks_held() == 0);
    if (!is_there(dst.raw, len))
        return STATUS_BAD_ADDRESS;
    sim_point();
    if (len > 0)
        memcpy((void *)dst.raw, src, len);
    sim_point();
    return STATUS_OK;
}

uint64_t arch_user_read_now(void *dst, uint64_t src, size_t len)
{
    if (!is_there(src, len) || double_user_absent())
        return 1;
    memcpy(dst, (const void *)src, len);
    return 0;
}

uint64_t arch_user_write_now(uint64_t dst, const void *src, size_t len)
{
    if (!is_there(dst, len) || double_user_absent())
        return 1;
    memcpy((void *)dst, src, len);
    return 0;
}

size_t user_reach_write(struct thread *whose, uaddr_t dst, uaddr_t src, size_t len)
{
    ASSERT(sim_locks_held() == 0);
    if (len > USER_REACH_MAX)
        len = USER_REACH_MAX;
    if (double_user_absent()) /* The first pages are there, or none. */
        len = sim_random(len + 1) & ~(size_t)4095;
    if (len == 0 || !is_there(dst.raw, len) || !is_there(src.raw, len))
        return 0;
    memcpy((void *)dst.raw, (const void *)src.raw, len);
    sim_point();
    return len;
}

status_t user_read_sum(void *dst, uaddr_t src, size_t len, uint16_t *out_sum)
{
    status_t status = user_read(dst, src, len);
    if (status != STATUS_OK)
        return status;
    const uint8_t *bytes = dst;
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    *out_sum = (uint16_t)sum;
    return STATUS_OK;
}
