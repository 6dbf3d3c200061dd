/* abi/abi.golden: the contract as flat lines, so that a review sees each change of it. Prose is
 * left out: rewording is no change of the contract. */
#include "tools/abigen/outputs.h"

static void write_objects(const struct contract *contract, FILE *out)
{
    for (int i = 1; i < contract->kind_limit; i++) {
        const struct kind *kind = &contract->kinds[i];
        if (kind->name[0] == 0)
            continue;
        fprintf(out, "object %d %s version %d\n", i, kind->name, kind->version);
        for (int r = 0; r < kind->right_count; r++)
            fprintf(out, "right %s %s bit %d\n", kind->name, kind->rights[r].name,
                    kind->rights[r].bit);
    }
}

static void write_call(const struct contract *contract, const struct call *call, FILE *out)
{
    static const char *const attributes[CALL_ATTRIBUTES] = { "blocking", "noblock", "raw",
                                                             "noreturn", "signals", "norestart",
                                                             "patient" };
    char text[TEXT_TYPE_SIZE];
    fprintf(out, "call %d %s", call->number, call->name);
    for (unsigned i = 0; i < CALL_ATTRIBUTES; i++)
        if (call->attributes >> i & 1)
            fprintf(out, " %s", attributes[i]);
    fputc('\n', out);
    for (int i = 0; i < call->argument_count; i++)
        fprintf(out, "in %s x%d %s %s\n", call->name, i, call->arguments[i].name,
                text_type(contract, &call->arguments[i], text));
    for (int i = 0; i < call->result_count; i++)
        fprintf(out, "out %s x%d %s %s\n", call->name, i + 1, call->results[i].name,
                text_type_word(call->results[i].type));
    for (int i = 1; i < contract->status_count; i++)
        if (call->errors[i])
            fprintf(out, "err %s %s\n", call->name, contract->statuses[i].name);
}

void out_golden(const struct contract *contract, FILE *out)
{
    fprintf(out, "# Generated from the tables of abi/ by tools/abigen: `make golden`.\n");
    for (int i = 0; i < contract->status_count; i++)
        fprintf(out, "status %d %s %s\n", i, contract->statuses[i].name,
                contract->statuses[i].errno_name);
    for (int i = 0; i < RIGHTS_GENERAL; i++)
        fprintf(out, "right * %s bit %d\n", general_right(i)->name, general_right(i)->bit);
    write_objects(contract, out);
    for (int i = 0; i < contract->call_limit; i++)
        if (contract->calls[i].name[0] != 0)
            write_call(contract, &contract->calls[i], out);
}
