/* Every counter of the kernel as text, a line "name value" each. Thread context. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* At most `size` bytes of whole lines. @return the bytes that the whole report takes. */
size_t counters_report(char *buffer, size_t size);
