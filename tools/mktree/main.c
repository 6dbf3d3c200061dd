/* mktree --file PATH BYTES: one file, its bytes by its name.
 * mktree DIRECTORY COUNT: a tree of test files with odd names, deep folders and sizes from 0 bytes to
 * 16 MiB, whose bytes follow from their paths (lib/base/pattern.h), and two symbolic links: link.good
 * to a folder, link.loop to itself. The same arguments give the same tree. The directory must not exist
 * yet. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/pattern.h"

enum { PATH_SIZE = 2048, FOLDERS = 12 };

/* Names that a careless reader trips over: all but '/' and 0 is allowed. */
static const char *const odd_names[] = {
    "with space",    "percent%41", "plus+and&",
    "question?mark", "hash#mark",  "semi;colon",
    "back\\slash",   "quote\"s'",  "\xc3\xa4\xc3\xb6\xc3\xbc",
    "\xff\xfe",      "-dash",      "...",
    "tab\there",     "new\nline",  "~tilde",
    "$dollar",       "[bracket]",
};

static void die(const char *what)
{
    fprintf(stderr, "mktree: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Where file `number` goes: some at the top, some in folders, each twelfth one level deeper. */
static void path_of(uint32_t number, char path[PATH_SIZE])
{
    size_t len = 0;
    uint32_t depth = number % 4 == 0 ? 0 : 1 + number / FOLDERS % FOLDERS;
    path[0] = 0;
    for (uint32_t level = 0; level < depth; level++)
        len += (size_t)snprintf(path + len, PATH_SIZE - len, "folder%u/", (number + level) % 3);
    uint32_t odd = number % (2 * sizeof odd_names / sizeof odd_names[0]);
    if (odd < sizeof odd_names / sizeof odd_names[0])
        snprintf(path + len, PATH_SIZE - len, "%s.%u", odd_names[odd], number);
    else if (number % 31 == 0)
        snprintf(path + len, PATH_SIZE - len, "%0*u", 255, number); /* As long as names get. */
    else
        snprintf(path + len, PATH_SIZE - len, "file%u.bin", number);
}

static void make_folders(char *path)
{
    for (char *at = strchr(path + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = 0;
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            die(path);
        *at = '/';
    }
}

static void make_link(const char *directory, const char *name, const char *target)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    if (symlink(target, path) != 0)
        die(path);
}

static void write_file(const char *path, uint64_t seed, uint64_t size)
{
    FILE *file = fopen(path, "wbx");
    if (file == NULL)
        die(path);
    for (uint64_t at = 0; at < size; at += 8) {
        uint64_t word = pattern_word(seed, at / 8);
        if (fwrite(&word, 1, size - at < 8 ? size - at : 8, file) == 0)
            die(path);
    }
    if (fclose(file) != 0)
        die(path);
}

static int make_one(const char *path, const char *bytes)
{
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    (void)unlink(path);
    write_file(path, pattern_seed(name, strlen(name)), strtoull(bytes, NULL, 10));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--file") == 0)
        return make_one(argv[2], argv[3]);
    if (argc != 3 || strlen(argv[1]) > PATH_SIZE / 4) {
        fprintf(stderr, "usage: mktree DIRECTORY COUNT\n");
        return 2;
    }
    uint32_t count = (uint32_t)strtoul(argv[2], NULL, 10);
    if (mkdir(argv[1], 0777) != 0)
        die(argv[1]);
    for (uint32_t i = 0; i < count; i++) {
        char path[PATH_SIZE], full[2 * PATH_SIZE];
        path_of(i, path);
        snprintf(full, sizeof full, "%s/%s", argv[1], path);
        make_folders(full);
        write_file(full, pattern_seed(path, strlen(path)), pattern_size(i));
    }
    make_link(argv[1], "link.good", "folder0");
    make_link(argv[1], "link.loop", "link.loop");
    return 0;
}
