/* See plan.h. */
#include "user/tests/port_run/plan.h"

#include <string.h>

static bool text_is(struct plan_text text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.at, word, text.len) == 0;
}

/* The next line, without its end; the plan is behind it afterwards. */
static struct plan_text line_take(struct plan *plan)
{
    struct plan_text line = { .at = plan->rest.at };
    while (line.len < plan->rest.len && line.at[line.len] != '\n')
        line.len++;
    size_t used = line.len + (line.len < plan->rest.len);
    plan->rest.at += used;
    plan->rest.len -= used;
    plan->line++;
    return line;
}

/* The next word of a line: up to a blank, or between double quotes. Empty at the line's end. */
static struct plan_text word_take(struct plan_text *line)
{
    while (line->len > 0 && *line->at == ' ') {
        line->at++;
        line->len--;
    }
    char end = ' ';
    if (line->len > 0 && *line->at == '"') {
        end = '"';
        line->at++;
        line->len--;
    }
    struct plan_text word = { .at = line->at };
    while (word.len < line->len && word.at[word.len] != end)
        word.len++;
    size_t used = word.len + (end == '"' && word.len < line->len);
    line->at += used;
    line->len -= used;
    return word;
}

static bool number_take(struct plan_text *line, uint32_t *out_number)
{
    struct plan_text word = word_take(line);
    uint32_t number = 0;
    if (word.len == 0 || word.len > 6)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        if (word.at[i] < '0' || word.at[i] > '9')
            return false;
        number = number * 10 + (uint32_t)(word.at[i] - '0');
    }
    *out_number = number;
    return true;
}

static bool command_take(struct plan_text *line, struct port_test *test)
{
    for (;;) {
        while (line->len > 0 && *line->at == ' ') {
            line->at++;
            line->len--;
        }
        if (line->len == 0)
            return test->word_count > 0;
        if (test->word_count == PLAN_WORDS_MAX)
            return false;
        test->words[test->word_count++] = word_take(line);
    }
}

/* One line that says something about the test which has begun. */
static bool line_apply(struct plan_text key, struct plan_text *line, struct port_test *test)
{
    if (text_is(key, "run") && test->word_count == 0)
        return command_take(line, test);
    if (text_is(key, "exit"))
        return number_take(line, &test->exit_code);
    if (text_is(key, "input"))
        test->input = word_take(line);
    else if (text_is(key, "output"))
        test->output = word_take(line);
    else if (text_is(key, "full"))
        test->full = true;
    else
        return false;
    return true;
}

status_t plan_next(struct plan *plan, struct port_test *out_test)
{
    struct port_test test = { 0 };
    while (plan->rest.len > 0) {
        struct plan before = *plan;
        struct plan_text line = line_take(plan);
        struct plan_text key = word_take(&line);
        if (key.len == 0 || *key.at == '#')
            continue;
        if (text_is(key, "test") && test.name.len > 0) {
            *plan = before; /* It is the next one's. */
            break;
        }
        if (text_is(key, "test")) {
            test.name = word_take(&line);
            if (test.name.len == 0 || !number_take(&line, &test.timeout_s))
                return STATUS_INVALID;
        } else if (test.name.len == 0 || !line_apply(key, &line, &test)) {
            return STATUS_INVALID;
        }
    }
    if (test.name.len == 0)
        return STATUS_NOT_FOUND;
    if (test.word_count == 0)
        return STATUS_INVALID;
    *out_test = test;
    return STATUS_OK;
}
