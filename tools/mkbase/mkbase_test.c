/* Images as mkbase writes them, read back through the reader that the kernel uses. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/format/base_tree.h"
#include "tests/unit.h"
#include "tools/mkbase/image.h"

/* A written image and its view. */
struct written {
    uint8_t *bytes;
    size_t len;
    struct base_layout layout;
    struct base_view view;
};

static struct written write_and_open(struct image *image)
{
    struct written written;
    written.bytes = image_write(image, &written.len);
    REQUIRE(base_open(const_span_of(written.bytes, written.len), written.len, &written.layout) ==
            STATUS_OK);
    EXPECT_EQ(written.layout.image_bytes, written.len);
    struct const_span metadata =
        const_span_of(written.bytes + written.layout.metadata_at, written.layout.metadata_bytes);
    REQUIRE(base_view_open(&written.layout, metadata, &written.view) == STATUS_OK);
    return written;
}

/* Refusals are expected here: keep their messages out of the report until stderr_back. */
static int stderr_away(void)
{
    int kept = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    REQUIRE(kept >= 0 && null >= 0);
    fflush(stderr);
    dup2(null, STDERR_FILENO);
    close(null);
    return kept;
}

static void stderr_back(int kept)
{
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
}

static struct const_span text_span(const char *text)
{
    return const_span_of(text, strlen(text));
}

static uint8_t *random_bytes(size_t len)
{
    uint8_t *bytes = malloc(len + 8);
    for (size_t i = 0; i < len; i += 8) {
        uint64_t word = unit_random();
        memcpy(bytes + i, &word, 8);
    }
    return bytes;
}

/* Read a range of a file as the kernel will: by extents, or from the metadata. */
static void read_range(const struct written *image, const struct base_node *file, uint64_t offset,
                       uint8_t *dst, size_t len)
{
    if (file->data.data != NULL) {
        REQUIRE(offset + len <= file->data.len);
        memcpy(dst, file->data.data + offset, len);
        return;
    }
    while (len > 0) {
        uint64_t image_offset, part;
        REQUIRE(base_extent(&image->view, file, offset, &image_offset, &part) == STATUS_OK);
        if (part > len)
            part = len;
        memcpy(dst, image->bytes + image_offset, part);
        dst += part, offset += part, len -= part;
    }
}

static void expect_file(const struct written *image, const char *path, const uint8_t *data,
                        size_t len)
{
    struct base_node node;
    REQUIRE(base_walk(&image->view, text_span(path), &node) == STATUS_OK);
    EXPECT_EQ(node.kind, BASE_FILE);
    REQUIRE(node.size_bytes == len);
    uint8_t *read = malloc(len + 1);
    read_range(image, &node, 0, read, len);
    EXPECT_MEM(read, data, len);
    for (int i = 0; i < 20 && len > 0; i++) {
        size_t offset = unit_random() % len, part = unit_random() % (len - offset + 1);
        read_range(image, &node, offset, read, part);
        EXPECT_MEM(read, data + offset, part);
    }
    uint64_t image_offset, part;
    if (node.data.data == NULL)
        EXPECT_EQ(base_extent(&image->view, &node, len, &image_offset, &part), STATUS_NOT_FOUND);
    free(read);
}

enum { TREE_FILES = 300 };

static size_t file_len_of(int i)
{
    static const size_t edges[] = { 0,    1,    511,     512,         513,       4095,
                                    4096, 4097, 2 << 20, 2097151 + 2, 16u << 20, 2162688 + 1 };
    if (i < (int)(sizeof edges / sizeof edges[0]))
        return edges[i];
    return unit_random() % (i % 10 == 0 ? 200000 : 3000);
}

/* Names that are short, of the greatest length, and of every byte a name may have. */
static void path_of(int i, char *path)
{
    static const char *const folders[] = { "",         "/a",        "/a/b",
                                           "/a/b/c d", "/\xff\xfe", "/a/.hidden/\n",
                                           "/-",       "/\\x" };
    int at = sprintf(path, "%s/", folders[i % 8]);
    if (i % 7 == 0) {
        at += sprintf(path + at, "%03d", i);
        for (int c = 1; c < 250; c++)
            path[at++] = (char)(c == '/' ? 'S' : c);
        path[at] = '\0';
    } else if (i % 7 == 1) {
        memset(path + at, 'n', 252);
        sprintf(path + at + 252, "%03d", i);
    } else {
        sprintf(path + at, "%c%d.html", (int)(1 + unit_random() % 40), i);
    }
}

