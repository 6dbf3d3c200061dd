/* Files as a program sees them: the base image's test tree byte for byte, scratch trees, namespaces and
 * what handles do not let one do. Needs "root" with the tree of tools/mktree at /tree (COUNT files). */
#include <string.h>

#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/vfs_test/vfs_test.h"

int main(int argc, char **argv)
{
    handle_t root = start_handle_need("root", OBJECT_DIRECTORY);
    test_tree(root);
    test_scratch();
    test_namespace(root);
    test_refusals(root);
    test_cache();
    return test_done();
}
