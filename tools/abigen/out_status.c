/* <abi/status.h>: the codes, their names, their errno names. */
#include "tools/abigen/outputs.h"

void out_status(const struct contract *contract, FILE *out)
{
    fprintf(out, "/* Generated from abi/status.tab by tools/abigen. */\n#pragma once\n\n"
                 "/* The result of every fallible function. Ignoring one is a warning. */\n"
                 "typedef enum [[nodiscard]] status {\n");
    for (int i = 0; i < contract->status_count; i++)
        fprintf(out, "    STATUS_%s = %d, /* %s */\n", contract->statuses[i].name, i,
                contract->statuses[i].text);
    fprintf(out, "} status_t;\n\n#define STATUS_COUNT %d\n\n", contract->status_count);
    fprintf(out,
            "/* X(name, errno_name, sentence) for each, in order. */\n#define STATUS_TABLE(X)");
    for (int i = 0; i < contract->status_count; i++)
        fprintf(out, " \\\n    X(%s, %s, \"%s\")", contract->statuses[i].name,
                contract->statuses[i].errno_name, contract->statuses[i].text);
    fprintf(out, "\n");
}
