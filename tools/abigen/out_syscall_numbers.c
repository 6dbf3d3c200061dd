/* <abi/syscall_numbers.h>: what x8 holds. */
#include "tools/abigen/outputs.h"

void out_syscall_numbers(const struct contract *contract, FILE *out)
{
    fprintf(out, "/* Generated from abi/syscalls.tab by tools/abigen. The number goes in x8. */\n"
                 "#pragma once\n\nenum syscall_number {\n");
    for (int i = 0; i < contract->call_limit; i++)
        if (contract->calls[i].name[0] != 0)
            fprintf(out, "    SYSCALL_%s = %d,\n", contract->calls[i].name, i);
    fprintf(out, "    SYSCALL_COUNT = %d, /* Above every number; there may be gaps below. */\n};\n",
            contract->call_limit);
}
