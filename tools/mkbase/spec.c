/* Reads what the image shall hold: a list of lines, each of words. A word may stand in double
 * quotes, in which \n, \t, \", \\ and \xHH mean what they do in C. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/mkbase/image.h"

enum { WORDS_MAX = 4 };

struct line {
    const char *file;
    int number;
    char *words[WORDS_MAX];
    size_t word_count;
};

static bool line_complain(const struct line *line, const char *why)
{
    return complain("%s:%d: %s", line->file, line->number, why);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 32) >= 'a' && (c | 32) <= 'f')
        return (c | 32) - 'a' + 10;
    return -1;
}

/* The byte that an escape stands for; *at is after the backslash and moves on. 0 if there is none. */
static char escape_read(char **at)
{
    char letter = *(*at)++;
    switch (letter) {
    case 'n': return '\n';
    case 't': return '\t';
    case '"':
    case '\\': return letter;
    case 'x': {
        int high = hex_digit((*at)[0]);
        int low = high < 0 ? -1 : hex_digit((*at)[1]);
        if (low < 0)
            return '\0';
        *at += 2;
        return (char)(high << 4 | low);
    }
    default: return '\0';
    }
}

/* Undo the quotes of a word in place; *at is after the opening quote and moves past the closing. */
static bool quoted_read(char **at)
{
    char *out = *at;
    while (**at != '"') {
        char c = *(*at)++;
        if (c == '\\')
            c = escape_read(at);
        if (c == '\0')
            return false;
        *out++ = c;
    }
    (*at)++;
    bool ended = **at == '\0' || **at == ' ' || **at == '\t';
    if (**at != '\0')
        (*at)++;
    *out = '\0';
    return ended;
}

/* Cut a line into words, in place. A line that begins with # has none. */
static bool line_cut(struct line *line, char *text)
{
    line->word_count = 0;
    for (char *at = text;;) {
        at += strspn(at, " \t");
        if (*at == '\0' || (*at == '#' && line->word_count == 0))
            return true;
        if (line->word_count == WORDS_MAX)
            return line_complain(line, "too many words");
        if (*at == '"') {
            line->words[line->word_count++] = ++at;
            if (!quoted_read(&at))
                return line_complain(line, "a bad escape or a missing quote");
            continue;
        }
        line->words[line->word_count++] = at;
        at += strcspn(at, " \t");
        if (*at != '\0')
            *at++ = '\0';
    }
}

static bool add_link(struct image *image, const char *path, const char *target)
{
    size_t len = strlen(target);
    uint8_t *copy = memory_take(len);
    memcpy(copy, target, len);
    return image_add(image, path, BASE_LINK, 0555, copy, len);
}

static bool add_file(struct image *image, const char *path, const char *source, uint32_t mode)
{
    size_t len;
    uint8_t *data = file_load(source, &len);
    return data != NULL && image_add(image, path, BASE_FILE, mode, data, len);
}

static bool add_tree(struct image *image, const char *path, const char *source);

/* One entry of a folder of the host. */
static bool add_entry(struct image *image, const char *path, const char *source)
{
    struct stat info;
    if (lstat(source, &info) != 0) {
        perror(source);
        return false;
    }
    if (S_ISDIR(info.st_mode))
        return add_tree(image, path, source);
    if (S_ISREG(info.st_mode))
        return add_file(image, path, source, (info.st_mode & 0100) != 0 ? 0555 : 0444);
    if (!S_ISLNK(info.st_mode))
        return complain("%s: neither file, folder nor link", source);
    char target[BASE_LINK_MAX + 1];
    ssize_t len = readlink(source, target, sizeof target - 1);
    if (len < 0) {
        perror(source);
        return false;
    }
    target[len] = '\0';
    return add_link(image, path, target);
}

static char *path_join(const char *folder, const char *name)
{
    size_t room = strlen(folder) + strlen(name) + 2;
    char *path = memory_take(room);
    snprintf(path, room, "%s/%s", folder, name);
    return path;
}

