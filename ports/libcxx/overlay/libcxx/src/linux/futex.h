/* What libc++'s atomic waits name: the operations of futex(2), as user/posix/futex.c knows them. */
#pragma once

#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129
