/* Reader of abi/syscalls.tab: one block a call.
 *
 *     include <abi/port.h>            what both sides need for the types named below
 *     kernel_include "kernel/x.h"     what the kernel's entries need
 *     call 12 file_read
 *         in   NAME TYPE ...          to x0, x1 ... in this order
 *         out  NAME TYPE              from x1, x2 ...
 *         err  STATUS ...             those of the handler; those of the entry's checks are implied
 *         attr blocking | noblock | raw | noreturn | signals | norestart | patient
 *         doc  Prose, continued by further doc lines.
 *
 * The types are at the end of the file, in one table. */
#include <ctype.h>
#include <string.h>

#include "tools/abigen/type_reader.h"

/* The C type of an element: u64 and the like as in arguments; a name in _t is itself; any other
 * name is a structure's. */
static void read_element(struct type_reader *reader, struct argument *argument)
{
    static const char *const plain[][2] = {
        { "u8", "uint8_t" },     { "u16", "uint16_t" },    { "u32", "uint32_t" },
        { "u64", "uint64_t" },   { "i64", "int64_t" },     { "size", "size_t" },
        { "time", "time_ns_t" }, { "handle", "handle_t" },
    };
    char name[NAME_SIZE];
    bool is_struct = type_next_is(reader, "struct");
    type_copy_word(reader, name, "the type");
    for (size_t i = 0; i < sizeof plain / sizeof plain[0] && !is_struct; i++)
        if (strcmp(name, plain[i][0]) == 0)
            strcpy(name, plain[i][1]);
    size_t len = strlen(name);
    bool is_typedef = !is_struct && len > 2 && strcmp(name + len - 2, "_t") == 0;
    snprintf(argument->element, sizeof argument->element, "%s%s", is_typedef ? "" : "struct ",
             name);
}

static void read_max(struct type_reader *reader, struct argument *argument)
{
    if (type_next_is(reader, "max"))
        type_copy_word(reader, argument->max, "the bound");
}

static void read_buffer(struct type_reader *reader, struct argument *argument)
{
    bool counted = type_next_is(reader, "count");
    type_copy_word(reader, argument->len_name, "the length argument");
    if (counted)
        read_element(reader, argument);
    read_max(reader, argument);
}

static void read_fixed(struct type_reader *reader, struct argument *argument)
{
    read_element(reader, argument);
    argument->optional = type_next_is(reader, "optional");
}

static void read_string(struct type_reader *reader, struct argument *argument)
{
    type_copy_word(reader, argument->len_name, "the length argument");
    read_max(reader, argument);
    if (argument->max[0] == 0)
        tab_error(reader->tab, "a string needs a bound: max N");
}

/* A plain number; what follows it is its unit, for people. */
static void read_scalar(struct type_reader *reader, struct argument *argument)
{
    snprintf(argument->units, sizeof argument->units, "%s", tab_rest(reader->tab, reader->at));
    reader->at = reader->tab->word_count;
}

/* How each type is written in the table and whether it can be a result. */
static const struct type_row {
    const char *word;
    void (*read)(struct type_reader *reader, struct argument *argument);
    bool is_result;
} type_rows[ARGUMENT_TYPE_COUNT] = {
    [ARGUMENT_HANDLE] = { "handle", type_read_handle, true },
    [ARGUMENT_CAPABILITY] = { "capability", type_read_handle, false },
    [ARGUMENT_BORROWED] = { "borrowed", type_read_handle, false },
    [ARGUMENT_SLOT] = { "slot", read_scalar, false },
    [ARGUMENT_USER_IN] = { "user_in", read_buffer, false },
    [ARGUMENT_USER_OUT] = { "user_out", read_buffer, false },
    [ARGUMENT_USER_IN_FIXED] = { "user_in_fixed", read_fixed, false },
    [ARGUMENT_USER_OUT_FIXED] = { "user_out_fixed", read_fixed, false },
    [ARGUMENT_STRING] = { "string", read_string, false },
    [ARGUMENT_SIZE] = { "size", read_scalar, true },
    [ARGUMENT_U64] = { "u64", read_scalar, true },
    [ARGUMENT_U32] = { "u32", read_scalar, true },
    [ARGUMENT_I64] = { "i64", read_scalar, true },
    [ARGUMENT_BOOL] = { "bool", read_scalar, true },
    [ARGUMENT_TIME] = { "time", read_scalar, true },
    [ARGUMENT_RIGHTS] = { "rights", read_scalar, true },
    [ARGUMENT_FLAGS] = { "flags", type_read_flags, false },
};

static enum argument_type type_find(const struct tab *tab, const char *word)
{
    for (int i = 0; i < ARGUMENT_TYPE_COUNT; i++)
        if (strcmp(type_rows[i].word, word) == 0)
            return (enum argument_type)i;
    tab_error(tab, "unknown type '%s'", word);
}

