/* The canary of the stack protector. Boot only. */
#pragma once

#include <stdint.h>

void stack_guard_init(void);
extern uintptr_t __stack_chk_guard;
