/* <abi/syscall_grammar.h>: what the entry of each call lets pass, from which the fuzzer makes up
 * calls that get past the checks, and calls that just do not. */
#include "tools/abigen/outputs.h"

static void write_argument(const struct contract *contract, const struct argument *argument,
                           FILE *out)
{
    char kinds[1024];
    fprintf(out, "            { .type = %s", text_type_macro(argument->type));
    if (argument->optional)
        fprintf(out, ", .optional = true");
    if (argument->len_name[0] != 0)
        fprintf(out, ", .len_index = %d", argument->len_index);
    if (argument->element[0] != 0)
        fprintf(out, ", .element_size = sizeof(%s)", argument->element);
    else if (argument->len_name[0] != 0)
        fprintf(out, ", .element_size = 1");
    if (argument->max[0] != 0)
        fprintf(out, ", .len_max = %s", argument->max);
    if (argument->type == ARGUMENT_FLAGS)
        fprintf(out, ", .mask = %s", argument->mask);
    if (argument_is_looked_up(argument))
        fprintf(out, ",\n              .kinds = %s,\n              .rights = %s",
                text_kinds(contract, argument, kinds, sizeof kinds),
                argument->rights_bits == 0 ? "0" : argument->rights_text);
    fprintf(out, " },\n");
}

static void write_call(const struct contract *contract, const struct call *call, FILE *out)
{
    unsigned handles = 0;
    for (int i = 0; i < call->result_count; i++)
        handles |= (call->results[i].type == ARGUMENT_HANDLE) << i;
    fprintf(out,
            "    [SYSCALL_%s] = {\n        .name = \"%s\",\n        .argument_count = %d,\n"
            "        .result_count = %d,\n        .results_are_handles = 0x%x,\n",
            call->name, call->name, call->argument_count, call->result_count, handles);
    if (call->attributes & CALL_RAW)
        fprintf(out, "        .is_raw = true,\n");
    if (call->attributes & CALL_BLOCKING)
        fprintf(out, "        .is_blocking = true,\n");
    if (call->attributes & CALL_NORETURN)
        fprintf(out, "        .is_noreturn = true,\n");
    if (call->argument_count > 0)
        fprintf(out, "        .arguments = {\n");
    for (int i = 0; i < call->argument_count; i++)
        write_argument(contract, &call->arguments[i], out);
    fprintf(out, "%s    },\n", call->argument_count > 0 ? "        },\n" : "");
}

void out_grammar(const struct contract *contract, FILE *out)
{
    fprintf(out, "/* Generated from abi/syscalls.tab by tools/abigen.\n"
                 " * By number; a gap has no name. */\n#pragma once\n\n"
                 "#include <abi/syscall_describe.h>\n");
    for (int i = 0; i < contract->include_count; i++)
        fprintf(out, "#include %s\n", contract->includes[i]);
    fprintf(out, "\nstatic const struct syscall_grammar syscall_grammar[SYSCALL_COUNT] = {\n");
    for (int i = 0; i < contract->call_limit; i++)
        if (contract->calls[i].name[0] != 0)
            write_call(contract, &contract->calls[i], out);
    fprintf(out, "};\n");
}
