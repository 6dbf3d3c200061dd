/* The base image as a file system, over a disk in memory: images that mkbase writes are read back
 * through vnodes and the page cache, by one thread and by several at once. */
#include "kernel/fs/basefs.h"

#include <stdlib.h>

#include "kernel/mm/vmo.h"
#include "kernel/trace/counter.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/file.h"
#include "kernel/vfs/vfs.h"
#include "lib/base/bytes.h"
#include "tests/doubles/files/memory.h"
#include "tests/doubles/files/memory_disk.h"
#include "tests/doubles/files/threads.h"
#include "tests/unit.h"
#include "tools/mkbase/image.h"

enum { BIG_BYTES = 300 * 1000, SMALL_BYTES = 200 };

/* The disk is global, since `idle` has no argument. */
static struct memory_disk disk;
static uint8_t *disk_bytes;
static size_t disk_len;
static struct directory *root;

static uint8_t byte_of(uint32_t file, size_t at)
{
    return (uint8_t)(file * 101 + at * 7 + (at >> 8) * 13);
}

static void image_put(struct image *image, const char *path, uint32_t file, size_t len)
{
    uint8_t *data = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        data[i] = byte_of(file, i);
    REQUIRE(image_add(image, path, BASE_FILE, file == 3 ? 0555 : 0444, data, len));
}

/* bin/init (3 pages, executable), www/big (300,000 bytes), www/small (in the metadata), empty,
 * www/link -> big. */
static void disk_make(void)
{
    struct image *image = image_new();
    image_put(image, "/www/big", 1, BIG_BYTES);
    image_put(image, "/www/small", 2, SMALL_BYTES);
    image_put(image, "/bin/init", 3, 3 * PAGE_SIZE);
    image_put(image, "/empty", 4, 0);
    REQUIRE(image_add(image, "/www/link", BASE_LINK, 0555, (uint8_t *)strdup("big"), 3));
    disk_bytes = image_write(image, &disk_len);
    image_free(image);
    memory_disk_init(&disk, disk_bytes, disk_len);
}

static void complete_one(void)
{
    REQUIRE(memory_disk_run(&disk));
}

static void disk_begin(void)
{
    static bool is_set_up;
    if (!is_set_up)
        vfs_init();
    is_set_up = true;
    kernel_memory.allocations_left = -1;
    kernel_threads.idle = complete_one;
    kernel_threads.random = unit_random;
    disk_make();
}

static void mount_begin(void)
{
    disk_begin();
    REQUIRE(vfs_mount_base(&disk.device, &root) == STATUS_OK);
}

/* Unmounted and dropped: nothing is left. */
static void mount_end(void)
{
    object_unref(&root->object);
    page_cache_drop_clean();
    EXPECT_EQ(kernel_memory.frames_out, 0);
    EXPECT_EQ(kernel_memory.objects_out, 0);
    EXPECT_EQ(cell_root()->used[CELL_MEMORY], 0);
    free(disk_bytes);
}

static status_t open_path(const char *path, rights_t rights, struct file **out_file)
{
    struct object *object;
    struct grant *grant;
    struct open_request request = {
        .path = const_span_of(path, strlen(path)),
        .rights = rights,
        .allowed = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | RIGHT_MAP,
        .cell = cell_root(),
    };
    status_t status = directory_open(root, &request, &object, &grant);
    if (status == STATUS_OK)
        *out_file = CONTAINER_OF(object, struct file, object);
    return status;
}

static struct file *open_file(const char *path)
{
    struct file *file = NULL;
    REQUIRE(open_path(path, RIGHT_READ, &file) == STATUS_OK);
    return file;
}

static void expect_range(struct file *file, uint32_t number, uint64_t offset, size_t len,
                         size_t expected)
{
    uint8_t *bytes = malloc(len + 1);
    size_t done = 0;
    struct user_out dst = { { (uintptr_t)bytes }, len };
    EXPECT_EQ(file_read(file, dst, offset, &done), STATUS_OK);
    EXPECT_EQ(done, expected);
    for (size_t i = 0; i < done; i++)
        if (bytes[i] != byte_of(number, offset + i)) {
            unit_fail(__FILE_NAME__, __LINE__, "byte %zu of file %u", (size_t)offset + i, number);
            break;
        }
    free(bytes);
}

