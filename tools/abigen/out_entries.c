/* kernel/syscall_entries.c: from the registers to the handler. Straight-line C that is meant to be
 * read: registers into variables; handles looked up in order, each holding a reference; the checks of
 * buffers and numbers; the handler; results out; references given back in reverse, or the epoch ended of what was
 * borrowed, unless the handler has been called, which ends it. */
#include <string.h>

#include "tools/abigen/handlers.h"

enum { CHECK_SIZE = 512 }; /* The text of a condition. */

/* The checks that follow refuse a value that it would change. */
static const char *narrowing_cast(enum argument_type type)
{
    switch (type) {
    case ARGUMENT_U32:
    case ARGUMENT_FLAGS: return "(uint32_t)";
    case ARGUMENT_RIGHTS: return "(rights_t)";
    case ARGUMENT_BOOL: return "(bool)";
    case ARGUMENT_I64: return "(int64_t)";
    default: return "";
    }
}

static void write_local(const struct argument *argument, int index, FILE *out)
{
    const char *buffer = argument_buffer(argument);
    if (buffer != NULL && argument->len_name[0] != 0 && argument->element[0] == 0)
        fprintf(out, "    struct %s %s = { (uaddr_t){ frame->x[%d] }, frame->x[%d] };\n", buffer,
                argument->name, index, argument->len_index);
    else if (buffer != NULL && argument->len_name[0] != 0)
        fprintf(out, "    struct %s %s = { (uaddr_t){ frame->x[%d] }, 0 };\n", buffer,
                argument->name, index);
    else if (buffer != NULL)
        fprintf(out, "    struct %s %s = { (uaddr_t){ frame->x[%d] }, sizeof(%s) };\n", buffer,
                argument->name, index, argument->element);
    else if (argument->type == ARGUMENT_HANDLE)
        fprintf(out, "    struct object *%s = NULL;\n", argument->name);
    else if (argument->type == ARGUMENT_CAPABILITY || argument->type == ARGUMENT_BORROWED)
        fprintf(out, "    struct capability %s = { 0 };\n", argument->name);
    else if (argument->type == ARGUMENT_SLOT)
        fprintf(out, "    handle_t %s = { frame->x[%d] };\n", argument->name, index);
    else if (!argument->is_length)
        fprintf(out, "    %s %s = %sframe->x[%d];\n", text_scalar_type(argument->type),
                argument->name, narrowing_cast(argument->type), index);
}

static void write_result_local(const struct argument *result, FILE *out)
{
    fprintf(out, "    %s out_%s = %s;\n", text_scalar_type(result->type), result->name,
            result->type == ARGUMENT_HANDLE ? "HANDLE_NONE" : "0");
}

static void write_exit(const struct exit_path *path, const char *status, FILE *out)
{
    if (path->newest == NULL) {
        fprintf(out, "        return %s;\n", status);
        return;
    }
    fprintf(out, "        answer = %s;\n        goto release_%s;\n", status, path->newest->name);
}

/* if (condition) leave with that status. */
static void write_check(const struct exit_path *path, const char *condition, const char *status,
                        FILE *out)
{
    bool is_block = path->newest != NULL;
    fprintf(out, "    if (%s)%s\n", condition, is_block ? " {" : "");
    write_exit(path, status, out);
    if (is_block)
        fprintf(out, "    }\n");
}

/* The bound first, so that the product of a counted buffer cannot overflow; without a bound the
 * overflow is found, and such a buffer cannot lie in user space. */
static void write_buffer_check(const struct argument *argument, const struct exit_path *path,
                               int index, FILE *out)
{
    char text[CHECK_SIZE], product[CHECK_SIZE / 2] = "";
    const char *name = argument->name;
    if (argument->max[0] != 0) {
        snprintf(text, sizeof text, "frame->x[%d] > %s", argument->len_index, argument->max);
        write_check(path, text,
                    argument->type == ARGUMENT_STRING ? "STATUS_NAME_TOO_LONG" : "STATUS_TOO_BIG",
                    out);
    }
    if (argument->len_name[0] != 0 && argument->element[0] != 0)
        snprintf(product, sizeof product,
                 "__builtin_mul_overflow(frame->x[%d], sizeof(%s), &%s.len) ||\n        ",
                 argument->len_index, argument->element, name);
    if (argument->optional)
        fprintf(out, "    if (frame->x[%d] == 0)\n        %s.len = 0;\n", index, name);
    snprintf(text, sizeof text, "%s!user_range_ok(%s.address, %s.len)", product, name, name);
    write_check(path, text, "STATUS_BAD_ADDRESS", out);
}

