/* A native program whose own ASSERT fails says so and ends; its supervisor starts it again. */
#include "lib/base/assert.h"

#include "user/rt/exit_codes.h"
#include "user/rt/log.h"
#include "user/rt/start.h"

_Noreturn void assert_fail(const char *condition, const char *file, int line)
{
    log_line("assert: %s at %s:%d", condition, file, line);
    program_exit(EXIT_ASSERT);
}
