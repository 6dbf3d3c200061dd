/* The reader of the table of malformed requests; see http_malformed.h. */
#include "tests/doubles/http_malformed.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/assert.h"

bool http_malformed_open(struct http_malformed *table)
{
    table->line = 0;
    table->file = fopen("tests/corpus/http_request/malformed.txt", "r");
    return table->file != NULL;
}

static void put(struct http_malformed *table, char byte, unsigned long times)
{
    ASSERT(times <= sizeof table->request - table->len);
    memset(table->request + table->len, byte, times);
    table->len += times;
}

/* One escape, after its backslash. */
static const char *unescape_one(struct http_malformed *table, const char *at)
{
    static const char *const plain = "r\rn\nt\t\\\\\"\"";
    for (const char *pair = plain; *pair != 0; pair += 2) {
        if (*pair == *at) {
            put(table, pair[1], 1);
            return at + 1;
        }
    }
    if (*at == 'x') {
        char digits[3] = { at[1], at[2], 0 };
        put(table, (char)strtoul(digits, NULL, 16), 1);
        return at + 3;
    }
    ASSERT(*at == '*');
    char *end;
    unsigned long times = strtoul(at + 1, &end, 10);
    put(table, *end, times);
    return end + 1;
}

static void unescape(struct http_malformed *table, const char *at)
{
    table->len = 0;
    while (*at != 0 && *at != '\n') {
        if (*at == '\\')
            at = unescape_one(table, at + 1);
        else
            put(table, *at++, 1);
    }
}

bool http_malformed_next(struct http_malformed *table)
{
    while (fgets(table->text, sizeof table->text, table->file) != NULL) {
        char *rest;
        table->line++;
        table->status = (unsigned)strtoul(table->text, &rest, 10);
        if (table->status == 0)
            continue; /* A comment or an empty line. */
        unescape(table, rest + 1);
        return true;
    }
    fclose(table->file);
    return false;
}
