/* tmpfs through the objects that processes use: open, write, read, names, limits, and what is left
 * when all is closed: nothing. */
#include "kernel/fs/tmpfs.h"

#include <stdlib.h>

#include "kernel/base/epoch.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/file.h"
#include "kernel/vfs/vfs.h"
#include "lib/base/assert.h"
#include "tests/doubles/files/memory.h"
#include "tests/unit.h"

enum { ALL_RIGHTS = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | RIGHT_MAP };

/* A tree behind a directory object, in a cell of its own. */
struct tree {
    struct cell *cell;
    struct directory *root;
};

static struct span user_buffer(void)
{
    static uint8_t bytes[1 << 16];
    return span_of(bytes, sizeof bytes);
}

static status_t tree_try(struct tree *tree, uint64_t size_max)
{
    struct namespace *namespace;
    struct vnode *root;
    status_t status = namespace_create_bare(tree->cell, &namespace);
    if (status != STATUS_OK)
        return status;
    status =
        tmpfs_create(&(struct tmpfs_params){ .cell = tree->cell, .size_max = size_max }, &root);
    if (status == STATUS_OK) {
        status = directory_create(root, namespace, tree->cell, &tree->root);
        vnode_unref(root);
    }
    namespace_unref(namespace);
    return status;
}

static struct tree tree_begin(uint64_t size_max)
{
    static bool is_set_up;
    if (!is_set_up)
        vfs_init();
    is_set_up = true;
    kernel_memory.allocations_left = -1;
    struct tree tree;
    EXPECT_EQ(cell_create(cell_root(), "test", &tree.cell), STATUS_OK);
    REQUIRE(tree_try(&tree, size_max) == STATUS_OK);
    return tree;
}

/* Everything is closed: no frame, no object and no charge is left. */
static void tree_end(struct tree *tree)
{
    object_unref(&tree->root->object);
    for (int i = 0; i < CELL_RESOURCES; i++)
        EXPECT_EQ(tree->cell->used[i], 0);
    EXPECT_EQ(tree->cell->object.refs, 1);
    object_unref(&tree->cell->object);
    EXPECT_EQ(kernel_memory.objects_out, 0);
    EXPECT_EQ(kernel_memory.frames_out, 0);
}

static struct const_span text(const char *string)
{
    return const_span_of(string, strlen(string));
}

static status_t open_with(struct tree *tree, const char *path, uint32_t flags, rights_t rights,
                          struct file **out_file)
{
    struct object *object;
    struct grant *grant;
    struct open_request request = {
        .path = text(path),
        .flags = flags,
        .rights = rights,
        .allowed = ALL_RIGHTS,
        .cell = tree->cell,
    };
    status_t status = directory_open(tree->root, &request, &object, &grant);
    if (status == STATUS_OK)
        *out_file = CONTAINER_OF(object, struct file, object);
    return status;
}

static struct file *open_new(struct tree *tree, const char *path)
{
    struct file *file = NULL;
    REQUIRE(open_with(tree, path, OPEN_CREATE | OPEN_EXCLUSIVE, RIGHT_READ | RIGHT_WRITE, &file) ==
            STATUS_OK);
    return file;
}

static void file_close(struct file *file)
{
    object_unref(&file->object);
}

static status_t write_at(struct file *file, const void *data, size_t len, uint64_t offset,
                         size_t *out_done)
{
    struct user_in src = { { (uintptr_t)data }, len };
    return file_write(file, src, offset, out_done);
}

static size_t read_at(struct file *file, size_t len, uint64_t offset)
{
    size_t done = 0;
    struct user_out dst = { { (uintptr_t)user_buffer().data }, len };
    EXPECT_EQ(file_read(file, dst, offset, &done), STATUS_OK);
    return done;
}

static status_t directory_make(struct tree *tree, struct vnode *parent, const char *name)
{
    struct vnode *vnode;
    status_t status =
        vnode_create(parent, text(name), &(struct vnode_spec){ .kind = FILE_DIRECTORY }, &vnode);
    if (status == STATUS_OK)
        vnode_unref(vnode);
    return status;
}