TEST(mkbase_gives_back_a_tree_of_300_files_byte_for_byte)
{
    struct image *image = image_new();
    image->timestamp_s = 1234567890;
    char(*paths)[600] = malloc(TREE_FILES * sizeof *paths);
    uint8_t **data = malloc(TREE_FILES * sizeof *data);
    size_t *lens = malloc(TREE_FILES * sizeof *lens);
    for (int i = 0; i < TREE_FILES; i++) {
        path_of(i, paths[i]);
        lens[i] = file_len_of(i);
        data[i] = random_bytes(lens[i]);
        uint8_t *copy = malloc(lens[i] + 1);
        memcpy(copy, data[i], lens[i]);
        REQUIRE(image_add(image, paths[i], BASE_FILE, i % 2 ? 0444 : 0555, copy, lens[i]));
    }
    struct written written = write_and_open(image);
    EXPECT(inspect_verify(const_span_of(written.bytes, written.len)));
    for (int i = 0; i < TREE_FILES; i++) {
        expect_file(&written, paths[i], data[i], lens[i]);
        struct base_node node;
        REQUIRE(base_walk(&written.view, text_span(paths[i]), &node) == STATUS_OK);
        EXPECT_EQ(node.mode, i % 2 ? 0444 : 0555);
        EXPECT_EQ(node.mtime_s, 1234567890);
        EXPECT_EQ(node.data.data != NULL, lens[i] <= BASE_INLINE_MAX);
        free(data[i]);
    }
    free(written.bytes);
    free(paths);
    free(data);
    free(lens);
    image_free(image);
}

static void add_text(struct image *image, const char *path, const char *text)
{
    REQUIRE(image_add(image, path, BASE_FILE, 0444, (uint8_t *)strdup(text), strlen(text)));
}

TEST(base_lists_a_directory_in_order_of_bytes)
{
    struct image *image = image_new();
    static const char *const names[] = { "-", "A", "Z", "a", "a.", "aa", "b", "\x80", "\xff" };
    for (int i = 8; i >= 0; i--)
        add_text(image, names[i], names[i]);
    struct written written = write_and_open(image);
    struct base_node root, node;
    REQUIRE(base_node(&written.view, BASE_ROOT, &root) == STATUS_OK);
    EXPECT_EQ(root.count, 9);
    EXPECT_EQ(root.parent, BASE_ROOT);
    for (uint32_t i = 0; i < 9; i++) {
        REQUIRE(base_directory_entry(&written.view, &root, i, &node) == STATUS_OK);
        EXPECT_EQ(node.name.len, strlen(names[i]));
        EXPECT_MEM(node.name.data, names[i], node.name.len);
        EXPECT_EQ(node.parent, BASE_ROOT);
    }
    EXPECT_EQ(base_directory_entry(&written.view, &root, 9, &node), STATUS_NOT_FOUND);
    EXPECT_EQ(base_lookup(&written.view, &root, text_span("aaa"), &node), STATUS_NOT_FOUND);
    EXPECT_EQ(base_lookup(&written.view, &root, text_span(""), &node), STATUS_NOT_FOUND);
    EXPECT_EQ(base_walk(&written.view, text_span("a/b"), &node), STATUS_NOT_DIRECTORY);
    char long_name[257];
    memset(long_name, 'x', 256);
    long_name[256] = '\0';
    EXPECT_EQ(base_lookup(&written.view, &root, text_span(long_name), &node), STATUS_NAME_TOO_LONG);
    EXPECT_EQ(base_node(&written.view, 10, &node), STATUS_INVALID);
    free(written.bytes);
    image_free(image);
}

TEST(base_links_carry_their_target_and_empty_folders_are_empty)
{
    struct image *image = image_new();
    REQUIRE(image_add(image, "/l", BASE_LINK, 0555, (uint8_t *)strdup("../x y"), 6));
    REQUIRE(image_add(image, "/d", BASE_DIRECTORY, 0555, NULL, 0));
    struct written written = write_and_open(image);
    struct base_node node, entry;
    REQUIRE(base_walk(&written.view, text_span("l"), &node) == STATUS_OK);
    EXPECT_EQ(node.kind, BASE_LINK);
    EXPECT_EQ(node.data.len, 6);
    EXPECT_MEM(node.data.data, "../x y", 6);
    uint64_t offset, len;
    EXPECT_EQ(base_extent(&written.view, &node, 0, &offset, &len), STATUS_INVALID);
    REQUIRE(base_walk(&written.view, text_span("/d/"), &node) == STATUS_OK);
    EXPECT_EQ(base_directory_entry(&written.view, &node, 0, &entry), STATUS_NOT_FOUND);
    EXPECT_EQ(base_extent(&written.view, &node, 0, &offset, &len), STATUS_IS_DIRECTORY);
    free(written.bytes);
    image_free(image);
}

