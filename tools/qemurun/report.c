/* Lines of the report channel: bytes to struct report, reports to a tally. */
#include "tools/qemurun/report.h"

#include <string.h>

/* A position in the line; words are divided by single or several spaces. */
struct words {
    const char *at;
    const char *end;
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static void words_skip_blanks(struct words *words)
{
    while (words->at < words->end && is_blank(*words->at))
        words->at++;
}

static void copy_printable(char *to, const char *from, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
    to[len] = '\0';
}

/* The next word, or false when there is none or it does not fit in `size` with its end. */
static bool words_next(struct words *words, char *out_word, size_t size)
{
    words_skip_blanks(words);
    const char *start = words->at;
    while (words->at < words->end && !is_blank(*words->at))
        words->at++;
    size_t len = (size_t)(words->at - start);
    if (len == 0 || len >= size)
        return false;
    copy_printable(out_word, start, len);
    return true;
}

static void words_rest(struct words *words, char *out_rest, size_t size)
{
    words_skip_blanks(words);
    while (words->end > words->at && is_blank(words->end[-1]))
        words->end--;
    size_t len = (size_t)(words->end - words->at);
    copy_printable(out_rest, words->at, len < size ? len : size - 1);
    words->at = words->end;
}

/* A decimal number of at most 18 digits, so that it cannot overflow. */
static bool number_of(const char *word, uint64_t *out_number)
{
    size_t len = strlen(word);
    uint64_t number = 0;
    if (len == 0 || len > 18)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (word[i] < '0' || word[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(word[i] - '0');
    }
    *out_number = number;
    return true;
}

static bool words_number(struct words *words, uint64_t *out_number)
{
    char word[24];
    return words_next(words, word, sizeof word) && number_of(word, out_number);
}

static bool words_end(struct words *words)
{
    words_skip_blanks(words);
    return words->at == words->end;
}

/* pass NAME, fail NAME WHY, skip NAME WHY, done COUNT. */
static enum report_kind parse_test(struct words *words, struct report *report)
{
    char verb[8];
    if (!words_next(words, verb, sizeof verb))
        return REPORT_MALFORMED;
    if (strcmp(verb, "done") == 0)
        return words_number(words, &report->value) && words_end(words) ? REPORT_DONE
                                                                       : REPORT_MALFORMED;
    if (!words_next(words, report->name, sizeof report->name))
        return REPORT_MALFORMED;
    words_rest(words, report->rest, sizeof report->rest);
    if (strcmp(verb, "pass") == 0)
        return report->rest[0] == '\0' ? REPORT_PASS : REPORT_MALFORMED;
    if (strcmp(verb, "fail") == 0)
        return REPORT_FAIL;
    return strcmp(verb, "skip") == 0 ? REPORT_SKIP : REPORT_MALFORMED;
}

static bool parse_figure(struct words *words, struct report *report)
{
    return words_next(words, report->name, sizeof report->name) &&
           words_number(words, &report->value);
}

static bool parse_thinned(struct words *words, struct report *report)
{
    uint64_t full;
    return parse_figure(words, report) && words_next(words, report->rest, sizeof report->rest) &&
           number_of(report->rest, &full) && words_end(words);
}

static enum report_kind parse_kind(struct words *words, struct report *report)
{
    char verb[16];
    if (!words_next(words, verb, sizeof verb))
        return REPORT_MALFORMED;
    if (strcmp(verb, "@@test") == 0)
        return parse_test(words, report);
    if (strcmp(verb, "@@ready") == 0)
        return words_end(words) ? REPORT_READY : REPORT_MALFORMED;
    if (strcmp(verb, "@@count") == 0)
        return parse_figure(words, report) && words_end(words) ? REPORT_COUNT : REPORT_MALFORMED;
    if (strcmp(verb, "@@thinned") == 0)
        return parse_thinned(words, report) ? REPORT_THINNED : REPORT_MALFORMED;
    return REPORT_MALFORMED;
}

static bool begins_with(const struct words *words, const char *text)
{
    size_t len = strlen(text);
    return (size_t)(words->end - words->at) >= len && memcmp(words->at, text, len) == 0;
}

void report_parse(const char *line, size_t len, struct report *out_report)
{
    struct words words = { line, line + len };
    *out_report = (struct report){ .kind = REPORT_TEXT };
    while (words.at < words.end && *words.at == '\r')
        words.at++;
    if (begins_with(&words, "panic:")) {
        out_report->kind = REPORT_PANIC;
        words_rest(&words, out_report->rest, sizeof out_report->rest);
    } else if (begins_with(&words, "@@")) {
        out_report->kind = parse_kind(&words, out_report);
    }
}

void tally_add(struct tally *tally, const struct report *report)
{
    bool is_result = false;
    switch (report->kind) {
    case REPORT_PASS:
        tally->passed++;
        is_result = true;
        break;
    case REPORT_FAIL:
    case REPORT_SKIP:
        tally->failed++;
        is_result = true;
        break;
    case REPORT_DONE:
        is_result = true; /* A second one is as wrong as a late result. */
        tally->done_count = report->value;
        break;
    case REPORT_READY: tally->is_ready = true; break;
    case REPORT_PANIC: tally->has_panicked = true; break;
    case REPORT_MALFORMED: tally->is_malformed = true; break;
    case REPORT_TEXT:
    case REPORT_COUNT:
    case REPORT_THINNED: break;
    }
    if (is_result && tally->is_done)
        tally->talked_after_done = true;
    if (report->kind == REPORT_DONE)
        tally->is_done = true;
}

bool tally_defect(const struct tally *tally, uint64_t floor, const char **out_name,
                  const char **out_why)
{
    uint64_t results = tally->passed + tally->failed;
    if (tally->has_panicked) {
        *out_name = "panic";
        *out_why = "the kernel panicked";
    } else if (tally->is_malformed) {
        *out_name = "report";
        *out_why = "a line that begins with @@ is no report";
    } else if (!tally->is_done) {
        *out_name = "done";
        *out_why = "`@@test done` is missing";
    } else if (tally->talked_after_done) {
        *out_name = "done";
        *out_why = "results after `@@test done`";
    } else if (tally->done_count != results) {
        *out_name = "done";
        *out_why = "`@@test done` tells another number of results than arrived";
    } else if (results < floor || results == 0) {
        *out_name = "floor";
        *out_why = "fewer results than the scenario must give";
    } else {
        return false;
    }
    return true;
}
