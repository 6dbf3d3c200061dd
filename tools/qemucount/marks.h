/* Figures between marks. The guest marks a point of its program with `hint #0x70` to `hint #0x7f`, which
 * does nothing on any CPU (Arm ARM, C6.2 HINT: unallocated hints are no-operations); the mark's number is
 * the low four bits. An argument names what to make of it:
 *
 *   boot=0            from the start of the machine to mark 0
 *   all=end           from there to the end of the machine
 *   call=1-2          from mark 1 to the mark 2 after it, with the pages touched on the way (pages.h)
 *   call=1-2/1000     the same, divided by 1000: one round of a loop between the marks
 *
 *   call=1-2@50       the same, from the first passage of mark 1 after 50 others: once things are warm
 *   call=3-3@50*100   from there to the hundredth passage of mark 3 after it, divided by 100
 *
 * The first passage of the second mark ends a figure, and of the first mark the last before that begins it:
 * a server may pass a mark for every call it gets, and only the one marked by its client is told. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tools/qemucount/pages.h"

enum { MARK_COUNT = 16, MARK_NAME_MAX = 40 };

/* The state of the count at one moment. */
struct mark_sample {
    uint64_t instructions;       /* Executed. */
    uint64_t blocks;             /* Translated. */
    uint64_t block_instructions; /* In these blocks. */
};

struct mark_figure {
    char name[MARK_NAME_MAX + 1];
    int first; /* -1: the start of the machine. */
    int last;  /* MARK_COUNT: the end of the machine. */
    uint64_t divisor;
    uint64_t skip;   /* Passages of the first mark that do not count yet. */
    uint64_t rounds; /* Passages of the last mark until the end. */
    uint64_t to_go;  /* Of them, once it has begun. */
    bool has_begun;
    bool has_ended;
    struct mark_sample begin;
    struct mark_sample end;
    struct page_set pages; /* While it is under way. */
};

/* Read one argument. False, with *out_figure as it was, when it is none of the forms above. */
bool mark_figure_parse(const char *argument, struct mark_figure *out_figure);

/* Of what a figure tells besides instructions: a start of the machine, blocks; one passage between two
 * marks, pages. */
bool mark_figure_has_blocks(const struct mark_figure *figure);
bool mark_figure_has_pages(const struct mark_figure *figure);

/* The guest touches an address. Of no effect on a figure without pages or not under way. */
void mark_figure_touch(struct mark_figure *figure, const struct page_visit *visit,
                       uint64_t address);

/* The guest passed a mark. */
void mark_figure_pass(struct mark_figure *figure, int mark, const struct mark_sample *now);

/* What one round took, rounded down; only of a figure that has ended. */
struct mark_sample mark_figure_cost(const struct mark_figure *figure);
