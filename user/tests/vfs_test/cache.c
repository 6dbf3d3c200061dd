/* The page cache under several readers while clean pages are dropped all the time: every byte is right,
 * and afterwards the machine holds exactly what it held before. */
#include <string.h>

#include <swos/syscalls.h>

#include "lib/base/pattern.h"
#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/support/balance.h"
#include "user/tests/support/threads.h"
#include "user/tests/vfs_test/vfs_test.h"

enum { READERS = 4, READS = 150, DROPS = 40, RANGE_MAX = 60000 };

static const char *const files[] = { "file20.bin", "file24.bin", "file28.bin", "file32.bin" };

struct cache_reader {
    struct test_thread thread;
    struct test_claim *claim;
    handle_t tree;
    uint64_t seed;
    uint8_t bytes[RANGE_MAX];
};

static struct cache_reader readers[READERS];

static void read_range(struct cache_reader *reader, const char *name, uint64_t random)
{
    struct file_stat stat = { 0 };
    size_t actual = 0;
    status_t status;
    handle_t file = path_open(reader->tree, name, 0, RIGHT_READ, &status);
    TEST_EQ(reader->claim, status, STATUS_OK);
    TEST_EQ(reader->claim, sys_file_stat(file, &stat), STATUS_OK);
    uint64_t offset = random % (stat.size_bytes + 1);
    status = sys_file_read(file, reader->bytes, 1 + (random >> 32) % RANGE_MAX, offset, &actual);
    TEST_EQ(reader->claim, status, STATUS_OK);
    uint64_t seed = pattern_seed(name, strlen(name));
    for (size_t i = 0; i < actual; i++)
        if (reader->bytes[i] != pattern_byte(seed, offset + i)) {
            test_fail(reader->claim, "%s: byte %llu differs", name,
                      (unsigned long long)(offset + i));
            break;
        }
    TEST_EQ(reader->claim, sys_handle_close(file.raw), STATUS_OK);
}

static void reader_body(void *argument)
{
    struct cache_reader *reader = argument;
    for (uint64_t i = 0; i < READS && !reader->claim->failed; i++) {
        uint64_t random = pattern_word(reader->seed, i);
        read_range(reader, files[random >> 60 & 3], random);
    }
}

static void read_and_drop(struct test_claim *claim)
{
    status_t status;
    handle_t root = start_handle_need("root", OBJECT_DIRECTORY);
    handle_t system = start_handle_need("system", OBJECT_SYSTEM);
    handle_t tree = path_open(root, "tree", OPEN_DIRECTORY, RIGHT_READ, &status);
    TEST_EQ(claim, status, STATUS_OK);
    for (uint32_t i = 0; i < READERS; i++) {
        readers[i].claim = claim;
        readers[i].tree = tree;
        readers[i].seed = i;
        TEST_EQ(claim, thread_begin(&readers[i].thread, reader_body, &readers[i]), STATUS_OK);
    }
    uint64_t dropped;
    for (uint32_t i = 0; i < DROPS; i++)
        TEST_EQ(claim, sys_system_drop_cache(system, &dropped), STATUS_OK);
    for (uint32_t i = 0; i < READERS; i++)
        thread_join(&readers[i].thread);
    TEST_EQ(claim, sys_handle_close(tree.raw), STATUS_OK);
}

void test_cache(void)
{
    struct test_claim claim;
    test_begin(&claim, "cache_is_right_under_readers_and_drops_and_leaves_nothing");
    balance_hold(&claim, read_and_drop);
    test_end(&claim);
}
