/* See answer.h. A line at a time; every line must end in \r\n. */
#include "tools/webload/answer.h"

#include <string.h>
#include <strings.h>

struct cursor {
    const char *at;
    const char *end;
};

static bool take_text(struct cursor *cursor, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(cursor->end - cursor->at) < len || strncasecmp(cursor->at, text, len) != 0)
        return false;
    cursor->at += len;
    return true;
}

static bool take_number(struct cursor *cursor, uint64_t *out_number)
{
    const char *start = cursor->at;
    uint64_t number = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
        unsigned digit = (unsigned)(*cursor->at - '0');
        if (number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *out_number = number;
    return cursor->at > start;
}

static bool parse_status(struct cursor line, struct answer *answer)
{
    uint64_t status;
    if (!take_text(&line, "HTTP/1.1 ") || !take_number(&line, &status))
        return false;
    answer->status = (unsigned)status;
    return status >= 100 && status <= 599 && line.at < line.end && *line.at == ' ';
}

static bool parse_range(struct cursor value, struct answer *answer)
{
    answer->has_range = true;
    return take_text(&value, "bytes ") && take_number(&value, &answer->first) &&
           take_text(&value, "-") && take_number(&value, &answer->last) && take_text(&value, "/") &&
           take_number(&value, &answer->file_size) && value.at == value.end &&
           answer->first <= answer->last && answer->last < answer->file_size;
}

static bool parse_field(struct cursor line, struct answer *answer, bool *has_length)
{
    if (memchr(line.at, ':', (size_t)(line.end - line.at)) == NULL)
        return false;
    if (take_text(&line, "Content-Length: ")) {
        bool repeats = *has_length;
        *has_length = true;
        return !repeats && take_number(&line, &answer->body_bytes) && line.at == line.end;
    }
    if (take_text(&line, "Connection: close"))
        answer->closes = true;
    else if (answer->status == 206 && take_text(&line, "Content-Range: "))
        return parse_range(line, answer);
    return true;
}

enum answer_parse answer_parse(const char *text, size_t len, struct answer *out_answer,
                               size_t *out_len)
{
    struct answer answer = { 0 };
    bool has_length = false;
    const char *at = text, *end = text + len;
    for (;;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            return ANSWER_MORE;
        if (stop == at || stop[-1] != '\r')
            return ANSWER_BAD;
        struct cursor line = { at, stop - 1 };
        bool is_first = at == text, is_last = line.at == line.end;
        at = stop + 1;
        if (is_first ? !parse_status(line, &answer)
                     : !is_last && !parse_field(line, &answer, &has_length))
            return ANSWER_BAD;
        if (is_last && !is_first)
            break;
    }
    if (!has_length)
        return ANSWER_BAD;
    *out_answer = answer;
    *out_len = (size_t)(at - text);
    return ANSWER_WHOLE;
}
