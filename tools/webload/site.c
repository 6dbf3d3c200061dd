/* See site.h. nftw has no argument for its callback, hence the static pointer to the site being read. */
#define _GNU_SOURCE
#include "tools/webload/site.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FOLDERS_OPEN_MAX = 32 };

static struct {
    struct site *site;
    size_t root_len;
} walk;

/* All but RFC 3986's unreserved characters and the slash become %HH. */
static char *encode(const char *path)
{
    static const char plain[] = "-._~/";
    char *target = malloc(strlen(path) * 3 + 1), *out = target;
    for (; target != NULL && *path != 0; path++) {
        unsigned char byte = (unsigned char)*path, lower = byte | 32;
        bool is_plain = (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') ||
                        strchr(plain, byte) != NULL;
        out += sprintf(out, is_plain ? "%c" : "%%%02X", byte);
    }
    return target;
}

static bool map_file(const char *path, struct expectation *file)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    void *bytes = size <= 0 ? NULL : mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (fd >= 0)
        close(fd);
    file->bytes = bytes;
    file->size = (uint64_t)size;
    return size >= 0 && bytes != MAP_FAILED;
}

static int site_add(struct site *site, const char *path, const char *name)
{
    struct expectation *files = realloc(site->files, (site->count + 1) * sizeof *files);
    if (files == NULL)
        return -1;
    site->files = files;
    struct expectation *file = &files[site->count];
    *file = (struct expectation){ .target = encode(name) };
    if (file->target == NULL || !map_file(path, file))
        return -1;
    site->count++;
    return 0;
}

static int visit(const char *path, const struct stat *stat, int kind, struct FTW *place)
{
    return kind == FTW_F && S_ISREG(stat->st_mode) ? site_add(walk.site, path, path + walk.root_len)
                                                   : 0;
}

bool site_open(struct site *site, const char *path)
{
    struct stat stat_of_path;
    *site = (struct site){ 0 };
    walk.site = site;
    walk.root_len = strlen(path);
    int result = stat(path, &stat_of_path);
    if (result == 0 && S_ISREG(stat_of_path.st_mode))
        result = site_add(site, path, strrchr(path, '/'));
    else if (result == 0)
        result = nftw(path, visit, FOLDERS_OPEN_MAX, FTW_PHYS);
    if (result != 0 || site->count == 0)
        fprintf(stderr, "webload: %s: %s\n", path, result != 0 ? strerror(errno) : "no files");
    return result == 0 && site->count > 0;
}