/* A signature is over the bytes, so the same tree must be the same bytes, in whatever order the
 * host listed it. */
TEST(mkbase_writes_the_same_bytes_for_the_same_tree)
{
    static const char *const names[] = { "b/x", "a", "b/c/d", "b/y", "z" };
    struct image *forward = image_new(), *backward = image_new();
    for (int i = 0; i < 5; i++) {
        add_text(forward, names[i], names[i]);
        add_text(backward, names[4 - i], names[4 - i]);
    }
    struct written one = write_and_open(forward), other = write_and_open(backward);
    REQUIRE(one.len == other.len);
    EXPECT_MEM(one.bytes, other.bytes, one.len);
    free(one.bytes);
    free(other.bytes);
    image_free(forward);
    image_free(backward);
}

TEST(mkbase_refuses_what_an_image_cannot_hold)
{
    struct image *image = image_new();
    char deep[3 * (BASE_DEPTH_MAX + 1) + 1] = "";
    for (int i = 0; i <= BASE_DEPTH_MAX; i++)
        strcat(deep, "/d");
    char long_name[258] = "/";
    memset(long_name + 1, 'x', 256);
    add_text(image, "/f", "text");
    int kept = stderr_away();
    EXPECT(!image_add(image, "/f", BASE_FILE, 0444, NULL, 0));      /* There already. */
    EXPECT(!image_add(image, "/f/g", BASE_FILE, 0444, NULL, 0));    /* Below a file. */
    EXPECT(!image_add(image, "/w", BASE_FILE, 0644, NULL, 0));      /* Writable. */
    EXPECT(!image_add(image, "/a/../b", BASE_FILE, 0444, NULL, 0)); /* Dots. */
    EXPECT(!image_add(image, long_name, BASE_FILE, 0444, NULL, 0)); /* 256 bytes. */
    EXPECT(!image_add(image, deep, BASE_DIRECTORY, 0555, NULL, 0)); /* Too deep. */
    EXPECT(!image_add(image, "/e", BASE_LINK, 0555, NULL, 0));      /* No target. */
    EXPECT(!image_add(image, "/", BASE_FILE, 0444, NULL, 0));
    stderr_back(kept);
    deep[2 * BASE_DEPTH_MAX] = '\0';
    EXPECT(image_add(image, deep, BASE_DIRECTORY, 0555, NULL, 0)); /* As deep as may be. */
    image_free(image);
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    REQUIRE(file != NULL);
    fputs(text, file);
    fclose(file);
}

static void in_folder(char *folder)
{
    strcpy(folder, "/tmp/mkbase_test.XXXXXX");
    REQUIRE(mkdtemp(folder) != NULL);
    REQUIRE(chdir(folder) == 0);
}

static void leave_folder(const char *folder)
{
    char command[100];
    REQUIRE(chdir("/") == 0);
    snprintf(command, sizeof command, "rm -r %s", folder);
    REQUIRE(system(command) == 0);
}

TEST(mkbase_reads_specs_with_quotes_and_trees)
{
    char folder[40];
    in_folder(folder);
    REQUIRE(mkdir("www", 0755) == 0 && mkdir("www/empty", 0755) == 0);
    write_text("www/in dex", "page");
    write_text("tool", "#!");
    REQUIRE(chmod("tool", 0755) == 0 && symlink("in dex", "www/link") == 0);
    write_text("spec", "# a comment\n\n"
                       "file /bin/tool tool\n"
                       "file\t\"/odd \\x01\\\"\\n\" tool 0444\n"
                       "dir /var 0111\n"
                       "link /sh bin/tool\n"
                       "tree /www www\n");
    struct image *image = image_new();
    REQUIRE(spec_read(image, "spec"));
    leave_folder(folder);
    struct written written = write_and_open(image);
    expect_file(&written, "/odd \x01\"\n", (const uint8_t *)"#!", 2);
    expect_file(&written, "/www/in dex", (const uint8_t *)"page", 4);
    struct base_node node;
    REQUIRE(base_walk(&written.view, text_span("/bin/tool"), &node) == STATUS_OK);
    EXPECT_EQ(node.mode, 0555);
    REQUIRE(base_walk(&written.view, text_span("/var"), &node) == STATUS_OK);
    EXPECT_EQ(node.mode, 0111);
    REQUIRE(base_walk(&written.view, text_span("/www/link"), &node) == STATUS_OK);
    EXPECT_EQ(node.kind, BASE_LINK);
    REQUIRE(base_walk(&written.view, text_span("/www/empty"), &node) == STATUS_OK);
    EXPECT_EQ(node.kind, BASE_DIRECTORY);
    free(written.bytes);
    image_free(image);
}

