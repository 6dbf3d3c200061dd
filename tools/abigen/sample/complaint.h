/* What the readers say of tables given as text, for the tests of the generator. */
#pragma once

#include "tools/abigen/protocol.h"

struct tables {
    const char *statuses, *objects, *calls, *protocol; /* NULL: empty; no protocol is read. */
};

/* The refusal, from the line number on; "" if the tables are taken. A refusal ends the program, so
 * the tables are read in a child, whose last words these are. */
const char *complaint(struct tables tables);

/* Read tables that are expected to be good. */
void tables_read(struct tables tables, struct contract *contract, struct protocol *protocol);
