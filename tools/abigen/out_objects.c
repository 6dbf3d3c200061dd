/* <abi/objects.h>: the kinds of object, their versions, and the rights a handle can carry. */
#include "tools/abigen/outputs.h"

static void write_kinds(const struct contract *contract, FILE *out)
{
    fprintf(out, "enum object_kind {\n    OBJECT_NONE = 0, /* Not an object. */\n");
    for (int i = 1; i < contract->kind_limit; i++)
        if (contract->kinds[i].name[0] != 0)
            fprintf(out, "    OBJECT_%s = %d,\n", contract->kinds[i].upper, i);
    fprintf(out, "    OBJECT_KIND_LIMIT = %d, /* Above every kind. */\n};\n\n",
            contract->kind_limit);
    fprintf(out,
            "/* A set of kinds is a mask: OBJECT_BIT(OBJECT_FILE) | ... */\n"
            "#define OBJECT_BIT(kind) (1ull << (kind))\n"
            "#define OBJECT_BITS_ALL 0x%llxull\n\n",
            (1ull << contract->kind_limit) - 2);
}

static void write_general_rights(FILE *out)
{
    fprintf(out, "/* Rights that mean the same for every kind: bits 0 to 15. */\n");
    for (int i = 0; i < RIGHTS_GENERAL; i++)
        fprintf(out, "#define %-16s 0x%xu\n", general_right(i)->macro, 1u << i);
    fprintf(out, "\n/* Rights of one kind: bits 16 to 31. */\n");
}

static uint32_t kind_rights(const struct kind *kind)
{
    uint32_t mask = 0;
    for (int i = 0; i < kind->right_count; i++)
        mask |= 1u << kind->rights[i].bit;
    return mask;
}

static void write_kind_rights(const struct kind *kind, FILE *out)
{
    for (int i = 0; i < kind->right_count; i++)
        if (kind->rights[i].bit >= RIGHT_BIT_KIND_MIN)
            fprintf(out, "#define %s 0x%xu\n", kind->rights[i].macro, 1u << kind->rights[i].bit);
}

void out_objects(const struct contract *contract, FILE *out)
{
    fprintf(out, "/* Generated from abi/objects.tab by tools/abigen. */\n#pragma once\n\n");
    write_kinds(contract, out);
    write_general_rights(out);
    for (int i = 1; i < contract->kind_limit; i++)
        write_kind_rights(&contract->kinds[i], out);
    fprintf(out, "\n/* Every right that a kind has: no handle to it carries another. */\n");
    for (int i = 1; i < contract->kind_limit; i++)
        if (contract->kinds[i].name[0] != 0)
            fprintf(out, "#define RIGHTS_%-12s 0x%xu\n", contract->kinds[i].upper,
                    kind_rights(&contract->kinds[i]));
    fprintf(out, "\n/* X(KIND, name, version, rights) for each, by number. */\n"
                 "#define OBJECT_TABLE(X)");
    for (int i = 1; i < contract->kind_limit; i++)
        if (contract->kinds[i].name[0] != 0)
            fprintf(out, " \\\n    X(%s, %s, %d, RIGHTS_%s)", contract->kinds[i].upper,
                    contract->kinds[i].name, contract->kinds[i].version, contract->kinds[i].upper);
    fprintf(out, "\n\n/* X(NAME, mask) for each general right. */\n#define RIGHT_TABLE(X)");
    for (int i = 0; i < RIGHTS_GENERAL; i++)
        fprintf(out, " \\\n    X(%s, %s)", general_right(i)->name, general_right(i)->macro);
    fprintf(out, "\n\n/* X(KIND, NAME, mask) for each right of one kind. */\n"
                 "#define KIND_RIGHT_TABLE(X)");
    for (int i = 1; i < contract->kind_limit; i++)
        for (int r = 0; r < contract->kinds[i].right_count; r++)
            if (contract->kinds[i].rights[r].bit >= RIGHT_BIT_KIND_MIN)
                fprintf(out, " \\\n    X(%s, %s, %s)", contract->kinds[i].upper,
                        contract->kinds[i].rights[r].name, contract->kinds[i].rights[r].macro);
    fprintf(out, "\n");
}
