/* Reader of abi/objects.tab: one block a kind of object.
 *
 *     object 7 stream version 1
 *         right READ             a general right: its bit is the same for every kind
 *         right ACCEPT 16        a right of this kind alone, with its bit
 *         struct NAME            the kernel's structure, if it is not called as the kind
 *         doc   Prose.
 */
#include <ctype.h>
#include <string.h>

#include "tools/abigen/contract.h"

static const struct right general_rights[RIGHTS_GENERAL] = {
    { "READ", "RIGHT_READ", 0 },           { "WRITE", "RIGHT_WRITE", 1 },
    { "EXECUTE", "RIGHT_EXECUTE", 2 },     { "MAP", "RIGHT_MAP", 3 },
    { "DUPLICATE", "RIGHT_DUPLICATE", 4 }, { "TRANSFER", "RIGHT_TRANSFER", 5 },
    { "WAIT", "RIGHT_WAIT", 6 },           { "INSPECT", "RIGHT_INSPECT", 7 },
    { "CONTROL", "RIGHT_CONTROL", 8 },
};

const struct right *general_right(int bit)
{
    return &general_rights[bit];
}

const struct right *general_right_find(const char *name)
{
    for (int i = 0; i < RIGHTS_GENERAL; i++)
        if (strcmp(general_rights[i].name, name) == 0)
            return &general_rights[i];
    return NULL;
}

const struct right *kind_right_find(const struct kind *kind, const char *name)
{
    for (int i = 0; i < kind->right_count; i++)
        if (strcmp(kind->rights[i].name, name) == 0)
            return &kind->rights[i];
    return NULL;
}

const struct kind *kind_find(const struct contract *contract, const char *upper, size_t len)
{
    for (int i = 0; i < contract->kind_limit; i++)
        if (strlen(contract->kinds[i].upper) == len && len > 0 &&
            memcmp(contract->kinds[i].upper, upper, len) == 0)
            return &contract->kinds[i];
    return NULL;
}

static struct kind *open_kind(struct contract *contract, const struct tab *tab)
{
    if (tab->word_count != 5 || strcmp(tab->words[0], "object") != 0 ||
        strcmp(tab->words[3], "version") != 0)
        tab_error(tab, "expected: object NUMBER NAME version NUMBER");
    long number = tab_number(tab, 1);
    if (number < 1 || number >= KINDS_MAX)
        tab_error(tab, "an object's number is from 1 to %d", KINDS_MAX - 1);
    struct kind *kind = &contract->kinds[number];
    if (kind->name[0] != 0)
        tab_error(tab, "number %ld is %s already", number, kind->name);
    char name[NAME_SIZE], upper[NAME_SIZE] = { 0 };
    row_name(tab, 2, name);
    for (int i = 0; name[i] != 0; i++)
        upper[i] = (char)toupper((unsigned char)name[i]);
    if (kind_find(contract, upper, strlen(upper)) != NULL)
        tab_error(tab, "object %s is there already", name);
    memcpy(kind->name, name, sizeof name);
    memcpy(kind->upper, upper, sizeof upper);
    memcpy(kind->struct_name, name, sizeof name);
    kind->number = (int)number;
    kind->version = (int)tab_number(tab, 4);
    if (contract->kind_limit <= number)
        contract->kind_limit = (int)number + 1;
    return kind;
}

/* right NAME is a general one, right NAME BIT one of this kind's own. */
static void add_right(struct kind *kind, const struct tab *tab)
{
    struct right right = { .bit = -1 };
    row_capitals(tab, 1, right.name);
    const struct right *general = general_right_find(right.name);
    if (tab->word_count == 2 && general == NULL)
        tab_error(tab, "%s is no general right; a right of %s needs a bit", right.name, kind->name);
    if (tab->word_count != 2 && general != NULL)
        tab_error(tab, "%s is a general right and has its bit", right.name);
    if (kind_right_find(kind, right.name) != NULL)
        tab_error(tab, "right %s is there already", right.name);
    if (general != NULL) {
        right = *general;
    } else {
        right.bit = (int)tab_number(tab, 2);
        snprintf(right.macro, sizeof right.macro, "RIGHT_%s_%.40s", kind->upper, right.name);
    }
    if (general == NULL && (right.bit < RIGHT_BIT_KIND_MIN || right.bit > RIGHT_BIT_MAX))
        tab_error(tab, "the bit of a kind's own right is from %d to %d", RIGHT_BIT_KIND_MIN,
                  RIGHT_BIT_MAX);
    for (int i = 0; i < kind->right_count; i++)
        if (kind->rights[i].bit == right.bit)
            tab_error(tab, "bit %d is %s already", right.bit, kind->rights[i].name);
    kind->rights[kind->right_count++] = right;
}

static void add_line(struct kind *kind, const struct tab *tab)
{
    const char *word = tab->words[0];
    if (strcmp(word, "right") == 0)
        add_right(kind, tab);
    else if (strcmp(word, "struct") == 0)
        row_name(tab, 1, kind->struct_name);
    else if (strcmp(word, "doc") == 0)
        row_doc(tab, 1, kind->doc);
    else
        tab_error(tab, "expected right, struct or doc, not '%s'", word);
}

void objects_read(struct contract *contract, const char *path)
{
    struct tab tab;
    struct kind *kind = NULL;
    tab_open(&tab, path);
    while (tab_next(&tab)) {
        if (!tab.indented)
            kind = open_kind(contract, &tab);
        else if (kind == NULL)
            tab_error(&tab, "an indented line before the first object");
        else
            add_line(kind, &tab);
    }
    tab_close(&tab);
}
