/* Writing help for the outputs: folded prose, folded lists, the C names of scalar types. */
#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "tools/abigen/outputs.h"

enum { COLUMNS = 100 };

void text_fold(FILE *out, const char *first, const char *prefix, const char *text, const char *last)
{
    int column = fprintf(out, "%s", first);
    bool at_begin = true;
    while (*text != 0) {
        int len = (int)strcspn(text, " ");
        int end_len = text[len] == 0 ? (int)strlen(last) : 0;
        if (!at_begin && column + 1 + len + end_len > COLUMNS) {
            fputc('\n', out);
            column = fprintf(out, "%s", prefix);
            at_begin = true;
        }
        column += fprintf(out, "%s%.*s", at_begin ? "" : " ", len, text);
        at_begin = false;
        text += len;
        text += strspn(text, " ");
    }
    fprintf(out, "%s\n", last);
}

void text_capitals(const char *name, FILE *out)
{
    for (; *name != 0; name++)
        fputc(toupper((unsigned char)*name), out);
}

void text_cell(const char *text, FILE *out)
{
    for (; *text != 0; text++)
        fprintf(out, "%s%c", *text == '|' ? "\\" : "", *text);
}

static const struct type_names {
    const char *word;
    const char *macro;
    const char *scalar; /* C type of the value; NULL for addresses. */
} type_names[ARGUMENT_TYPE_COUNT] = {
    [ARGUMENT_HANDLE] = { "handle", "SYSCALL_TYPE_HANDLE", "handle_t" },
    [ARGUMENT_CAPABILITY] = { "capability", "SYSCALL_TYPE_HANDLE", "handle_t" },
    [ARGUMENT_BORROWED] = { "borrowed", "SYSCALL_TYPE_HANDLE", "handle_t" },
    [ARGUMENT_SLOT] = { "slot", "SYSCALL_TYPE_HANDLE", "handle_t" },
    [ARGUMENT_USER_IN] = { "user_in", "SYSCALL_TYPE_USER_IN", NULL },
    [ARGUMENT_USER_OUT] = { "user_out", "SYSCALL_TYPE_USER_OUT", NULL },
    [ARGUMENT_USER_IN_FIXED] = { "user_in_fixed", "SYSCALL_TYPE_USER_IN_FIXED", NULL },
    [ARGUMENT_USER_OUT_FIXED] = { "user_out_fixed", "SYSCALL_TYPE_USER_OUT_FIXED", NULL },
    [ARGUMENT_STRING] = { "string", "SYSCALL_TYPE_STRING", NULL },
    [ARGUMENT_SIZE] = { "size", "SYSCALL_TYPE_SIZE", "size_t" },
    [ARGUMENT_U64] = { "u64", "SYSCALL_TYPE_U64", "uint64_t" },
    [ARGUMENT_U32] = { "u32", "SYSCALL_TYPE_U32", "uint32_t" },
    [ARGUMENT_I64] = { "i64", "SYSCALL_TYPE_I64", "int64_t" },
    [ARGUMENT_BOOL] = { "bool", "SYSCALL_TYPE_BOOL", "bool" },
    [ARGUMENT_TIME] = { "time", "SYSCALL_TYPE_TIME", "time_ns_t" },
    [ARGUMENT_RIGHTS] = { "rights", "SYSCALL_TYPE_RIGHTS", "rights_t" },
    [ARGUMENT_FLAGS] = { "flags", "SYSCALL_TYPE_FLAGS", "uint32_t" },
};

const char *text_type_word(enum argument_type type)
{
    return type_names[type].word;
}

const char *text_type_macro(enum argument_type type)
{
    return type_names[type].macro;
}

const char *text_kinds(const struct contract *contract, const struct argument *argument, char *text,
                       size_t text_size)
{
    size_t used = 0;
    if (argument->any_kind)
        return "OBJECT_BITS_ALL";
    for (int i = 0; i < contract->kind_limit; i++)
        if (argument->kinds >> i & 1)
            used += (size_t)snprintf(text + used, text_size - used, "%sOBJECT_BIT(OBJECT_%s)",
                                     used > 0 ? " | " : "", contract->kinds[i].upper);
    return text;
}

