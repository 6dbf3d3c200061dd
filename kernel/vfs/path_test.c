/* Walks, mounts and what they may not do: leave the root, add rights, run for ever. */
#include "kernel/vfs/path.h"

#include "kernel/base/epoch.h"
#include "kernel/fs/tmpfs.h"
#include "kernel/object/grant.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/file.h"
#include "kernel/vfs/path_find.h"
#include "kernel/vfs/vfs.h"
#include "tests/doubles/files/memory.h"
#include "tests/unit.h"

static struct const_span text(const char *string)
{
    return const_span_of(string, strlen(string));
}

/* The tree of these tests:  /a/b/c/file  /a/link -> b/c  /up -> ../../..  /abs -> /a/b
 * /loop -> loop  /deep (for names made by tests). */
struct world {
    struct namespace *namespace;
    struct vnode *root;
    struct directory *directory;
};

static struct vnode *make(struct vnode *parent, const char *name, enum file_kind kind,
                          const char *target)
{
    struct vnode *vnode = NULL;
    struct vnode_spec spec = { .kind = kind, .target = text(target) };
    EXPECT_EQ(vnode_create(parent, text(name), &spec, &vnode), STATUS_OK);
    vnode_unref(vnode); /* Its name keeps it. */
    return vnode;
}

static struct world world_begin(void)
{
    static bool is_set_up;
    if (!is_set_up)
        vfs_init();
    is_set_up = true;
    struct world world;
    EXPECT_EQ(namespace_create_bare(cell_root(), &world.namespace), STATUS_OK);
    EXPECT_EQ(tmpfs_create(&(struct tmpfs_params){ .cell = cell_root() }, &world.root), STATUS_OK);
    struct vnode *a = make(world.root, "a", FILE_DIRECTORY, "");
    struct vnode *b = make(a, "b", FILE_DIRECTORY, "");
    struct vnode *c = make(b, "c", FILE_DIRECTORY, "");
    make(c, "file", FILE_REGULAR, "");
    make(a, "link", FILE_LINK, "b/c");
    make(world.root, "up", FILE_LINK, "../../..");
    make(world.root, "abs", FILE_LINK, "/a/b");
    make(world.root, "loop", FILE_LINK, "loop");
    EXPECT_EQ(directory_create(world.root, world.namespace, cell_root(), &world.directory),
              STATUS_OK);
    return world;
}

static void world_end(struct world *world)
{
    object_unref(&world->directory->object);
    vnode_unref(world->root);
    namespace_unref(world->namespace);
    EXPECT_EQ(kernel_memory.objects_out, 0);
    EXPECT_EQ(cell_root()->used[CELL_MEMORY], 0);
}

/* What the short way finds is what the long one has reached. @return whether it found anything. */
static bool find_agrees(struct directory *directory, const char *path, const struct path_walk *walk,
                        status_t status)
{
    struct path_place place;
    epoch_begin();
    bool found = path_find(directory, text(path), RIGHT_READ, NULL, &place);
    epoch_end();
    if (found && status != STATUS_OK)
        unit_fail(__FILE_NAME__, __LINE__, "%s: found, but status %d", path, (int)status);
    if (!found || status != STATUS_OK)
        return false;
    EXPECT_EQ(place.vnode == path_vnode(walk), true);
    EXPECT_EQ(place.rights, walk->rights);
    EXPECT_EQ(place.grant == walk->grant, true);
    return true;
}

/* Walk and give the number of what was reached; 0 when it failed. */
static status_t walk_from(struct directory *directory, const char *path, bool follow,
                          uint64_t *out_number)
{
    struct path_walk walk;
    status_t status = path_begin(&walk, directory, RIGHT_READ, NULL);
    if (status == STATUS_OK)
        status = path_walk(&walk, text(path), follow);
    *out_number = status == STATUS_OK ? path_vnode(&walk)->number : 0;
    (void)find_agrees(directory, path, &walk, status);
    path_end(&walk);
    return status;
}

static void expect_same(struct world *world, const char *path, const char *same_as)
{
    uint64_t number = 0, expected = 0;
    status_t status = walk_from(world->directory, path, true, &number);
    REQUIRE(walk_from(world->directory, same_as, true, &expected) == STATUS_OK);
    if (status != STATUS_OK || number != expected)
        unit_fail(__FILE_NAME__, __LINE__, "%s: status %d, not the same as %s", path, (int)status,
                  same_as);
}

