/* Namespaces built by a program, and what a handle does not let its holder reach. */
#include <string.h>

#include <swos/syscalls.h>

#include "user/rt/test.h"
#include "user/tests/vfs_test/vfs_test.h"

static status_t mount(handle_t target, const char *path, handle_t source)
{
    return sys_namespace_mount(target, path, strlen(path), source);
}

static void build(struct test_claim *claim, handle_t root, handle_t *out_view,
                  handle_t *out_scratch)
{
    status_t status;
    handle_t tree = path_open(root, "/tree", OPEN_DIRECTORY, RIGHT_READ, &status);
    TEST_EQ(claim, status, STATUS_OK);
    TEST_EQ(claim, sys_namespace_create(out_view), STATUS_OK);
    TEST_EQ(claim, sys_tmpfs_create(1 << 20, out_scratch), STATUS_OK);
    TEST_EQ(claim, mount(*out_view, "/srv/files", tree), STATUS_OK);
    TEST_EQ(claim, mount(*out_view, "/tmp", *out_scratch), STATUS_OK);
    TEST_EQ(claim, mount(*out_view, "/tmp", tree), STATUS_EXISTS);
    TEST_EQ(claim, sys_handle_close(tree.raw), STATUS_OK);
}

static void look(struct test_claim *claim, handle_t view)
{
    const rights_t write = RIGHT_READ | RIGHT_WRITE;
    TEST_EQ(claim, path_try(view, "/srv/files/folder0", 0, RIGHT_READ), STATUS_OK);
    TEST_EQ(claim, path_try(view, "/srv/files/../../srv/./files", 0, RIGHT_READ), STATUS_OK);
    TEST_EQ(claim, path_try(view, "/bin", 0, RIGHT_READ), STATUS_NOT_FOUND);
    TEST_EQ(claim, path_try(view, "/../../bin", 0, RIGHT_READ), STATUS_NOT_FOUND);
    TEST_EQ(claim, path_try(view, "/srv/files/folder0", 0, write), STATUS_NO_RIGHT);
    TEST_EQ(claim, path_try(view, "/srv/files/new", OPEN_CREATE, write), STATUS_NO_RIGHT);
    TEST_EQ(claim, path_try(view, "/srv/new", OPEN_CREATE, write), STATUS_READ_ONLY);
    TEST_EQ(claim, path_try(view, "/tmp/new", OPEN_CREATE, write), STATUS_OK);
    TEST_EQ(claim, sys_directory_create(view, "/srv/files/d", 12), STATUS_NO_RIGHT);
}

/* A directory handle is its own root, unless it was told to remember the way. */
static void contain(struct test_claim *claim, handle_t root)
{
    status_t status;
    handle_t tree = path_open(root, "tree/folder0", OPEN_DIRECTORY, RIGHT_READ, &status);
    TEST_EQ(claim, path_try(tree, "../../bin/vfs_test", 0, RIGHT_READ), STATUS_NOT_FOUND);
    TEST_EQ(claim, path_try(tree, "/bin/vfs_test", 0, RIGHT_READ), STATUS_NOT_FOUND);
    TEST_EQ(claim, sys_handle_close(tree.raw), STATUS_OK);
    tree = path_open(root, "tree/folder0", OPEN_DIRECTORY | OPEN_KEEP_ROOT, RIGHT_READ, &status);
    TEST_EQ(claim, path_try(tree, "../../bin/vfs_test", 0, RIGHT_READ), STATUS_OK);
    TEST_EQ(claim, path_try(tree, "../../../../../bin/vfs_test", 0, RIGHT_READ), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(tree.raw), STATUS_OK);
}

void test_namespace(handle_t root)
{
    struct test_claim claim;
    size_t handles = handles_in_use();
    handle_t view = HANDLE_NONE, scratch = HANDLE_NONE;
    test_begin(&claim, "namespace_shows_only_what_is_mounted");
    build(&claim, root, &view, &scratch);
    look(&claim, view);
    test_end(&claim);
    test_begin(&claim, "namespace_outlives_the_handles_it_was_made_from");
    TEST_EQ(&claim, sys_handle_close(scratch.raw), STATUS_OK);
    TEST_EQ(&claim, path_try(view, "/tmp/new", 0, RIGHT_READ), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(view.raw), STATUS_OK);
    test_end(&claim);
    test_begin(&claim, "directory_handle_contains_its_holder");
    contain(&claim, root);
    TEST_EQ(&claim, handles_in_use(), handles);
    test_end(&claim);
}