/* The condition under which a number is refused; false if every value is fine. */
static bool number_check(const struct argument *argument, int index, char text[CHECK_SIZE])
{
    switch (argument->type) {
    case ARGUMENT_U32:
    case ARGUMENT_RIGHTS: snprintf(text, CHECK_SIZE, "frame->x[%d] > UINT32_MAX", index); break;
    case ARGUMENT_BOOL: snprintf(text, CHECK_SIZE, "frame->x[%d] > 1", index); break;
    case ARGUMENT_FLAGS:
        snprintf(text, CHECK_SIZE, "(frame->x[%d] & ~(uint64_t)(%s)) != 0", index, argument->mask);
        break;
    default: return false;
    }
    return true;
}

static void write_checks(const struct call *call, const struct exit_path *path, FILE *out)
{
    for (int i = 0; i < call->argument_count; i++) {
        const struct argument *argument = &call->arguments[i];
        char text[CHECK_SIZE];
        if (argument_is_buffer(argument))
            write_buffer_check(argument, path, i, out);
        else if (number_check(argument, i, text))
            write_check(path, text, "STATUS_INVALID", out);
    }
}

/* Nothing to do after the handler. */
static bool answers_at_once(const struct call *call)
{
    for (int i = 0; i < call->argument_count; i++)
        if (argument_is_looked_up(&call->arguments[i]))
            return false;
    return call->result_count == 0;
}

static void write_handler_call(const struct contract *contract, const struct call *call,
                               bool is_declared, FILE *out)
{
    const char *use = is_declared ? "answer = " : "status_t answer = ";
    if (call->attributes & CALL_NORETURN)
        use = "";
    else if (answers_at_once(call))
        use = "return ";
    int column = fprintf(out, "    %ssyscall_%s(", use, call->name);
    struct text_list list = text_list_begin(out, column);
    text_list_add(&list, "caller");
    for (int i = 0; i < call->argument_count; i++) {
        const struct argument *argument = &call->arguments[i];
        const char *structure = handle_struct(contract, argument);
        if (argument->type == ARGUMENT_HANDLE && strcmp(structure, "object") != 0)
            text_list_add(&list, "(struct %s *)%s", structure, argument->name);
        else if (argument->type == ARGUMENT_CAPABILITY && argument->optional)
            text_list_add(&list, "%s.object == NULL ? NULL : &%s", argument->name, argument->name);
        else if (argument->type == ARGUMENT_CAPABILITY || argument->type == ARGUMENT_BORROWED)
            text_list_add(&list, "&%s", argument->name);
        else if (!argument->is_length)
            text_list_add(&list, "%s", argument->name);
    }
    for (int i = 0; i < call->result_count; i++)
        text_list_add(&list, "&out_%s", call->results[i].name);
    fprintf(out, ");\n");
}

static void write_results(const struct call *call, FILE *out)
{
    if (call->result_count == 0)
        return;
    fprintf(out, "    if (answer == STATUS_OK)%s\n", call->result_count > 1 ? " {" : "");
    for (int i = 0; i < call->result_count; i++)
        fprintf(out, "        frame->x[%d] = %sout_%s%s;\n", i + 1,
                call->results[i].type == ARGUMENT_I64 ? "(uint64_t)" : "", call->results[i].name,
                call->results[i].type == ARGUMENT_HANDLE ? ".raw" : "");
    if (call->result_count > 1)
        fprintf(out, "    }\n");
}

