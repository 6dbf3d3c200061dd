/* The stack protector's canary: -fstack-protector compares against this word and ends here. It gets
 * its random value before the first thread is made; boot code runs with the fixed one. */
#include "kernel/base/stack_guard.h"

#include "kernel/base/entropy.h"
#include "kernel/base/hot.h"
#include "kernel/base/log.h"

HOT_DATA uintptr_t __stack_chk_guard = 0x595e9fbd94fda766;

_Noreturn void __stack_chk_fail(void);

_Noreturn void __stack_chk_fail(void)
{
    panic("kernel stack smashed");
}

/* Callers that have a canary of the old value on their stack must not return: kernel_main. */
__attribute__((no_stack_protector)) void stack_guard_init(void)
{
    uintptr_t value;
    entropy_fill(&value, sizeof value);
    __stack_chk_guard = value & ~(uintptr_t)0xff; /* A zero byte stops string overruns. */
}
