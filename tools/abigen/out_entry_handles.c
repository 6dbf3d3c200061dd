/* The part of an entry that looks handles up, in the order of the arguments, and gives them back. */
#include "tools/abigen/handlers.h"

/* For calls that need rights or grant, not just the object. Written only if one does. */
static const char capability_resolve[] =
    "/* A copy of the handle's capability, if it is to one of the kinds and carries the rights. "
    "*/\n"
    "static status_t capability_resolve(struct handle_table *table, handle_t handle, uint64_t "
    "kinds,\n"
    "                                   rights_t need, struct capability *out_capability)\n"
    "{\n"
    "    status_t status = handle_copy(table, handle, 0, out_capability);\n"
    "    if (status != STATUS_OK)\n"
    "        return status;\n"
    "    if ((OBJECT_BIT(object_kind(out_capability->object)) & kinds) == 0)\n"
    "        status = STATUS_WRONG_KIND;\n"
    "    else if ((out_capability->rights & need) != need)\n"
    "        status = STATUS_NO_RIGHT;\n"
    "    if (status != STATUS_OK)\n"
    "        capability_drop(out_capability);\n"
    "    return status;\n"
    "}\n\n";

void entry_write_capability_resolve(const struct contract *contract, FILE *out)
{
    for (int i = 0; i < contract->call_limit; i++)
        for (int j = 0; j < contract->calls[i].argument_count; j++)
            if (contract->calls[i].arguments[j].type == ARGUMENT_CAPABILITY) {
                fputs(capability_resolve, out);
                return;
            }
}

/* answer = handle_resolve(...): the object of that kind, with a reference; or capability_borrow. OBJECT_NONE is any. */
static void write_resolve_kind(const struct argument *argument, int index, const char *begin,
                               const char *kind_upper, FILE *out)
{
    int column =
        fprintf(out, "%sanswer = %s(", begin,
                argument->type == ARGUMENT_BORROWED ? "capability_borrow" : "handle_resolve");
    struct text_list list = text_list_begin(out, column);
    text_list_add(&list, "&caller->process->handles");
    text_list_add(&list, "(handle_t){ frame->x[%d] }", index);
    text_list_add(&list, "OBJECT_%s", kind_upper);
    text_list_add(&list, "%s", argument->rights_bits == 0 ? "0" : argument->rights_text);
    text_list_add(&list, "&%s", argument->name);
    fprintf(out, ");\n");
}

/* answer = capability_resolve(...): the same with rights and grant. */
static void write_resolve_capability(const struct contract *contract,
                                     const struct argument *argument, int index, const char *begin,
                                     FILE *out)
{
    char kinds[1024];
    int column = fprintf(out, "%sanswer = capability_resolve(", begin);
    struct text_list list = text_list_begin(out, column);
    text_list_add(&list, "&caller->process->handles");
    text_list_add(&list, "(handle_t){ frame->x[%d] }", index);
    text_list_add(&list, "%s", text_kinds(contract, argument, kinds, sizeof kinds));
    text_list_add(&list, "%s", argument->rights_bits == 0 ? "0" : argument->rights_text);
    text_list_add(&list, "&%s", argument->name);
    fprintf(out, ");\n");
}

/* Whether the argument's kinds are tried one by one. */
static bool is_tried(const struct argument *argument)
{
    return argument->type != ARGUMENT_CAPABILITY && !argument->any_kind;
}

/* Of several kinds each is tried while the handle names another one. */
static void write_resolve(const struct contract *contract, const struct argument *argument,
                          int index, bool is_first, FILE *out)
{
    const char *begin = is_first ? "    status_t " : "    ";
    if (argument->optional) {
        fprintf(out, "%s    if (frame->x[%d] != HANDLE_NONE.raw)%s\n",
                is_first ? "    status_t answer = STATUS_OK;\n" : "", index,
                is_tried(argument) ? " {" : "");
        begin = "        ";
    }
    if (argument->type == ARGUMENT_CAPABILITY)
        write_resolve_capability(contract, argument, index, begin, out);
    else if (argument->any_kind)
        write_resolve_kind(argument, index, begin, "NONE", out);
    for (int i = 0, tried = 0; i < contract->kind_limit && is_tried(argument); i++) {
        if ((argument->kinds >> i & 1) == 0)
            continue;
        if (tried++ > 0)
            fprintf(out, "%sif (answer == STATUS_WRONG_KIND)\n",
                    argument->optional ? "        " : "    ");
        if (tried == 2)
            begin = argument->optional ? "            " : "        ";
        write_resolve_kind(argument, index, begin, contract->kinds[i].upper, out);
    }
    if (argument->optional && is_tried(argument))
        fprintf(out, "    }\n");
}

void entry_write_resolves(const struct contract *contract, const struct call *call,
                          struct exit_path *path, FILE *out)
{
    for (int i = 0; i < call->argument_count; i++) {
        const struct argument *argument = &call->arguments[i];
        if (!argument_is_looked_up(argument))
            continue;
        write_resolve(contract, argument, i, path->newest == NULL, out);
        fprintf(out, "    if (answer != STATUS_OK)\n");
        if (path->newest == NULL)
            fprintf(out, "        return answer;\n");
        else
            fprintf(out, "        goto release_%s;\n", path->newest->name);
        path->newest = argument;
    }
}

/* The handler has ended the epoch; a check that refused has not. */
static void write_borrow_end(const struct argument *argument, bool has_checks, FILE *out)
{
    if (has_checks)
        fprintf(out, "    return answer;\nrelease_%s:\n    epoch_end();\n", argument->name);
}

/* In reverse. The label of the newest is there only if something jumps to it. */
void entry_write_releases(const struct call *call, bool has_checks, FILE *out)
{
    bool has_label = has_checks;
    for (int i = call->argument_count - 1; i >= 0; i--) {
        const struct argument *argument = &call->arguments[i];
        if (!argument_is_looked_up(argument))
            continue;
        if (argument->type == ARGUMENT_BORROWED) {
            write_borrow_end(argument, has_checks, out);
            continue;
        }
        if (has_label)
            fprintf(out, "release_%s:\n", argument->name);
        has_label = true;
        bool is_capability = argument->type == ARGUMENT_CAPABILITY;
        if (argument->optional)
            fprintf(out, "    if (%s%s != NULL)\n    ", argument->name,
                    is_capability ? ".object" : "");
        fprintf(out, "    %s%s);\n", is_capability ? "capability_drop(&" : "object_unref(",
                argument->name);
    }
}
