/* Reading help that the table readers share: names of both spellings, prose, includes. */
#include <ctype.h>
#include <string.h>

#include "tools/abigen/contract.h"

/* Words that are legal in a table but not as a C identifier, or that the generated code uses. */
static const char *const words_taken[] = {
    "auto",     "bool",   "break",  "caller",   "case",   "char",     "const",  "continue",
    "default",  "do",     "double", "else",     "enum",   "extern",   "float",  "for",
    "frame",    "goto",   "if",     "inline",   "int",    "long",     "answer", "register",
    "restrict", "return", "short",  "signed",   "sizeof", "static",   "struct", "switch",
    "typedef",  "union",  "while",  "unsigned", "void",   "volatile",
};

static bool word_is_taken(const char *word)
{
    for (size_t i = 0; i < sizeof words_taken / sizeof words_taken[0]; i++)
        if (strcmp(word, words_taken[i]) == 0)
            return true;
    return word[0] == 'x' && isdigit((unsigned char)word[1]) && word[2] == 0;
}

static const char *row_word(const struct tab *tab, int index)
{
    if (index >= tab->word_count)
        tab_error(tab, "a name is missing");
    if (strlen(tab->words[index]) >= NAME_SIZE)
        tab_error(tab, "'%s' is longer than %d characters", tab->words[index], NAME_SIZE - 1);
    return tab->words[index];
}

void row_name(const struct tab *tab, int index, char out[NAME_SIZE])
{
    const char *word = row_word(tab, index);
    for (const char *at = word; *at != 0; at++)
        if (!islower((unsigned char)*at) && *at != '_' &&
            !(at > word && isdigit((unsigned char)*at)))
            tab_error(tab, "'%s' is not a lower-case name", word);
    if (word_is_taken(word))
        tab_error(tab, "'%s' cannot be used as a name", word);
    strcpy(out, word);
}

void row_capitals(const struct tab *tab, int index, char out[NAME_SIZE])
{
    const char *word = row_word(tab, index);
    for (const char *at = word; *at != 0; at++)
        if (!isupper((unsigned char)*at) && *at != '_' &&
            !(at > word && isdigit((unsigned char)*at)))
            tab_error(tab, "'%s' is not a name in capitals", word);
    strcpy(out, word);
}

void row_doc(const struct tab *tab, int index, char doc[DOC_SIZE])
{
    const char *text = tab_rest(tab, index);
    size_t used = strlen(doc);
    if (used + strlen(text) + 2 > DOC_SIZE)
        tab_error(tab, "prose longer than %d characters", DOC_SIZE - 1);
    snprintf(doc + used, DOC_SIZE - used, "%s%s", used > 0 ? " " : "", text);
}

void row_include(const struct tab *tab, char rows[][NAME_SIZE * 2], int *count)
{
    if (tab->word_count != 2 || (tab->words[1][0] != '<' && tab->words[1][0] != '"'))
        tab_error(tab, "expected: %s <HEADER> or \"HEADER\"", tab->words[0]);
    if (*count == INCLUDES_MAX)
        tab_error(tab, "more than %d includes", INCLUDES_MAX);
    if (strlen(tab->words[1]) >= NAME_SIZE * 2)
        tab_error(tab, "a name longer than %d characters", NAME_SIZE * 2 - 1);
    strcpy(rows[(*count)++], tab->words[1]);
}
