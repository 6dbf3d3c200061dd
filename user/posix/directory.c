/* Directories: reading them, and changing names. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <abi/file.h>

#include "user/posix/call.h"
#include "user/posix/place.h"
#include "user/posix/posix.h"

enum { ENTRY_ALIGN = 8 };

_Static_assert(offsetof(struct dirent, d_name) < offsetof(struct directory_entry, name),
               "an entry never grows when it is converted");

static uint8_t type_of(uint8_t kind)
{
    switch (kind) {
    case FILE_REGULAR: return DT_REG;
    case FILE_DIRECTORY: return DT_DIR;
    case FILE_LINK: return DT_LNK;
    case FILE_PIPE: return DT_FIFO;
    case FILE_SOCKET: return DT_SOCK;
    case FILE_CHARACTER: return DT_CHR;
    default: return DT_UNKNOWN;
    }
}

/* The kernel's entries in `buffer` become the C library's, in place: none grows, so that what is written
 * never passes what is still to be read. @return their bytes. */
static size_t entries_convert(uint8_t *buffer, size_t size)
{
    size_t written = 0;
    for (size_t at = 0; at < size;) {
        struct directory_entry entry;
        memcpy(&entry, buffer + at, offsetof(struct directory_entry, name));
        size_t name_at = at + offsetof(struct directory_entry, name);
        size_t len = offsetof(struct dirent, d_name) + entry.name_len + 1;
        len = (len + ENTRY_ALIGN - 1) & ~(size_t)(ENTRY_ALIGN - 1);
        struct dirent *out = (struct dirent *)(buffer + written);
        memmove(out->d_name, buffer + name_at, entry.name_len);
        out->d_name[entry.name_len] = 0;
        out->d_ino = entry.number;
        out->d_off = (off_t)entry.next;
        out->d_reclen = (unsigned short)len;
        out->d_type = type_of(entry.kind);
        written += len;
        at += entry.size_bytes;
    }
    return written;
}

/* "." and ".." are not listed; POSIX leaves that to the system. */
long __posix_getdents64(int fd, void *buffer, size_t size)
{
    struct blocking_call call = {
        .number = SYSCALL_descriptor_list,
        .in = { (uint32_t)fd, (uint64_t)(uintptr_t)buffer, size },
    };
    long len = blocking_call_value(&call);
    return len < 0 ? len : (long)entries_convert(buffer, (size_t)len);
}

static long path_call(enum syscall_number number, int dirfd, const char *path, uint32_t flags)
{
    handle_t from = place_of(dirfd, path);
    struct blocking_call call = {
        .number = number,
        .in = { from.raw, (uint64_t)(uintptr_t)path, strlen(path), flags },
    };
    return place_call(&call, from);
}

/* A path that ends in "." or "..", or is the root, names nothing that could be made, which the kernel calls
 * invalid; and below what only mounts fill, nothing can be made at all. POSIX asks first whether it is there. */
static long name_make(int dirfd, const char *path, enum file_kind kind, unsigned mode)
{
    struct stat there;
    handle_t from = place_of(dirfd, path);
    struct blocking_call call = {
        .number = SYSCALL_path_make,
        .in = { from.raw, (uint64_t)(uintptr_t)path, strlen(path), kind, mode & 07777 },
    };
    long error = place_call(&call, from);
    if ((error == -EINVAL || error == -EROFS) &&
        __posix_newfstatat(dirfd, path, &there, AT_SYMLINK_NOFOLLOW) == 0)
        return -EEXIST;
    return error;
}

long __posix_mkdirat(int dirfd, const char *path, unsigned mode)
{
    return name_make(dirfd, path, FILE_DIRECTORY, mode);
}

/* Devices are nobody's to make. */
long __posix_mknodat(int dirfd, const char *path, unsigned mode, unsigned long device)
{
    switch (mode & S_IFMT) {
    case 0:
    case S_IFREG: return name_make(dirfd, path, FILE_REGULAR, mode);
    case S_IFIFO: return name_make(dirfd, path, FILE_PIPE, mode);
    case S_IFCHR:
    case S_IFBLK: return -EPERM;
    default: return -EINVAL;
    }
}

long __posix_unlinkat(int dirfd, const char *path, int flags)
{
    return path_call(SYSCALL_path_remove, dirfd, path, flags & AT_REMOVEDIR ? PATH_DIRECTORY : 0);
}

long __posix_renameat(int dirfd, const char *path, int dirfd_new, const char *path_new)
{
    handle_t from = place_of(dirfd, path), to = place_of(dirfd_new, path_new);
    struct blocking_call call = {
        .number = SYSCALL_path_rename,
        .in = { from.raw, (uint64_t)(uintptr_t)path, strlen(path), to.raw,
                (uint64_t)(uintptr_t)path_new, strlen(path_new) },
    };
    return place_call(&call, from);
}

long __posix_renameat2(int dirfd, const char *path, int dirfd_new, const char *path_new,
                       unsigned flags)
{
    return flags == 0 ? __posix_renameat(dirfd, path, dirfd_new, path_new) : -EINVAL;
}
