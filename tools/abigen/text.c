/* Writing help for the outputs: folded prose, folded lists, the C names of scalar types. */
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

const char *text_scalar_type(enum argument_type type)
{
    switch (type) {
    case ARGUMENT_HANDLE: return "handle_t";
    case ARGUMENT_SIZE: return "size_t";
    case ARGUMENT_U64: return "uint64_t";
    case ARGUMENT_U32:
    case ARGUMENT_FLAGS: return "uint32_t";
    case ARGUMENT_I64: return "int64_t";
    case ARGUMENT_BOOL: return "bool";
    case ARGUMENT_TIME: return "time_ns_t";
    case ARGUMENT_RIGHTS: return "rights_t";
    default: return NULL;
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
