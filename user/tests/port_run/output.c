/* See output.h. */
#include "user/tests/port_run/output.h"

#include <string.h>

#include <abi/file.h>
#include <abi/stream.h>
#include <swos/syscalls.h>

#include "user/rt/log.h"

enum { LINE_SHOWN_MAX = 200 };

/* The same number of bytes of the file, at the place that the output has come to. */
static void output_compare(struct output *output, const char *bytes, size_t len)
{
    static char expected[OUTPUT_PIECE_SIZE];
    size_t done = 0;
    while (done < len && !output->differs) {
        size_t got = 0;
        if (sys_file_read(output->expected, expected + done, len - done, output->len + done,
                          &got) != STATUS_OK ||
            got == 0)
            break;
        for (size_t i = 0; i < got && !output->differs; i++) {
            output->differs = bytes[done + i] != expected[done + i];
            output->differs_at = output->len + done + i;
        }
        done += got;
    }
    if (done < len && !output->differs) {
        output->differs = true;
        output->differs_at = output->len + done;
    }
}

bool output_take(struct output *output)
{
    char bytes[OUTPUT_PIECE_SIZE];
    size_t len = 0;
    if (output->ended)
        return false;
    status_t status =
        sys_stream_read(output->stream, bytes, sizeof bytes, STREAM_NO_WAIT, TIME_NEVER, &len);
    if (status == STATUS_WOULD_BLOCK)
        return false;
    if (status != STATUS_OK || len == 0) {
        output->ended = true;
        return false;
    }
    if (output->expected.raw != 0 && !output->differs)
        output_compare(output, bytes, len);
    for (size_t i = 0; i < len; i++)
        output->tail[(output->len + i) % OUTPUT_TAIL_SIZE] = bytes[i];
    output->len += len;
    return true;
}

void output_finish(struct output *output)
{
    char more;
    size_t len = 0;
    if (output->expected.raw == 0 || output->differs)
        return;
    if (sys_file_read(output->expected, &more, 1, output->len, &len) != STATUS_OK || len != 0) {
        output->differs = true;
        output->differs_at = output->len;
    }
}

/* Where the tail begins, in bytes of all that came. */
static uint64_t tail_start(const struct output *output)
{
    return output->len > OUTPUT_TAIL_SIZE ? output->len - OUTPUT_TAIL_SIZE : 0;
}

static char tail_byte(const struct output *output, uint64_t at)
{
    return at < output->len ? output->tail[at % OUTPUT_TAIL_SIZE] : '\n';
}

uint64_t output_figure(const struct output *output, const char *word)
{
    bool line_begins = true;
    for (uint64_t at = tail_start(output); at < output->len; at++) {
        size_t len = 0;
        uint64_t number = 0;
        while (line_begins && word[len] != '\0' && tail_byte(output, at + len) == word[len])
            len++;
        line_begins = tail_byte(output, at) == '\n';
        if (len == 0 || word[len] != '\0' || tail_byte(output, at + len) != ' ')
            continue;
        for (at += len + 1; tail_byte(output, at) >= '0' && tail_byte(output, at) <= '9'; at++)
            number = number * 10 + (uint64_t)(tail_byte(output, at) - '0');
        return number;
    }
    return 0;
}

void output_log(const struct output *output)
{
    char line[LINE_SHOWN_MAX + 1];
    size_t line_len = 0;
    for (uint64_t at = tail_start(output); at < output->len; at++) {
        char byte = tail_byte(output, at);
        if (byte != '\n')
            line[line_len++] = byte >= ' ' && byte < 127 ? byte : '?';
        if (byte == '\n' || line_len == LINE_SHOWN_MAX || at + 1 == output->len) {
            line[line_len] = '\0';
            log_line("| %s", line);
            line_len = 0;
        }
    }
}
