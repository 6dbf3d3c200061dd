/* A program to be started in the POSIX manner, by exec or spawn: its file found, its arguments laid out as the
 * kernel takes them, the handles that it gets. Uses neither the C library's memory nor its locks, since
 * exec is called between fork and the new program, where both may be in any state. Any thread. */
#pragma once

#include <abi/process.h>

#include <stdbool.h>
#include <stddef.h>

enum { IMAGE_SMALL_BYTES = 2048 };

struct image {
    handle_t file;
    bool owns_file;
    struct spawn_args args;
    char *strings; /* `small`, or mapped. */
    size_t strings_size;
    struct spawn_handle handles[SPAWN_HANDLES_MAX];
    char small[IMAGE_SMALL_BYTES];
};

/* Find the file and lay out the rest. Every start of an image that answers 0 is followed by image_close.
 * @param dirfd, path  as for openat; an empty path with `use_dirfd`: the file itself.
 * @return 0; -E2BIG, -ENOMEM, or why the file cannot be opened to be executed. */
long image_open(struct image *image, int dirfd, const char *path, bool use_dirfd,
                char *const *arguments, char *const *environment);
/* The kernel has answered ENOEXEC: the same for the interpreter that the first line of a script names, "#!",
 * with a word as its argument if there is one, then the path, then the arguments from the second on.
 * @return 0 or a negative errno; -ENOEXEC when it is no script either. */
long image_open_script(struct image *image, int dirfd, const char *path, char *const *arguments,
                       char *const *environment);
void image_close(struct image *image);
/* Of a status that starting an image answered. */
long image_error(status_t status);