/* The name of a right's bit for what the argument takes. */
static const char *right_name(const struct contract *contract, const struct argument *argument,
                              int bit)
{
    if (bit < RIGHTS_GENERAL)
        return general_right(bit)->name;
    const struct kind *kind = &contract->kinds[__builtin_ctzll(argument->kinds)];
    for (int i = 0; i < kind->right_count; i++)
        if (kind->rights[i].bit == bit)
            return kind->rights[i].name;
    return "?";
}

/* FILE|DIRECTORY +READ +WRITE */
static void add_handle(const struct contract *contract, const struct argument *argument, char *text)
{
    size_t used = strlen(text);
    for (int i = 0, count = 0; i < contract->kind_limit; i++)
        if (argument->kinds >> i & 1)
            used += (size_t)snprintf(text + used, TEXT_TYPE_SIZE - used, "%s%s",
                                     count++ > 0 ? "|" : " ", contract->kinds[i].upper);
    if (argument->any_kind)
        used += (size_t)snprintf(text + used, TEXT_TYPE_SIZE - used, " ANY");
    for (int bit = 0; bit <= RIGHT_BIT_MAX; bit++)
        if ((unsigned)argument->rights_bits >> bit & 1)
            used += (size_t)snprintf(text + used, TEXT_TYPE_SIZE - used, " +%s",
                                     right_name(contract, argument, bit));
}

const char *text_type(const struct contract *contract, const struct argument *argument,
                      char text[TEXT_TYPE_SIZE])
{
    snprintf(text, TEXT_TYPE_SIZE, "%s", text_type_word(argument->type));
    if (argument_is_looked_up(argument))
        add_handle(contract, argument, text);
    const struct {
        const char *before, *word;
    } parts[] = {
        { argument->len_name[0] != 0 && argument->element[0] != 0 ? " count " : " ",
          argument->len_name },
        { " ", argument->element },
        { " ", argument->flags_name },
        { " mask ", argument->mask },
        { " max ", argument->max },
        { " ", argument->units },
        { " ", argument->optional ? "optional" : "" },
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t used = strlen(text);
        if (parts[i].word[0] != 0)
            snprintf(text + used, TEXT_TYPE_SIZE - used, "%s%s", parts[i].before, parts[i].word);
    }
    return text;
}

const char *text_scalar_type(enum argument_type type)
{
    return type_names[type].scalar;
}

static bool is_structure(const struct argument *argument)
{
    return strncmp(argument->element, "struct ", 7) == 0;
}

/* Whether an argument before place (call, index) points to the same structure. */
static bool is_repeated(const struct contract *contract, int call, int index)
{
    const char *element = contract->calls[call].arguments[index].element;
    for (int i = 0; i <= call; i++)
        for (int j = 0; j < (i == call ? index : contract->calls[i].argument_count); j++)
            if (strcmp(contract->calls[i].arguments[j].element, element) == 0)
                return true;
    return false;
}

/* The format with the name in place of each $. */
static void write_filled(const char *format, const char *name, FILE *out)
{
    for (; *format != 0; format++)
        if (*format == '$')
            fprintf(out, "%s", name);
        else
            fputc(*format, out);
}

void text_structures(const struct contract *contract, const char *format, FILE *out)
{
    for (int i = 0; i < contract->call_limit; i++)
        for (int j = 0; j < contract->calls[i].argument_count; j++) {
            const struct argument *argument = &contract->calls[i].arguments[j];
            if (is_structure(argument) && !is_repeated(contract, i, j))
                write_filled(format, argument->element, out);
        }
}

struct text_list text_list_begin(FILE *out, int column)
{
    return (struct text_list){ .out = out, .column = column, .column_begin = column };
}

void text_list_add(struct text_list *list, const char *format, ...)
{
    char item[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(item, sizeof item, format, args);
    va_end(args);
    if (list->count++ > 0) {
        fputc(',', list->out);
        list->column++;
        if (list->column + len + 4 > COLUMNS) {
            fprintf(list->out, "\n%*s", list->column_begin, "");
            list->column = list->column_begin;
        } else {
            fputc(' ', list->out);
            list->column++;
        }
    }
    list->column += fprintf(list->out, "%s", item);
}