/* BusyBox has a small xz; a port that is xz itself is meant where both are. */
TEST(mkbase_lays_a_tree_under_what_is_there)
{
    char folder[40];
    in_folder(folder);
    REQUIRE(mkdir("many", 0755) == 0);
    write_text("many/one", "theirs");
    write_text("many/two", "theirs too");
    write_text("own", "ours");
    write_text("spec", "file /bin/one own\n"
                       "under /bin many\n");
    struct image *image = image_new();
    REQUIRE(spec_read(image, "spec"));
    write_text("again", "tree /bin many\n");
    EXPECT(!spec_read(image, "again"));
    leave_folder(folder);
    struct written written = write_and_open(image);
    expect_file(&written, "/bin/one", (const uint8_t *)"ours", 4);
    expect_file(&written, "/bin/two", (const uint8_t *)"theirs too", 10);
    free(written.bytes);
    image_free(image);
}

TEST(mkbase_refuses_bad_spec_lines)
{
    static const char *const specs[] = {
        "files /a b\n",      "file /a\n",           "file /a none-such\n", "dir /a 0755\n",
        "dir /a 09\n",       "dir \"/a\n",          "dir \"/a\\q\"\n",     "dir \"/a\\x0\"\n",
        "dir \"/a\\x00\"\n", "dir /a 0555 b c d\n", "dir \"/a\"b\n",       "link /a\n",
    };
    char folder[40];
    in_folder(folder);
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        struct image *image = image_new();
        write_text("spec", specs[i]);
        int kept = stderr_away();
        EXPECT(!spec_read(image, "spec"));
        stderr_back(kept);
        image_free(image);
    }
    leave_folder(folder);
}

TEST(mkbase_puts_ordered_files_first_on_disk)
{
    char folder[40];
    in_folder(folder);
    write_text("order", "/z\n/m\n");
    write_text("bad", "/none\n");
    struct image *image = image_new();
    static const char *const names[] = { "a", "m", "z" };
    for (int i = 0; i < 3; i++)
        REQUIRE(image_add(image, names[i], BASE_FILE, 0444, random_bytes(5000), 5000));
    REQUIRE(order_read(image, "order"));
    int kept = stderr_away();
    EXPECT(!order_read(image, "bad"));
    stderr_back(kept);
    leave_folder(folder);
    struct written written = write_and_open(image);
    uint64_t offsets[3], len;
    for (int i = 0; i < 3; i++) {
        struct base_node node;
        REQUIRE(base_walk(&written.view, text_span(names[i]), &node) == STATUS_OK);
        REQUIRE(base_extent(&written.view, &node, 0, &offsets[i], &len) == STATUS_OK);
        EXPECT_EQ(len, 8192);
        EXPECT_EQ(offsets[i] % BASE_BLOCK_BYTES, 0);
    }
    EXPECT(offsets[2] < offsets[1] && offsets[1] < offsets[0]);
    EXPECT_EQ(offsets[2], written.layout.tree_at + written.layout.tree_bytes);
    free(written.bytes);
    image_free(image);
}

/* Any change of any byte that the image means must show, wherever it is. */
TEST(mkbase_verify_notices_a_flipped_bit_in_every_region)
{
    struct image *image = image_new();
    size_t len = (4u << 20) + 5; /* Enough leaves for two levels, small and large ones. */
    REQUIRE(image_add(image, "big", BASE_FILE, 0444, random_bytes(len), len));
    add_text(image, "small", "text");
    struct written written = write_and_open(image);
    EXPECT(base_tree_levels(written.layout.leaf_count) > 1);
    struct const_span bytes = const_span_of(written.bytes, written.len);
    EXPECT(inspect_verify(bytes));
    const uint64_t places[] = { 97,
                                written.layout.metadata_at + 70,
                                written.layout.metadata_at + written.layout.metadata_bytes - 1,
                                written.layout.tree_at + 5,
                                written.layout.tree_at + written.layout.tree_bytes - 4096,
                                written.layout.tree_at + written.layout.tree_bytes,
                                written.len - 4096,
                                written.len - 1 };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        written.bytes[places[i]] ^= 0x10;
        int kept = stderr_away();
        EXPECT(!inspect_verify(bytes));
        stderr_back(kept);
        written.bytes[places[i]] ^= 0x10;
    }
    EXPECT(inspect_verify(bytes));
    free(written.bytes);
    image_free(image);
}
