/* Headers and metadata that no honest writer makes. What an honest one makes is read back in
 * tools/mkbase/mkbase_test.c. */
#include "lib/format/base.h"

#include "lib/base/bytes.h"
#include "lib/format/base_tree.h"
#include "tests/unit.h"

enum { IMAGE_BLOCKS = 5, NODES = 4 };

/* A tiny image: page 0 header, 1 metadata, 2 tree, 3 and 4 the data of file "f"; nodes: root,
 * folder "d", file "f" of 8000 bytes in two extents, file "i" of 3 bytes below "d". */
static uint8_t image[IMAGE_BLOCKS * BASE_BLOCK_BYTES];

static void put_node(uint32_t index, uint16_t kind, uint32_t flags, uint64_t size, uint32_t first,
                     uint32_t count, uint32_t parent, uint32_t name_at, uint32_t name_len)
{
    uint8_t *node = image + BASE_BLOCK_BYTES + index * BASE_NODE_BYTES;
    struct writer writer = writer_of(node, BASE_NODE_BYTES);
    writer_le16(&writer, kind);
    writer_le16(&writer, 0444);
    writer_le32(&writer, flags);
    writer_le64(&writer, size);
    writer_le64(&writer, 7);
    writer_le32(&writer, first);
    writer_le32(&writer, count);
    writer_le32(&writer, parent);
    writer_le32(&writer, 1);
    writer_le32(&writer, name_at);
    writer_le32(&writer, name_len);
}

static void put_extent(uint32_t index, uint32_t file_block, uint32_t count, uint64_t image_block)
{
    uint8_t *extent =
        image + BASE_BLOCK_BYTES + NODES * BASE_NODE_BYTES + index * BASE_EXTENT_BYTES;
    store_le32(extent, file_block);
    store_le32(extent + 4, count);
    store_le64(extent + 8, image_block);
}

static void put_image(void)
{
    memset(image, 0, sizeof image);
    struct writer writer = writer_of(image, sizeof image);
    writer_bytes(&writer, "SWOSBASE", 8);
    const uint32_t version[] = { 1, BASE_BLOCK_BYTES };
    const uint64_t places[] = { sizeof image,         BASE_BLOCK_BYTES, BASE_BLOCK_BYTES,
                                2 * BASE_BLOCK_BYTES, BASE_BLOCK_BYTES, 99 };
    const uint32_t extents_at = NODES * BASE_NODE_BYTES;
    const uint32_t heap_at = extents_at + 2 * BASE_EXTENT_BYTES;
    const uint32_t tables[] = { NODES, 2, 0, extents_at, heap_at, 6, 3, 0 };
    for (size_t i = 0; i < 2; i++)
        writer_le32(&writer, version[i]);
    for (size_t i = 0; i < 6; i++)
        writer_le64(&writer, places[i]);
    for (size_t i = 0; i < 8; i++)
        writer_le32(&writer, tables[i]);
    put_node(0, BASE_DIRECTORY, 0, 0, 1, 2, 0, 0, 0);
    put_node(1, BASE_DIRECTORY, 0, 0, 3, 1, 0, 0, 1);
    put_node(2, BASE_FILE, 0, 8000, 0, 2, 0, 1, 1);
    put_node(3, BASE_FILE, 1, 3, 3, 0, 1, 2, 1);
    put_extent(0, 0, 1, 4);
    put_extent(1, 1, 1, 3);
    memcpy(image + BASE_BLOCK_BYTES + heap_at, "dfixyz", 6);
}

static status_t open_image(struct base_view *out_view)
{
    struct base_layout layout;
    status_t status =
        base_open(const_span_of(image, BASE_HEADER_SIGNED_BYTES), sizeof image, &layout);
    if (status != STATUS_OK)
        return status;
    return base_view_open(&layout, const_span_of(image + BASE_BLOCK_BYTES, BASE_BLOCK_BYTES),
                          out_view);
}

