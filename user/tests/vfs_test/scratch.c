/* A scratch tree by its calls. The cases in depth are in kernel/fs/tmpfs_test.c; here it is the way
 * through handles, rights and user memory. */
#include <string.h>

#include <swos/syscalls.h>

#include "user/rt/test.h"
#include "user/tests/vfs_test/vfs_test.h"

static const rights_t READ_WRITE = RIGHT_READ | RIGHT_WRITE;

static uint8_t pages[3 * 4096];

static void write_and_read(struct test_claim *claim, handle_t root)
{
    status_t status;
    size_t done = 0;
    uint64_t position = 0;
    handle_t file = path_open(root, "a", OPEN_CREATE | OPEN_EXCLUSIVE, READ_WRITE, &status);
    TEST_EQ(claim, status, STATUS_OK);
    for (size_t i = 0; i < sizeof pages; i++)
        pages[i] = (uint8_t)(i * 3);
    TEST_EQ(claim, sys_file_write(file, pages, sizeof pages, FILE_OFFSET_CURRENT, &done),
            STATUS_OK);
    TEST_EQ(claim, done, sizeof pages);
    memset(pages, 0, sizeof pages);
    TEST_EQ(claim, sys_file_seek(file, -5000, FILE_SEEK_END, &position), STATUS_OK);
    TEST_EQ(claim, sys_file_read(file, pages, sizeof pages, FILE_OFFSET_CURRENT, &done), STATUS_OK);
    TEST_EQ(claim, done, 5000);
    for (size_t i = 0; i < 5000; i++)
        if (pages[i] != (uint8_t)((sizeof pages - 5000 + i) * 3)) {
            test_fail(claim, "byte %zu differs", i);
            break;
        }
    TEST_EQ(claim, sys_file_truncate(file, 10), STATUS_OK);
    TEST_EQ(claim, sys_file_read(file, pages, 100, 0, &done), STATUS_OK);
    TEST_EQ(claim, done, 10);
    TEST_EQ(claim, sys_file_sync(file), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(file.raw), STATUS_OK);
}

static void names(struct test_claim *claim, handle_t root)
{
    status_t status;
    struct file_stat stat;
    TEST_EQ(claim, sys_directory_create(root, "d", 1), STATUS_OK);
    TEST_EQ(claim, sys_directory_create(root, "d", 1), STATUS_EXISTS);
    TEST_EQ(claim, sys_path_rename(root, "a", 1, root, "d/b", 3), STATUS_OK);
    TEST_EQ(claim, path_try(root, "a", 0, RIGHT_READ), STATUS_NOT_FOUND);
    TEST_EQ(claim, sys_path_stat(root, "d/b", 3, 0, &stat), STATUS_OK);
    TEST_EQ(claim, stat.size_bytes, 10);
    TEST_EQ(claim, sys_path_remove(root, "d", 1, PATH_DIRECTORY), STATUS_NOT_EMPTY);
    handle_t kept = path_open(root, "d/b", 0, RIGHT_READ, &status);
    TEST_EQ(claim, sys_path_remove(root, "d/b", 3, 0), STATUS_OK);
    TEST_EQ(claim, sys_path_remove(root, "d", 1, 0), STATUS_IS_DIRECTORY);
    TEST_EQ(claim, sys_path_remove(root, "d/", 2, PATH_DIRECTORY), STATUS_OK);
    TEST_EQ(claim, sys_path_stat(root, "d", 1, 0, &stat), STATUS_NOT_FOUND);
    TEST_EQ(claim, sys_file_stat(kept, &stat), STATUS_OK);
    TEST_EQ(claim, stat.links, 0);
    TEST_EQ(claim, sys_handle_close(kept.raw), STATUS_OK);
}

static void limits(struct test_claim *claim, handle_t root)
{
    status_t status;
    size_t done = 0;
    handle_t file = path_open(root, "big", OPEN_CREATE, READ_WRITE, &status);
    TEST_EQ(claim, sys_file_write(file, pages, sizeof pages, 0, &done), STATUS_OK);
    TEST_EQ(claim, sys_file_write(file, pages, sizeof pages, sizeof pages, &done), STATUS_NO_SPACE);
    TEST_EQ(claim, sys_file_truncate(file, 4 * 4096), STATUS_OK);
    TEST_EQ(claim, sys_file_truncate(file, 4 * 4096 + 1), STATUS_NO_SPACE);
    TEST_EQ(claim, sys_path_remove(root, "big", 3, 0), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(file.raw), STATUS_OK);
    file = path_open(root, "big", OPEN_CREATE, READ_WRITE, &status); /* The room came back. */
    TEST_EQ(claim, sys_file_truncate(file, 4 * 4096), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(file.raw), STATUS_OK);
}

void test_scratch(void)
{
    struct test_claim claim;
    size_t handles = handles_in_use();
    handle_t root = HANDLE_NONE;
    test_begin(&claim, "scratch_keeps_what_is_written");
    TEST_EQ(&claim, sys_tmpfs_create(4 * 4096, &root), STATUS_OK);
    write_and_read(&claim, root);
    test_end(&claim);
    test_begin(&claim, "scratch_renames_and_removes");
    names(&claim, root);
    test_end(&claim);
    test_begin(&claim, "scratch_has_its_limit");
    limits(&claim, root);
    TEST_EQ(&claim, sys_handle_close(root.raw), STATUS_OK);
    TEST_EQ(&claim, handles_in_use(), handles);
    test_end(&claim);
}