/* The image sorts, so the order in which the host lists a folder does not matter. */
static bool add_tree(struct image *image, const char *path, const char *source)
{
    DIR *folder = opendir(source);
    if (folder == NULL) {
        perror(source);
        return false;
    }
    bool good = image_add(image, path, BASE_DIRECTORY, 0555, NULL, 0);
    for (struct dirent *entry; good && (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *inner_path = path_join(path, entry->d_name);
        char *inner_source = path_join(source, entry->d_name);
        good = add_entry(image, inner_path, inner_source);
        free(inner_path);
        free(inner_source);
    }
    closedir(folder);
    return good;
}

static bool mode_read(const struct line *line, size_t word, uint32_t *out_mode)
{
    char *end;
    unsigned long mode = strtoul(line->words[word], &end, 8);
    if (*line->words[word] == '\0' || *end != '\0' || mode > 0777)
        return line_complain(line, "a mode is octal, as 0555");
    *out_mode = (uint32_t)mode;
    return true;
}

static bool line_file(struct image *image, const struct line *line)
{
    uint32_t mode = access(line->words[2], X_OK) == 0 ? 0555 : 0444;
    if (line->word_count > 3 && !mode_read(line, 3, &mode))
        return false;
    return add_file(image, line->words[1], line->words[2], mode);
}

static bool line_directory(struct image *image, const struct line *line)
{
    uint32_t mode = 0555;
    if (line->word_count > 2 && !mode_read(line, 2, &mode))
        return false;
    return image_add(image, line->words[1], BASE_DIRECTORY, mode, NULL, 0);
}

static bool line_link(struct image *image, const struct line *line)
{
    return add_link(image, line->words[1], line->words[2]);
}

static bool line_tree(struct image *image, const struct line *line)
{
    return add_tree(image, line->words[1], line->words[2]);
}

static bool line_under(struct image *image, const struct line *line)
{
    image->yields = true;
    bool good = add_tree(image, line->words[1], line->words[2]);
    image->yields = false;
    return good;
}

static const struct spec_word {
    const char *name;
    size_t words_min, words_max;
    bool (*apply)(struct image *image, const struct line *line);
} spec_words[] = {
    { "file", 3, 4, line_file }, { "dir", 2, 3, line_directory }, { "link", 3, 3, line_link },
    { "tree", 3, 3, line_tree }, { "under", 3, 3, line_under },
};

static bool spec_line(struct image *image, const struct line *line)
{
    for (size_t i = 0; i < sizeof spec_words / sizeof spec_words[0]; i++) {
        const struct spec_word *word = &spec_words[i];
        if (strcmp(line->words[0], word->name) != 0)
            continue;
        if (line->word_count < word->words_min || line->word_count > word->words_max)
            return line_complain(line, "the wrong number of words");
        return word->apply(image, line) || line_complain(line, "refused");
    }
    return line_complain(line, "neither file, dir, link, tree nor under");
}

static bool order_line(struct image *image, const struct line *line)
{
    struct item *item = image_find(image, line->words[0]);
    if (line->word_count != 1)
        return line_complain(line, "one path a line");
    if (item == NULL || item->kind != BASE_FILE)
        return line_complain(line, "no such file in the image");
    if (item->order == UINT32_MAX)
        item->order = image->ordered_count++;
    return true;
}

/* Feed each line that has words to a function. */
static bool lines_read(struct image *image, const char *path,
                       bool (*take)(struct image *, const struct line *))
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        return false;
    }
    struct line line = { .file = path };
    char *text = NULL;
    size_t room = 0;
    ssize_t len;
    bool good = true;
    while (good && (len = getline(&text, &room, file)) >= 0) {
        line.number++;
        if (len > 0 && text[len - 1] == '\n')
            text[--len] = '\0';
        good = strlen(text) == (size_t)len || line_complain(&line, "a NUL byte");
        good = good && line_cut(&line, text) && (line.word_count == 0 || take(image, &line));
    }
    free(text);
    fclose(file);
    return good;
}

bool spec_read(struct image *image, const char *spec_path)
{
    return lines_read(image, spec_path, spec_line);
}

bool order_read(struct image *image, const char *order_path)
{
    return lines_read(image, order_path, order_line);
}