static void expect_status(struct world *world, const char *path, status_t expected)
{
    uint64_t number;
    status_t status = walk_from(world->directory, path, true, &number);
    if (status != expected)
        unit_fail(__FILE_NAME__, __LINE__, "%s: status %d, expected %d", path, (int)status,
                  (int)expected);
}

TEST(path_walk_reaches_the_same_place_by_every_spelling)
{
    struct world world = world_begin();
    expect_same(&world, "/a/b/c", "a/b/c");
    expect_same(&world, "a//b///c/", "a/b/c");
    expect_same(&world, "./a/./b/./c/.", "a/b/c");
    expect_same(&world, "a/b/../b/c/../c", "a/b/c");
    expect_same(&world, "a/link", "a/b/c");
    expect_same(&world, "a/link/", "a/b/c");
    expect_same(&world, "a/link/file", "a/b/c/file");
    expect_same(&world, "a/link/..", "a/b");
    expect_same(&world, "abs/c", "a/b/c");
    expect_same(&world, "/", ".");
    world_end(&world);
}

/* A handle is a capability to what lies below it: there is no way up, whichever way it is put. */
TEST(path_walk_does_not_leave_the_root)
{
    struct world world = world_begin();
    struct object *object = NULL;
    struct grant *grant;
    struct open_request request = {
        .path = text("a/b"), .rights = RIGHT_READ, .allowed = RIGHT_READ, .cell = cell_root()
    };
    REQUIRE(directory_open(world.directory, &request, &object, &grant) == STATUS_OK);
    struct directory *b = CONTAINER_OF(object, struct directory, object);
    uint64_t b_number, number;
    EXPECT_EQ(walk_from(world.directory, "a/b", true, &b_number), STATUS_OK);
    const char *paths[] = { "..", "../../..", "/", "/..", "c/../..", "c/../../../b", "/../../" };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        status_t status = walk_from(b, paths[i], true, &number);
        if (strcmp(paths[i], "c/../../../b") == 0)
            EXPECT_EQ(status, STATUS_NOT_FOUND);
        else
            EXPECT_EQ(number, b_number);
    }
    EXPECT_EQ(walk_from(b, "a", true, &number), STATUS_NOT_FOUND);
    object_unref(object);
    expect_same(&world, "..", ".");
    expect_same(&world, "up", ".");
    expect_same(&world, "up/a", "a");
    world_end(&world);
}

/* With OPEN_KEEP_ROOT a directory is a place to be in: ".." goes up to the first handle's root. */
TEST(path_walk_goes_up_from_a_directory_that_kept_its_root)
{
    struct world world = world_begin();
    struct object *object = NULL;
    struct grant *grant;
    struct open_request request = { .path = text("a/b/c"),
                                    .flags = OPEN_KEEP_ROOT,
                                    .rights = RIGHT_READ,
                                    .allowed = RIGHT_READ,
                                    .cell = cell_root() };
    REQUIRE(directory_open(world.directory, &request, &object, &grant) == STATUS_OK);
    struct directory *c = CONTAINER_OF(object, struct directory, object);
    uint64_t number, expected;
    EXPECT_EQ(walk_from(c, "../..", true, &number), STATUS_OK);
    EXPECT_EQ(walk_from(world.directory, "a", true, &expected), STATUS_OK);
    EXPECT_EQ(number, expected);
    EXPECT_EQ(walk_from(c, "../../../../../a/link", true, &number), STATUS_OK);
    EXPECT_EQ(walk_from(c, "/", true, &number), STATUS_OK);
    EXPECT_EQ(number, world.root->number);
    object_unref(object);
    world_end(&world);
}

TEST(path_walk_names_each_failure)
{
    struct world world = world_begin();
    expect_status(&world, "", STATUS_NOT_FOUND);
    expect_status(&world, "x", STATUS_NOT_FOUND);
    expect_status(&world, "a/x/b", STATUS_NOT_FOUND);
    expect_status(&world, "a/b/c/file/", STATUS_NOT_DIRECTORY);
    expect_status(&world, "a/b/c/file/x", STATUS_NOT_DIRECTORY);
    expect_status(&world, "a/b/c/file/..", STATUS_NOT_DIRECTORY);
    expect_status(&world, "loop", STATUS_LOOP);
    expect_status(&world, "loop/x", STATUS_LOOP);
    uint64_t number;
    struct path_walk walk;
    EXPECT_EQ(path_begin(&walk, world.directory, RIGHT_READ, NULL), STATUS_OK);
    EXPECT_EQ(path_walk(&walk, const_span_of("a\0b", 3), true), STATUS_INVALID);
    path_end(&walk);
    EXPECT_EQ(walk_from(world.directory, "loop", false, &number), STATUS_OK);
    world_end(&world);
}

