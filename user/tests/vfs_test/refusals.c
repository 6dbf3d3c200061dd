/* What the calls on files refuse, and with which status. */
#include <string.h>

#include <swos/syscalls.h>

#include "user/rt/test.h"
#include "user/tests/vfs_test/vfs_test.h"

#define BAD_POINTER ((void *)0x1000)

static void opening(struct test_claim *claim, handle_t root)
{
    static char path[2 * FILE_PATH_MAX];
    handle_t handle;
    uint32_t kind;
    memset(path, 'a', sizeof path);
    TEST_EQ(claim, path_try(root, "", 0, RIGHT_READ), STATUS_NOT_FOUND);
    TEST_EQ(claim, path_try(root, "none", 0, RIGHT_READ), STATUS_NOT_FOUND);
    TEST_EQ(claim, path_try(root, "bin/vfs_test/x", 0, RIGHT_READ), STATUS_NOT_DIRECTORY);
    TEST_EQ(claim, path_try(root, "bin/vfs_test/", 0, RIGHT_READ), STATUS_NOT_DIRECTORY);
    TEST_EQ(claim, path_try(root, "bin/vfs_test", OPEN_DIRECTORY, RIGHT_READ),
            STATUS_NOT_DIRECTORY);
    TEST_EQ(claim, path_try(root, "bin", OPEN_CREATE, RIGHT_READ), STATUS_IS_DIRECTORY);
    TEST_EQ(claim, path_try(root, "tree/link.loop", 0, RIGHT_READ), STATUS_LOOP);
    TEST_EQ(claim, path_try(root, "tree/link.good", OPEN_NOFOLLOW, RIGHT_READ), STATUS_LOOP);
    TEST_EQ(claim, path_try(root, "tree/link.good", 0, RIGHT_READ), STATUS_OK);
    TEST_EQ(claim, path_try(root, "bin/vfs_test", 0, 1u << 31), STATUS_NO_RIGHT);
    TEST_EQ(claim, path_try(root, "bin/vfs_test", 0, RIGHT_WRITE), STATUS_READ_ONLY);
    TEST_EQ(claim, path_try(root, "bin/vfs_test", 1u << 7, RIGHT_READ), STATUS_INVALID);
    TEST_EQ(claim, sys_file_open(root, path, 256, 0, RIGHT_READ, &handle, &kind),
            STATUS_NAME_TOO_LONG);
    TEST_EQ(claim, sys_file_open(root, path, FILE_PATH_MAX + 1, 0, RIGHT_READ, &handle, &kind),
            STATUS_NAME_TOO_LONG);
    TEST_EQ(claim, sys_file_open(root, "a\0b", 3, 0, RIGHT_READ, &handle, &kind), STATUS_INVALID);
    TEST_EQ(claim, sys_file_open(root, BAD_POINTER, 10, 0, RIGHT_READ, &handle, &kind),
            STATUS_BAD_ADDRESS);
    TEST_EQ(claim, sys_file_open(HANDLE_NONE, "a", 1, 0, RIGHT_READ, &handle, &kind),
            STATUS_BAD_HANDLE);
}

static void using(struct test_claim *claim, handle_t root)
{
    status_t status;
    size_t done = 7;
    uint64_t position = 0;
    char byte;
    struct file_stat stat;
    handle_t file = path_open(root, "bin/vfs_test", 0, RIGHT_READ, &status);
    handle_t blind = path_open(root, "bin/vfs_test", 0, 0, &status);
    TEST_EQ(claim, sys_file_read(file, BAD_POINTER, 10, 0, &done), STATUS_BAD_ADDRESS);
    TEST_EQ(claim, sys_file_read(file, &byte, ~0ull, 0, &done), STATUS_BAD_ADDRESS);
    TEST_EQ(claim, done, 7);
    TEST_EQ(claim, sys_file_read(file, &byte, 0, 0, &done), STATUS_OK);
    TEST_EQ(claim, done, 0);
    TEST_EQ(claim, sys_file_read(blind, &byte, 1, 0, &done), STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_file_read(root, &byte, 1, 0, &done), STATUS_WRONG_KIND);
    TEST_EQ(claim, sys_file_write(file, &byte, 1, 0, &done), STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_file_truncate(file, 0), STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_file_stat(file, BAD_POINTER), STATUS_BAD_ADDRESS);
    TEST_EQ(claim, sys_file_stat(blind, &stat), STATUS_OK);
    TEST_EQ(claim, sys_file_seek(file, -1, FILE_SEEK_SET, &position), STATUS_INVALID);
    TEST_EQ(claim, sys_file_seek(file, 0, 9, &position), STATUS_INVALID);
    TEST_EQ(claim, sys_handle_close(blind.raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(file.raw), STATUS_OK);
    TEST_EQ(claim, sys_file_read(file, &byte, 1, 0, &done), STATUS_BAD_HANDLE);
}

static void changing(struct test_claim *claim, handle_t root)
{
    TEST_EQ(claim, sys_directory_create(root, "d", 1), STATUS_READ_ONLY);
    TEST_EQ(claim, sys_path_remove(root, "bin/vfs_test", 12, 0), STATUS_READ_ONLY);
    TEST_EQ(claim, sys_path_rename(root, "bin/vfs_test", 12, root, "x", 1), STATUS_READ_ONLY);
}

void test_refusals(handle_t root)
{
    struct test_claim claim;
    size_t handles = handles_in_use();
    test_begin(&claim, "open_refuses_with_the_documented_status");
    opening(&claim, root);
    test_end(&claim);
    test_begin(&claim, "file_calls_refuse_with_the_documented_status");
    using(&claim, root);
    test_end(&claim);
    test_begin(&claim, "base_image_cannot_be_changed");
    changing(&claim, root);
    TEST_EQ(&claim, handles_in_use(), handles);
    test_end(&claim);
}
