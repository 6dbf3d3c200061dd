/* Threads of the test program: each on fresh pages, ended by returning. */
#pragma once

#include <abi/types.h>

/* Run body(argument) on a thread. @return its handle; the program ends when it cannot be made. */
handle_t test_thread(void (*body)(void *), void *argument);
/* Wait until it has ended, and close the handle. */
void test_join(handle_t thread);
