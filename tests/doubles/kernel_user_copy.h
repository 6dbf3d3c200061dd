/* A range of "user" memory that faults; len 0: none. */
#pragma once

#include <stddef.h>

void double_user_fault(const void *start, size_t len);
