/* A program that prints the sizes of the structures to which arguments point: compiled with the ABI's
 * headers, its lines join abi/abi.golden. */
#include "tools/abigen/outputs.h"

void out_sizes(const struct contract *contract, FILE *out)
{
    fprintf(out, "/* Generated from abi/syscalls.tab by tools/abigen. */\n#include <stdio.h>\n\n"
                 "#include <abi/types.h>\n");
    for (int i = 0; i < contract->include_count; i++)
        fprintf(out, "#include %s\n", contract->includes[i]);
    fprintf(out, "\nint main(void)\n{\n");
    text_structures(contract, "    printf(\"$ size %zu\\n\", sizeof($));\n", out);
    fprintf(out, "    return 0;\n}\n");
}