TEST(tmpfs_keeps_what_is_written)
{
    struct tree tree = tree_begin(0);
    struct file *file = open_new(&tree, "a");
    static uint8_t data[20000];
    size_t done = 0;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    EXPECT_EQ(write_at(file, data, sizeof data, 100, &done), STATUS_OK);
    EXPECT_EQ(done, sizeof data);
    EXPECT_EQ(vnode_size(file->vnode), 100 + sizeof data);
    EXPECT_EQ(read_at(file, 50000, 0), 100 + sizeof data);
    for (int i = 0; i < 100; i++)
        EXPECT_EQ(user_buffer().data[i], 0); /* The hole before it. */
    EXPECT_MEM(user_buffer().data + 100, data, sizeof data);
    EXPECT_EQ(read_at(file, 10, 100 + sizeof data), 0);
    EXPECT_EQ(read_at(file, 10, UINT64_MAX - 1), 0);
    file_close(file);
    tree_end(&tree);
}

TEST(tmpfs_moves_the_offset_of_the_description)
{
    struct tree tree = tree_begin(0);
    struct file *file = open_new(&tree, "a");
    size_t done = 0;
    uint64_t position = 0;
    EXPECT_EQ(write_at(file, "hello ", 6, FILE_OFFSET_CURRENT, &done), STATUS_OK);
    EXPECT_EQ(write_at(file, "world", 5, FILE_OFFSET_CURRENT, &done), STATUS_OK);
    EXPECT_EQ(file_seek(file, 0, FILE_SEEK_CURRENT, &position), STATUS_OK);
    EXPECT_EQ(position, 11);
    EXPECT_EQ(read_at(file, 5, FILE_OFFSET_CURRENT), 0);
    EXPECT_EQ(file_seek(file, -5, FILE_SEEK_END, &position), STATUS_OK);
    EXPECT_EQ(position, 6);
    EXPECT_EQ(read_at(file, 100, FILE_OFFSET_CURRENT), 5);
    EXPECT_MEM(user_buffer().data, "world", 5);
    EXPECT_EQ(file_seek(file, -12, FILE_SEEK_END, &position), STATUS_INVALID);
    EXPECT_EQ(file_seek(file, INT64_MAX, FILE_SEEK_CURRENT, &position), STATUS_INVALID);
    EXPECT_EQ(file_seek(file, 0, 3, &position), STATUS_INVALID);
    EXPECT_EQ(position, 6);
    file_close(file);
    tree_end(&tree);
}

static bool read_now(struct file *file, uint64_t address, size_t len, uint64_t offset,
                     size_t *out_done)
{
    struct user_out dst = { { address }, len };
    epoch_begin();
    bool done = file_read_now(file, dst, offset, out_done);
    epoch_end();
    return done;
}

/* It reads what file_read reads, or nothing at all: the offset moves only with bytes. */
TEST(tmpfs_read_without_waiting_reads_the_same_or_declines)
{
    struct tree tree = tree_begin(0);
    struct file *file = open_new(&tree, "a");
    static uint8_t data[PAGE_SIZE + 100];
    uint64_t buffer = (uintptr_t)user_buffer().data, position;
    size_t done = 0;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    EXPECT_EQ(read_now(file, buffer, 1, 0, &done), false); /* It has no pages yet. */
    EXPECT_EQ(write_at(file, data, sizeof data, 0, &done), STATUS_OK);
    done = 77;
    EXPECT_EQ(read_now(file, buffer, 2, PAGE_SIZE - 1, &done), false);
    EXPECT_EQ(read_now(file, buffer, 1, sizeof data, &done), false);
    EXPECT_EQ(read_now(file, buffer, 1, UINT64_MAX - 1, &done), false);
    EXPECT_EQ(read_now(file, 8, 1, 0, &done), false); /* The copy fails. */
    EXPECT_EQ(read_now(file, 8, 1, FILE_OFFSET_CURRENT, &done), false);
    EXPECT_EQ(done, 77);
    EXPECT_EQ(read_now(file, buffer, PAGE_SIZE, 0, &done), true);
    EXPECT_EQ(done, PAGE_SIZE);
    EXPECT_MEM(user_buffer().data, data, done);
    EXPECT_EQ(read_now(file, buffer, 4096, PAGE_SIZE + 50, &done), true);
    EXPECT_EQ(done, 50); /* To the end of the file. */
    EXPECT_MEM(user_buffer().data, data + PAGE_SIZE + 50, done);
    EXPECT_EQ(file_seek(file, 10, FILE_SEEK_SET, &position), STATUS_OK);
    EXPECT_EQ(read_now(file, buffer, 5, FILE_OFFSET_CURRENT, &done), true);
    EXPECT_EQ(read_now(file, buffer, 5, FILE_OFFSET_CURRENT, &done), true);
    EXPECT_MEM(user_buffer().data, data + 15, 5);
    EXPECT_EQ(file_seek(file, 0, FILE_SEEK_CURRENT, &position), STATUS_OK);
    EXPECT_EQ(position, 20);
    EXPECT_EQ(file_write_now(file, (struct user_in){ { buffer }, 1 }, &done), false);
    file_close(file);
    tree_end(&tree);
}

