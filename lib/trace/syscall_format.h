/* A system call as a line of text, for traces:
 *
 *     file_read(file=0x100000003, dst=0x40001000, dst_len=16, offset=0) = OK actual=16
 *
 * What the registers mean comes from the generated table <abi/syscall_info.h>, whose rows the caller
 * passes. Only registers are shown, never the memory that they point to. Pure: any context. */
#pragma once

#include <abi/syscall_describe.h>

/* The part up to the closing bracket, from x0 to x7. Writes at most out_size bytes, the final zero
 * among them; what does not fit is left out. A row without a name is shown as `?`.
 * @param out_size  at least 1.
 * @return the bytes written, without the zero. */
size_t syscall_format_call(const struct syscall_info *info,
                           const uint64_t arguments[SYSCALL_ARGUMENTS_MAX], char *out,
                           size_t out_size);

/* The part from ` = ` on; the results, from x1 on, only if the answer is OK. As above. */
size_t syscall_format_answer(const struct syscall_info *info, uint64_t answer,
                             const uint64_t results[SYSCALL_RESULTS_MAX], char *out,
                             size_t out_size);