TEST(path_walk_keeps_to_its_limits)
{
    struct world world = world_begin();
    static char path[2 * FILE_PATH_MAX];
    memset(path, 'x', sizeof path);
    path[FILE_NAME_MAX + 1] = 0;
    expect_status(&world, path, STATUS_NAME_TOO_LONG);
    path[FILE_NAME_MAX] = 0;
    expect_status(&world, path, STATUS_NOT_FOUND);
    memset(path, '/', sizeof path);
    path[FILE_PATH_MAX] = 0;
    expect_status(&world, path, STATUS_OK);
    path[FILE_PATH_MAX] = '/';
    path[FILE_PATH_MAX + 1] = 0;
    expect_status(&world, path, STATUS_NAME_TOO_LONG);
    /* Directories to the deepest, and one more. */
    struct vnode *at = world.root;
    path[0] = 0;
    for (int i = 0; i <= FILE_DEPTH_MAX; i++) {
        at = make(at, "d", FILE_DIRECTORY, "");
        strcat(path, "d/");
        expect_status(&world, path, i < FILE_DEPTH_MAX ? STATUS_OK : STATUS_NAME_TOO_LONG);
    }
    /* A chain of links that is just short enough, and one longer. */
    char name[16], target[16];
    make(world.root, "link0", FILE_LINK, "a");
    for (int i = 1; i <= FILE_LINKS_MAX; i++) {
        snprintf(name, sizeof name, "link%d", i);
        snprintf(target, sizeof target, "link%d", i - 1);
        make(world.root, name, FILE_LINK, target);
        expect_status(&world, name, i < FILE_LINKS_MAX ? STATUS_OK : STATUS_LOOP);
    }
    world_end(&world);
}

static bool finds(struct world *world, const char *path)
{
    struct path_walk walk;
    status_t status = path_begin(&walk, world->directory, RIGHT_READ, NULL);
    if (status == STATUS_OK)
        status = path_walk(&walk, text(path), false);
    bool found = find_agrees(world->directory, path, &walk, status);
    path_end(&walk);
    return found;
}

/* That it agrees would be easy if it found nothing. */
TEST(path_find_goes_the_short_way_where_there_is_one)
{
    struct world world = world_begin();
    static const char *const found[] = {
        "/", ".", "a", "a/", "/a//b/./c/", "a/b/c/file", "./a/b/c/file",
    };
    static const char *const declined[] = {
        "",     "x",           "a/x",          "..", "a/..", "a/link", "a/link/file",
        "loop", "a/b/c/file/", "a/b/c/file/x", "up",
    };
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++)
        if (!finds(&world, found[i]))
            unit_fail(__FILE_NAME__, __LINE__, "%s: not found", found[i]);
    for (size_t i = 0; i < sizeof declined / sizeof declined[0]; i++)
        if (finds(&world, declined[i]))
            unit_fail(__FILE_NAME__, __LINE__, "%s: found", declined[i]);
    world_end(&world);
}

