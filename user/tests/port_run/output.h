/* What a command says: compared with what it should say while it comes, and its end kept for the log. */
#pragma once

#include <abi/types.h>

enum { OUTPUT_TAIL_SIZE = 4096, OUTPUT_PIECE_SIZE = 4096 };

struct output {
    handle_t stream; /* The reading end. */
    bool ended;
    handle_t expected; /* A FILE, or HANDLE_NONE: anything goes. */
    uint64_t len;      /* Bytes that came. */
    bool differs;
    uint64_t differs_at;
    char tail[OUTPUT_TAIL_SIZE + 1]; /* The last bytes, a ring. */
};

/* Take what is there without waiting. @return false when there was nothing, or no more comes. */
bool output_take(struct output *output);

/* Is there more in the file than came? Then the output differs, at its end. */
void output_finish(struct output *output);

/* The number in a line `WORD NUMBER` of the tail. @return 0 when there is none. */
uint64_t output_figure(const struct output *output, const char *word);

/* The lines of the tail into the log. */
void output_log(const struct output *output);