TEST(base_reads_a_file_in_several_extents)
{
    put_image();
    struct base_view view;
    REQUIRE(open_image(&view) == STATUS_OK);
    struct base_node node;
    REQUIRE(base_walk(&view, const_span_of("f", 1), &node) == STATUS_OK);
    uint64_t offset = 0, len = 0;
    REQUIRE(base_extent(&view, &node, 100, &offset, &len) == STATUS_OK);
    EXPECT_EQ(offset, 4 * BASE_BLOCK_BYTES + 100);
    EXPECT_EQ(len, BASE_BLOCK_BYTES - 100);
    REQUIRE(base_extent(&view, &node, 7999, &offset, &len) == STATUS_OK);
    EXPECT_EQ(offset, 3 * BASE_BLOCK_BYTES + 7999 - BASE_BLOCK_BYTES);
    EXPECT_EQ(len, 2 * BASE_BLOCK_BYTES - 7999);
    EXPECT_EQ(base_extent(&view, &node, 8000, &offset, &len), STATUS_NOT_FOUND);
    REQUIRE(base_walk(&view, const_span_of("/d//i", 5), &node) == STATUS_OK);
    EXPECT_EQ(node.data.len, 3);
    EXPECT_MEM(node.data.data, "xyz", 3);
    EXPECT_EQ(base_extent(&view, &node, 0, &offset, &len), STATUS_BAD_STATE);
}

TEST(base_open_refuses_headers_whose_parts_do_not_fit)
{
    static const struct {
        uint32_t at;
        uint32_t value;
        status_t status;
    } cases[] = {
        { 0, 0x12345678, STATUS_CORRUPT },
        { 8, 2, STATUS_NOT_SUPPORTED },
        { 12, 8192, STATUS_NOT_SUPPORTED },
        { 16, 6 * 4096, STATUS_CORRUPT }, /* The image is longer than the device. */
        { 16, 5 * 4096 - 1, STATUS_CORRUPT },
        { 16, 2 * 4096, STATUS_CORRUPT }, /* The tree is outside. */
        { 20, 0x80000000, STATUS_CORRUPT },
        { 24, 8192, STATUS_CORRUPT },
        { 32, 0, STATUS_CORRUPT },
        { 32, 8192, STATUS_CORRUPT }, /* Metadata over the tree. */
        { 36, 0xffffffff, STATUS_CORRUPT },
        { 40, 4096, STATUS_CORRUPT },
        { 48, 8192, STATUS_CORRUPT },
        { 64, 0, STATUS_CORRUPT }, /* No root. */
        { 64, 0xffffffff, STATUS_CORRUPT },
        { 68, 1, STATUS_CORRUPT },
        { 68, 0xffffffff, STATUS_CORRUPT },
        { 72, 64, STATUS_CORRUPT },
        { 76, 0, STATUS_CORRUPT },
        { 80, 0, STATUS_CORRUPT },
        { 84, 4096, STATUS_CORRUPT },
        { 88, 0, STATUS_CORRUPT },   /* Fewer leaves than metadata pages. */
        { 88, 129, STATUS_CORRUPT }, /* A tree of two pages and one more. */
    };
    struct base_view view;
    put_image();
    EXPECT_EQ(open_image(&view), STATUS_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_image();
        store_le32(image + cases[i].at, cases[i].value);
        status_t status = open_image(&view);
        if (status != cases[i].status)
            unit_fail(__FILE_NAME__, __LINE__, "case %zu: status %d", i, status);
    }
}

