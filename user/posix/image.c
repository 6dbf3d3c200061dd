/* See image.h. */
#include "user/posix/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <abi/memory.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/descriptor.h"
#include "user/posix/place.h"
#include "user/posix/start.h"

enum {
    SCRIPT_LINE_MAX = 256, /* Of "#! interpreter argument". */
    WORDS_MAX = 3,
};

/* Strings that come before those of the caller. */
struct words {
    const char *list[WORDS_MAX];
    size_t count;
};

/* --- Strings --------------------------------------------------------------------------------- */

static size_t strings_size(char *const *list)
{
    size_t size = 0;
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        size += strlen(list[i]) + 1;
    return size;
}

static size_t words_size(const struct words *words)
{
    size_t size = 0;
    for (size_t i = 0; i < words->count; i++)
        size += strlen(words->list[i]) + 1;
    return size;
}

static char *put(char *at, const char *text)
{
    size_t size = strlen(text) + 1;
    memcpy(at, text, size);
    return at + size;
}

static char *put_all(char *at, char *const *list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        at = put(at, list[i]);
    return at;
}

static long strings_reserve(struct image *image, size_t size)
{
    uint64_t mapped;
    image->strings = image->small;
    image->strings_size = size;
    if (size <= sizeof image->small)
        return 0;
    if (size > SPAWN_STRINGS_MAX)
        return -E2BIG;
    if (sys_memory_map_anon(size, 0, MEMORY_READ | MEMORY_WRITE, &mapped) != STATUS_OK)
        return -ENOMEM;
    image->strings = (char *)(uintptr_t)mapped;
    return 0;
}

/* A program has at least an empty name. */
static long strings_lay(struct image *image, const struct words *words, char *const *arguments,
                        char *const *environment)
{
    static const struct words nameless = { .list = { "" }, .count = 1 };
    if (words->count == 0 && (arguments == NULL || arguments[0] == NULL))
        words = &nameless;
    size_t arguments_len = words_size(words) + strings_size(arguments);
    size_t environment_len = strings_size(environment);
    long error = strings_reserve(image, arguments_len + environment_len);
    if (error < 0)
        return error;
    char *at = image->strings;
    for (size_t i = 0; i < words->count; i++)
        at = put(at, words->list[i]);
    put_all(put_all(at, arguments), environment);
    image->args.arguments = (uint64_t)(uintptr_t)image->strings;
    image->args.arguments_len = (uint32_t)arguments_len;
    image->args.environment = image->args.arguments + arguments_len;
    image->args.environment_len = (uint32_t)environment_len;
    return 0;
}

/* --- The rest -------------------------------------------------------------------------------- */

static void give(struct image *image, const char *name, handle_t handle)
{
    if (handle.raw == 0 || image->args.handle_count == SPAWN_HANDLES_MAX)
        return;
    struct spawn_handle *given = &image->handles[image->args.handle_count++];
    *given = (struct spawn_handle){ .handle = handle.raw, .rights = UINT32_MAX };
    memcpy(given->name, name, strlen(name));
}

/* What this program was given, it hands on. */
static void handles_lay(struct image *image)
{
    size_t count;
    const struct start_handle *list = start_list(&count);
    for (size_t i = 0; i < count; i++)
        give(image, list[i].name, (handle_t){ list[i].handle });
    image->args.handles = (uint64_t)(uintptr_t)image->handles;
}

static void name_lay(struct image *image, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    memcpy(image->args.name, name, strnlen(name, SPAWN_NAME_SIZE - 1));
}

static long file_open(int dirfd, const char *path, rights_t rights, handle_t *out_file)
{
    handle_t directory = place_of(dirfd, path);
    uint32_t kind;
    status_t status = sys_file_open(directory, path, strlen(path), 0, rights, out_file, &kind);
    if (status == STATUS_IS_DIRECTORY)
        return -EACCES;
    if (status != STATUS_OK)
        return place_error(status, directory);
    if (kind == OBJECT_FILE)
        return 0;
    (void)sys_handle_close(out_file->raw);
    return -EACCES;
}

static void file_close(const struct image *image)
{
    if (image->owns_file)
        (void)sys_handle_close(image->file.raw);
}

static long lay(struct image *image, const struct words *words, const char *path,
                char *const *arguments, char *const *environment)
{
    long error = strings_lay(image, words, arguments, environment);
    if (error < 0) {
        file_close(image);
        return error;
    }
    handles_lay(image);
    name_lay(image, path);
    return 0;
}

long image_open(struct image *image, int dirfd, const char *path, bool use_dirfd,
                char *const *arguments, char *const *environment)
{
    static const struct words none;
    memset(&image->args, 0, sizeof image->args);
    image->owns_file = !(use_dirfd && path[0] == 0);
    image->file = descriptor_handle((uint32_t)dirfd);
    long error = image->owns_file ? file_open(dirfd, path, RIGHT_EXECUTE, &image->file) : 0;
    return error < 0 ? error : lay(image, &none, path, arguments, environment);
}

void image_close(struct image *image)
{
    file_close(image);
    if (image->strings != image->small)
        (void)sys_memory_unmap((uint64_t)(uintptr_t)image->strings, image->strings_size);
}

/* --- Scripts --------------------------------------------------------------------------------- */

/* The words of "#! interpreter argument", cut in place. POSIX systems pass the rest of the line as one. */
static bool line_split(char *line, size_t len, struct words *out_words)
{
    char *end = memchr(line, '\n', len);
    if (len < 2 || line[0] != '#' || line[1] != '!' || end == NULL)
        return false;
    while (end > line + 2 && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = 0;
    char *word = line + 2 + strspn(line + 2, " \t");
    char *rest = word + strcspn(word, " \t");
    out_words->count = 0;
    if (*word == 0)
        return false;
    out_words->list[out_words->count++] = word;
    if (*rest != 0) {
        *rest++ = 0;
        out_words->list[out_words->count++] = rest + strspn(rest, " \t");
    }
    return true;
}

static long line_read(int dirfd, const char *path, char *line, size_t *out_len)
{
    handle_t file;
    long error = file_open(dirfd, path, RIGHT_READ, &file);
    if (error < 0)
        return error;
    status_t status = sys_file_read(file, line, SCRIPT_LINE_MAX, 0, out_len);
    (void)sys_handle_close(file.raw);
    return posix_error(status);
}

long image_open_script(struct image *image, int dirfd, const char *path, char *const *arguments,
                       char *const *environment)
{
    char line[SCRIPT_LINE_MAX];
    struct words words;
    size_t len;
    memset(&image->args, 0, sizeof image->args);
    long error = line_read(dirfd, path, line, &len);
    if (error < 0)
        return error;
    if (!line_split(line, len, &words))
        return -ENOEXEC;
    const char *interpreter = words.list[0];
    words.list[words.count++] = path;
    image->owns_file = true;
    error = file_open(AT_FDCWD, interpreter, RIGHT_EXECUTE, &image->file);
    if (error < 0)
        return error;
    bool has_name = arguments != NULL && arguments[0] != NULL;
    return lay(image, &words, path, has_name ? arguments + 1 : NULL, environment);
}

long image_error(status_t status)
{
    switch (status) {
    case STATUS_TOO_BIG: return -E2BIG;
    case STATUS_LIMIT: return -ENOMEM;
    default: return posix_error(status);
    }
}
