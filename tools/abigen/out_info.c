/* <abi/syscall_info.h>: names and types of each call's registers, with which a trace is printed. */
#include "tools/abigen/outputs.h"

static void write_values(const char *field, const struct argument *values, int count, FILE *out)
{
    if (count == 0)
        return;
    fprintf(out, "        .%s = {\n", field);
    for (int i = 0; i < count; i++) {
        bool is_counted = values[i].len_name[0] != 0 && values[i].element[0] != 0;
        fprintf(out, "            { \"%s\", %s, %d, %d },\n", values[i].name,
                text_type_macro(values[i].type), values[i].len_index, is_counted);
    }
    fprintf(out, "        },\n");
}

void out_info(const struct contract *contract, FILE *out)
{
    fprintf(out, "/* Generated from abi/syscalls.tab by tools/abigen.\n"
                 " * By number; a gap has no name. */\n#pragma once\n\n"
                 "#include <abi/syscall_describe.h>\n\n"
                 "static const struct syscall_info syscall_info[SYSCALL_COUNT] = {\n");
    for (int i = 0; i < contract->call_limit; i++) {
        const struct call *call = &contract->calls[i];
        if (call->name[0] == 0)
            continue;
        fprintf(out,
                "    [SYSCALL_%s] = {\n        .name = \"%s\",\n"
                "        .argument_count = %d,\n        .result_count = %d,\n",
                call->name, call->name, call->argument_count, call->result_count);
        write_values("arguments", call->arguments, call->argument_count, out);
        write_values("results", call->results, call->result_count, out);
        fprintf(out, "    },\n");
    }
    fprintf(out, "};\n");
}
