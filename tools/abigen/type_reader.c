/* The words after a name, shared by syscalls.c and protocol.c. */
#include <string.h>

#include "tools/abigen/type_reader.h"

const char *type_next_word(struct type_reader *reader, const char *what)
{
    if (reader->at >= reader->tab->word_count)
        tab_error(reader->tab, "%s is missing", what);
    return reader->tab->words[reader->at++];
}

bool type_next_is(struct type_reader *reader, const char *word)
{
    if (reader->at >= reader->tab->word_count || strcmp(reader->tab->words[reader->at], word) != 0)
        return false;
    reader->at++;
    return true;
}

void type_copy_word(struct type_reader *reader, char out[NAME_SIZE], const char *what)
{
    const char *word = type_next_word(reader, what);
    if (strlen(word) >= NAME_SIZE)
        tab_error(reader->tab, "'%s' is longer than %d characters", word, NAME_SIZE - 1);
    strcpy(out, word);
}

/* FILE, FILE|DIRECTORY or ANY. */
static void read_kinds(struct type_reader *reader, struct argument *argument)
{
    const char *word = type_next_word(reader, "the kind of the handle");
    argument->any_kind = strcmp(word, "ANY") == 0;
    while (!argument->any_kind && *word != 0) {
        size_t len = strcspn(word, "|");
        const struct kind *kind = kind_find(reader->contract, word, len);
        if (kind == NULL)
            tab_error(reader->tab, "unknown kind '%.*s'", (int)len, word);
        argument->kinds |= 1ull << kind->number;
        word += len + (word[len] == '|');
    }
}

/* The right of that name, which must be the same bit for every kind that the argument takes. */
static const struct right *read_right(struct type_reader *reader, const struct argument *argument,
                                      const char *name)
{
    const struct right *right = NULL;
    if (argument->any_kind)
        right = general_right_find(name);
    if (argument->any_kind && right == NULL)
        tab_error(reader->tab, "'%s' is not a right of every kind", name);
    for (int i = 0; i < reader->contract->kind_limit; i++) {
        const struct kind *kind = &reader->contract->kinds[i];
        if ((argument->kinds >> i & 1) == 0)
            continue;
        const struct right *of_kind = kind_right_find(kind, name);
        if (of_kind == NULL)
            tab_error(reader->tab, "%s has no right '%s'", kind->name, name);
        if (right != NULL && right->bit != of_kind->bit)
            tab_error(reader->tab, "right '%s' is not one bit for all these kinds", name);
        right = of_kind;
    }
    return right;
}

void type_read_handle(struct type_reader *reader, struct argument *argument)
{
    read_kinds(reader, argument);
    while (reader->at < reader->tab->word_count && reader->tab->words[reader->at][0] == '+') {
        const char *name = type_next_word(reader, "a right") + 1;
        const struct right *right = read_right(reader, argument, name);
        size_t used = strlen(argument->rights_text);
        if (argument->rights_bits & (int)(1u << right->bit))
            tab_error(reader->tab, "right '%s' is there already", name);
        argument->rights_bits |= (int)(1u << right->bit);
        snprintf(argument->rights_text + used, sizeof argument->rights_text - used, "%s%s",
                 used > 0 ? " | " : "", right->macro);
    }
    argument->optional = type_next_is(reader, "optional");
}

void type_read_flags(struct type_reader *reader, struct argument *argument)
{
    type_copy_word(reader, argument->flags_name, "the name of the flags");
    if (!type_next_is(reader, "mask"))
        tab_error(reader->tab, "flags need their bits: mask BITS");
    type_copy_word(reader, argument->mask, "the mask");
}
