/* See place.h. The working directory is kept twice: as a handle, from which paths are looked up, and as
 * text for getcwd. The kernel resolves "..", which never leads above the root of the name space, because
 * the handle is opened to keep that root; the text is put together from the paths given to chdir. */
#include "user/posix/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <abi/file.h>

#include "user/posix/call.h"
#include "user/posix/descriptor.h"
#include "user/posix/lock.h"
#include "user/posix/note.h"
#include "user/posix/posix.h"
#include "user/posix/start.h"

static struct place {
    struct lock lock;
    handle_t root;            /* HANDLE_NONE: not looked for yet, or there is none. */
    handle_t working;         /* HANDLE_NONE: the root. */
    size_t path_len;          /* Of `path`; 0: the root. */
    char path[FILE_PATH_MAX]; /* "/a/b", no zero at its end. */
} place;

/* A program that was started from another place than the root goes on there. */
__attribute__((constructor(101))) static void place_adopt(void)
{
    const struct start_handle *start = start_find(PLACE_WORKING, OBJECT_DIRECTORY);
    const struct note *note = note_find();
    if (start == NULL || note == NULL)
        return;
    place.working = (handle_t){ start->handle };
    place.path_len = note->path_len;
    memcpy(place.path, note->path, note->path_len);
}

size_t place_text(char *out_text)
{
    lock_take(&place.lock);
    size_t len = place.path_len;
    memcpy(out_text, place.path, len);
    lock_give(&place.lock);
    return len;
}

handle_t place_working(void)
{
    return place.working;
}

/* "fs:read:/www" and "fs:write:/data": the path; NULL for every other name. */
static const char *tree_path(const struct start_handle *start)
{
    static const char *const prefixes[] = { "fs:read:", "fs:write:" };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t len = strlen(prefixes[i]);
        if (start->kind == OBJECT_DIRECTORY && strncmp(start->name, prefixes[i], len) == 0)
            return start->name + len;
    }
    return NULL;
}

/* A name space in which each tree is at its path. One that cannot be put there is left out: opening its
 * files then answers ENOENT, like everything that was not granted. */
static handle_t root_build(void)
{
    size_t count;
    const struct start_handle *list = start_list(&count);
    handle_t root = HANDLE_NONE;
    for (size_t i = 0; i < count; i++) {
        const char *path = tree_path(&list[i]);
        if (path == NULL || (root.raw == 0 && sys_namespace_create(&root) != STATUS_OK))
            continue;
        (void)sys_namespace_mount(root, path, strlen(path), (handle_t){ list[i].handle });
    }
    return root;
}

/* The lock is held. */
static handle_t root_find(void)
{
    if (place.root.raw == 0) {
        const struct start_handle *start = start_find("root", OBJECT_DIRECTORY);
        place.root = start != NULL ? (handle_t){ start->handle } : root_build();
    }
    return place.root;
}

long place_of(int dirfd, const char *path, handle_t *out_directory)
{
    if (path[0] != '/' && dirfd != AT_FDCWD) {
        struct description description;
        if (descriptor_get(dirfd, &description) != 0)
            return -EBADF;
        *out_directory = description.handle;
        return description.kind == OBJECT_DIRECTORY ? 0 : -ENOTDIR;
    }
    lock_take(&place.lock);
    handle_t root = root_find();
    bool from_root = path[0] == '/' || place.working.raw == 0;
    *out_directory = from_root ? root : place.working;
    lock_give(&place.lock);
    return out_directory->raw != 0 ? 0 : -ENOENT;
}

/* Add a path to the text of another one, resolving "." and "..". @return its length, or 0 when it is too
 * long; the root is "/", so no path is empty. */
static size_t path_join(char *text, size_t len, const char *path)
{
    if (path[0] == '/')
        len = 0;
    while (*path != 0) {
        size_t part = strcspn(path, "/");
        if (part == 2 && memcmp(path, "..", 2) == 0) {
            while (len > 0 && text[--len] != '/')
                continue;
        } else if (part > 0 && !(part == 1 && path[0] == '.')) {
            if (part + 1 > FILE_PATH_MAX - len)
                return 0;
            text[len++] = '/';
            memcpy(text + len, path, part);
            len += part;
        }
        path += part;
        path += *path == '/';
    }
    if (len == 0)
        text[len++] = '/';
    return len;
}

/* With all that its tree allows: files are opened and made from there. */
static status_t working_open(handle_t from, const char *path, handle_t *out)
{
    static const rights_t uses[] = { RIGHT_READ | RIGHT_EXECUTE | RIGHT_MAP | RIGHT_WRITE |
                                         RIGHT_DUPLICATE, /* Over a fork. */
                                     RIGHT_READ | RIGHT_EXECUTE | RIGHT_MAP | RIGHT_WRITE,
                                     RIGHT_READ | RIGHT_EXECUTE | RIGHT_MAP, RIGHT_READ };
    status_t status = STATUS_NO_RIGHT;
    uint32_t kind;
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        status = sys_file_open(from, path, strlen(path), OPEN_DIRECTORY | OPEN_KEEP_ROOT, uses[i],
                               out, &kind);
        if (status != STATUS_NO_RIGHT && status != STATUS_READ_ONLY)
            break;
    }
    return status;
}

long __posix_chdir(const char *path)
{
    handle_t from, opened;
    long error = place_of(AT_FDCWD, path, &from);
    if (error < 0)
        return error;
    status_t status = working_open(from, path, &opened);
    if (status != STATUS_OK)
        return posix_error(status);
    char text[FILE_PATH_MAX];
    lock_take(&place.lock);
    memcpy(text, place.path, place.path_len);
    size_t len = path_join(text, place.path_len == 1 ? 0 : place.path_len, path);
    handle_t unused = opened;
    if (len > 0) {
        unused = place.working;
        place.working = opened;
        memcpy(place.path, text, len);
        place.path_len = len;
    }
    lock_give(&place.lock);
    if (unused.raw != 0)
        (void)sys_handle_close(unused.raw);
    return len > 0 ? 0 : -ENAMETOOLONG;
}

/* @return the bytes written, the zero included, as the C library expects. */
long __posix_getcwd(char *buffer, size_t size)
{
    lock_take(&place.lock);
    size_t len = place.path_len > 0 ? place.path_len : 1;
    if (len < size) {
        memcpy(buffer, place.path_len > 0 ? place.path : "/", len);
        buffer[len] = 0;
    }
    lock_give(&place.lock);
    return len < size ? (long)len + 1 : -ERANGE;
}
