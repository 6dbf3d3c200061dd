/* An ASSERT of this layer that fails: say so in the kernel's log, and end. */
#include "lib/base/assert.h"

#include <string.h>

#include <swos/syscalls.h>

_Noreturn void assert_fail(const char *condition, const char *file, int line)
{
    (void)sys_debug_write(file, strlen(file));
    (void)sys_debug_write(condition, strlen(condition));
    __builtin_trap();
}
