/* Figures between marks: see the header. */
#include "tools/qemucount/marks.h"

#include <stdlib.h>
#include <string.h>

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' ||
           byte == '.';
}

/* A decimal number from `low` to `high` at *at, which moves past it. */
static bool number_take(const char **at, uint64_t low, uint64_t high, uint64_t *out_number)
{
    char *end;
    if (**at < '0' || **at > '9')
        return false;
    uint64_t number = strtoull(*at, &end, 10);
    if (number < low || number > high)
        return false;
    *at = end;
    *out_number = number;
    return true;
}

bool mark_figure_parse(const char *argument, struct mark_figure *out_figure)
{
    struct mark_figure figure = { .first = -1, .divisor = 1, .rounds = 1 };
    const char *at = argument;
    size_t len = 0;
    while (is_name_byte(at[len]))
        len++;
    if (len == 0 || len > MARK_NAME_MAX || at[len] != '=')
        return false;
    memcpy(figure.name, at, len);
    at += len + 1;

    if (strcmp(at, "end") == 0) {
        figure.last = MARK_COUNT;
        figure.to_go = 1;
        figure.has_begun = true;
        *out_figure = figure;
        return true;
    }
    uint64_t mark;
    if (!number_take(&at, 0, MARK_COUNT - 1, &mark))
        return false;
    if (*at == '-') {
        figure.first = (int)mark;
        at++;
        if (!number_take(&at, 0, MARK_COUNT - 1, &mark))
            return false;
    }
    figure.last = (int)mark;
    if (*at == '/') {
        at++;
        if (!number_take(&at, 1, UINT32_MAX, &figure.divisor))
            return false;
    }
    if (*at == '@') {
        at++;
        if (figure.first < 0 || !number_take(&at, 0, UINT32_MAX, &figure.skip))
            return false;
    }
    if (*at == '*') {
        at++;
        if (!number_take(&at, 1, UINT32_MAX, &figure.rounds))
            return false;
    }
    if (*at != '\0')
        return false;
    figure.to_go = figure.rounds;
    figure.has_begun = figure.first < 0;
    *out_figure = figure;
    return true;
}

bool mark_figure_has_blocks(const struct mark_figure *figure)
{
    return figure->first < 0;
}

bool mark_figure_has_pages(const struct mark_figure *figure)
{
    return figure->first >= 0 && figure->divisor == 1 && figure->rounds == 1;
}

void mark_figure_touch(struct mark_figure *figure, const struct page_visit *visit, uint64_t address)
{
    if (figure->has_begun && !figure->has_ended && mark_figure_has_pages(figure))
        page_set_add(&figure->pages, visit, address);
}

void mark_figure_pass(struct mark_figure *figure, int mark, const struct mark_sample *now)
{
    if (figure->has_ended)
        return;
    if (figure->has_begun && mark == figure->last) {
        figure->has_ended = --figure->to_go == 0;
        figure->end = *now;
    } else if (mark == figure->first && figure->skip > 0) {
        figure->skip--;
    } else if (mark == figure->first) {
        figure->to_go = figure->rounds;
        figure->has_begun = true;
        figure->begin = *now;
        figure->pages.count = 0;
    }
}

struct mark_sample mark_figure_cost(const struct mark_figure *figure)
{
    uint64_t divisor = figure->divisor * figure->rounds;
    return (struct mark_sample){
        .instructions = (figure->end.instructions - figure->begin.instructions) / divisor,
        .blocks = (figure->end.blocks - figure->begin.blocks) / divisor,
        .block_instructions =
            (figure->end.block_instructions - figure->begin.block_instructions) / divisor,
    };
}