TEST(path_take_parent_gives_the_last_name_or_declines)
{
    struct world world = world_begin();
    static const struct {
        const char *path;
        const char *parent; /* NULL: declined. */
        const char *name;
    } cases[] = {
        { "x", ".", "x" },
        { "/x", "/", "x" },
        { "a/b/new", "a/b", "new" },
        { "a//new", "a", "new" },
        { "a/new/", NULL, "" },
        { "a/.", NULL, "" },
        { "a/..", NULL, "" },
        { "/", NULL, "" },
        { "", NULL, "" },
        { "a/link/x", NULL, "" },
        { "a/b/c/file/x", NULL, "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct path_place place;
        struct const_span name;
        bool found =
            path_take_parent(world.directory, text(cases[i].path), RIGHT_READ, NULL, &place, &name);
        EXPECT_EQ(found, cases[i].parent != NULL);
        if (!found || cases[i].parent == NULL)
            continue;
        uint64_t number;
        EXPECT_EQ(walk_from(world.directory, cases[i].parent, true, &number), STATUS_OK);
        EXPECT_EQ(place.vnode->number, number);
        EXPECT_EQ(name.len, strlen(cases[i].name));
        EXPECT_MEM(name.data, cases[i].name, name.len);
        path_place_end(&place);
    }
    world_end(&world);
}

/* Whoever has found a vnode in an epoch may look at it to the end of the epoch, and asks before keeping it. */
TEST(path_find_outlives_the_name_that_it_found)
{
    struct world world = world_begin();
    struct path_place place, kept;
    REQUIRE(path_take(world.directory, text("a/b/c/file"), RIGHT_READ, NULL, &kept));
    path_place_end(&kept);
    struct vnode *c = NULL;
    REQUIRE(path_take(world.directory, text("a/b/c"), RIGHT_READ, NULL, &kept));
    c = kept.vnode;
    epoch_begin();
    REQUIRE(path_find(world.directory, text("a/b/c/file"), RIGHT_READ, NULL, &place));
    EXPECT_EQ(vnode_remove(c, text("file"), false), STATUS_OK);
    EXPECT_EQ(place.vnode->kind, FILE_REGULAR);
    EXPECT_EQ(vnode_try_ref(place.vnode), false);
    EXPECT_EQ(path_find(world.directory, text("a/b/c/file"), RIGHT_READ, NULL, &place), false);
    epoch_end();
    path_place_end(&kept);
    world_end(&world);
}

/* One that is in use stays when its name goes, and may be used by more until the last lets go. */
TEST(vnode_without_a_name_goes_with_its_last_reference)
{
    struct world world = world_begin();
    struct path_place file, c;
    REQUIRE(path_take(world.directory, text("a/b/c/file"), RIGHT_READ, NULL, &file));
    REQUIRE(path_take(world.directory, text("a/b/c"), RIGHT_READ, NULL, &c));
    EXPECT_EQ(vnode_remove(c.vnode, text("file"), false), STATUS_OK);
    EXPECT_EQ(vnode_try_ref(file.vnode), true);
    vnode_unref(file.vnode);
    struct file_stat stat;
    vnode_stat(file.vnode, &stat);
    EXPECT_EQ(stat.links, 0);
    EXPECT_EQ(vnode_link(c.vnode, text("again"), file.vnode), STATUS_NOT_FOUND);
    path_place_end(&file);
    path_place_end(&c);
    world_end(&world);
}

TEST(path_walk_parent_gives_the_last_name)
{
    struct world world = world_begin();
    struct {
        const char *path;
        const char *name;
        bool is_directory;
        status_t status;
    } cases[] = {
        { "x", "x", false, STATUS_OK },
        { "/a/b/new", "new", false, STATUS_OK },
        { "a/b//new//", "new", true, STATUS_OK },
        { "a/link/new", "new", false, STATUS_OK },
        { "/", "", false, STATUS_EXISTS },
        { "a/..", "", false, STATUS_INVALID },
        { ".", "", false, STATUS_INVALID },
        { "x/new", "", false, STATUS_NOT_FOUND },
        { "a/b/c/file/new", "", false, STATUS_NOT_DIRECTORY },
        { "", "", false, STATUS_NOT_FOUND },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct path_walk walk;
        struct const_span name = text("");
        bool is_directory = false;
        EXPECT_EQ(path_begin(&walk, world.directory, RIGHT_READ, NULL), STATUS_OK);
        EXPECT_EQ(path_walk_parent(&walk, text(cases[i].path), &name, &is_directory),
                  cases[i].status);
        EXPECT_EQ(name.len, strlen(cases[i].name));
        EXPECT_MEM(name.data, cases[i].name, name.len);
        EXPECT_EQ(is_directory, cases[i].is_directory);
        path_end(&walk);
    }
    world_end(&world);
}

/* --- mounts --- */

static void grant_double_destroy(struct object *object)
{
    kfree(CONTAINER_OF(object, struct grant, object), sizeof(struct grant));
}

static const struct object_ops grant_double_ops = {
    .kind = OBJECT_GRANT, .version = 1, .name = "grant", .destroy = grant_double_destroy
};

static struct grant *grant_make(void)
{
    struct grant *grant = kmalloc(sizeof *grant);
    object_init(&grant->object, &grant_double_ops, NULL);
    return grant;
}

/* A fresh namespace as a process would get it, with parts of the world mounted. */
struct view {
    struct namespace *namespace;
    struct directory *root;
};

static struct view view_begin(void)
{
    struct view view;
    struct vnode *root;
    EXPECT_EQ(namespace_create(cell_root(), &view.namespace, &root), STATUS_OK);
    EXPECT_EQ(directory_create(root, view.namespace, cell_root(), &view.root), STATUS_OK);
    vnode_unref(root);
    return view;
}

static void view_end(struct view *view)
{
    object_unref(&view->root->object);
    namespace_unref(view->namespace);
}

static struct vnode *vnode_at(struct world *world, const char *path)
{
    struct path_walk walk;
    EXPECT_EQ(path_begin(&walk, world->directory, RIGHT_READ, NULL), STATUS_OK);
    EXPECT_EQ(path_walk(&walk, text(path), true), STATUS_OK);
    struct vnode *vnode = vnode_ref(path_vnode(&walk));
    path_end(&walk);
    return vnode;
}

TEST(namespace_shows_what_is_mounted_and_nothing_else)
{
    struct world world = world_begin();
    struct view view = view_begin();
    struct vnode *c = vnode_at(&world, "a/b/c");
    uint64_t number;
    EXPECT_EQ(namespace_mount(view.root, text("/usr/share/c"), c, RIGHT_READ, NULL), STATUS_OK);
    EXPECT_EQ(walk_from(view.root, "usr/share/c/file", true, &number), STATUS_OK);
    EXPECT_EQ(walk_from(view.root, "usr/share/c/../c/file", true, &number), STATUS_OK);
    EXPECT_EQ(walk_from(view.root, "usr/share/c/../../../../usr", true, &number), STATUS_OK);
    EXPECT_EQ(walk_from(view.root, "usr/share/c/../b", true, &number), STATUS_NOT_FOUND);
    EXPECT_EQ(walk_from(view.root, "a", true, &number), STATUS_NOT_FOUND);
    EXPECT_EQ(namespace_mount(view.root, text("usr/share/c"), c, RIGHT_READ, NULL), STATUS_EXISTS);
    EXPECT_EQ(namespace_mount(view.root, text("usr/share/c/x"), c, RIGHT_READ, NULL),
              STATUS_NOT_FOUND);
    EXPECT_EQ(namespace_mount(view.root, text("usr/share/c/file"), c, RIGHT_READ, NULL),
              STATUS_NOT_DIRECTORY);
    /* Elsewhere nothing has changed. */
    EXPECT_EQ(walk_from(world.directory, "usr", true, &number), STATUS_NOT_FOUND);
    /* The root itself can be covered. */
    EXPECT_EQ(namespace_mount(view.root, text("/"), c, RIGHT_READ, NULL), STATUS_OK);
    EXPECT_EQ(walk_from(view.root, "file", true, &number), STATUS_OK);
    EXPECT_EQ(walk_from(view.root, "usr", true, &number), STATUS_NOT_FOUND);
    /* A listing of the root, too, shows what covers it. */
    static uint8_t buffer[64];
    size_t len = 0;
    uint64_t next = 0;
    EXPECT_EQ(directory_list(view.root, 0, span_of(buffer, sizeof buffer), &len, &next), STATUS_OK);
    EXPECT_STR((const char *)buffer + offsetof(struct directory_entry, name), "file");
    vnode_unref(c);
    view_end(&view);
    world_end(&world);
}

/* A namespace's own directories are nobody's scratch. */
TEST(namespace_root_is_read_only)
{
    struct view view = view_begin();
    struct vnode *vnode;
    struct vnode_spec spec = { .kind = FILE_DIRECTORY };
    EXPECT_EQ(vnode_create(view.root->vnode, text("x"), &spec, &vnode), STATUS_READ_ONLY);
    EXPECT_EQ(vnode_remove(view.root->vnode, text("x"), true), STATUS_READ_ONLY);
    view_end(&view);
    EXPECT_EQ(kernel_memory.objects_out, 0);
}

static status_t open_rights(struct directory *directory, const char *path, rights_t rights,
                            struct grant **out_grant)
{
    struct object *object = NULL;
    struct open_request request = { .path = text(path),
                                    .rights = rights,
                                    .allowed = RIGHT_READ | RIGHT_WRITE | RIGHT_MAP,
                                    .cell = cell_root() };
    status_t status = directory_open(directory, &request, &object, out_grant);
    if (status == STATUS_OK)
        object_unref(object);
    return status;
}

/* Mounting a directory that one may only read must not make it writable through the root. */
TEST(namespace_mount_never_adds_rights)
{
    struct world world = world_begin();
    struct view view = view_begin();
    struct vnode *a = vnode_at(&world, "a");
    struct grant *grant;
    EXPECT_EQ(namespace_mount(view.root, text("ro"), a, RIGHT_READ, NULL), STATUS_OK);
    EXPECT_EQ(namespace_mount(view.root, text("rw"), a, RIGHT_READ | RIGHT_WRITE, NULL), STATUS_OK);
    EXPECT_EQ(open_rights(view.root, "ro/b/c/file", RIGHT_READ, &grant), STATUS_OK);
    EXPECT_EQ(open_rights(view.root, "ro/b/c/file", RIGHT_WRITE, &grant), STATUS_NO_RIGHT);
    EXPECT_EQ(open_rights(view.root, "rw/b/c/file", RIGHT_WRITE, &grant), STATUS_OK);
    EXPECT_EQ(open_rights(view.root, "rw/b/c/file", RIGHT_MAP, &grant), STATUS_NO_RIGHT);
    EXPECT_EQ(open_rights(view.root, "ro/../rw/b/c/file", RIGHT_WRITE, &grant), STATUS_OK);
    EXPECT_EQ(open_rights(view.root, "rw/../ro/b/c/file", RIGHT_WRITE, &grant), STATUS_NO_RIGHT);
    vnode_unref(a);
    view_end(&view);
    world_end(&world);
}

TEST(namespace_mount_carries_its_grant_and_ends_with_it)
{
    struct world world = world_begin();
    struct view view = view_begin();
    struct vnode *a = vnode_at(&world, "a");
    struct grant *grant = grant_make();
    struct grant *found = NULL;
    EXPECT_EQ(namespace_mount(view.root, text("m"), a, RIGHT_READ, grant), STATUS_OK);
    EXPECT_EQ(open_rights(view.root, "m/b/c/file", RIGHT_READ, &found), STATUS_OK);
    EXPECT(found == grant);
    object_unref(&found->object);
    EXPECT_EQ(open_rights(view.root, "m/..", RIGHT_READ, &found), STATUS_OK);
    EXPECT(found == NULL);
    grant->revoked = true;
    EXPECT_EQ(open_rights(view.root, "m/b/c/file", RIGHT_READ, &found), STATUS_REVOKED);
    vnode_unref(a);
    view_end(&view);
    EXPECT_EQ(grant->object.refs, 1);
    object_unref(&grant->object);
    world_end(&world);
}

/* What is mounted on cannot be removed or moved under the mount. */
TEST(namespace_mount_point_is_busy)
{
    struct world world = world_begin();
    struct vnode *c = vnode_at(&world, "a/b/c");
    make(world.root, "point", FILE_DIRECTORY, "");
    EXPECT_EQ(namespace_mount(world.directory, text("point"), c, RIGHT_READ, NULL), STATUS_OK);
    EXPECT_EQ(vnode_remove(world.root, text("point"), true), STATUS_BUSY);
    EXPECT_EQ(vnode_rename(world.root, text("point"), world.root, text("moved")), STATUS_BUSY);
    vnode_unref(c);
    world_end(&world);
}

TEST(path_walk_survives_every_allocation_failing_in_turn)
{
    for (int64_t i = 0; i < 40; i++) {
        struct world world = world_begin();
        struct vnode *c = vnode_at(&world, "a/b/c");
        struct namespace *namespace;
        struct vnode *root;
        struct directory *directory;
        uint64_t number;
        kernel_memory.allocations_left = i;
        (void)walk_from(world.directory, "abs/../link/file", true, &number);
        if (namespace_create(cell_root(), &namespace, &root) == STATUS_OK) {
            if (directory_create(root, namespace, cell_root(), &directory) == STATUS_OK) {
                (void)namespace_mount(directory, text("x/y/z"), c, RIGHT_READ, NULL);
                struct object *object;
                struct grant *grant;
                struct open_request request = { .path = text("x/y/z"),
                                                .flags = OPEN_KEEP_ROOT,
                                                .rights = RIGHT_READ,
                                                .allowed = RIGHT_READ,
                                                .cell = cell_root() };
                if (directory_open(directory, &request, &object, &grant) == STATUS_OK)
                    object_unref(object);
                object_unref(&directory->object);
            }
            vnode_unref(root);
            namespace_unref(namespace);
        }
        kernel_memory.allocations_left = -1;
        vnode_unref(c);
        world_end(&world);
    }
}