TEST(tmpfs_appends_at_the_end_whatever_the_offset)
{
    struct tree tree = tree_begin(0);
    struct file *file = open_new(&tree, "log");
    struct file *appender = NULL;
    size_t done = 0;
    EXPECT_EQ(write_at(file, "0123456789", 10, 0, &done), STATUS_OK);
    EXPECT_EQ(open_with(&tree, "log", OPEN_APPEND, RIGHT_WRITE, &appender), STATUS_OK);
    EXPECT_EQ(write_at(appender, "ab", 2, FILE_OFFSET_CURRENT, &done), STATUS_OK);
    EXPECT_EQ(write_at(file, "cd", 2, 12, &done), STATUS_OK);
    EXPECT_EQ(write_at(appender, "ef", 2, FILE_OFFSET_CURRENT, &done), STATUS_OK);
    EXPECT_EQ(read_at(file, 100, 0), 16);
    EXPECT_MEM(user_buffer().data, "0123456789abcdef", 16);
    file_close(appender);
    file_close(file);
    tree_end(&tree);
}

/* Bytes that a truncation cut off must not come back when the file grows again. */
TEST(tmpfs_truncation_cuts_and_growth_shows_zeros)
{
    struct tree tree = tree_begin(0);
    struct file *file = open_new(&tree, "a");
    static uint8_t data[10000];
    size_t done = 0;
    memset(data, 0xee, sizeof data);
    EXPECT_EQ(write_at(file, data, sizeof data, 0, &done), STATUS_OK);
    EXPECT_EQ(vnode_truncate(file->vnode, 5000), STATUS_OK);
    EXPECT_EQ(tree.cell->used[CELL_SCRATCH], 8192);
    EXPECT_EQ(vnode_truncate(file->vnode, 12288), STATUS_OK);
    EXPECT_EQ(read_at(file, 20000, 0), 12288);
    for (int i = 0; i < 12288; i++)
        EXPECT_EQ(user_buffer().data[i], i < 5000 ? 0xee : 0);
    EXPECT_EQ(vnode_truncate(file->vnode, 0), STATUS_OK);
    EXPECT_EQ(tree.cell->used[CELL_SCRATCH], 0);
    EXPECT_EQ(kernel_memory.frames_out, 0);
    file_close(file);
    tree_end(&tree);
}

TEST(tmpfs_unlinked_file_lives_until_it_is_closed)
{
    struct tree tree = tree_begin(0);
    struct file *file = open_new(&tree, "a");
    struct file *other = NULL;
    size_t done = 0;
    EXPECT_EQ(write_at(file, "data", 4, 0, &done), STATUS_OK);
    EXPECT_EQ(vnode_remove(tree.root->vnode, text("a"), false), STATUS_OK);
    EXPECT_EQ(open_with(&tree, "a", 0, RIGHT_READ, &other), STATUS_NOT_FOUND);
    EXPECT_EQ(read_at(file, 10, 0), 4);
    EXPECT_EQ(write_at(file, "more", 4, 4, &done), STATUS_OK);
    file_close(file);
    EXPECT_EQ(tree.cell->used[CELL_SCRATCH], 0);
    tree_end(&tree);
}

