/* <abi/syscall_rights.h>: the rights matrix, one row for each handle argument of each call. */
#include "tools/abigen/outputs.h"

void out_rights(const struct contract *contract, FILE *out)
{
    fprintf(out,
            "/* Generated from abi/syscalls.tab by tools/abigen.\n"
            " * Each handle argument: call, register, whether it may be none, kinds, rights. */\n"
            "#pragma once\n\n#include <abi/syscall_describe.h>\n\n"
            "static const struct syscall_rights syscall_rights[] = {\n");
    for (int i = 0; i < contract->call_limit; i++)
        for (int j = 0; j < contract->calls[i].argument_count; j++) {
            const struct argument *argument = &contract->calls[i].arguments[j];
            char kinds[1024];
            if (argument_is_looked_up(argument))
                fprintf(out, "    { SYSCALL_%s, %d, %s,\n      %s, %s },\n",
                        contract->calls[i].name, j, argument->optional ? "true" : "false",
                        text_kinds(contract, argument, kinds, sizeof kinds),
                        argument->rights_bits == 0 ? "0" : argument->rights_text);
        }
    fprintf(out, "};\n");
}
