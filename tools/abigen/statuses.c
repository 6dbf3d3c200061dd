/* Reader of abi/status.tab: status NUMBER NAME ERRNO SENTENCE, numbered from 0 without gaps. */
#include <string.h>

#include "tools/abigen/contract.h"

int status_find(const struct contract *contract, const char *name)
{
    for (int i = 0; i < contract->status_count; i++)
        if (strcmp(contract->statuses[i].name, name) == 0)
            return i;
    return -1;
}

void statuses_read(struct contract *contract, const char *path)
{
    struct tab tab;
    tab_open(&tab, path);
    while (tab_next(&tab)) {
        if (strcmp(tab.words[0], "status") != 0 || tab.word_count < 5)
            tab_error(&tab, "expected: status NUMBER NAME ERRNO SENTENCE");
        if (contract->status_count == STATUSES_MAX)
            tab_error(&tab, "more than %d statuses", STATUSES_MAX);
        if (tab_number(&tab, 1) != contract->status_count)
            tab_error(&tab, "expected number %d", contract->status_count);
        struct status_row *row = &contract->statuses[contract->status_count];
        row_capitals(&tab, 2, row->name);
        if (status_find(contract, row->name) >= 0 &&
            status_find(contract, row->name) != contract->status_count)
            tab_error(&tab, "status %s is there already", row->name);
        if (strlen(tab.words[3]) >= sizeof row->errno_name)
            tab_error(&tab, "'%s' is too long", tab.words[3]);
        strcpy(row->errno_name, tab.words[3]);
        snprintf(row->text, sizeof row->text, "%s", tab_rest(&tab, 4));
        contract->status_count++;
    }
    tab_close(&tab);
}
