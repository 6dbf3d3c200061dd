/* Reading the words after a name: types that the table of calls and the protocols share. */
#pragma once

#include "tools/abigen/contract.h"

/* The words of a line from which a type is read, with the place reached. */
struct type_reader {
    const struct contract *contract;
    const struct tab *tab;
    int at;
};

/* The next word; `what` is missing if there is none. */
const char *type_next_word(struct type_reader *reader, const char *what);
/* Pass over that word if it is the next. */
bool type_next_is(struct type_reader *reader, const char *word);
void type_copy_word(struct type_reader *reader, char out[NAME_SIZE], const char *what);
/* FILE|DIRECTORY +READ +WRITE optional */
void type_read_handle(struct type_reader *reader, struct argument *argument);
/* NAME mask BITS */
void type_read_flags(struct type_reader *reader, struct argument *argument);
