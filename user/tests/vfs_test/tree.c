/* The test tree: found by listing, compared with what lib/base/pattern.h says. */
#include <string.h>

#include <swos/syscalls.h>

#include "lib/base/pattern.h"
#include "user/rt/test.h"
#include "user/tests/vfs_test/vfs_test.h"

enum { BUFFER_SIZE = 40000, DEPTH_MAX = 16 };

static struct {
    struct test_claim claim;
    uint8_t buffer[BUFFER_SIZE];
    uint8_t entries[DEPTH_MAX][1024];
    char path[FILE_PATH_MAX + 1]; /* Within the tree. */
    uint32_t files;
    uint64_t bytes;
} tree;

static void check_bytes(uint64_t seed, uint64_t offset, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != pattern_byte(seed, offset + i)) {
            test_fail(&tree.claim, "%s: byte %llu differs", tree.path,
                      (unsigned long long)(offset + i));
            return;
        }
}

static void check_range(handle_t file, uint64_t seed, uint64_t size, uint64_t offset, size_t len)
{
    size_t expected = offset >= size ? 0 : size - offset < len ? (size_t)(size - offset) : len;
    size_t actual = 0;
    TEST_EQ(&tree.claim, sys_file_read(file, tree.buffer, len, offset, &actual), STATUS_OK);
    TEST_EQ(&tree.claim, actual, expected);
    check_bytes(seed, offset, tree.buffer, actual);
}

/* From the start to the end by the description's own offset. */
static void check_whole(handle_t file, uint64_t seed, uint64_t size)
{
    uint64_t at = 0;
    size_t actual = 1;
    while (actual > 0 && !tree.claim.failed) {
        TEST_EQ(&tree.claim,
                sys_file_read(file, tree.buffer, BUFFER_SIZE, FILE_OFFSET_CURRENT, &actual),
                STATUS_OK);
        check_bytes(seed, at, tree.buffer, actual);
        at += actual;
    }
    TEST_EQ(&tree.claim, at, size);
    tree.bytes += at;
}

static void check_file(handle_t file, uint64_t listed_number)
{
    uint64_t seed = pattern_seed(tree.path, strlen(tree.path));
    struct file_stat stat = { 0 };
    TEST_EQ(&tree.claim, sys_file_stat(file, &stat), STATUS_OK);
    TEST_EQ(&tree.claim, stat.kind, FILE_REGULAR);
    TEST_EQ(&tree.claim, stat.number, listed_number);
    for (uint64_t i = 0; i < 4; i++) /* Ranges first, so that not all is read in order. */
        check_range(file, seed, stat.size_bytes, pattern_word(seed, i) % (stat.size_bytes + 1),
                    1 + pattern_word(seed, i + 8) % 9000);
    check_range(file, seed, stat.size_bytes, stat.size_bytes > 0 ? stat.size_bytes - 1 : 0, 4096);
    check_range(file, seed, stat.size_bytes, stat.size_bytes, 100);
    check_whole(file, seed, stat.size_bytes);
    tree.files++;
}

static void check_folder(handle_t folder, uint32_t depth);

static void check_entry(handle_t folder, const struct directory_entry *entry, const char *name,
                        uint32_t depth)
{
    size_t before = strlen(tree.path);
    if (entry->kind == FILE_LINK)
        return; /* What links do is for refusals.c. */
    bool is_folder = entry->kind == FILE_DIRECTORY;
    memcpy(tree.path + before, name, entry->name_len);
    tree.path[before + entry->name_len] = 0;
    handle_t handle;
    uint32_t kind;
    status_t status = sys_file_open(folder, name, entry->name_len, is_folder ? OPEN_DIRECTORY : 0,
                                    RIGHT_READ, &handle, &kind);
    TEST_EQ(&tree.claim, status, STATUS_OK);
    if (status == STATUS_OK && is_folder) {
        memcpy(tree.path + before + entry->name_len, "/", 2);
        check_folder(handle, depth + 1);
    } else if (status == STATUS_OK) {
        check_file(handle, entry->number);
    }
    if (status == STATUS_OK)
        TEST_EQ(&tree.claim, sys_handle_close(handle.raw), STATUS_OK);
    tree.path[before] = 0;
}

static void check_folder(handle_t folder, uint32_t depth)
{
    uint64_t cookie = 0;
    size_t len = 1;
    if (depth == DEPTH_MAX) {
        test_fail(&tree.claim, "the tree is deeper than %d", DEPTH_MAX);
        return;
    }
    uint8_t *entries = tree.entries[depth];
    while (len > 0 && !tree.claim.failed) {
        status_t status =
            sys_directory_read(folder, entries, sizeof tree.entries[0], cookie, &len, &cookie);
        TEST_EQ(&tree.claim, status, STATUS_OK);
        if (status != STATUS_OK)
            return;
        for (size_t at = 0; at < len && !tree.claim.failed;) {
            struct directory_entry entry;
            memcpy(&entry, entries + at, sizeof entry);
            check_entry(folder, &entry,
                        (const char *)entries + at + offsetof(struct directory_entry, name), depth);
            at += entry.size_bytes;
        }
    }
}

static void tree_walk(handle_t root, const char *name)
{
    status_t status;
    test_begin(&tree.claim, name);
    tree.files = 0;
    handle_t top = path_open(root, "tree", OPEN_DIRECTORY, RIGHT_READ, &status);
    TEST_EQ(&tree.claim, status, STATUS_OK);
    if (status == STATUS_OK) {
        check_folder(top, 0);
        TEST_EQ(&tree.claim, sys_handle_close(top.raw), STATUS_OK);
        TEST_EQ(&tree.claim, tree.files, TREE_FILES);
    }
    test_end(&tree.claim);
}

void test_tree(handle_t root)
{
    size_t handles = handles_in_use();
    tree_walk(root, "tree_is_what_was_put_in");
    tree_walk(root, "tree_is_the_same_from_the_cache");
    test_begin(&tree.claim, "tree_leaves_no_handle");
    TEST_EQ(&tree.claim, handles_in_use(), handles);
    test_end(&tree.claim);
}