/* The whole tree goes with the last handle to any of it, not before. */
TEST(tmpfs_tree_lives_while_one_file_is_open)
{
    struct tree tree = tree_begin(0);
    struct vnode *root = tree.root->vnode;
    EXPECT_EQ(directory_make(&tree, root, "d"), STATUS_OK);
    struct file *file = open_new(&tree, "d/f");
    struct file *idle = open_new(&tree, "d/g");
    size_t done = 0;
    EXPECT_EQ(write_at(idle, "x", 1, 0, &done), STATUS_OK);
    file_close(idle);
    struct directory *directory = tree.root;
    object_ref(&directory->object);
    object_unref(&directory->object);
    EXPECT_EQ(write_at(file, "hello", 5, 0, &done), STATUS_OK);
    object_unref(&tree.root->object);
    EXPECT_EQ(read_at(file, 5, 0), 5);
    EXPECT_EQ(tree.cell->used[CELL_SCRATCH], 8192);
    file_close(file);
    EXPECT_EQ(tree.cell->used[CELL_MEMORY], 0);
    EXPECT_EQ(kernel_memory.objects_out, 0);
    EXPECT_EQ(kernel_memory.frames_out, 0);
    object_unref(&tree.cell->object);
}

TEST(tmpfs_removal_tells_files_from_directories)
{
    struct tree tree = tree_begin(0);
    struct vnode *root = tree.root->vnode;
    EXPECT_EQ(directory_make(&tree, root, "d"), STATUS_OK);
    EXPECT_EQ(directory_make(&tree, root, "d"), STATUS_EXISTS);
    file_close(open_new(&tree, "d/f"));
    EXPECT_EQ(vnode_remove(root, text("d"), false), STATUS_IS_DIRECTORY);
    EXPECT_EQ(vnode_remove(root, text("d"), true), STATUS_NOT_EMPTY);
    EXPECT_EQ(vnode_remove(root, text("x"), true), STATUS_NOT_FOUND);
    struct vnode *d = NULL;
    EXPECT_EQ(vnode_lookup(root, text("d"), &d), STATUS_OK);
    EXPECT_EQ(vnode_remove(d, text("f"), true), STATUS_NOT_DIRECTORY);
    EXPECT_EQ(vnode_remove(d, text("f"), false), STATUS_OK);
    EXPECT_EQ(vnode_remove(root, text("d"), true), STATUS_OK);
    /* Somebody has the removed directory open: nothing can be made in it. */
    EXPECT_EQ(directory_make(&tree, d, "late"), STATUS_NOT_FOUND);
    vnode_unref(d);
    tree_end(&tree);
}