TEST(basefs_gives_the_bytes_that_were_put_in)
{
    mount_begin();
    struct file *big = open_file("www/big");
    struct file *small = open_file("/www/small");
    struct file *empty = open_file("empty");
    struct file *link = open_file("www/link");
    expect_range(big, 1, 0, BIG_BYTES + 10, BIG_BYTES);
    expect_range(big, 1, BIG_BYTES - 5, 100, 5);
    expect_range(big, 1, BIG_BYTES, 100, 0);
    expect_range(small, 2, 0, 4096, SMALL_BYTES);
    expect_range(small, 2, SMALL_BYTES - 1, 1, 1);
    expect_range(empty, 4, 0, 100, 0);
    expect_range(link, 1, 4095, 2, 2);
    EXPECT(link->vnode == big->vnode);
    for (int i = 0; i < 300; i++) {
        uint64_t at = unit_random() % BIG_BYTES;
        size_t len = 1 + unit_random() % 20000;
        expect_range(big, 1, at, len, len < BIG_BYTES - at ? len : BIG_BYTES - at);
    }
    object_unref(&big->object);
    object_unref(&small->object);
    object_unref(&empty->object);
    object_unref(&link->object);
    mount_end();
}

/* Past its end the last page is zero, whatever the disk holds there. */
TEST(basefs_last_page_ends_in_zeros)
{
    mount_begin();
    struct file *big = open_file("www/big");
    for (size_t i = 0; i < disk_len;
         i += 4096) /* Deface what follows the file in its last block. */
        if (memcmp(disk_bytes + i, (uint8_t[]){ byte_of(1, 299008), byte_of(1, 299009) }, 2) == 0)
            memset(disk_bytes + i + BIG_BYTES % 4096, 0xff, 4096 - BIG_BYTES % 4096);
    struct vmo *vmo;
    uint8_t page[PAGE_SIZE];
    EXPECT_EQ(vnode_vmo(big->vnode, &vmo), STATUS_OK);
    EXPECT_EQ(vmo_read(vmo, page_down(BIG_BYTES), page, PAGE_SIZE), STATUS_OK);
    for (size_t i = BIG_BYTES % 4096; i < 4096; i++)
        EXPECT_EQ(page[i], 0);
    object_unref(&big->object);
    mount_end();
}

TEST(basefs_tells_kinds_sizes_and_modes)
{
    mount_begin();
    struct file *init = NULL;
    struct file_stat stat;
    EXPECT_EQ(open_path("bin/init", RIGHT_READ | RIGHT_EXECUTE, &init), STATUS_OK);
    vnode_stat(init->vnode, &stat);
    EXPECT_EQ(stat.kind, FILE_REGULAR);
    EXPECT_EQ(stat.size_bytes, 3 * PAGE_SIZE);
    EXPECT_EQ(stat.mode, 0555);
    EXPECT(stat.number != 0);
    object_unref(&init->object);
    EXPECT_EQ(open_path("www/big", RIGHT_EXECUTE, &init), STATUS_NO_RIGHT);
    EXPECT_EQ(open_path("www/big", RIGHT_WRITE, &init), STATUS_READ_ONLY);
    EXPECT_EQ(open_path("www/nothing", RIGHT_READ, &init), STATUS_NOT_FOUND);
    EXPECT_EQ(open_path("empty/x", RIGHT_READ, &init), STATUS_NOT_DIRECTORY);
    mount_end();
}

TEST(basefs_lists_directories_in_order)
{
    mount_begin();
    static uint8_t buffer[1024];
    const char *expected[] = { "bin", "empty", "www" };
    uint64_t cookie = 0;
    size_t len = 0;
    EXPECT_EQ(directory_list(root, 0, span_of(buffer, sizeof buffer), &len, &cookie), STATUS_OK);
    size_t at = 0;
    for (int i = 0; i < 3; i++) {
        REQUIRE(at < len);
        EXPECT_STR((const char *)buffer + at + offsetof(struct directory_entry, name), expected[i]);
        at += load_le16(buffer + at + offsetof(struct directory_entry, size_bytes));
    }
    EXPECT_EQ(at, len);
    EXPECT_EQ(directory_list(root, cookie, span_of(buffer, sizeof buffer), &len, &cookie),
              STATUS_OK);
    EXPECT_EQ(len, 0);
    mount_end();
}

/* A file is read by few requests when it is read in order, and a page by one when it is not. */
TEST(basefs_reads_ahead_for_sequential_readers_only)
{
    mount_begin();
    struct file *big = open_file("www/big");
    uint64_t before = disk.device.counters.reads;
    for (size_t at = 0; at < BIG_BYTES; at += 1000)
        expect_range(big, 1, at, 1000, 1000);
    EXPECT(disk.device.counters.reads - before <= 6); /* 4 + 8 + 16 + 32 + 14 pages. */
    page_cache_drop_clean();
    before = disk.device.counters.reads;
    uint64_t bytes_before = disk.device.counters.bytes_read;
    for (int i = 70; i > 0; i -= 3)
        expect_range(big, 1, (uint64_t)i * PAGE_SIZE, 1, 1);
    EXPECT_EQ(disk.device.counters.reads - before, 24);
    EXPECT_EQ(disk.device.counters.bytes_read - bytes_before, 24 * PAGE_SIZE);
    before = disk.device.counters.reads;
    uint64_t hits = counter_sum(COUNTER_CACHE_HITS), misses = counter_sum(COUNTER_CACHE_MISSES);
    expect_range(big, 1, 70 * PAGE_SIZE, 1, 1);
    EXPECT_EQ(disk.device.counters.reads, before); /* It is there. */
    EXPECT_EQ(counter_sum(COUNTER_CACHE_HITS), hits + 1);
    EXPECT_EQ(counter_sum(COUNTER_CACHE_MISSES), misses);
    object_unref(&big->object);
    mount_end();
}

