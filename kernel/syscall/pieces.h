/* Lists of pieces of user memory, as scattered reads and writes name them, in the kernel. */
#pragma once

#include <abi/descriptor.h>

#include "kernel/mm/user_copy.h"

enum { PIECES_ON_STACK = 8 };

/* Reading and writing see a piece as user_out and user_in, which are the same two words. */
union piece {
    struct descriptor_piece raw;
    struct user_in in;
    struct user_out out;
};
_Static_assert(sizeof(struct user_in) == sizeof(struct descriptor_piece), "the same two words");
_Static_assert(sizeof(struct user_out) == sizeof(struct descriptor_piece), "the same two words");

/* Not to be moved: `list` may point into it. */
struct pieces {
    union piece *list;
    size_t count;
    union piece on_stack[PIECES_ON_STACK];
};

/* A copy of a list, at most DESCRIPTOR_VECTOR_MAX, each of which lies in the user half.
 * @return INVALID (too many bytes in all), TOO_BIG, BAD_ADDRESS, NO_MEMORY. */
status_t pieces_read(struct pieces *pieces, struct user_in from);
void pieces_free(struct pieces *pieces);
