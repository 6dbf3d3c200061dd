/* mkbase writes and inspects base images (docs/formats/base.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/mkbase/image.h"

static const char usage_text[] =
    "usage: mkbase -o OUT [--order FILE] [--timestamp SECONDS] SPEC\n"
    "       mkbase --list IMAGE | --verify IMAGE | --cat IMAGE PATH\n"
    "A spec has one thing a line; words with blanks or odd bytes stand in double quotes, with the\n"
    "escapes \\n \\t \\\" \\\\ \\xHH; a line that begins with # is a comment:\n"
    "  file PATH SOURCE [MODE]   a file; MODE is octal, by default 0555 or 0444 as SOURCE is\n"
    "  dir PATH [MODE]           a folder; those on the way to a path need no line\n"
    "  link PATH TARGET          a symbolic link\n"
    "  tree PATH FOLDER          all that is below a folder of the host\n"
    "  under PATH FOLDER         the same, but what is there already stays\n"
    "The order file names files, one a line, whose data comes first in the image.\n";

static _Noreturn void usage(void)
{
    fputs(usage_text, stderr);
    exit(2);
}

static bool file_write(const char *path, const uint8_t *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        return false;
    }
    bool written = fwrite(bytes, 1, len, file) == len;
    if (fclose(file) != 0 || !written) {
        remove(path);
        return complain("%s: cannot be written", path);
    }
    return true;
}

static bool inspect(int argc, char **argv)
{
    size_t len;
    uint8_t *bytes = file_load(argv[2], &len);
    if (bytes == NULL)
        return false;
    struct const_span image = const_span_of(bytes, len);
    bool good;
    if (strcmp(argv[1], "--list") == 0 && argc == 3)
        good = inspect_list(image);
    else if (strcmp(argv[1], "--verify") == 0 && argc == 3)
        good = inspect_verify(image);
    else if (strcmp(argv[1], "--cat") == 0 && argc == 4)
        good = inspect_cat(image, argv[3]);
    else
        usage();
    free(bytes);
    return good;
}

struct options {
    const char *out;
    const char *order;
    const char *spec;
    uint64_t timestamp_s;
};

static struct options options_read(int argc, char **argv)
{
    struct options options = { 0 };
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-' && options.spec == NULL) {
            options.spec = argv[i];
            continue;
        }
        if (i + 1 >= argc)
            usage();
        if (strcmp(argv[i], "-o") == 0)
            options.out = argv[++i];
        else if (strcmp(argv[i], "--order") == 0)
            options.order = argv[++i];
        else if (strcmp(argv[i], "--timestamp") == 0)
            options.timestamp_s = strtoull(argv[++i], NULL, 10);
        else
            usage();
    }
    if (options.out == NULL || options.spec == NULL)
        usage();
    return options;
}

static bool make(const struct options *options)
{
    struct image *image = image_new();
    image->timestamp_s = options->timestamp_s;
    bool good = spec_read(image, options->spec) &&
                (options->order == NULL || order_read(image, options->order));
    if (good) {
        size_t len;
        uint8_t *bytes = image_write(image, &len);
        good = file_write(options->out, bytes, len);
        free(bytes);
    }
    image_free(image);
    return good;
}

int main(int argc, char **argv)
{
    if (argc >= 3 && strncmp(argv[1], "--", 2) == 0 && strcmp(argv[1], "--order") != 0 &&
        strcmp(argv[1], "--timestamp") != 0)
        return inspect(argc, argv) ? 0 : 1;
    struct options options = options_read(argc, argv);
    return make(&options) ? 0 : 1;
}