TEST(tmpfs_refuses_names_that_are_none)
{
    struct tree tree = tree_begin(0);
    struct vnode *root = tree.root->vnode;
    char name[FILE_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    name[FILE_NAME_MAX + 1] = 0;
    EXPECT_EQ(directory_make(&tree, root, name), STATUS_NAME_TOO_LONG);
    EXPECT_EQ(directory_make(&tree, root, name + 1), STATUS_OK);
    EXPECT_EQ(directory_make(&tree, root, ""), STATUS_INVALID);
    EXPECT_EQ(directory_make(&tree, root, "."), STATUS_INVALID);
    EXPECT_EQ(directory_make(&tree, root, ".."), STATUS_INVALID);
    EXPECT_EQ(directory_make(&tree, root, "a/b"), STATUS_INVALID);
    EXPECT_EQ(directory_make(&tree, root, "..."), STATUS_OK);
    tree_end(&tree);
}

TEST(tmpfs_rename_moves_and_replaces)
{
    struct tree tree = tree_begin(0);
    struct vnode *root = tree.root->vnode;
    EXPECT_EQ(directory_make(&tree, root, "d"), STATUS_OK);
    EXPECT_EQ(directory_make(&tree, root, "e"), STATUS_OK);
    struct vnode *d = NULL;
    EXPECT_EQ(vnode_lookup(root, text("d"), &d), STATUS_OK);
    struct file *file = open_new(&tree, "f");
    struct file *replaced = open_new(&tree, "d/g");
    size_t done = 0;
    EXPECT_EQ(write_at(file, "new", 3, 0, &done), STATUS_OK);
    EXPECT_EQ(write_at(replaced, "old", 3, 0, &done), STATUS_OK);
    EXPECT_EQ(vnode_rename(root, text("f"), d, text("g")), STATUS_OK);
    EXPECT_EQ(read_at(replaced, 10, 0), 3);
    EXPECT_MEM(user_buffer().data, "old", 3); /* Whoever has it open still does. */
    file_close(replaced);
    file_close(file);
    EXPECT_EQ(open_with(&tree, "f", 0, RIGHT_READ, &file), STATUS_NOT_FOUND);
    EXPECT_EQ(open_with(&tree, "d/g", 0, RIGHT_READ, &file), STATUS_OK);
    EXPECT_EQ(read_at(file, 10, 0), 3);
    EXPECT_MEM(user_buffer().data, "new", 3);
    file_close(file);
    EXPECT_EQ(vnode_rename(d, text("g"), d, text("g")), STATUS_OK);
    EXPECT_EQ(vnode_rename(root, text("d"), d, text("x")), STATUS_INVALID);
    EXPECT_EQ(vnode_rename(root, text("e"), root, text("d")), STATUS_NOT_EMPTY);
    EXPECT_EQ(vnode_rename(d, text("g"), root, text("e")), STATUS_IS_DIRECTORY);
    EXPECT_EQ(vnode_rename(root, text("e"), d, text("g")), STATUS_NOT_DIRECTORY);
    EXPECT_EQ(vnode_rename(root, text("d"), root, text("e")), STATUS_OK);
    EXPECT_EQ(open_with(&tree, "e/g", 0, RIGHT_READ, &file), STATUS_OK);
    file_close(file);
    vnode_unref(d);
    tree_end(&tree);
}

TEST(tmpfs_size_limit_says_no_space_and_keeps_what_fitted)
{
    struct tree tree = tree_begin(3 * 4096);
    struct file *file = open_new(&tree, "a");
    static uint8_t data[5 * 4096];
    size_t done = 0;
    EXPECT_EQ(write_at(file, data, 2 * 4096 + 1, 0, &done), STATUS_OK);
    EXPECT_EQ(write_at(file, data, 4096, 2 * 4096 + 1, &done), STATUS_NO_SPACE);
    EXPECT_EQ(vnode_size(file->vnode), 2 * 4096 + 1);
    EXPECT_EQ(write_at(file, data, 4095, 2 * 4096 + 1, &done), STATUS_OK);
    EXPECT_EQ(vnode_truncate(file->vnode, 3 * 4096 + 1), STATUS_NO_SPACE);
    EXPECT_EQ(vnode_truncate(file->vnode, UINT64_MAX), STATUS_NO_SPACE);
    EXPECT_EQ(vnode_truncate(file->vnode, 4096), STATUS_OK);
    EXPECT_EQ(vnode_truncate(file->vnode, 3 * 4096), STATUS_OK);
    EXPECT_EQ(write_at(file, data, 1, UINT64_MAX - 1, &done), STATUS_OVERFLOW);
    file_close(file);
    tree_end(&tree);
}

/* One class of a mode counts, the first that fits, even where a later one would allow more. */
TEST(tmpfs_mode_counts_by_whose_the_file_is)
{
    static const struct {
        struct identity who;
        uint32_t mode;
        rights_t rights;
        bool is_allowed;
    } cases[] = {
        { { 7, 8 }, 0400, RIGHT_READ, true },
        { { 7, 8 }, 0077, RIGHT_READ, false },
        { { 7, 9 }, 0200, RIGHT_WRITE, true },
        { { 9, 8 }, 0040, RIGHT_READ, true },
        { { 9, 8 }, 0707, RIGHT_READ, false },
        { { 9, 9 }, 0004, RIGHT_READ, true },
        { { 9, 9 }, 0770, RIGHT_READ, false },
        { { 9, 9 }, 0006, RIGHT_READ | RIGHT_WRITE, true },
        { { 9, 9 }, 0004, RIGHT_READ | RIGHT_WRITE, false },
        { { 9, 9 }, 0001, RIGHT_EXECUTE, true },
        { { 9, 9 }, 0110, RIGHT_EXECUTE, false },
    };
    struct tree tree = tree_begin(0);
    tree.cell->identity = (struct identity){ 7, 8 };
    struct file *file = open_new(&tree, "f");
    struct file_stat stat;
    vnode_stat(file->vnode, &stat);
    EXPECT_EQ(stat.owner, 7);
    EXPECT_EQ(stat.group, 8);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        file->vnode->mode = (uint16_t)cases[i].mode;
        EXPECT_EQ(vnode_mode_allows(file->vnode, cases[i].rights, cases[i].who),
                  cases[i].is_allowed);
    }
    file_close(file);
    tree_end(&tree);
}

