/* Reading the tables of abi/: lines of words, `#` comments, and blocks that a line at column 0
 * opens and indented lines continue. Host tool code: an error in a table ends the program with
 * file, line and reason. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

enum { TAB_WORDS_MAX = 24, TAB_LINE_MAX = 512 };

struct tab {
    FILE *file;
    const char *path;
    int line;
    bool pushed_back;        /* The next tab_next gives the present line again. */
    bool indented;           /* The present line continues a block. */
    char text[TAB_LINE_MAX]; /* The line, for tab_rest. */
    char buffer[TAB_LINE_MAX];
    char *words[TAB_WORDS_MAX];
    int word_count;
};

void tab_open(struct tab *tab, const char *path);
/* The next line that has words; false at the end of the file. */
bool tab_next(struct tab *tab);
/* Give the present line once more. */
void tab_push_back(struct tab *tab);
/* The text of the line from word `index` on, white space kept. */
const char *tab_rest(const struct tab *tab, int index);
long tab_number(const struct tab *tab, int index);
_Noreturn void tab_error(const struct tab *tab, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void tab_close(struct tab *tab);
