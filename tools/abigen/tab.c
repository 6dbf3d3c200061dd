/* The table reader of tab.h. */
#include "tools/abigen/tab.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void tab_error(const struct tab *tab, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%d: ", tab->path, tab->line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

void tab_open(struct tab *tab, const char *path)
{
    *tab = (struct tab){ .path = path, .file = fopen(path, "r") };
    if (tab->file == NULL)
        tab_error(tab, "cannot open");
}

static void split(struct tab *tab)
{
    memcpy(tab->buffer, tab->text, sizeof tab->buffer);
    tab->indented = isspace((unsigned char)tab->text[0]);
    tab->word_count = 0;
    for (char *at = tab->buffer; (at = strtok(at, " \t\r\n")) != NULL; at = NULL) {
        if (tab->word_count == TAB_WORDS_MAX)
            return; /* Prose: tab_rest still has all of it. */
        tab->words[tab->word_count++] = at;
    }
}

bool tab_next(struct tab *tab)
{
    if (tab->pushed_back) {
        tab->pushed_back = false;
        return true;
    }
    while (fgets(tab->text, sizeof tab->text, tab->file) != NULL) {
        tab->line++;
        if (strchr(tab->text, '\n') == NULL && !feof(tab->file))
            tab_error(tab, "line longer than %d characters", TAB_LINE_MAX - 2);
        split(tab);
        if (tab->word_count > 0 && tab->words[0][0] != '#')
            return true;
    }
    return false;
}

void tab_push_back(struct tab *tab)
{
    tab->pushed_back = true;
}

const char *tab_rest(const struct tab *tab, int index)
{
    static char rest[TAB_LINE_MAX];
    if (index >= tab->word_count)
        return "";
    size_t offset = (size_t)(tab->words[index] - tab->buffer);
    snprintf(rest, sizeof rest, "%s", tab->text + offset);
    rest[strcspn(rest, "\r\n")] = 0;
    return rest;
}

long tab_number(const struct tab *tab, int index)
{
    if (index >= tab->word_count)
        tab_error(tab, "a number is missing");
    char *end;
    long number = strtol(tab->words[index], &end, 0);
    if (*end != 0 || number < 0)
        tab_error(tab, "'%s' is not a number", tab->words[index]);
    return number;
}

void tab_close(struct tab *tab)
{
    fclose(tab->file);
}