static void refuse_same_name(const struct tab *tab, const struct argument *arguments, int count,
                             const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(arguments[i].name, name) == 0)
            tab_error(tab, "'%s' is there already", name);
}

static void begin_argument(struct type_reader *reader, struct argument *argument)
{
    *argument = (struct argument){ .line = reader->tab->line };
    row_name(reader->tab, 1, argument->name);
    reader->at = 2;
    argument->type = type_find(reader->tab, type_next_word(reader, "the type"));
}

static void add_argument(struct type_reader *reader, struct call *call)
{
    if (call->argument_count == ARGUMENTS_MAX)
        tab_error(reader->tab, "more than %d arguments", ARGUMENTS_MAX);
    struct argument *argument = &call->arguments[call->argument_count];
    begin_argument(reader, argument);
    refuse_same_name(reader->tab, call->arguments, call->argument_count, argument->name);
    type_rows[argument->type].read(reader, argument);
    if (reader->at < reader->tab->word_count)
        tab_error(reader->tab, "'%s' is not expected here", reader->tab->words[reader->at]);
    call->argument_count++;
}

static void add_result(struct type_reader *reader, struct call *call)
{
    if (call->result_count == RESULTS_MAX)
        tab_error(reader->tab, "more than %d results", RESULTS_MAX);
    struct argument *result = &call->results[call->result_count];
    begin_argument(reader, result);
    refuse_same_name(reader->tab, call->results, call->result_count, result->name);
    if (!type_rows[result->type].is_result)
        tab_error(reader->tab, "a result cannot be '%s'", type_rows[result->type].word);
    read_scalar(reader, result); /* A kind after `handle` is for people too. */
    call->result_count++;
}

static void add_errors(const struct contract *contract, const struct tab *tab, struct call *call)
{
    for (int i = 1; i < tab->word_count; i++) {
        int status = status_find(contract, tab->words[i]);
        if (status <= 0)
            tab_error(tab, "'%s' is no status of failure", tab->words[i]);
        if (call->errors[status])
            tab_error(tab, "'%s' is there already", tab->words[i]);
        call->errors[status] = true;
    }
}

static void add_attribute(const struct tab *tab, struct call *call)
{
    static const char *const words[CALL_ATTRIBUTES] = { "blocking", "noblock", "raw",
                                                        "noreturn", "signals", "norestart",
                                                        "patient" };
    for (int i = 1; i < tab->word_count; i++) {
        unsigned attribute = 0;
        for (unsigned w = 0; w < CALL_ATTRIBUTES; w++)
            if (strcmp(tab->words[i], words[w]) == 0)
                attribute = 1u << w;
        if (attribute == 0)
            tab_error(tab, "unknown attribute '%s'", tab->words[i]);
        call->attributes |= attribute;
    }
    if ((call->attributes & CALL_BLOCKING) && (call->attributes & CALL_NOBLOCK))
        tab_error(tab, "a call is blocking or noblock, not both");
    if ((call->attributes & CALL_SIGNALS) && !(call->attributes & CALL_BLOCKING))
        tab_error(tab, "signals end the waits of a call that is blocking");
    if ((call->attributes & CALL_NORESTART) && !(call->attributes & CALL_SIGNALS))
        tab_error(tab, "norestart is about calls that signals interrupt");
    if ((call->attributes & CALL_PATIENT) && (call->attributes & (CALL_NOBLOCK | CALL_RAW)))
        tab_error(tab, "a patient call is neither raw nor noblock");
}

/* The statuses with which the entry itself may answer, before any handler runs. */
static void add_implied_errors(const struct contract *contract, const struct argument *argument,
                               struct call *call)
{
    const char *implied[4] = { NULL };
    switch (argument->type) {
    case ARGUMENT_SLOT: implied[0] = "BAD_HANDLE"; break;
    case ARGUMENT_HANDLE:
    case ARGUMENT_CAPABILITY:
    case ARGUMENT_BORROWED:
        implied[0] = "BAD_HANDLE";
        implied[1] = argument->any_kind ? NULL : "WRONG_KIND";
        implied[2] = argument->rights_bits == 0 ? NULL : "NO_RIGHT";
        implied[3] = "REVOKED";
        break;
    case ARGUMENT_STRING: implied[1] = "NAME_TOO_LONG"; [[fallthrough]];
    case ARGUMENT_USER_IN:
    case ARGUMENT_USER_OUT: implied[2] = argument->max[0] == 0 ? NULL : "TOO_BIG"; [[fallthrough]];
    case ARGUMENT_USER_IN_FIXED:
    case ARGUMENT_USER_OUT_FIXED: implied[0] = "BAD_ADDRESS"; break;
    case ARGUMENT_U32:
    case ARGUMENT_BOOL:
    case ARGUMENT_RIGHTS:
    case ARGUMENT_FLAGS: implied[0] = "INVALID"; break;
    default: break;
    }
    if (argument->type == ARGUMENT_STRING)
        implied[2] = NULL; /* Its bound answers NAME_TOO_LONG. */
    for (int i = 0; i < 4; i++)
        if (implied[i] != NULL && status_find(contract, implied[i]) > 0)
            call->errors[status_find(contract, implied[i])] = true;
}

