/* The reference manual: build/ref/syscalls.md, objects.md and status.md. */
#include <string.h>

#include "tools/abigen/outputs.h"

static void write_first_line(FILE *out, const char *source, const char *title)
{
    fprintf(out, "<!-- Generated from abi/%s by tools/abigen. -->\n# %s\n\n", source, title);
}

void out_manual_status(const struct contract *contract, FILE *out)
{
    write_first_line(out, "status.tab", "Statuses");
    fprintf(
        out,
        "The answer of every call, in x0, and of every fallible function. `errno` is what the\n"
        "POSIX layer makes of it.\n\n| number | status | errno | meaning |\n|---|---|---|---|\n");
    for (int i = 0; i < contract->status_count; i++)
        fprintf(out, "| %d | `%s` | `%s` | %s |\n", i, contract->statuses[i].name,
                contract->statuses[i].errno_name, contract->statuses[i].text);
}

/* The calls that take a handle to that kind and name it (not those that take any). */
static void write_kind_calls(const struct contract *contract, const struct kind *kind, FILE *out)
{
    bool any = false;
    for (int i = 0; i < contract->call_limit; i++)
        for (int j = 0; j < contract->calls[i].argument_count; j++)
            if (contract->calls[i].arguments[j].kinds >> kind->number & 1) {
                fprintf(out, "%s[`%s`](syscalls.md#%s)",
                        any ? ", " : "Calls: ", contract->calls[i].name, contract->calls[i].name);
                any = true;
                break;
            }
    fprintf(out, "%s", any ? ".\n\n" : "");
}

void out_manual_objects(const struct contract *contract, FILE *out)
{
    write_first_line(out, "objects.tab", "Objects and rights");
    fprintf(out,
            "A handle names an object and carries rights. A right below means something for that\n"
            "kind; no handle to it carries another.\n\n| general right | bit |\n|---|---|\n");
    for (int i = 0; i < RIGHTS_GENERAL; i++)
        fprintf(out, "| `%s` | %d |\n", general_right(i)->macro, i);
    for (int i = 1; i < contract->kind_limit; i++) {
        const struct kind *kind = &contract->kinds[i];
        if (kind->name[0] == 0)
            continue;
        fprintf(out, "\n## %s\n\n", kind->name);
        if (kind->doc[0] != 0)
            text_fold(out, "", "", kind->doc, "");
        fprintf(out, "\nKind %d, version %d. Rights:", i, kind->version);
        for (int r = 0; r < kind->right_count; r++)
            fprintf(out, "%s `%s`", r > 0 ? "," : "", kind->rights[r].macro);
        fprintf(out, ".\n\n");
        write_kind_calls(contract, kind, out);
    }
}

static void write_index(const struct contract *contract, FILE *out)
{
    fprintf(
        out,
        "The number goes in x8, arguments in x0 to x7, then `svc #0`. The status comes back in "
        "x0,\n"
        "results in x1 and on, which are written only when the status is OK; every other register\n"
        "is kept. Handles are checked first, in order (BAD_HANDLE, WRONG_KIND, NO_RIGHT, "
        "REVOKED),\n"
        "then buffers and numbers.\n\n| number | call | |\n|---|---|---|\n");
    for (int i = 0; i < contract->call_limit; i++) {
        const struct call *call = &contract->calls[i];
        if (call->name[0] != 0)
            fprintf(out, "| %d | [`%s`](#%s) | %.*s |\n", i, call->name, call->name,
                    (int)strcspn(call->doc, ".;"), call->doc);
    }
}

static void write_row(const struct contract *contract, const struct argument *value,
                      const char *place, int index, FILE *out)
{
    char text[TEXT_TYPE_SIZE];
    fprintf(out, "| %sx%d | `%s` | ", place, index, value->name);
    text_cell(text_type(contract, value, text), out);
    fprintf(out, " |\n");
}

static void write_call(const struct contract *contract, const struct call *call, FILE *out)
{
    static const char *const attributes[CALL_ATTRIBUTES] = {
        "May sleep.",
        "Never sleeps.",
        "The registers mean what the text says.",
        "Does not return.",
        "Signals interrupt it.",
        "It is not made again after a handler.",
        "At a limit it waits for what is being given back.",
    };
    fprintf(out, "\n## %s\n\nNumber %d.", call->name, call->number);
    for (unsigned i = 0; i < CALL_ATTRIBUTES; i++)
        if (call->attributes >> i & 1)
            fprintf(out, " %s", attributes[i]);
    fprintf(out, "\n\n");
    text_fold(out, "", "", call->doc, "");
    if (call->argument_count + call->result_count > 0)
        fprintf(out, "\n| register | name | |\n|---|---|---|\n");
    for (int i = 0; i < call->argument_count; i++)
        write_row(contract, &call->arguments[i], "", i, out);
    for (int i = 0; i < call->result_count; i++)
        write_row(contract, &call->results[i], "out ", i + 1, out);
    if (call->attributes & CALL_NORETURN)
        return;
    fprintf(out, "\nAnswers: [OK](status.md)");
    for (int i = 1; i < contract->status_count; i++)
        if (call->errors[i])
            fprintf(out, ", %s", contract->statuses[i].name);
    fprintf(out, ".\n");
}

void out_manual_syscalls(const struct contract *contract, FILE *out)
{
    write_first_line(out, "syscalls.tab", "System calls");
    write_index(contract, out);
    for (int i = 0; i < contract->call_limit; i++)
        if (contract->calls[i].name[0] != 0)
            write_call(contract, &contract->calls[i], out);
}
