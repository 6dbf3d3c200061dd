/* abi/status.tab -> <abi/status.h>: the codes, their names, their errno names. */
#include "tools/abigen/abigen.h"

#include <string.h>

enum { STATUSES_MAX = 256 };

struct status {
    char name[32];
    char errno_name[24];
    char text[160];
};

static struct status statuses[STATUSES_MAX];
static int status_count;

static void read_statuses(const char *path)
{
    struct tab tab;
    tab_open(&tab, path);
    while (tab_next(&tab)) {
        if (strcmp(tab.words[0], "status") != 0 || tab.word_count < 5)
            tab_error(&tab, "expected: status NUMBER NAME ERRNO SENTENCE");
        if (tab_number(&tab, 1) != status_count || status_count == STATUSES_MAX)
            tab_error(&tab, "expected number %d", status_count);
        struct status *status = &statuses[status_count++];
        snprintf(status->name, sizeof status->name, "%s", tab.words[2]);
        snprintf(status->errno_name, sizeof status->errno_name, "%s", tab.words[3]);
        snprintf(status->text, sizeof status->text, "%s", tab_rest(&tab, 4));
    }
    tab_close(&tab);
}

void status_generate(const char *tab_path, FILE *out)
{
    read_statuses(tab_path);
    fprintf(out, "/* Generated from %s by tools/abigen. */\n#pragma once\n\n"
                 "/* The result of every fallible function. Ignoring one is a warning. */\n"
                 "typedef enum [[nodiscard]] status {\n", tab_path);
    for (int i = 0; i < status_count; i++)
        fprintf(out, "    STATUS_%s = %d, /* %s */\n", statuses[i].name, i, statuses[i].text);
    fprintf(out, "} status_t;\n\n#define STATUS_COUNT %d\n\n", status_count);
    fprintf(out, "/* X(name, errno_name, sentence) for each, in order. */\n#define STATUS_TABLE(X)");
    for (int i = 0; i < status_count; i++)
        fprintf(out, " \\\n    X(%s, %s, \"%s\")", statuses[i].name, statuses[i].errno_name,
                statuses[i].text);
    fprintf(out, "\n");
}