TEST(tmpfs_cell_limits_say_limit)
{
    struct tree tree = tree_begin(0);
    struct file *file = open_new(&tree, "a");
    static uint8_t data[4096];
    size_t done = 0;
    tree.cell->limit[CELL_SCRATCH] = 4096;
    EXPECT_EQ(write_at(file, data, 4096, 0, &done), STATUS_OK);
    EXPECT_EQ(write_at(file, data, 1, 4096, &done), STATUS_LIMIT);
    tree.cell->limit[CELL_SCRATCH] = UINT64_MAX;
    tree.cell->limit[CELL_MEMORY] = tree.cell->used[CELL_MEMORY];
    EXPECT_EQ(write_at(file, data, 1, 4096, &done), STATUS_LIMIT);
    EXPECT_EQ(directory_make(&tree, tree.root->vnode, "d"), STATUS_LIMIT);
    EXPECT_EQ(tree.cell->used[CELL_SCRATCH], 4096);
    file_close(file);
    tree_end(&tree);
}

/* A write from memory that turns out unreadable leaves no trace of the room it had reserved. */
TEST(tmpfs_failed_copy_gives_the_room_back)
{
    struct tree tree = tree_begin(0);
    struct file *file = open_new(&tree, "a");
    size_t done = 7;
    struct user_in bad = { { 16 }, 100 };
    EXPECT_EQ(file_write(file, bad, 0, &done), STATUS_BAD_ADDRESS);
    EXPECT_EQ(done, 7);
    EXPECT_EQ(vnode_size(file->vnode), 0);
    EXPECT_EQ(tree.cell->used[CELL_SCRATCH], 0);
    EXPECT_EQ(write_at(file, "ab", 2, 0, &done), STATUS_OK);
    struct user_out bad_out = { { 16 }, 2 };
    done = 7;
    EXPECT_EQ(file_read(file, bad_out, FILE_OFFSET_CURRENT, &done), STATUS_BAD_ADDRESS);
    EXPECT_EQ(done, 7);
    EXPECT_EQ(read_at(file, 2, FILE_OFFSET_CURRENT), 2); /* The offset was given back. */
    file_close(file);
    tree_end(&tree);
}

/* Many names, so that the table grows; each is found, and a listing shows each once, even when
 * those already listed are removed meanwhile. */
TEST(tmpfs_lists_every_name_once)
{
    struct tree tree = tree_begin(0);
    enum { COUNT = 500 };
    static bool seen[COUNT];
    char name[32];
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "file%d", i);
        file_close(open_new(&tree, name));
    }
    uint64_t cookie = 0;
    size_t len = 1;
    int count = 0;
    while (len > 0) {
        struct span buffer = span_of(user_buffer().data, 300);
        REQUIRE(directory_list(tree.root, cookie, buffer, &len, &cookie) == STATUS_OK);
        for (size_t at = 0; at < len;) {
            struct directory_entry entry;
            memcpy(&entry, buffer.data + at, sizeof entry);
            const char *entry_name =
                (const char *)buffer.data + at + offsetof(struct directory_entry, name);
            int index = atoi(entry_name + 4);
            EXPECT_EQ(entry.name_len, strlen(entry_name));
            EXPECT(!seen[index]);
            seen[index] = true;
            count++;
            EXPECT_EQ(vnode_remove(tree.root->vnode, text(entry_name), false), STATUS_OK);
            EXPECT_EQ(entry.size_bytes % 8, 0);
            at += entry.size_bytes;
        }
    }
    EXPECT_EQ(count, COUNT);
    tree_end(&tree);
}

TEST(tmpfs_listing_says_when_nothing_fits)
{
    struct tree tree = tree_begin(0);
    size_t len = 0;
    uint64_t next = 0;
    file_close(open_new(&tree, "name"));
    EXPECT_EQ(directory_list(tree.root, 0, span_of(user_buffer().data, 31), &len, &next),
              STATUS_INVALID);
    EXPECT_EQ(directory_list(tree.root, 0, span_of(user_buffer().data, 32), &len, &next),
              STATUS_OK);
    EXPECT_EQ(len, 32);
    tree_end(&tree);
}

