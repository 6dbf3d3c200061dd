/* What the kernel's accounts of a process are to POSIX. */
#pragma once

#include <sys/resource.h>

#include <abi/family.h>

/* All time is told as the program's own: the kernel does not tell its part apart. Writes the fields that the C
 * library expects of a system call, not those that it keeps behind them. */
void accounts_tell(const struct process_usage *usage, struct rusage *out_usage);
