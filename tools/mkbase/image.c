/* The tree in memory. Children are kept sorted by the bytes of their names, as they will stand in
 * the image. */
#include "tools/mkbase/image.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *memory_resize(void *memory, size_t len)
{
    memory = realloc(memory, len == 0 ? 1 : len);
    if (memory == NULL) {
        fprintf(stderr, "mkbase: out of memory\n");
        exit(1);
    }
    return memory;
}

void *memory_take(size_t len)
{
    void *memory = memory_resize(NULL, len);
    memset(memory, 0, len);
    return memory;
}

bool complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("mkbase: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return false;
}

uint8_t *file_load(const char *path, size_t *out_len)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return NULL;
    }
    uint8_t *data = NULL;
    size_t len = 0, room = 0, part;
    do {
        if (room - len < 65536)
            data = memory_resize(data, room = 2 * room + 65536);
        part = fread(data + len, 1, room - len, file);
        len += part;
    } while (part > 0);
    bool failed = ferror(file);
    fclose(file);
    if (failed) {
        complain("%s: cannot be read", path);
        free(data);
        return NULL;
    }
    *out_len = len;
    return data;
}

static struct item *item_new(const char *name, size_t name_len, struct item *parent)
{
    char *copy = memory_take(name_len + 1);
    memcpy(copy, name, name_len);
    struct item *item = memory_take(sizeof *item);
    *item = (struct item){
        .name = copy,
        .kind = BASE_DIRECTORY,
        .mode = 0555,
        .parent = parent,
        .order = UINT32_MAX,
    };
    return item;
}

static void item_free(struct item *item)
{
    for (size_t i = 0; i < item->child_count; i++)
        item_free(item->children[i]);
    free(item->children);
    free((char *)item->name);
    free(item->data);
    free(item);
}

struct image *image_new(void)
{
    struct image *image = memory_take(sizeof *image);
    image->root = item_new("", 0, NULL);
    return image;
}

void image_free(struct image *image)
{
    item_free(image->root);
    free(image);
}

/* Where a name is, or would be, among the children. */
static size_t item_place(const struct item *directory, const char *name, size_t name_len,
                         bool *out_found)
{
    size_t low = 0, high = directory->child_count;
    *out_found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *other = directory->children[middle]->name;
        int order = strncmp(name, other, name_len);
        if (order == 0 && other[name_len] != '\0')
            order = -1;
        if (order == 0) {
            *out_found = true;
            return middle;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static struct item *item_insert(struct item *directory, size_t place, const char *name,
                                size_t name_len)
{
    struct item *item = item_new(name, name_len, directory);
    size_t after = directory->child_count - place;
    directory->children =
        memory_resize(directory->children, (directory->child_count + 1) * sizeof(struct item *));
    memmove(directory->children + place + 1, directory->children + place,
            after * sizeof(struct item *));
    directory->children[place] = item;
    directory->child_count++;
    return item;
}

/* The next component of a path, which moves past it; 0 at the end. */
static size_t path_component(const char **path, const char **out_component)
{
    *out_component = *path + strspn(*path, "/");
    size_t len = strcspn(*out_component, "/");
    *path = *out_component + len;
    return len;
}

struct item *image_find(const struct image *image, const char *path)
{
    struct item *item = image->root;
    const char *name;
    size_t len;
    while ((len = path_component(&path, &name)) > 0) {
        bool found;
        size_t place = item_place(item, name, len, &found);
        if (!found)
            return NULL;
        item = item->children[place];
    }
    return item;
}

/* The item of a path, made with the folders on the way if need be; NULL with a message. */
static struct item *image_reach(struct image *image, const char *path)
{
    struct item *item = image->root;
    const char *rest = path, *name;
    size_t len, depth = 0;
    while ((len = path_component(&rest, &name)) > 0) {
        if (len > BASE_NAME_MAX || ++depth > BASE_DEPTH_MAX ||
            (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))) {
            complain("%s: a name that an image cannot have", path);
            return NULL;
        }
        if (item->kind != BASE_DIRECTORY) {
            complain("%s: %s is not a folder", path, item->name);
            return NULL;
        }
        bool found;
        size_t place = item_place(item, name, len, &found);
        item = found ? item->children[place] : item_insert(item, place, name, len);
    }
    return item;
}

bool image_add(struct image *image, const char *path, enum base_kind kind, uint32_t mode,
               uint8_t *data, size_t len)
{
    struct item *item = image_reach(image, path);
    bool usable = item != NULL;
    if (usable && image->yields && item->declared) {
        free(data);
        return true;
    }
    if (usable && (item->declared || item->child_count > 0) &&
        (kind != BASE_DIRECTORY || item->kind != BASE_DIRECTORY))
        usable = complain("%s: there already", path);
    if (usable && item == image->root && kind != BASE_DIRECTORY)
        usable = complain("%s: the root is a folder", path);
    if (usable && (mode & ~0555u) != 0)
        usable = complain("%s: mode %o: an image has read and execute bits only", path, mode);
    if (usable && kind == BASE_LINK && (len == 0 || len > BASE_LINK_MAX))
        usable = complain("%s: a target of %zu bytes", path, len);
    if (!usable) {
        free(data);
        return false;
    }
    free(item->data);
    item->declared = true;
    item->kind = kind;
    item->mode = mode;
    item->data = data;
    item->len = len;
    return true;
}
