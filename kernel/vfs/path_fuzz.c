/* Any bytes as a path, and as names in a tree: the first byte says what is done, the second how long the
 * first path is. Whatever happens, the walk ends at or below its root, all references come back, and
 * nothing is left when the tree is dropped. */
#include <stdlib.h>

#include "kernel/base/epoch.h"
#include "kernel/fs/tmpfs.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/path_find.h"
#include "kernel/vfs/vfs.h"
#include "lib/base/bytes.h"
#include "tests/doubles/files/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 64 };

struct world {
    struct namespace *namespace;
    struct vnode *root;
    struct directory *directory;
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

static struct world world_begin(void)
{
    static bool is_set_up;
    if (!is_set_up)
        vfs_init();
    is_set_up = true;
    struct world world;
    require(namespace_create_bare(cell_root(), &world.namespace) == STATUS_OK);
    require(tmpfs_create(&(struct tmpfs_params){ .cell = cell_root(), .size_max = 1 << 20 },
                         &world.root) == STATUS_OK);
    require(directory_create(world.root, world.namespace, cell_root(), &world.directory) ==
            STATUS_OK);
    return world;
}

static void world_end(struct world *world)
{
    object_unref(&world->directory->object);
    vnode_unref(world->root);
    namespace_unref(world->namespace);
    require(kernel_memory.objects_out == 0);
    require(cell_root()->used[CELL_MEMORY] == 0);
}

/* Walks do not leave the tree. */
static void check_walk(const struct world *world, const struct path_walk *walk)
{
    require(walk->level <= FILE_DEPTH_MAX);
    require(walk->stack[0] == world->root);
    for (uint32_t i = 0; i <= walk->level; i++)
        require(walk->stack[i]->filesystem == world->root->filesystem);
}

/* What the short way finds, the long one has reached. */
static void check_find(const struct world *world, struct const_span path,
                       const struct path_walk *walk, status_t status)
{
    struct path_place place;
    epoch_begin();
    bool found = path_find(world->directory, path, RIGHT_READ, NULL, &place);
    epoch_end();
    require(!found || (status == STATUS_OK && place.vnode == path_vnode(walk)));
}

static void walk(struct world *world, struct const_span path, bool follow)
{
    struct path_walk walk;
    status_t status = path_begin(&walk, world->directory, RIGHT_READ, NULL);
    if (status == STATUS_OK)
        status = path_walk(&walk, path, follow);
    check_walk(world, &walk);
    check_find(world, path, &walk, status);
    path_end(&walk);
}

static void make(struct world *world, struct const_span path, enum file_kind kind,
                 struct const_span target)
{
    struct path_walk walk;
    struct const_span name;
    bool is_directory;
    struct vnode *vnode;
    struct vnode_spec spec = { .kind = kind, .target = target };
    status_t status = path_begin(&walk, world->directory, RIGHT_WRITE, NULL);
    if (status == STATUS_OK)
        status = path_walk_parent(&walk, path, &name, &is_directory);
    check_walk(world, &walk);
    if (status == STATUS_OK && vnode_create(path_vnode(&walk), name, &spec, &vnode) == STATUS_OK)
        vnode_unref(vnode);
    path_end(&walk);
}

static void drop(struct world *world, struct const_span path, bool directory)
{
    struct path_walk walk;
    struct const_span name;
    bool is_directory;
    status_t status = path_begin(&walk, world->directory, RIGHT_WRITE, NULL);
    if (status == STATUS_OK)
        status = path_walk_parent(&walk, path, &name, &is_directory);
    if (status == STATUS_OK)
        (void)vnode_remove(path_vnode(&walk), name, directory);
    path_end(&walk);
}

static void move(struct world *world, struct const_span from, struct const_span to)
{
    struct path_walk from_walk, to_walk;
    struct const_span from_name, to_name;
    bool is_directory;
    status_t status = path_begin(&from_walk, world->directory, RIGHT_WRITE, NULL);
    if (status == STATUS_OK)
        status = path_walk_parent(&from_walk, from, &from_name, &is_directory);
    if (path_begin(&to_walk, world->directory, RIGHT_WRITE, NULL) == STATUS_OK &&
        status == STATUS_OK)
        status = path_walk_parent(&to_walk, to, &to_name, &is_directory);
    if (status == STATUS_OK)
        (void)vnode_rename(path_vnode(&from_walk), from_name, path_vnode(&to_walk), to_name);
    path_end(&to_walk);
    path_end(&from_walk);
}

/* One step of the input: operation, two lengths, two strings. */
static void step(struct world *world, struct reader *reader)
{
    uint8_t operation = reader_u8(reader);
    uint8_t first_len = reader_u8(reader);
    uint8_t second_len = reader_u8(reader);
    const uint8_t *first = reader_take(reader, first_len);
    const uint8_t *second = reader_take(reader, second_len);
    if (first == NULL || second == NULL)
        return;
    struct const_span one = const_span_of(first, first_len);
    struct const_span two = const_span_of(second, second_len);
    switch (operation % 8) {
    case 0: walk(world, one, true); break;
    case 1: walk(world, one, false); break;
    case 2: make(world, one, FILE_DIRECTORY, two); break;
    case 3: make(world, one, FILE_LINK, two); break;
    case 4: make(world, one, FILE_REGULAR, two); break;
    case 5: drop(world, one, false); break;
    case 6: drop(world, one, true); break;
    case 7: move(world, one, two); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = reader_of(data, size);
    struct world world = world_begin();
    for (int i = 0; i < STEPS_MAX && reader_left(&reader) > 0; i++)
        step(&world, &reader);
    world_end(&world);
    return 0;
}
