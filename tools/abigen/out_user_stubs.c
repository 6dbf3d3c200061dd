/* <swos/syscalls.h>: one inline function a call, which is one svc instruction. Arguments go in x0
 * to x7 and the number in x8; the status comes back in x0 and results in x1 and on; every other
 * register is kept by the kernel. */
#include "tools/abigen/outputs.h"

static void add_parameter(struct text_list *list, const struct argument *argument)
{
    const char *element = argument->element[0] != 0 ? argument->element : "void";
    switch (argument->type) {
    case ARGUMENT_USER_IN:
    case ARGUMENT_USER_IN_FIXED:
        text_list_add(list, "const %s *%s", element, argument->name);
        break;
    case ARGUMENT_USER_OUT:
    case ARGUMENT_USER_OUT_FIXED: text_list_add(list, "%s *%s", element, argument->name); break;
    case ARGUMENT_STRING: text_list_add(list, "const char *%s", argument->name); break;
    default: text_list_add(list, "%s %s", text_scalar_type(argument->type), argument->name); break;
    }
}

static void write_prototype(const struct call *call, FILE *out)
{
    int column = (call->attributes & CALL_NORETURN)
                     ? fprintf(out, "_Noreturn static inline void sys_%s(", call->name)
                     : fprintf(out, "static inline status_t sys_%s(", call->name);
    struct text_list list = text_list_begin(out, column);
    for (int i = 0; i < call->argument_count; i++)
        add_parameter(&list, &call->arguments[i]);
    for (int i = 0; i < call->result_count; i++)
        text_list_add(&list, "%s *out_%s", text_scalar_type(call->results[i].type),
                      call->results[i].name);
    fprintf(out, "%s)\n", list.count == 0 ? "void" : "");
}

static void write_argument_load(int index, const struct argument *argument, FILE *out)
{
    fprintf(out, "    register uint64_t x%d __asm__(\"x%d\") = ", index, index);
    switch (argument->type) {
    case ARGUMENT_HANDLE:
    case ARGUMENT_CAPABILITY:
    case ARGUMENT_BORROWED:
    case ARGUMENT_SLOT: fprintf(out, "%s.raw;\n", argument->name); break;
    case ARGUMENT_USER_IN:
    case ARGUMENT_USER_IN_FIXED:
    case ARGUMENT_USER_OUT:
    case ARGUMENT_USER_OUT_FIXED:
    case ARGUMENT_STRING: fprintf(out, "(uint64_t)(uintptr_t)%s;\n", argument->name); break;
    case ARGUMENT_I64: fprintf(out, "(uint64_t)%s;\n", argument->name); break;
    default: fprintf(out, "%s;\n", argument->name); break;
    }
}

/* x0 and the registers of results are written; an argument's register that is not is only read. */
static void write_svc(const struct call *call, FILE *out)
{
    int column = fprintf(out, "    __asm__ volatile(\"svc #0\" : ");
    struct text_list outputs = text_list_begin(out, column);
    for (int i = 0; i <= call->result_count; i++)
        text_list_add(&outputs, "\"%s\"(x%d)", i < call->argument_count ? "+r" : "=r", i);
    column = fprintf(out, "\n                     : ") - 1;
    struct text_list inputs = text_list_begin(out, column);
    for (int i = call->result_count + 1; i < call->argument_count; i++)
        text_list_add(&inputs, "\"r\"(x%d)", i);
    text_list_add(&inputs, "\"r\"(x8)");
    fprintf(out, "\n                     : \"memory\", \"cc\");\n");
}

static void write_results(const struct call *call, FILE *out)
{
    if (call->attributes & CALL_NORETURN) {
        fprintf(out, "    __builtin_unreachable();\n");
        return;
    }
    if (call->result_count > 0)
        fprintf(out, "    if ((status_t)x0 == STATUS_OK)%s\n", call->result_count > 1 ? " {" : "");
    for (int i = 0; i < call->result_count; i++) {
        const struct argument *result = &call->results[i];
        if (result->type == ARGUMENT_HANDLE)
            fprintf(out, "        *out_%s = (handle_t){ x%d };\n", result->name, i + 1);
        else
            fprintf(out, "        *out_%s = (%s)x%d;\n", result->name,
                    text_scalar_type(result->type), i + 1);
    }
    if (call->result_count > 1)
        fprintf(out, "    }\n");
    fprintf(out, "    return (status_t)x0;\n");
}

static void write_comment(const struct contract *contract, const struct call *call, FILE *out)
{
    char errors[DOC_SIZE] = "Answers OK";
    size_t used = 10;
    for (int i = 1; i < contract->status_count; i++)
        if (call->errors[i])
            used += (size_t)snprintf(errors + used, sizeof errors - used, ", %s",
                                     contract->statuses[i].name);
    text_fold(out, "/* ", " * ", call->doc, "");
    if (call->attributes & CALL_NORETURN)
        fprintf(out, " * Does not return. */\n");
    else
        text_fold(out, " * ", " * ", errors, ". */");
}

/* A raw call that lists no registers has rules of its own, so its stub is written by hand. */
static bool has_stub(const struct call *call)
{
    return call->name[0] != 0 &&
           !((call->attributes & CALL_RAW) && call->argument_count + call->result_count == 0);
}

static void write_stub(const struct contract *contract, const struct call *call, FILE *out)
{
    write_comment(contract, call, out);
    write_prototype(call, out);
    fprintf(out, "{\n    register uint64_t x8 __asm__(\"x8\") = SYSCALL_%s;\n", call->name);
    for (int i = 0; i < call->argument_count; i++)
        write_argument_load(i, &call->arguments[i], out);
    for (int i = call->argument_count; i <= call->result_count; i++)
        fprintf(out, "    register uint64_t x%d __asm__(\"x%d\");\n", i, i);
    write_svc(call, out);
    write_results(call, out);
    fprintf(out, "}\n\n");
}

void out_user_stubs(const struct contract *contract, FILE *out)
{
    fprintf(out,
            "/* Generated from abi/syscalls.tab by tools/abigen.\n"
            " * The system calls, each one svc. aarch64 only. An out parameter is written only\n"
            " * when the answer is OK. */\n#pragma once\n\n"
            "#include <abi/objects.h>\n#include <abi/syscall_numbers.h>\n#include <abi/types.h>\n");
    for (int i = 0; i < contract->include_count; i++)
        fprintf(out, "#include %s\n", contract->includes[i]);
    fprintf(out, "\n");
    /* Their headers define them, if the caller looks inside. */
    text_structures(contract, "$;\n", out);
    fprintf(out, "\n");
    for (int i = 0; i < contract->call_limit; i++)
        if (has_stub(&contract->calls[i]))
            write_stub(contract, &contract->calls[i], out);
}