/* Whether anything can still fail when all handles are held. */
static bool call_has_checks(const struct call *call)
{
    for (int i = 0; i < call->argument_count; i++)
        if (argument_is_buffer(&call->arguments[i]) ||
            number_check(&call->arguments[i], i, (char[CHECK_SIZE]){ 0 }))
            return true;
    return false;
}

static void write_entry(const struct contract *contract, const struct call *call, FILE *out)
{
    struct exit_path path = { NULL };
    fprintf(out, "static status_t entry_%s(struct thread *caller, struct trap_frame *frame)\n{\n",
            call->name);
    for (int i = 0; i < call->argument_count; i++)
        write_local(&call->arguments[i], i, out);
    for (int i = 0; i < call->result_count; i++)
        write_result_local(&call->results[i], out);
    entry_write_resolves(contract, call, &path, out);
    write_checks(call, &path, out);
    write_handler_call(contract, call, path.newest != NULL, out);
    write_results(call, out);
    entry_write_releases(call, call_has_checks(call), out);
    if (!(call->attributes & CALL_NORETURN) && !answers_at_once(call))
        fprintf(out, "    return answer;\n");
    fprintf(out, "}\n\n");
}

static const char *call_flags(const struct call *call, char text[NAME_SIZE * 2])
{
    static const char *const names[CALL_ATTRIBUTES] = { "BLOCKING", "NOBLOCK", "RAW",
                                                        "NORETURN", "SIGNALS", "NORESTART",
                                                        "PATIENT" };
    size_t used = 0;
    for (unsigned i = 0; i < CALL_ATTRIBUTES; i++)
        if (call->attributes >> i & 1)
            used += (size_t)snprintf(text + used, NAME_SIZE * 2 - used, "%sSYSCALL_%s",
                                     used > 0 ? " | " : "", names[i]);
    return used == 0 ? "0" : text;
}

static void write_entry_row(const struct call *call, int number, FILE *out)
{
    if (call->name[0] == 0)
        fprintf(out, "    [%d] = entry_bad_call,\n", number);
    else
        fprintf(out, "    [SYSCALL_%s] = %s_%s,\n", call->name,
                call->attributes & CALL_RAW ? "syscall" : "entry", call->name);
}

static void write_flags_row(const struct call *call, int number, FILE *out)
{
    if (call->name[0] == 0)
        fprintf(out, "    [%d] = SYSCALL_NOBLOCK,\n", number);
    else
        fprintf(out, "    [SYSCALL_%s] = %s,\n", call->name,
                call_flags(call, (char[NAME_SIZE * 2]){ 0 }));
}

void out_entries(const struct contract *contract, FILE *out)
{
    fprintf(out, "/* Generated from abi/syscalls.tab by tools/abigen.\n"
                 " * The entry of each call, and their tables. */\n"
                 "#include <kernel_gen/syscall_handlers.h>\n\n");
    for (int i = 0; i < contract->include_count; i++)
        fprintf(out, "#include %s\n", contract->includes[i]);
    for (int i = 0; i < contract->kernel_include_count; i++)
        fprintf(out, "#include %s\n", contract->kernel_includes[i]);
    fprintf(out, "\n");
    entry_write_capability_resolve(contract, out);
    bool has_gap = false;
    for (int i = 0; i < contract->call_limit; i++) {
        const struct call *call = &contract->calls[i];
        has_gap |= call->name[0] == 0;
        if (call->name[0] != 0 && !(call->attributes & CALL_RAW))
            write_entry(contract, call, out);
    }
    if (has_gap)
        fprintf(out,
                "static status_t entry_bad_call(struct thread *caller, struct trap_frame *frame)\n"
                "{\n    return STATUS_BAD_CALL;\n}\n\n");
    fprintf(out, "const syscall_entry_t syscall_entries[SYSCALL_COUNT] = {\n");
    for (int i = 0; i < contract->call_limit; i++)
        write_entry_row(&contract->calls[i], i, out);
    fprintf(out, "};\n\nconst uint8_t syscall_flags[SYSCALL_COUNT] = {\n");
    for (int i = 0; i < contract->call_limit; i++)
        write_flags_row(&contract->calls[i], i, out);
    fprintf(out, "};\n");
}
