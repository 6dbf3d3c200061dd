/* <kernel_gen/syscall_handlers.h>: what each call's handler looks like, and the table of entries. */
#include "tools/abigen/outputs.h"

#include "tools/abigen/handlers.h"

void handler_parameters(const struct contract *contract, const struct call *call,
                        struct text_list *list)
{
    text_list_add(list, "struct thread *caller");
    if (call->attributes & CALL_RAW) {
        text_list_add(list, "struct trap_frame *frame");
        return;
    }
    for (int i = 0; i < call->argument_count; i++) {
        const struct argument *argument = &call->arguments[i];
        if (argument->type == ARGUMENT_HANDLE)
            text_list_add(list, "struct %s *%s", handle_struct(contract, argument), argument->name);
        else if (argument->type == ARGUMENT_CAPABILITY)
            text_list_add(list, "struct capability *%s", argument->name);
        else if (argument->type == ARGUMENT_BORROWED)
            text_list_add(list, "const struct capability *%s", argument->name);
        else if (argument_is_buffer(argument))
            text_list_add(list, "struct %s %s", argument_buffer(argument), argument->name);
        else if (!argument->is_length)
            text_list_add(list, "%s %s", text_scalar_type(argument->type), argument->name);
    }
    for (int i = 0; i < call->result_count; i++)
        text_list_add(list, "%s *out_%s", text_scalar_type(call->results[i].type),
                      call->results[i].name);
}

int handle_kind_count(const struct argument *argument)
{
    return __builtin_popcountll(argument->kinds);
}

const char *handle_struct(const struct contract *contract, const struct argument *argument)
{
    if (handle_kind_count(argument) != 1)
        return "object";
    return contract->kinds[__builtin_ctzll(argument->kinds)].struct_name;
}

bool argument_is_buffer(const struct argument *argument)
{
    return argument_buffer(argument) != NULL;
}

const char *argument_buffer(const struct argument *argument)
{
    switch (argument->type) {
    case ARGUMENT_USER_IN:
    case ARGUMENT_USER_IN_FIXED:
    case ARGUMENT_STRING: return "user_in";
    case ARGUMENT_USER_OUT:
    case ARGUMENT_USER_OUT_FIXED: return "user_out";
    default: return NULL;
    }
}

static void write_handler(const struct contract *contract, const struct call *call, FILE *out)
{
    int column = (call->attributes & CALL_NORETURN)
                     ? fprintf(out, "_Noreturn void syscall_%s(", call->name)
                     : fprintf(out, "status_t syscall_%s(", call->name);
    struct text_list list = text_list_begin(out, column);
    handler_parameters(contract, call, &list);
    fprintf(out, ");\n");
}

/* The kernel's structures, by name alone: each kind once, in the order of the table. */
static void write_forward_declarations(const struct contract *contract, FILE *out)
{
    fprintf(
        out,
        "struct capability;\nstruct object;\nstruct process;\nstruct thread;\nstruct trap_frame;\n"
        "struct user_in;\nstruct user_out;\n");
    for (int i = 1; i < contract->kind_limit; i++)
        if (contract->kinds[i].name[0] != 0)
            fprintf(out, "struct %s;\n", contract->kinds[i].struct_name);
}

void out_handlers(const struct contract *contract, FILE *out)
{
    fprintf(
        out,
        "/* Generated from abi/syscalls.tab by tools/abigen.\n"
        " * A handler gets objects that its entry has looked up and will give back, buffers that\n"
        " * lie in user space, and numbers in range: never a raw register. A raw call's handler\n"
        " * gets the frame, and does its own checking. Results are written to the user's "
        "registers\n"
        " * only when the answer is OK. Context: thread, interrupts on, no lock held. */\n"
        "#pragma once\n\n#include <abi/objects.h>\n#include <abi/syscall_numbers.h>\n"
        "#include <abi/types.h>\n\n");
    write_forward_declarations(contract, out);
    fprintf(
        out,
        "\nenum syscall_flags {\n    SYSCALL_BLOCKING = 1, /* May sleep. */\n"
        "    SYSCALL_NOBLOCK = 2,  /* Never sleeps. */\n"
        "    SYSCALL_RAW = 4,      /* The handler is its own entry. */\n"
        "    SYSCALL_NORETURN = 8,\n"
        "    SYSCALL_SIGNALS = 16,   /* Signals of POSIX end its waits. */\n"
        "    SYSCALL_NORESTART = 32, /* It is not made again after a handler. */\n"
        "    SYSCALL_PATIENT = 64,   /* Made again once when it meets a limit. */\n};\n\n"
        "/* The answer goes to x0; the entry has written the results. */\n"
        "typedef status_t (*syscall_entry_t)(struct thread *caller, struct trap_frame *frame);\n\n"
        "/* By number; a gap is an entry that answers BAD_CALL. Apart, so that both and the "
        "operations of\n"
        " * objects lie on one page. */\n"
        "extern const syscall_entry_t syscall_entries[SYSCALL_COUNT];\n"
        "extern const uint8_t syscall_flags[SYSCALL_COUNT]; /* SYSCALL_* */\n\n");
    for (int i = 0; i < contract->call_limit; i++)
        if (contract->calls[i].name[0] != 0)
            write_handler(contract, &contract->calls[i], out);
}