TEST(tmpfs_open_flags_do_what_they_say)
{
    struct tree tree = tree_begin(0);
    struct file *file = open_new(&tree, "f");
    struct file *other = NULL;
    size_t done = 0;
    EXPECT_EQ(write_at(file, "abc", 3, 0, &done), STATUS_OK);
    EXPECT_EQ(open_with(&tree, "f", OPEN_CREATE | OPEN_EXCLUSIVE, RIGHT_WRITE, &other),
              STATUS_EXISTS);
    EXPECT_EQ(open_with(&tree, "f", OPEN_DIRECTORY, RIGHT_READ, &other), STATUS_NOT_DIRECTORY);
    EXPECT_EQ(open_with(&tree, "f/", 0, RIGHT_READ, &other), STATUS_NOT_DIRECTORY);
    EXPECT_EQ(open_with(&tree, "f", OPEN_TRUNCATE, RIGHT_READ, &other), STATUS_NO_RIGHT);
    EXPECT_EQ(open_with(&tree, ".", OPEN_TRUNCATE, RIGHT_WRITE, &other), STATUS_IS_DIRECTORY);
    EXPECT_EQ(open_with(&tree, "new/", OPEN_CREATE, RIGHT_WRITE, &other), STATUS_IS_DIRECTORY);
    EXPECT_EQ(open_with(&tree, "f", 0, RIGHT_READ | RIGHT_CONTROL, &other), STATUS_NO_RIGHT);
    EXPECT_EQ(vnode_size(file->vnode), 3);
    EXPECT_EQ(open_with(&tree, "f", OPEN_CREATE | OPEN_TRUNCATE, RIGHT_WRITE, &other), STATUS_OK);
    EXPECT_EQ(vnode_size(file->vnode), 0);
    file_close(other);
    file_close(file);
    tree_end(&tree);
}

/* --- every allocation failing in turn --- */

/* Make, fill, move and remove; every step may fail, and then its effect is absent. */
static void exercise(struct tree *tree)
{
    struct file *file;
    static uint8_t data[9000];
    size_t done;
    struct vnode *root = tree->root->vnode;
    (void)directory_make(tree, root, "d");
    if (open_with(tree, "d/f", OPEN_CREATE, RIGHT_WRITE, &file) == STATUS_OK) {
        (void)write_at(file, data, sizeof data, 0, &done);
        (void)vnode_truncate(file->vnode, 100);
        (void)write_at(file, data, 1, 50000, &done);
        file_close(file);
    }
    struct vnode *link;
    if (vnode_create(root, text("link"),
                     &(struct vnode_spec){ .kind = FILE_LINK, .target = text("d/f") },
                     &link) == STATUS_OK)
        vnode_unref(link);
    if (open_with(tree, "link", 0, RIGHT_READ, &file) == STATUS_OK)
        file_close(file);
    (void)vnode_rename(root, text("link"), root, text("another name"));
    (void)vnode_rename(root, text("d"), root, text("e"));
    (void)vnode_remove(root, text("another name"), false);
}

TEST(tmpfs_survives_every_allocation_failing_in_turn)
{
    struct tree tree = tree_begin(0);
    uint64_t before = kernel_memory.allocations;
    exercise(&tree);
    int64_t count = (int64_t)(kernel_memory.allocations - before);
    tree_end(&tree);
    EXPECT(count > 15);
    for (int64_t i = 0; i < count; i++) {
        struct tree again = tree_begin(0);
        kernel_memory.allocations_left = i;
        exercise(&again);
        kernel_memory.allocations_left = -1;
        tree_end(&again);
    }
    for (int64_t i = 0; i < 5; i++) {
        struct tree failed;
        EXPECT_EQ(cell_create(cell_root(), "test", &failed.cell), STATUS_OK);
        kernel_memory.allocations_left = i;
        EXPECT_EQ(tree_try(&failed, 0), STATUS_NO_MEMORY);
        kernel_memory.allocations_left = -1;
        EXPECT_EQ(failed.cell->object.refs, 1);
        object_unref(&failed.cell->object);
        EXPECT_EQ(kernel_memory.objects_out, 0);
    }
}