/* A bad sector fails the reads that need it, not those that would only have read ahead over it. */
TEST(basefs_disk_error_reaches_only_who_asked)
{
    mount_begin();
    struct file *big = open_file("www/big");
    expect_range(big, 1, 0, 1, 1);
    struct base_layout layout;
    REQUIRE(base_open(const_span_of(disk_bytes, disk_len), disk_len, &layout) == STATUS_OK);
    page_cache_drop_clean();
    uint64_t page_6 = 0;
    for (uint64_t at = 0; at < disk_len && page_6 == 0; at += PAGE_SIZE)
        if (disk_bytes[at] == byte_of(1, 6 * PAGE_SIZE) &&
            disk_bytes[at + 1] == byte_of(1, 6 * PAGE_SIZE + 1) &&
            disk_bytes[at + 300] == byte_of(1, 6 * PAGE_SIZE + 300) &&
            disk_bytes[at + 2000] == byte_of(1, 6 * PAGE_SIZE + 2000))
            page_6 = at;
    REQUIRE(page_6 != 0);
    disk.bad_sector = page_6 / BLOCK_SECTOR_BYTES + 3;
    expect_range(big, 1, 0, 6 * PAGE_SIZE, 6 * PAGE_SIZE);
    uint8_t byte;
    size_t done;
    struct user_out dst = { { (uintptr_t)&byte }, 1 };
    EXPECT_EQ(file_read(big, dst, 6 * PAGE_SIZE, &done), STATUS_IO);
    expect_range(big, 1, 5 * PAGE_SIZE, 2 * PAGE_SIZE, PAGE_SIZE); /* What there is, first. */
    expect_range(big, 1, 7 * PAGE_SIZE, 100, 100);
    disk.bad_sector = UINT64_MAX;
    expect_range(big, 1, 6 * PAGE_SIZE, 100, 100); /* The failure was not kept. */
    object_unref(&big->object);
    mount_end();
}

/* An open file keeps its vnode when caches are dropped, a held page stays, and a closed file goes. */
TEST(basefs_drops_only_what_nobody_uses)
{
    mount_begin();
    struct file *big = open_file("www/big");
    struct vnode *vnode = big->vnode;
    const void *data;
    size_t len;
    EXPECT_EQ(file_pin_page(big, 5000, &data, &len), STATUS_OK);
    EXPECT_EQ(len, 8192 - 5000);
    EXPECT_EQ(page_cache_drop_clean(), 0);
    EXPECT_EQ(kernel_memory.frames_out, 1);
    EXPECT_EQ(((const uint8_t *)data)[0], byte_of(1, 5000));
    file_unpin_page(big, data);
    EXPECT_EQ(page_cache_drop_clean(), 1);
    expect_range(big, 1, 0, 10, 10);
    struct file *again = open_file("www/big");
    EXPECT(again->vnode == vnode);
    object_unref(&again->object);
    object_unref(&big->object);
    mount_end();
}

/* A mapping outlives every handle and the mount; its page still comes from the disk, and the image
 * goes when the mapping does. */
TEST(basefs_image_outlives_its_mount_while_mapped)
{
    mount_begin();
    struct file *big = open_file("www/big");
    struct vmo *vmo;
    uint8_t byte = 0;
    EXPECT_EQ(vnode_vmo(big->vnode, &vmo), STATUS_OK);
    object_ref(&vmo->object);
    object_unref(&big->object);
    object_unref(&root->object);
    page_cache_drop_clean();
    EXPECT_EQ(vmo_read(vmo, 50000, &byte, 1), STATUS_OK);
    EXPECT_EQ(byte, byte_of(1, 50000));
    object_unref(&vmo->object);
    page_cache_drop_clean();
    EXPECT_EQ(kernel_memory.frames_out, 0);
    EXPECT_EQ(kernel_memory.objects_out, 0);
    free(disk_bytes);
}

/* A cache that would fill memory gives pages back on its own; whoever reads notices nothing. */
TEST(page_cache_keeps_a_margin_of_memory_free)
{
    mount_begin();
    struct file *big = open_file("www/big");
    kernel_memory.frames_total = 64;
    for (int i = 0; i < 3; i++) {
        expect_range(big, 1, 0, BIG_BYTES, BIG_BYTES);
        EXPECT(kernel_memory.frames_out <= 64 + PAGE_READ_MAX);
    }
    kernel_memory.frames_total = 0;
    object_unref(&big->object);
    mount_end();
}

