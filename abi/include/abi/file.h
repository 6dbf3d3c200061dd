/* Files and directories as the calls 128 to 159 show them. Fixed-width fields, little endian,
 * padding explicit and zero. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    FILE_PATH_MAX = 1024, /* Bytes of a path, with no zero at its end. */
    FILE_NAME_MAX = 255,  /* Bytes of one component: any but '/' and 0; not "." and "..". */
    FILE_LINKS_MAX = 8,   /* Symbolic links followed in one path. */
    FILE_DEPTH_MAX = 128, /* Directories between the root of a look-up and its end. */
};

/* "The description's own offset", for file_read and file_write. */
#define FILE_OFFSET_CURRENT UINT64_MAX

/* Flags of file_open. How the file may be used is in the rights that are asked for. */
#define OPEN_CREATE (1u << 0)    /* Make a regular file when the name is free. */
#define OPEN_EXCLUSIVE (1u << 1) /* With CREATE: EXISTS when the name is taken. */
#define OPEN_TRUNCATE (1u << 2)  /* Size 0; needs WRITE. */
#define OPEN_DIRECTORY (1u << 3) /* NOT_DIRECTORY unless it is one. */
#define OPEN_APPEND (1u << 4)    /* Each write goes to the end. */
#define OPEN_NOFOLLOW (1u << 5)  /* LOOP when the last component is a symbolic link. */
#define OPEN_KEEP_ROOT (1u << 6) /* Of a directory: ".." still reaches up to the handle's root. */
#define OPEN_FLAGS 0x7fu

/* Flags of path_stat and path_remove. */
#define PATH_NOFOLLOW (1u << 0)
#define PATH_DIRECTORY (1u << 1)
#define PATH_FOLLOW (1u << 2) /* path_link: through a symbolic link, not to itself. */

enum file_kind {
    FILE_REGULAR = 1,
    FILE_DIRECTORY = 2,
    FILE_LINK = 3,
    FILE_PIPE = 4,
    FILE_SOCKET = 5,
    FILE_CHARACTER = 6,
};

enum file_whence {
    FILE_SEEK_SET = 0,
    FILE_SEEK_CURRENT = 1,
    FILE_SEEK_END = 2,
};

/* Times are since 1970-01-01 UTC. */
struct file_stat {
    uint64_t size_bytes;
    uint64_t allocated_bytes;
    uint64_t modified_ns;
    uint64_t changed_ns;  /* Contents, names or attributes. */
    uint64_t accessed_ns; /* As it was made or last set; reading does not move it. */
    uint64_t number;      /* Of the file within its file system; never 0. */
    uint64_t filesystem;  /* Number of the file system, unique until the next boot. */
    uint64_t device;      /* Of a FILE_CHARACTER: which. */
    uint32_t kind;        /* enum file_kind. */
    uint32_t mode;        /* POSIX permission bits; handles decide first. */
    uint32_t owner;
    uint32_t group;
    uint32_t links;
    uint32_t block_bytes; /* A good size for reads and writes. */
};
_Static_assert(sizeof(struct file_stat) == 88 && offsetof(struct file_stat, block_bytes) == 84,
               "contract");

/* What path_set and file_set change. */
struct file_attributes {
    uint32_t set; /* FILE_SET_*. */
    uint32_t mode;
    uint32_t owner;
    uint32_t group;
    uint64_t accessed_ns;
    uint64_t modified_ns;
};
_Static_assert(sizeof(struct file_attributes) == 32, "contract");

#define FILE_SET_MODE (1u << 0)
#define FILE_SET_OWNER (1u << 1)
#define FILE_SET_GROUP (1u << 2)
#define FILE_SET_ACCESSED (1u << 3)
#define FILE_SET_MODIFIED (1u << 4)
#define FILE_SET_ACCESSED_NOW (1u << 5)
#define FILE_SET_MODIFIED_NOW (1u << 6)
#define FILE_SET_ALL 0x7fu

/* Sizes of a file system in bytes; counts of files are 0 where there is no bound. */
struct filesystem_info {
    uint64_t number;
    uint64_t total_bytes;
    uint64_t free_bytes;
    uint32_t block_bytes;
    uint32_t flags; /* FILESYSTEM_*. */
    char name[16];
};
_Static_assert(sizeof(struct filesystem_info) == 48, "contract");

#define FILESYSTEM_READ_ONLY (1u << 0)

/* One entry of directory_read; the next begins size_bytes further, 8-byte aligned. The name is
 * followed by at least one zero. "." and ".." are not listed. */
struct directory_entry {
    uint64_t number;
    uint64_t next; /* The cookie that continues after this entry. */
    uint16_t size_bytes;
    uint8_t kind; /* enum file_kind. */
    uint8_t name_len;
    char name[4]; /* name_len bytes in fact. */
};
_Static_assert(sizeof(struct directory_entry) == 24 && offsetof(struct directory_entry, name) == 20,
               "contract");