/* One word of one node changed; the root and the lookup of its name say what became of it. */
TEST(base_node_refuses_references_that_leave_the_metadata)
{
    static const struct {
        uint32_t node;
        uint32_t at;
        uint32_t value;
    } cases[] = {
        { 0, 0, 1 },  /* The root is a file. */
        { 0, 32, 1 }, /* The root has a parent. */
        { 0, 44, 1 }, /* The root has a name. */
        { 0, 28, 4 }, /* More children than nodes. */
        { 1, 24, 1 }, /* A folder that holds itself. */
        { 1, 24, 0xffffffff }, { 1, 8, 1 },   { 1, 4, 1 },
        { 1, 0, 0x01240004 }, /* A kind that is none. */
        { 1, 0, 0x02000002 }, /* A mode with other bits. */
        { 1, 32, 1 },         /* Its own parent. */
        { 1, 40, 7 },          { 1, 44, 0 },  { 1, 44, 256 },
        { 2, 24, 1 },          { 2, 28, 0 },  { 2, 28, 3 },
        { 2, 8, 0 },           { 2, 12, 1 },  { 2, 4, 2 },
        { 2, 36, 2 }, /* A leaf too many. */
        { 3, 8, 4 },           { 3, 8, 513 }, { 3, 24, 4 },
        { 3, 28, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_image();
        store_le32(image + BASE_BLOCK_BYTES + cases[i].node * BASE_NODE_BYTES + cases[i].at,
                   cases[i].value);
        struct base_view view;
        struct base_node node;
        REQUIRE(open_image(&view) == STATUS_OK);
        status_t status = base_node(&view, cases[i].node, &node);
        if (status != STATUS_CORRUPT)
            unit_fail(__FILE_NAME__, __LINE__, "case %zu: status %d", i, status);
    }
}

/* Two folders that claim the same child would make a graph of what must be a tree. */
TEST(base_directory_entry_refuses_a_child_of_another)
{
    put_image();
    put_node(3, BASE_FILE, 1, 3, 3, 0, 0, 2, 1);
    struct base_view view;
    struct base_node node;
    REQUIRE(open_image(&view) == STATUS_OK);
    EXPECT_EQ(base_walk(&view, const_span_of("d/i", 3), &node), STATUS_CORRUPT);
}

TEST(base_extent_refuses_runs_outside_the_data)
{
    static const struct {
        uint32_t file_block, count;
        uint64_t image_block;
    } cases[] = { { 0, 1, 2 }, { 0, 1, 5 },          { 0, 2, 4 },         { 0, 0, 4 },
                  { 1, 1, 4 }, { 0, UINT32_MAX, 4 }, { 0, 1, UINT64_MAX } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_image();
        put_extent(0, cases[i].file_block, cases[i].count, cases[i].image_block);
        struct base_view view;
        struct base_node node;
        uint64_t offset, len;
        REQUIRE(open_image(&view) == STATUS_OK);
        REQUIRE(base_walk(&view, const_span_of("f", 1), &node) == STATUS_OK);
        EXPECT_EQ(base_extent(&view, &node, 0, &offset, &len), STATUS_CORRUPT);
    }
}

TEST(base_leaves_cover_a_file_without_gaps)
{
    static const uint64_t sizes[] = { 1,       4096,    4097,    2097151,  2097152,
                                      2097153, 2162688, 2162689, 16777216, 16777217 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint32_t index = 0;
        uint64_t at = 0;
        for (; at < sizes[i]; index++) {
            struct base_leaf leaf = base_leaf_at(sizes[i], at);
            struct base_leaf same = base_leaf_at(sizes[i], leaf.offset_bytes + leaf.len <= sizes[i]
                                                               ? leaf.offset_bytes + leaf.len - 1
                                                               : sizes[i] - 1);
            REQUIRE(leaf.index == index && leaf.offset_bytes == at && leaf.len > 0);
            EXPECT_EQ(same.index, index);
            EXPECT_EQ(leaf.len % BASE_BLOCK_BYTES, 0);
            at += leaf.len;
        }
        EXPECT_EQ(index, base_leaf_count(sizes[i]));
        EXPECT(at - sizes[i] < BASE_BLOCK_BYTES);
    }
    EXPECT_EQ(base_leaf_count(0), 0);
}

TEST(base_tree_grows_a_level_past_128_hashes)
{
    EXPECT_EQ(base_tree_levels(1), 1);
    EXPECT_EQ(base_tree_levels(128), 1);
    EXPECT_EQ(base_tree_levels(129), 2);
    EXPECT_EQ(base_tree_levels(128 * 128), 2);
    EXPECT_EQ(base_tree_levels(128 * 128 + 1), 3);
    EXPECT_EQ(base_tree_levels(UINT32_MAX), 5);
    EXPECT_EQ(base_tree_bytes(128), 4096);
    EXPECT_EQ(base_tree_bytes(129), 3 * 4096);
    EXPECT_EQ(base_tree_bytes(128 * 128 + 1), (129 + 2 + 1) * 4096);
}
