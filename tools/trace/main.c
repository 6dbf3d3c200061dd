/* trace: record a guest, or take a recording from a file; write it as trace events, print where the time went.
 * ./swos trace is the front door. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/trace/chrome.h"
#include "tools/trace/client.h"
#include "tools/trace/summary.h"

enum { ROWS_DEFAULT = 30, CONNECT_MS = 10000, FILE_BYTES_MAX = 1 << 28 };

struct options {
    struct client_plan plan;
    const char *input;  /* A recording, instead of a guest. */
    const char *keep;   /* Where the recording goes as it is. */
    const char *output; /* Where the events go. */
    uint32_t rows;
};

struct sinks {
    struct summary *summary;
    struct chrome *chrome;
};

static _Noreturn void usage(void)
{
    fprintf(
        stderr,
        "usage: trace (--port N [--host ADDRESS] [--seconds N] [--command TEXT] | --input FILE)\n"
        "             [--keep FILE] [--rows N] [-o FILE]\n");
    exit(2);
}

static uint32_t number(const char *text, uint32_t max)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != 0 || value > max)
        usage();
    return (uint32_t)value;
}

static void option(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--port") == 0)
        options->plan.port = (uint16_t)number(value, 65535);
    else if (strcmp(name, "--host") == 0)
        options->plan.host = value;
    else if (strcmp(name, "--seconds") == 0)
        options->plan.request.duration_ms = number(value, 600) * 1000;
    else if (strcmp(name, "--command") == 0)
        options->plan.command = value;
    else if (strcmp(name, "--input") == 0)
        options->input = value;
    else if (strcmp(name, "--keep") == 0)
        options->keep = value;
    else if (strcmp(name, "--rows") == 0)
        options->rows = number(value, 1000000);
    else if (strcmp(name, "-o") == 0)
        options->output = value;
    else
        usage();
}

static bool read_file(const char *path, uint8_t **out_bytes, size_t *out_len)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    uint8_t *bytes = malloc(FILE_BYTES_MAX);
    *out_len = bytes == NULL ? 0 : fread(bytes, 1, FILE_BYTES_MAX, file);
    bool good = bytes != NULL && !ferror(file);
    fclose(file);
    *out_bytes = bytes;
    return good;
}

static bool write_file(const char *path, const uint8_t *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    bool good = fwrite(bytes, 1, len, file) == len;
    return fclose(file) == 0 && good;
}

static void take(void *context, const struct timeline_event *event)
{
    struct sinks *sinks = context;
    summary_take(sinks->summary, event);
    if (sinks->chrome != NULL)
        chrome_take(sinks->chrome, event);
}

/* @return the exit code. */
static int tell(const struct options *options, const struct recording *recording)
{
    struct names names;
    struct timeline_counts counts;
    struct chrome chrome = { .names = &names, .recording = recording };
    struct sinks sinks = { 0 };
    bool good = true;
    status_t status = names_learn(&names, recording);
    if (options->output != NULL) {
        chrome.file = fopen(options->output, "w");
        if (chrome.file == NULL) {
            perror(options->output);
            return 1;
        }
        sinks.chrome = &chrome;
        chrome_begin(&chrome);
    }
    sinks.summary = summary_new(recording, &names);
    if (status == STATUS_OK)
        status = sinks.summary == NULL ? STATUS_NO_MEMORY
                                       : timeline_run(recording, take, &sinks, &counts);
    if (status == STATUS_OK)
        summary_print(sinks.summary, &counts, stdout, options->rows);
    else
        fprintf(stderr, "trace: the recording has what cannot be in one: status %u\n", status);
    if (sinks.chrome != NULL && status == STATUS_OK)
        good = chrome_end(&chrome, &counts);
    if (chrome.file != NULL)
        good = fclose(chrome.file) == 0 && good;
    if (sinks.summary != NULL)
        summary_free(sinks.summary);
    names_free(&names);
    return status == STATUS_OK && good ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct options options = {
        .plan = { .request = { .mask = TRACE_BIT(TRACE_KINDS) - 1,
                               .duration_ms = 1000,
                               .records_max = UINT32_MAX },
                  .connect_ms = CONNECT_MS },
        .rows = ROWS_DEFAULT,
    };
    struct recording recording;
    uint8_t *bytes = NULL;
    size_t len = 0;
    int code = 0;
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            usage();
        option(&options, argv[i], argv[i + 1]);
    }
    if ((options.plan.port == 0) == (options.input == NULL))
        usage();
    if (options.input != NULL && !read_file(options.input, &bytes, &len)) {
        perror(options.input);
        return 1;
    }
    if (options.input == NULL && !client_record(&options.plan, &bytes, &len, &code))
        return 1;
    if (options.keep != NULL && !write_file(options.keep, bytes, len)) {
        perror(options.keep);
        return 1;
    }
    if (recording_open(bytes, len, &recording) != STATUS_OK) {
        fprintf(stderr, "trace: that is no recording\n");
        return 1;
    }
    if (code != 0)
        fprintf(stderr, "trace: the command ended with %d\n", code);
    int told = tell(&options, &recording);
    free(bytes);
    return told != 0 ? told : code;
}