/* --- several threads --- */

enum { READERS = 8 };

static void read_all(void *argument)
{
    struct file *file = argument;
    for (size_t at = 0; at < BIG_BYTES; at += 30000)
        expect_range(file, 1, at, 30000, 30000);
}

/* Readers of the same pages at the same time: each page is read from the disk once. */
TEST(page_cache_reads_each_page_once_for_all_who_miss_it)
{
    for (int round = 0; round < 20; round++) {
        mount_begin();
        struct file *big = open_file("www/big");
        struct kernel_thread_body bodies[READERS];
        uint64_t before = disk.device.counters.bytes_read;
        uint64_t waits_before = counter_sum(COUNTER_CACHE_WAITS);
        for (int i = 0; i < READERS; i++)
            bodies[i] = (struct kernel_thread_body){ read_all, big };
        kernel_threads_run(bodies, READERS);
        EXPECT_EQ(disk.device.counters.bytes_read - before, page_up(BIG_BYTES));
        EXPECT(counter_sum(COUNTER_CACHE_WAITS) > waits_before);
        object_unref(&big->object);
        mount_end();
    }
}

static void read_ranges(void *argument)
{
    for (int i = 0; i < 40; i++) {
        struct file *file = open_file(i % 3 == 0 ? "www/link" : "www/big");
        uint64_t at = unit_random() % BIG_BYTES;
        size_t len = 1 + unit_random() % 50000;
        expect_range(file, 1, at, len, len < BIG_BYTES - at ? len : BIG_BYTES - at);
        object_unref(&file->object);
    }
}

static void drop_now_and_then(void *argument)
{
    for (int i = 0; i < 60; i++)
        page_cache_drop_clean();
}

/* Opening, reading, closing and dropping caches at once, in many orders: all bytes are right and
 * nothing is left. */
TEST(page_cache_drops_under_readers_without_harm)
{
    for (int round = 0; round < 20; round++) {
        mount_begin();
        struct kernel_thread_body bodies[READERS];
        for (int i = 0; i < READERS; i++)
            bodies[i] =
                (struct kernel_thread_body){ i < 6 ? read_ranges : drop_now_and_then, NULL };
        kernel_threads_run(bodies, READERS);
        mount_end();
    }
}

/* --- bad images and no memory --- */

TEST(basefs_refuses_what_is_no_image)
{
    static uint8_t zeros[64 * 1024];
    struct vnode *vnode;
    disk_begin();
    struct memory_disk image = disk;
    memory_disk_init(&disk, zeros, sizeof zeros);
    EXPECT_EQ(basefs_open(&disk.device, &vnode), STATUS_CORRUPT);
    memory_disk_init(&disk, image.bytes, 3 * PAGE_SIZE); /* A truncated disk. */
    EXPECT_EQ(basefs_open(&disk.device, &vnode), STATUS_CORRUPT);
    memory_disk_init(&disk, image.bytes, disk_len);
    disk.bad_sector = 0;
    EXPECT_EQ(basefs_open(&disk.device, &vnode), STATUS_IO);
    disk.bad_sector = 8; /* In the metadata. */
    EXPECT_EQ(basefs_open(&disk.device, &vnode), STATUS_IO);
    EXPECT_EQ(kernel_memory.objects_out, 0);
    EXPECT_EQ(kernel_memory.frames_out, 0);
    free(disk_bytes);
}

static status_t mount_and_read(void)
{
    struct file *file;
    uint8_t byte;
    size_t done;
    struct user_out dst = { { (uintptr_t)&byte }, 1 };
    status_t status = vfs_mount_base(&disk.device, &root);
    if (status != STATUS_OK)
        return status;
    status = open_path("www/link", RIGHT_READ, &file);
    if (status == STATUS_OK) {
        status = file_read(file, dst, 100000, &done);
        object_unref(&file->object);
    }
    object_unref(&root->object);
    return status;
}

TEST(basefs_survives_every_allocation_failing_in_turn)
{
    disk_begin();
    uint64_t before = kernel_memory.allocations;
    EXPECT_EQ(mount_and_read(), STATUS_OK);
    int64_t count = (int64_t)(kernel_memory.allocations - before);
    EXPECT(count >= 10);
    for (int64_t i = 0; i < count; i++) {
        kernel_memory.allocations_left = i;
        EXPECT_EQ(mount_and_read(), STATUS_NO_MEMORY);
        kernel_memory.allocations_left = -1;
        page_cache_drop_clean();
        EXPECT_EQ(kernel_memory.objects_out, 0);
        EXPECT_EQ(kernel_memory.frames_out, 0);
    }
    free(disk_bytes);
}