/* What can only be checked when the block is complete. */
static void close_call(const struct contract *contract, const struct tab *tab, struct call *call)
{
    struct tab at = { .path = tab->path, .line = call->line };
    if (call->doc[0] == 0)
        tab_error(&at, "call %s has no doc", call->name);
    if ((call->attributes & CALL_SIGNALS) && status_find(contract, "INTERRUPTED") > 0)
        call->errors[status_find(contract, "INTERRUPTED")] = true;
    if ((call->attributes & CALL_NORETURN) && call->result_count > 0)
        tab_error(&at, "call %s does not return, so it has no result", call->name);
    int looked_up = 0, borrowed = 0;
    for (int i = 0; i < call->argument_count; i++) {
        struct argument *argument = &call->arguments[i];
        at.line = argument->line;
        looked_up += argument_is_looked_up(argument);
        borrowed += argument->type == ARGUMENT_BORROWED;
        if (borrowed > 0 && (looked_up > 1 || argument->optional))
            tab_error(&at, "what is borrowed is the one handle of its call, and not optional");
        add_implied_errors(contract, argument, call);
        if (argument_is_looked_up(argument) && (call->attributes & CALL_NORETURN) &&
            !(call->attributes & CALL_RAW))
            tab_error(&at, "a call that does not return cannot give back a handle's reference");
        if (argument->len_name[0] == 0)
            continue;
        argument->len_index = -1;
        for (int j = 0; j < call->argument_count; j++)
            if (strcmp(call->arguments[j].name, argument->len_name) == 0)
                argument->len_index = j;
        if (argument->len_index < 0)
            tab_error(&at, "length argument '%s' is missing", argument->len_name);
        if (call->arguments[argument->len_index].type != ARGUMENT_SIZE)
            tab_error(&at, "length argument '%s' is not a size", argument->len_name);
        call->arguments[argument->len_index].is_length = true;
    }
}

static struct call *open_call(struct contract *contract, const struct tab *tab)
{
    if (tab->word_count != 3)
        tab_error(tab, "expected: call NUMBER NAME");
    long number = tab_number(tab, 1);
    if (number >= CALLS_MAX)
        tab_error(tab, "a call's number is below %d", CALLS_MAX);
    struct call *call = &contract->calls[number];
    if (call->name[0] != 0)
        tab_error(tab, "number %ld is %s already", number, call->name);
    char name[NAME_SIZE];
    row_name(tab, 2, name);
    for (int i = 0; i < contract->call_limit; i++)
        if (strcmp(contract->calls[i].name, name) == 0)
            tab_error(tab, "call %s is there already", name);
    memcpy(call->name, name, sizeof name);
    call->number = (int)number;
    call->line = tab->line;
    if (contract->call_limit <= number)
        contract->call_limit = (int)number + 1;
    return call;
}

static void add_line(const struct contract *contract, const struct tab *tab, struct call *call)
{
    struct type_reader reader = { .contract = contract, .tab = tab };
    const char *word = tab->words[0];
    if (strcmp(word, "in") == 0)
        add_argument(&reader, call);
    else if (strcmp(word, "out") == 0)
        add_result(&reader, call);
    else if (strcmp(word, "err") == 0)
        add_errors(contract, tab, call);
    else if (strcmp(word, "attr") == 0)
        add_attribute(tab, call);
    else if (strcmp(word, "doc") == 0)
        row_doc(tab, 1, call->doc);
    else
        tab_error(tab, "expected in, out, err, attr or doc, not '%s'", word);
}

void syscalls_read(struct contract *contract, const char *path)
{
    struct tab tab;
    struct call *call = NULL;
    tab_open(&tab, path);
    while (tab_next(&tab)) {
        if (tab.indented && call == NULL)
            tab_error(&tab, "an indented line before the first call");
        if (tab.indented) {
            add_line(contract, &tab, call);
            continue;
        }
        if (call != NULL)
            close_call(contract, &tab, call);
        call = NULL;
        if (strcmp(tab.words[0], "call") == 0)
            call = open_call(contract, &tab);
        else if (strcmp(tab.words[0], "include") == 0)
            row_include(&tab, contract->includes, &contract->include_count);
        else if (strcmp(tab.words[0], "kernel_include") == 0)
            row_include(&tab, contract->kernel_includes, &contract->kernel_include_count);
        else
            tab_error(&tab, "expected call, include or kernel_include, not '%s'", tab.words[0]);
    }
    if (call != NULL)
        close_call(contract, &tab, call);
    tab_close(&tab);
}
