/* The tree that mkbase collects and the image it becomes. Everything here is of the host: memory
 * comes from malloc, running out of it ends the program, and a mistake of the user's is reported
 * on stderr and answered with false. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/format/base.h"

struct item {
    const char *name;
    enum base_kind kind;
    uint32_t mode;
    bool declared; /* A line named it; otherwise it is a folder on the way to something. */
    struct item *parent;
    struct item **children;
    size_t child_count;
    uint8_t *data; /* A file's bytes or a link's target. */
    size_t len;

    uint32_t order; /* Rank among the files that come first on disk; UINT32_MAX for the others. */
    uint32_t index; /* From here on: set by image_write. */
    uint32_t first;
    uint32_t extent_count;
    uint32_t leaf_first;
    uint32_t name_at;
    uint64_t image_offset;
};

struct image {
    struct item *root;
    uint64_t timestamp_s;
    uint32_t ordered_count;
    bool yields; /* What is added gives way to what is there already. */
};

struct image *image_new(void);
void image_free(struct image *image);

/* Read a spec (see main.c for its lines) or an order file into the image. */
bool spec_read(struct image *image, const char *spec_path);
bool order_read(struct image *image, const char *order_path);

/* Add one thing at a path of the image; folders on the way are made. `data` is taken over.
 * False, with a message, if the name is not allowed or something else is there: unless the image yields, when
 * that stays. */
bool image_add(struct image *image, const char *path, enum base_kind kind, uint32_t mode,
               uint8_t *data, size_t len);

/* The item at a path, or NULL. */
struct item *image_find(const struct image *image, const char *path);

/* Lay the tree out: the bytes of the image, to be freed, and their number. The same tree gives the
 * same bytes. */
uint8_t *image_write(struct image *image, size_t *out_len);

/* What --list, --cat and --verify do, on an image in memory. */
bool inspect_list(struct const_span image);
bool inspect_cat(struct const_span image, const char *path);
bool inspect_verify(struct const_span image);

/* Read a whole file; NULL with a message when that fails. *out_len may be 0. */
uint8_t *file_load(const char *path, size_t *out_len);

/* malloc and realloc that end the program when there is no memory. */
void *memory_take(size_t len);
void *memory_resize(void *memory, size_t len);
bool complain(const char *format, ...) __attribute__((format(printf, 1, 2))); /* Is false. */
